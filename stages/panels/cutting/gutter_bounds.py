"""What gutters between many pairs of lines can score at most, so that few need a close look."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Lines, Spans, View
from mangacolor.stages.panels.params import GutterParams


def most_from_frames(lines: Lines, spans: Spans, pairs: Spans, white: bool, params: GutterParams) -> F64:
    """P: what the edges along both lines of each pair (P×2) add to its score at most."""
    rows = np.array([0, 1] if white else [1, 0])
    counts = lines.edge_sums[rows, pairs, spans[:, 1:]] - lines.edge_sums[rows, pairs, spans[:, :1]]
    framed = np.maximum(params.least_framed * np.diff(spans), 1e-9)
    bound: F64 = params.frame_weight * np.minimum(counts / framed, 1).sum(1)
    return bound


def most_from_blank(view: View, spans: Spans, pairs: Spans, white: bool, params: GutterParams) -> F64:
    """P: what blank and open ends add to a pair's score at most, from the middle between its two lines."""
    lines, mask = view.lines, view.white if white else view.black
    first = spans[:, :1]
    length = np.maximum(np.diff(spans), 1)
    columns = np.arange(int(length.max(initial=1)))[None]
    xs = (first + columns) * SAMPLE_STEP
    offset, slope = lines.offset[pairs].mean(1), lines.slope[pairs].mean(1)
    rows = np.rint(offset[:, None] + slope[:, None] * xs).astype(np.intp)
    blank = mask[np.clip(rows, 0, mask.shape[0] - 1), np.minimum(xs, mask.shape[1] - 1)]
    inside = columns < length
    blank &= (rows >= 0) & (rows < mask.shape[0]) & inside
    end = np.clip(length // 8, 2, 4)
    starts = (blank | (columns >= end)).all(1)
    stops = (blank | (columns < length - end) | ~inside).all(1)
    open_ends = starts.astype(np.float64) + stops
    bound: F64 = params.blank_weight * blank.sum(1) / length[:, 0] + params.end_weight * open_ends
    return bound
