"""The segments of a page at its own resolution: they end where its ink is darkest."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mangacolor.core.arrays import LabelMap
from mangacolor.core.types import Image

# Pixels of the page by which a border may move, besides one at drawing scale.
MOVE = 2


def refine_labels(labels: LabelMap, grey: Image, scale: float) -> LabelMap:
    """Labels of a page (H×W, 0 and up) whose borders lie where its luma (``grey``, H×W) says.

    What is near a border is given out again by a watershed (Meyer 1992): from both sides over paper first,
    then into the line between them. A strand thinner than that keeps its middle. ``scale``: pixels of the
    page for one at drawing scale.
    """
    # OpenCV's watershed decides nothing about the outermost pixels.
    padded = np.asarray(cv2.copyMakeBorder(labels, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.int32)
    distance = _distance_to_border(padded)
    middle = distance == cv2.dilate(distance, np.ones((3, 3), np.uint8))
    markers = padded + 1
    markers[(distance < MOVE + math.ceil(scale)) & ~middle] = 0
    picture = np.asarray(cv2.copyMakeBorder(grey, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.uint8)
    cv2.watershed(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), markers)
    _join_dividers(markers, padded, picture)
    return np.asarray(markers[1:-1, 1:-1] - 1, dtype=np.int32)


def _join_dividers(markers: LabelMap, labels: LabelMap, grey: Image) -> None:
    """Give each pixel on which a watershed met (-1) to the neighbour that is most like it in luma, in place.

    ``labels``: what it was, for one that has such neighbours alone.
    """
    width = markers.shape[1]
    flat, luma = markers.ravel(), grey.ravel().astype(np.int16)
    inner = np.zeros(markers.shape, np.bool_)
    inner[1:-1, 1:-1] = markers[1:-1, 1:-1] <= 0
    places = np.flatnonzero(inner)
    best = np.full(len(places), np.iinfo(np.int16).max, np.int16)
    label = labels.ravel()[places] + 1
    for step in (-1, 1, -width, width):
        there = flat[places + step]
        far = np.abs(luma[places + step] - luma[places])
        nearer = (there > 0) & (far < best)
        best[nearer], label[nearer] = far[nearer], there[nearer]
    flat[places] = label


def _distance_to_border(labels: LabelMap) -> Image:
    """How many pixels off each pixel is from the one beside another label, up to 255."""
    inside = np.ones(labels.shape, np.uint8)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        alike = (labels[here] == labels[there]).view(np.uint8)
        inside[here] &= alike
        inside[there] &= alike
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L1, 3, dstType=cv2.CV_8U), dtype=np.uint8)
