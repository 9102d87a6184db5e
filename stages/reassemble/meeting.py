"""How segments meet on the page: beneath the ink where there is some, and else little by little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I32, I64, LabelMap
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.layers import WindowLayer
from mangacolor.stages.reassemble.segment_colours import ADD_CB, ADD_CR, AS_IT_IS, KEEP_CHROMA

# Pixels of the page over which segments meet at most.
MOST_REACH = 32.0
# Of 255: how free of ink a pixel is that two segments meet in little by little.
FREE = 128
# Luma of a line that hides how colours change, and pixels of the square around a border in which it lies.
LINE = 128
LINE_SIDE = 5
# Levels by which chroma changes from one pixel to the next at most, where an edge of tone is all there is.
GENTLE = 5.0
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
    1 beside lines and edges, 0 where colours end though neither is there.
    """
    rows = segments.table[labels]
    other = _find_neighbours(labels, segments)
    beside = np.flatnonzero(other)
    flat, label, neighbour = rows.reshape(-1, rows.shape[2]), labels.ravel(), other.ravel()
    apart = np.abs(segments.table[label[beside]] - segments.table[neighbour[beside]]) * _STEPS
    seen = (apart > UNSEEN).any(axis=1)
    darkest = cv2.erode(grey, np.ones((LINE_SIDE, LINE_SIDE), np.uint8)).ravel()[beside]
    is_open = free.ravel()[beside] >= FREE
    meets = seen & (is_open | ((darkest >= LINE) & (free.ravel()[beside] > 0)))
    reach = np.zeros(labels.shape, np.float32)
    gentle = 1 + _chroma_apart(segments.table, label[beside], neighbour[beside]) / GENTLE
    reach.ravel()[beside[meets]] = np.where(is_open, segments.reach[label[beside]], gentle)[meets]
    if meets.any():
        places, sources, share = _find_meetings(labels, reach)
        flat[places] = _mix(segments.table, label[places], neighbour[sources], share[:, None])
    return rows


def _chroma_apart(table: F32, label: LabelMap, neighbour: LabelMap) -> F32:
    """How far the colours of segments are apart, levels, for a network that sees grey there: N."""
    colours = table[:, ADD_CB : ADD_CR + 1] + 128 * table[:, KEEP_CHROMA, None]
    return np.asarray(np.linalg.norm(colours[label] - colours[neighbour], axis=1), dtype=np.float32)


def _mix(table: F32, label: LabelMap, neighbour: LabelMap, share: F32) -> F32:
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


def _find_meetings(labels: LabelMap, reach: F32) -> tuple[I64, I64, F32]:
    """For pixels near an end of their own segment: their place, that of the nearest end, and the share of
    what lies beyond that they take: half beside it, less and less further off.

    ``reach``: H×W, 0 where no end is, else over how many pixels it is felt.
    """
    distance, index = cv2.distanceTransformWithLabels(
        (reach == 0).view(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    at = np.flatnonzero(reach)
    end_of = np.zeros(len(at) + 1, np.int64)
    end_of[index.ravel()[at]] = at
    near = np.flatnonzero(distance < MOST_REACH)
    source, away = end_of[index.ravel()[near]], distance.ravel()[near]
    share = 0.5 * (1 - away / np.clip(reach.ravel()[source], 1, MOST_REACH)) ** 2
    counts = (labels.ravel()[source] == labels.ravel()[near]) & (away < reach.ravel()[source])
    return near[counts], source[counts], share[counts].astype(np.float32)
