"""Segments that are the frame of a panel and nothing else: its line with the rim of paper beside it.

A frame as wide as a strand is one to those who seek strands, and where it runs along a balloon, solid black
or another frame nothing else takes it in. It is no thing, and an edit must not colour it.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from mangacolor.core.arrays import LabelMap, Mask
from mangacolor.core.types import Box, Point


def find_outlines(
    polygons: Iterable[tuple[Point, ...]], box: Box, size: tuple[int, int], reach: float
) -> Mask:
    """H×W: what lies within ``reach`` pixels of the outlines of these polygons of a page, in its part ``box``
    drawn at ``size`` (width, height)."""
    scale = np.array(size) / box[2:]
    lines = np.full(size[::-1], 255, np.uint8)
    for polygon in polygons:
        corners = np.rint((np.array(polygon) - box[:2]) * scale).astype(np.int32)
        cv2.polylines(lines, [corners], isClosed=True, color=0)
    # Without any outline all is as far as the distance can tell.
    return np.asarray(cv2.distanceTransform(lines, cv2.DIST_L2, 5) <= reach)


def lie_within(labels: LabelMap, within: Mask, share: float) -> Mask:
    """For each label, from 0 on, whether ``share`` of its pixels lie within a mask; ``labels``: H×W."""
    size = np.bincount(labels.ravel())
    inside = np.bincount(labels[within], minlength=len(size))
    return np.asarray((size > 0) & (inside >= share * size))
