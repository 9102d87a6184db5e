"""The segments of a page at its own resolution: they end where its ink is darkest."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import LabelMap
from mangacolor.core.types import Image

# Pixels of the page by which a border may move: about a pixel at drawing scale, and one of the page.
MOST_MOVE = 3


def refine_labels(labels: LabelMap, grey: Image) -> LabelMap:
    """Labels of a page (H×W, 0 and up) whose borders lie where its luma (``grey``, H×W) says.

    What is near a border is given out again by a watershed (Meyer 1992): from both sides over paper first, then
    into the line between them. A strand thinner than that keeps its middle.
    """
    distance = _distance_to_border(labels)
    middle = distance == cv2.dilate(distance, np.ones((3, 3), np.uint8))
    markers = labels + 1
    markers[(distance < MOST_MOVE) & ~middle] = 0
    cv2.watershed(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), markers)
    return np.where(markers > 0, markers - 1, labels)


def _distance_to_border(labels: LabelMap) -> Image:
    """How many pixels off each pixel is from the one beside another label, up to 255."""
    inside = np.ones(labels.shape, np.uint8)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        differ = labels[here] != labels[there]
        inside[here][differ] = 0
        inside[there][differ] = 0
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L1, 3, dstType=cv2.CV_8U), dtype=np.uint8)
