"""What gutters between many pairs of lines, and lines that panels share, can score at most.

So that few need a close look.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Lines, Spans, View
from mangacolor.stages.panels.params import GutterParams, Params, SharedLineParams

_ROUNDING = 1e-9  # of a score: sums are added in another order here


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


def most_of_shared_lines(lines: Lines, support: F64, spans: Spans, tried: Spans, params: Params) -> F64:
    """T: the score that each of the lines numbered in ``tried`` (T) reaches at most, without a second look.

    ``support`` (2×N) and ``spans`` (N×2): as of the region.
    """
    signs, least = params.shared, params.cut.least_score
    first, last = spans[tried].T
    edges = support[:, tried]
    at_ends = _end_support(lines, tried, first, last, params.gutter)
    mean = _mean(lines, tried, first, last)
    seen = np.minimum(edges.sum(0), 1)
    along = np.maximum(mean, _most_visible(lines, tried, first, last, edges, signs))
    slanted = np.abs(lines.slope[tried]) >= params.second_look.least_slope
    along = np.where(slanted, along * np.minimum(1, at_ends / (255 * params.second_look.sure_end)), along)
    network = (signs.probability_weight * along + signs.end_weight * at_ends) / 255
    sure = signs.edge_weight * seen + network
    bound: F64 = least + (signs.top_score - least) * (sure - signs.least_sure) / (1 - signs.least_sure)
    return bound + _ROUNDING


def _mean(lines: Lines, which: Spans, first: Spans, last: Spans) -> F64:
    """T: the mean of the network's levels over the samples [first, last) of lines; 0 over none."""
    sums = lines.border_sums[which, last] - lines.border_sums[which, first]
    return np.asarray(sums / np.maximum(last - first, 1), np.float64)


def _end_support(lines: Lines, which: Spans, first: Spans, last: Spans, params: GutterParams) -> F64:
    """T: ``end_support`` of each line."""
    near, far = params.end_first, params.end_last
    long = last - first >= 3 * far
    # Of a short line, the mean of all.
    starts = _mean(lines, which, np.where(long, first + near, first), np.where(long, first + far, last))
    stops = _mean(lines, which, np.where(long, last - far, first), np.where(long, last - near, last))
    return np.minimum(starts, stops)


def _most_visible(
    lines: Lines, which: Spans, first: Spans, last: Spans, edges: F64, params: SharedLineParams
) -> F64:
    """T: what ``visible_support`` of each line is at most. ``edges``: 2×T, its shares of edge."""
    length = last - first
    end = np.minimum(np.maximum(params.end_samples, (params.end_share * length).astype(np.intp)), length)
    ends = np.minimum(_mean(lines, which, first, first + end), _mean(lines, which, last - end, last)) / 255
    sums = lines.border_sums[which, last] - lines.border_sums[which, first]
    visible = np.minimum(255, sums / np.maximum(edges.max(0) * length, 1))
    visible = visible - 255 * params.hidden_cost * (1 - np.minimum(edges.sum(0), 1))
    most: F64 = visible * np.minimum(1, ends / params.sure_end)
    return most
