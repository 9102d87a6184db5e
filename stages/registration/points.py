"""Points of a drawing that are found again in another print of it, and which is which.

SIFT (Lowe 2004) on lines instead of tones, upright since pages are, compared as RootSIFT (Arandjelović &
Zisserman 2012). What is the other's nearest both ways is a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.stages.registration.lines import find_lines, resize_to
from mangacolor.stages.registration.params import LINES, POINTS

# Levels of grey for a line's 1, about the grey of no line: what strays further is cut off.
_GREYS = 50.0
# What a descriptor's root is multiplied by to fill a byte: its largest element is seldom above a half.
_BYTE = 512.0


@dataclass(frozen=True, slots=True)
class Points:
    """N points, strongest first.

    ``places``: N×2 float32, x and y in pixels of the page. ``sizes``: N float32, pixels of the page.
    ``looks``: N×128 uint8, roots of SIFT's descriptors.
    """

    places: F32
    sizes: F32
    looks: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PointPairs:
    """N pairs, those that stand out most first: places (N×2) and sizes (N) in either page."""

    ours: F32
    theirs: F32
    our_sizes: F32
    their_sizes: F32


def find_points(luma: Image) -> Points:
    """The points of a page, H×W uint8."""
    small = resize_to(luma, POINTS.size)
    picture = np.clip(128.0 + _GREYS * find_lines(small, LINES), 0, 255).astype(np.uint8)
    sift = cv2.SIFT.create(contrastThreshold=POINTS.contrast, edgeThreshold=POINTS.edge)
    # SIFT gives a point once for each way it may be turned; upright they are one.
    found = {(*point.pt, point.size): point for point in sift.detect(picture, None)}
    strongest = sorted(found.values(), key=lambda point: (-point.response, point.pt, point.size))[
        : POINTS.most
    ]
    for point in strongest:
        point.angle = 0.0
    if not strongest:
        return Points(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 128), np.uint8))
    points, looks = sift.compute(picture, strongest)
    root = np.sqrt(looks / (looks.sum(axis=1, keepdims=True) + 1e-6))
    scale = np.array([luma.shape[1] / small.shape[1], luma.shape[0] / small.shape[0]], np.float32)
    places = (np.array([point.pt for point in points], np.float32) + 0.5) * scale - 0.5
    sizes = np.array([point.size for point in points], np.float32) * np.float32(np.sqrt(scale.prod()))
    return Points(places, sizes, np.clip(np.rint(root * _BYTE), 0, 255).astype(np.uint8))


def pair_points(ours: Points, theirs: Points) -> PointPairs:
    """Which points of two pages look most like each other."""
    if not len(ours.places) or not len(theirs.places):
        empty, none = np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
        return PointPairs(empty, empty, none, none)
    likeness = ours.looks.astype(np.float32) @ theirs.looks.astype(np.float32).T
    nearest, backwards = likeness.argmax(axis=1), likeness.argmax(axis=0)
    mine = np.flatnonzero(backwards[nearest] == np.arange(len(nearest)))
    their = nearest[mine]
    best = likeness[mine, their]
    likeness[mine, their] = 0.0
    rival = np.maximum(likeness[mine].max(axis=1), likeness[:, their].max(axis=0))
    order = np.argsort(-(best - rival), kind="stable")
    mine, their = mine[order], their[order]
    return PointPairs(ours.places[mine], theirs.places[their], ours.sizes[mine], theirs.sizes[their])
