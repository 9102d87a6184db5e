"""Surfaces of a window at working scale: what lies between ink lines and edges of tone, as labels.

A surface is what takes one colour: a cheek, a sleeve, a wall. Lines have gaps, so plain connected
components leak. Balls that do not fit through a gap are what a surface grows from (after the
"trapped-ball" segmentation of Zhang et al., "Vectorizing cartoon animations", 2009): first where large
balls fit, then smaller ones where no larger one has been; a watershed gives the rest to them.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]

MOST = 255  # surfaces of a window: labels are kept as uint8, and 0 is none
BALLS = (9.0, 5.0, 3.0, 1.6)  # radii in working-scale pixels; the last is the thinnest strand that counts
LINE = 13  # a line is a dark stroke thinner than this
WALL = 22.0  # barrier, in levels, that no ball rolls over
MEETING = 15.0  # mean barrier along a border below which two surfaces are one
STEP = 14.0  # levels of tone between two surfaces that stay two
SMALLEST = 12  # pixels a seed must have


def barrier(grey: Image) -> Floats:
    """How strongly each pixel of a window's luma (H×W uint8) divides: line depth or edge of tone, levels."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (LINE, LINE))
    depth = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, kernel).astype(np.float32)
    across = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 16)
    down = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 16)
    # A Scharr response is the change over two pixels; an edge is blurred over about that many.
    return np.asarray(np.maximum(depth, np.hypot(across, down)), dtype=np.float32)


def find_surfaces(grey: Image, drawn: npt.NDArray[np.bool_]) -> Image:
    """Label each pixel of a window: H×W uint8, 1 and up for surfaces, 0 where nothing is drawn.

    ``grey``: H×W luma at working scale, best without halftone. ``drawn``: False on paper that is ground.
    Lines belong to the surfaces on either side of them. Surfaces are numbered by area, largest first; a
    window that has more than 255 gives what the smallest hold to their neighbours.
    """
    walls = barrier(grey)
    seeds = _seeds(walls, drawn)
    if not seeds.any():
        return drawn.astype(np.uint8)
    labels = _flood(seeds, walls)
    labels[~drawn] = 0
    labels = _merge(labels, walls, grey)
    return _numbered(labels)


def _seeds(walls: Floats, drawn: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    free = ((walls < WALL) & drawn).astype(np.uint8)
    room = cv2.distanceTransform(np.pad(free, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    seeds = np.zeros(walls.shape, np.int32)
    total = 0
    for radius in BALLS:
        count, parts = cv2.connectedComponents((room > radius).astype(np.uint8), connectivity=4)
        sizes = np.bincount(parts.ravel(), minlength=count)
        taken = np.zeros(count, np.bool_)
        taken[parts[seeds > 0]] = True
        fresh = ~taken & (sizes >= SMALLEST)
        fresh[0] = False
        numbers = np.cumsum(fresh) + total
        new = fresh[parts]
        seeds[new] = numbers[parts[new]]
        total += int(fresh.sum())
    return seeds


def _flood(seeds: npt.NDArray[np.int32], walls: Floats) -> npt.NDArray[np.int32]:
    """Grow seeds over a landscape of barriers until they meet on the crests."""
    height = np.clip(walls, 0, 255).astype(np.uint8)
    labels = seeds.copy()
    cv2.watershed(np.repeat(height[..., None], 3, axis=2), labels)
    crest = labels <= 0
    if crest.any():
        _, index = cv2.distanceTransformWithLabels(
            crest.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
        )
        table = np.zeros(int(index.max()) + 1, np.int32)
        table[index[~crest]] = labels[~crest]
        labels = table[index]
    return labels


def _merge(labels: npt.NDArray[np.int32], walls: Floats, grey: Image) -> npt.NDArray[np.int32]:
    """Join surfaces of one tone that nothing divides along most of their border."""
    count = int(labels.max()) + 1
    tone = label_means(labels, grey.astype(np.float32), count)
    pairs, strength, length = _borders(labels, walls, count)
    weak = (strength < MEETING) & (np.abs(tone[pairs[:, 0]] - tone[pairs[:, 1]]) < STEP) & (length >= 4)
    parent = np.arange(count)
    area = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    for one, other in pairs[weak][np.argsort(strength[weak], kind="stable")]:
        a, b = _root(parent, int(one)), _root(parent, int(other))
        # Tones are compared again, or a slow gradient would join black to white step by step.
        if a != b and abs(tone[a] - tone[b]) < STEP:
            tone[a] = (tone[a] * area[a] + tone[b] * area[b]) / (area[a] + area[b])
            area[a] += area[b]
            parent[b] = a
    roots = np.array([_root(parent, number) for number in range(count)])
    return np.asarray(roots[labels], dtype=np.int32)


def _root(parent: Ints, number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = int(parent[number])
    return number


def _borders(labels: npt.NDArray[np.int32], walls: Floats, count: int) -> tuple[Ints, Floats, Ints]:
    """Pairs of neighbours (P×2, smaller label first), the mean barrier between them, and their pixels."""
    # The barrier on a crest stands a pixel to either side of the border.
    crest = cv2.dilate(walls, np.ones((3, 3), np.uint8))
    codes, heights = [], []
    for one, other, height in (
        (labels[:, :-1], labels[:, 1:], crest[:, :-1]),
        (labels[:-1], labels[1:], crest[:-1]),
    ):
        meet = (one != other) & (one > 0) & (other > 0)
        low, high = np.minimum(one[meet], other[meet]), np.maximum(one[meet], other[meet])
        codes.append(low.astype(np.int64) * count + high)
        heights.append(height[meet])
    code, inverse, length = np.unique(np.concatenate(codes), return_inverse=True, return_counts=True)
    total = np.bincount(inverse, weights=np.concatenate(heights), minlength=len(code))
    pairs = np.stack([code // count, code % count], axis=1)
    return pairs, (total / np.maximum(length, 1)).astype(np.float32), length


def label_means(
    labels: npt.NDArray[np.integer[Any]], plane: npt.NDArray[np.floating[Any]], count: int
) -> npt.NDArray[np.float64]:
    """The mean of a plane (H×W) over each of ``count`` labels, from 0 on; 0 for those that no pixel has."""
    sizes = np.bincount(labels.ravel(), minlength=count)
    return np.bincount(labels.ravel(), weights=plane.ravel(), minlength=count) / np.maximum(sizes, 1)


def _numbered(labels: npt.NDArray[np.int32]) -> Image:
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")
    kept = order[: min(MOST, int((sizes > 0).sum()))]
    table = np.zeros(len(sizes), np.uint8)
    table[kept] = np.arange(1, len(kept) + 1)
    lost = (table[labels] == 0) & (labels > 0)
    numbered = table[labels]
    if lost.any():
        _, index = cv2.distanceTransformWithLabels(
            (numbered == 0).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
        )
        nearest = np.zeros(int(index.max()) + 1, np.uint8)
        nearest[index[numbered > 0]] = numbered[numbered > 0]
        numbered[lost] = nearest[index][lost]
    return numbered
