"""Where a figure stands before two panels its colours are of two windows. What nothing divides is one thing,
and has one colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mangacolor.core.arrays import F32, I32, I64, LabelMap
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.borders.meeting import HIDDEN, OPEN
from mangacolor.stages.reassemble.borders.open_borders import pull_between, spread_pull
from mangacolor.stages.reassemble.layers import PageSegments, ReadyWindow
from mangacolor.stages.reassemble.params import BorderParams

# How exactly colours are drawn together: levels of chroma, and shares of tone.
UNSEEN = 1e-3
# Rows of the page gone through at once.
ROWS = 512


def join_windows(
    windows: Sequence[ReadyWindow],
    labels: LabelMap,
    kinds: Image,
    keep: Image,
    segments: PageSegments,
    params: BorderParams,
) -> Sequence[ReadyWindow]:
    """The windows of a page with segments that meet in one colour.

    ``labels``: H×W, segments of the page as ``segments`` counts them. ``kinds``: as of ``find_kinds``.
    ``keep``: H×W uint8, 255 where nothing is coloured.
    """
    seams, length = find_seams(labels, kinds, keep, segments.window)
    if not len(seams):
        return windows
    counts = [len(window.layer.table) for window in windows]
    ends = np.cumsum([1, *counts])
    moved = _pull_together(windows, (ends[:-1] + 1).tolist(), seams, length, params)
    return [window.moved(by) for window, by in zip(windows, moved, strict=True)]


def find_seams(labels: LabelMap, kinds: Image, keep: Image, window: I32) -> tuple[I64, F32]:
    """Pairs of segments of two windows that meet where nothing is drawn, P×2, and over how many pixels: P.

    ``labels``: H×W, segments of the page. ``kinds``: as of ``find_kinds``. ``keep``: as of ``join_windows``:
    a balloon before two panels makes no one thing of them. ``window``: S, whose each is.
    """
    count = len(window)
    codes: list[I64] = []
    for first in range(0, len(labels), ROWS):
        rows = slice(first, first + ROWS + 1)  # with the row below
        part, kind = labels[rows], np.where(keep[rows] < 255, kinds[rows], HIDDEN)
        for here, there in ((np.s_[:ROWS, :-1], np.s_[:ROWS, 1:]), (np.s_[:-1], np.s_[1:])):
            # A frame, however thin, is on both sides; an edge on one is the tone's, as of a coarse screen.
            free = (np.maximum(kind[here], kind[there]) == OPEN) & (
                np.minimum(kind[here], kind[there]) > HIDDEN
            )
            meet = np.flatnonzero((part[here] != part[there]) & free)
            one, two = (part[side].ravel()[meet].astype(np.int64) for side in (here, there))
            apart = (window[one] != window[two]) & (window[one] >= 0) & (window[two] >= 0)
            codes.append((np.minimum(one, two) * count + np.maximum(one, two))[apart])
    code, length = np.unique(np.concatenate(codes), return_counts=True)
    return np.stack(np.divmod(code, count), axis=1), length.astype(np.float32)


def _pull_together(
    windows: Sequence[ReadyWindow], first: Sequence[int], seams: I64, length: F32, params: BorderParams
) -> list[F32]:
    """By how much the segments of each window move, N×3 of Cb, Cr and tone, so that those that meet across
    windows (``seams``, P×2, over ``length``, P, pixels of the page) have one colour.

    ``first``: the number of each window's first segment. What is one thing with such a segment moves with it,
    the larger a segment the less: the colour of the larger part wins, and no mean of two that would be grey.
    Who is settled neither moves nor draws.
    """
    count = first[-1] + len(windows[-1].settled)
    painted, anchor = np.zeros((count, 3)), np.ones(count)
    scale, settled = np.ones(count), np.ones(count, np.bool_)
    for start, window in zip(first, windows, strict=True):
        own = slice(start, start + len(window.settled))
        painted[own], anchor[own] = window.rows.painted, params.seam_anchor * window.borders.area
        scale[own], settled[own] = window.layer.scale, window.settled
    within = np.concatenate(
        [window.borders.pairs + start for start, window in zip(first, windows, strict=True)]
    )
    within_length = np.concatenate([window.borders.length for window in windows])
    loose, free = ~settled[within].any(axis=1), ~settled[seams].any(axis=1)
    seams, length = seams[free], (length[free] / scale[seams[free]].mean(axis=1)).astype(np.float32)
    pairs = np.concatenate([within[loose], seams])
    pull = pull_between(painted, seams, length)
    by = spread_pull(pull, pairs, np.concatenate([within_length[loose], length]), anchor, UNSEEN)
    return [
        by[start : start + len(each.settled)].astype(np.float32)
        for start, each in zip(first, windows, strict=True)
    ]
