"""How segments meet on the page: beneath the ink where there is some, and else little by little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I32, I64, LabelMap, Mask
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.layers import WindowLayer
from mangacolor.stages.reassemble.segment_colours import AS_IT_IS

# Pixels of the page over which segments meet at most.
MOST_REACH = 40.0
# Of 255: how free of ink a pixel is that two segments meet in little by little.
FREE = 128
# Share of the other segment's colour that a pixel beside a border has, so that there is no staircase under a
# faint line.
BESIDE = 0.25
# Luma of a line that hides the staircase.
HIDING = 112
# Steps of a row that nobody sees: of chroma or tone, and of a share times 255.
UNSEEN = 1.0

_STEPS = np.array([255, 1, 1, 255, 1], np.float32)


@dataclass(frozen=True, slots=True)
class PageSegments:
    """The segments of all windows of a page, counted one after the other: for each window first what is none,
    and before all what no window holds.

    ``table``: S×5, their rows. ``window``: S, whose they are, -1 for none. ``reach``: S, pixels over which
    they meet where no ink is.
    """

    table: F32
    window: I32
    reach: F32

    @classmethod
    def of(cls, layers: Sequence[WindowLayer]) -> PageSegments:
        counts = [1, *(len(layer.table) for layer in layers)]
        reach = [0.0, *(min(layer.reach, MOST_REACH) for layer in layers)]
        return cls(
            np.concatenate([np.array([AS_IT_IS], np.float32), *(layer.table for layer in layers)]),
            np.repeat(np.arange(-1, len(layers), dtype=np.int32), counts),
            np.repeat(np.array(reach, np.float32), counts),
        )


def rows_of_pixels(labels: LabelMap, grey: Image, free: Image, segments: PageSegments) -> F32:
    """The row of each pixel's segment, mixed with its neighbour's where two meet: H×W×5.

    ``labels``: H×W, segments of the page. ``grey``: H×W, its luma. ``free``: H×W, 255 where nothing is drawn,
    0 on ink.
    """
    rows = segments.table[labels]
    other = _find_neighbours(labels, segments)
    beside = np.flatnonzero(other)
    flat, label, neighbour = rows.reshape(-1, rows.shape[2]), labels.ravel(), other.ravel()
    apart = np.abs(segments.table[label[beside]] - segments.table[neighbour[beside]]) * _STEPS
    seen = (apart > UNSEEN).any(axis=1)
    is_open = free.ravel()[beside] >= FREE
    darkest = cv2.erode(grey, np.ones((3, 3), np.uint8)).ravel()
    faint = beside[seen & ~is_open & (darkest[beside] >= HIDING)]
    flat[faint] = _mix(segments.table, label[faint], neighbour[faint], np.float32(BESIDE))
    ends = np.zeros(labels.shape, np.bool_)
    ends.ravel()[beside[seen & is_open]] = True
    if ends.any():
        places, sources, share = _find_meetings(labels, ends, segments)
        flat[places] = _mix(segments.table, label[places], neighbour[sources], share[:, None])
    return rows


def _mix(table: F32, label: LabelMap, neighbour: LabelMap, share: F32 | np.float32) -> F32:
    own = table[label]
    return np.asarray(own + share * (table[neighbour] - own), dtype=np.float32)


def _find_neighbours(labels: LabelMap, segments: PageSegments) -> LabelMap:
    """For pixels beside another segment of their window that segment; 0 for others."""
    other = np.zeros_like(labels)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        meet = labels[here] != labels[there]
        one, two = labels[here][meet], labels[there][meet]
        same = segments.window[one] == segments.window[two]
        other[here][meet] = np.where(same, two, other[here][meet])
        other[there][meet] = np.where(same, one, other[there][meet])
    return other


def _find_meetings(labels: LabelMap, ends: Mask, segments: PageSegments) -> tuple[I64, I64, F32]:
    """For pixels near an end of their own segment (``ends``, H×W, beside another where no ink is): their
    place, that of the nearest end, and the share of what lies beyond that they take: half beside it, less and
    less further off."""
    distance, index = cv2.distanceTransformWithLabels(
        (~ends).view(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    at = np.flatnonzero(ends)
    end_of = np.zeros(len(at) + 1, np.int64)
    end_of[index.ravel()[at]] = at
    near = np.flatnonzero(distance < MOST_REACH)
    source = end_of[index.ravel()[near]]
    label, away = labels.ravel()[near], distance.ravel()[near]
    reach = np.maximum(segments.reach[label], 1)
    counts = (labels.ravel()[source] == label) & (away < reach)
    share = 0.5 * (1 - away[counts] / reach[counts]) ** 2
    return near[counts], source[counts], share.astype(np.float32)
