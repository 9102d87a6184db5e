"""Segments of a window at drawing scale: what lies between ink lines and edges of tone, as labels.

A segment is what takes one colour: a cheek, a sleeve, a wall. Barriers are lines and edges of tone
(``barriers.py``); segments grow from where balls have room between them (``seeds.py``), and neighbours that
little divides are merged, to two levels (``merging.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64, I64, LabelMap, Mask, SegmentMap
from mangacolor.core.types import Image
from mangacolor.stages.nearest import fill_nearest
from mangacolor.stages.segments.barriers import find_barriers
from mangacolor.stages.segments.frames import lie_within
from mangacolor.stages.segments.merging import RegionGraph, merge_regions
from mangacolor.stages.segments.params import SegmentationParams
from mangacolor.stages.segments.seeds import find_seeds, grow_seeds

# Segments of a window at most; 0 is none.
MAX_SEGMENTS = 400


@dataclass(frozen=True, slots=True)
class Segmented:
    """A window at drawing scale, H×W. ``plain``: its luma, without halftone where it is drawn. ``labels``:
    its N segments. ``parents``: N, for each the coarse segment that it is part of, counted from 0.
    ``scenes``: N, the same for the coarsest."""

    plain: Image
    labels: SegmentMap
    parents: I64
    scenes: I64


def segment(
    grey: Image,
    drawn: Mask,
    descreen: Callable[[Image], Image],
    params: SegmentationParams,
    frames: Mask | None = None,
) -> Segmented:
    """Label each pixel of a window: 1 and up for segments, 0 where nothing is drawn.

    ``grey``: H×W luma at drawing scale. ``drawn``: H×W, False on what is not to be looked at. ``descreen``:
    takes the halftone out of luma. ``frames``: H×W, where panels end (``frames.find_outlines``). Lines belong
    to the segments on either side of them. Segments are numbered by area, largest first; of more than
    ``MAX_SEGMENTS`` the smallest go to their neighbours, and so do those that are nothing but frame.
    """
    plain, labels = grey.copy(), np.zeros(grey.shape, np.int32)
    wholes = np.zeros((2, 1), np.int64)  # parent and scene of each segment
    for where, inside in _islands(drawn, params.island_gap):
        part = descreen(np.ascontiguousarray(grey[where]))
        plain[where] = np.where(inside, part, plain[where])
        found, larger = _segment_island(part, inside, params)
        labels[where][inside] = found[inside] + wholes.shape[1] - 1
        wholes = np.concatenate([wholes, larger + wholes.max() + 1], axis=1)
    framing = np.zeros(wholes.shape[1], np.bool_)
    if frames is not None:
        framing = lie_within(labels, frames & drawn, params.frame_share)
    kept, numbered = _number_by_area(labels, framing)
    parents, scenes = (np.unique(numbers[kept], return_inverse=True)[1] for numbers in wholes)
    return Segmented(plain, numbered, parents.astype(np.int64), scenes.astype(np.int64))


def _islands(drawn: Mask, gap: int) -> Iterator[tuple[tuple[slice, slice], Mask]]:
    """The parts of a window that lie apart: where each is, and which pixels there are its own."""
    near = cv2.dilate(drawn.astype(np.uint8), np.ones((gap, gap), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    for part in range(1, count):
        left, top, wide, high = (int(value) for value in stats[part, : cv2.CC_STAT_AREA])
        where = slice(top, top + high), slice(left, left + wide)
        yield where, (parts[where] == part) & drawn[where]


def _segment_island(grey: Image, drawn: Mask, params: SegmentationParams) -> tuple[LabelMap, I64]:
    """Segments by number from 1 on, H×W, 0 where nothing is drawn; and the numbers of their parents and of
    their scenes, from 0 on, 2×N."""
    barriers = find_barriers(grey, params.barriers)
    seeds = find_seeds(barriers.walls, drawn, params.seeds)
    if not seeds.any():
        return drawn.astype(np.int32), np.zeros((2, 1), np.int64)
    labels = grow_seeds(seeds, barriers.walls, params.seeds)
    labels[~drawn] = 0
    graph = RegionGraph(labels, grey, barriers, params.seeds.wall, params.merging)
    fine, coarse, scene = merge_regions(graph, params.merging)
    roots, number = np.unique(fine[1:], return_inverse=True)
    number_of = np.concatenate([[0], number + 1]).astype(np.int32)
    return np.asarray(number_of[labels], np.int32), np.stack([coarse[roots], scene[roots]])


def mean_by_label(
    labels: npt.NDArray[np.integer[Any]], plane: npt.NDArray[np.floating[Any]], count: int
) -> F64:
    """The mean of a plane (H×W) over each of ``count`` labels, from 0 on; 0 for those that no pixel has."""
    sizes = np.bincount(labels.ravel(), minlength=count)
    return np.bincount(labels.ravel(), weights=plane.ravel(), minlength=count) / np.maximum(sizes, 1)


def _number_by_area(labels: LabelMap, left_out: Mask) -> tuple[I64, SegmentMap]:
    """Numbers from 1 on, largest first, H×W, and which number each had before; pixels of segments beyond
    ``MAX_SEGMENTS``, and of those that are ``left_out``, go to the nearest kept. ``left_out``: by number,
    from 0 on; of no account where it is all there is."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    wanted = (sizes > 0) & ~left_out[: len(sizes)]
    if wanted.any():
        sizes[~wanted] = 0
    order = np.argsort(-sizes, kind="stable")
    kept = order[: min(MAX_SEGMENTS, int((sizes > 0).sum()))]
    number_of = np.zeros(len(sizes), np.uint16)
    number_of[kept] = np.arange(1, len(kept) + 1)
    numbered = number_of[labels]
    lost = (numbered == 0) & (labels > 0)
    if lost.any():
        numbered[lost] = fill_nearest(numbered, numbered > 0, 3)[lost]
    return np.asarray(kept, np.int64), numbered
