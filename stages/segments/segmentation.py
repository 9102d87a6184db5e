"""Segments of a window at drawing scale: what lies between ink lines and edges of tone, as labels.

A segment is what takes one colour: a cheek, a sleeve, a wall. Lines have gaps, so plain connected
components leak. Balls that do not fit through a gap are what a segment grows from (after the
"trapped-ball" segmentation of Zhang et al., "Vectorizing cartoon animations", 2009): first where large
balls fit, then smaller ones where no larger one has been. A watershed gives the rest to them, and
neighbours in the region adjacency graph whose border is weak are merged.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, F64, I64, LabelMap, Mask, SegmentMap
from mangacolor.core.types import Image
from mangacolor.stages.segments.params import SegmentationParams

# Segments of a window at most; 0 is none.
MAX_SEGMENTS = 600


def barrier(grey: Image, params: SegmentationParams) -> F32:
    """How strongly each pixel of a window's luma (H×W uint8) divides: line depth or edge of tone, levels."""
    smooth = cv2.GaussianBlur(grey, (0, 0), params.smoothing)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (params.line_width, params.line_width))
    depth = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, kernel).astype(np.float32)
    across = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 16)
    down = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 16)
    # A Scharr response is the change over two pixels; an edge is blurred over about that many.
    return np.asarray(np.maximum(depth, np.hypot(across, down)), dtype=np.float32)


def find_segments(grey: Image, drawn: Mask, params: SegmentationParams) -> SegmentMap:
    """Label each pixel of a window: H×W uint16, 1 and up for segments, 0 where nothing is drawn.

    ``grey``: H×W luma at drawing scale, best without halftone. ``drawn``: H×W, False on paper that is ground.
    Lines belong to the segments on either side of them. Segments are numbered by area, largest first; a
    window that has more than ``MAX_SEGMENTS`` gives what the smallest hold to their neighbours.
    """
    walls = barrier(grey, params)
    seeds = _find_seeds(walls, drawn, params)
    if not seeds.any():
        return drawn.astype(np.uint16)
    labels = _flood(seeds, walls)
    labels[~drawn] = 0
    labels = _merge(labels, walls, grey, params)
    return _number_by_area(labels)


def _find_seeds(walls: F32, drawn: Mask, params: SegmentationParams) -> LabelMap:
    free = ((walls < params.wall) & drawn).astype(np.uint8)
    room = cv2.distanceTransform(np.pad(free, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    seeds = np.zeros(walls.shape, np.int32)
    total = 0
    for radius in params.ball_radii:
        count, parts = cv2.connectedComponents((room > radius).astype(np.uint8), connectivity=4)
        sizes = np.bincount(parts.ravel(), minlength=count)
        taken = np.zeros(count, np.bool_)
        taken[parts[seeds > 0]] = True
        fresh = ~taken & (sizes >= params.min_seed_area)
        fresh[0] = False
        numbers = np.cumsum(fresh) + total
        new = fresh[parts]
        seeds[new] = numbers[parts[new]]
        total += int(fresh.sum())
    return seeds


def _flood(seeds: LabelMap, walls: F32) -> LabelMap:
    """Grow seeds over a landscape of barriers until they meet on the crests."""
    height = np.clip(walls, 0, 255).astype(np.uint8)
    labels = seeds.copy()
    cv2.watershed(np.repeat(height[..., None], 3, axis=2), labels)
    crest = labels <= 0
    if crest.any():
        _, index = cv2.distanceTransformWithLabels(
            crest.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
        )
        label_of = np.zeros(int(index.max()) + 1, np.int32)
        label_of[index[~crest]] = labels[~crest]
        labels = label_of[index]
    return labels


def _merge(labels: LabelMap, walls: F32, grey: Image, params: SegmentationParams) -> LabelMap:
    """Join segments of one tone that nothing divides along most of their border."""
    count = int(labels.max()) + 1
    tone = mean_by_label(labels, grey.astype(np.float32), count)
    pairs, strength, length = _region_adjacency(labels, walls, count)
    weak = (
        (strength < params.max_border_barrier)
        & (np.abs(tone[pairs[:, 0]] - tone[pairs[:, 1]]) < params.min_tone_step)
        & (length >= params.min_border_length)
    )
    parent = np.arange(count)
    area = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    for first, second in pairs[weak][np.argsort(strength[weak], kind="stable")]:
        a, b = _root(parent, int(first)), _root(parent, int(second))
        # Tones are compared again, or a slow gradient would join black to white step by step.
        if a != b and abs(tone[a] - tone[b]) < params.min_tone_step:
            tone[a] = (tone[a] * area[a] + tone[b] * area[b]) / (area[a] + area[b])
            area[a] += area[b]
            parent[b] = a
    roots = np.array([_root(parent, number) for number in range(count)])
    return np.asarray(roots[labels], dtype=np.int32)


def _root(parent: I64, number: int) -> int:
    """The representative of a set of merged segments (union-find with path halving)."""
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = int(parent[number])
    return number


def _region_adjacency(labels: LabelMap, walls: F32, count: int) -> tuple[I64, F32, I64]:
    """Edges of the region adjacency graph: P×2 (smaller label first), mean barrier, pixels of common
    border."""
    # The barrier on a crest stands a pixel to either side of the border.
    crest = cv2.dilate(walls, np.ones((3, 3), np.uint8))
    codes, heights = [], []
    for here, there, height in (
        (labels[:, :-1], labels[:, 1:], crest[:, :-1]),
        (labels[:-1], labels[1:], crest[:-1]),
    ):
        meet = (here != there) & (here > 0) & (there > 0)
        low, high = np.minimum(here[meet], there[meet]), np.maximum(here[meet], there[meet])
        codes.append(low.astype(np.int64) * count + high)
        heights.append(height[meet])
    code, inverse, length = np.unique(np.concatenate(codes), return_inverse=True, return_counts=True)
    total = np.bincount(inverse, weights=np.concatenate(heights), minlength=len(code))
    pairs = np.stack([code // count, code % count], axis=1)
    return pairs, (total / np.maximum(length, 1)).astype(np.float32), length.astype(np.int64)


def mean_by_label(
    labels: npt.NDArray[np.integer[Any]], plane: npt.NDArray[np.floating[Any]], count: int
) -> F64:
    """The mean of a plane (H×W) over each of ``count`` labels, from 0 on; 0 for those that no pixel has."""
    sizes = np.bincount(labels.ravel(), minlength=count)
    return np.bincount(labels.ravel(), weights=plane.ravel(), minlength=count) / np.maximum(sizes, 1)


def _number_by_area(labels: LabelMap) -> SegmentMap:
    """Numbers from 1 on, largest first; pixels of segments beyond ``MAX_SEGMENTS`` go to the nearest kept."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")
    kept = order[: min(MAX_SEGMENTS, int((sizes > 0).sum()))]
    number_of = np.zeros(len(sizes), np.uint16)
    number_of[kept] = np.arange(1, len(kept) + 1)
    lost = (number_of[labels] == 0) & (labels > 0)
    numbered = number_of[labels]
    if lost.any():
        _, index = cv2.distanceTransformWithLabels(
            (numbered == 0).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
        )
        nearest = np.zeros(int(index.max()) + 1, np.uint16)
        nearest[index[numbered > 0]] = numbered[numbered > 0]
        numbered[lost] = nearest[index][lost]
    return numbered
