"""Which slanted lines the network sees again, straightened: those that show, at both of their ends most."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.border_net import SecondLook
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Lines, Spans, View
from mangacolor.stages.panels.cutting.polygons import Line
from mangacolor.stages.panels.params import SecondLookParams


def look_again(view: View, support: F64, spans: Spans, params: SecondLookParams) -> None:
    """Let the network see the slanted lines of a region straightened, those with most edge first.

    ``support`` (2×N) and ``spans`` (N×2): as of the region. What slants is a border only where both of its
    ends are sure, so a line that does not show at an end is left for one that does.
    """
    look, lines = view.second_look, view.lines
    if look is None:
        return
    edge = np.where(np.abs(lines.slope) >= params.least_slope, support.max(0), 0)
    worth = np.where(edge >= params.least_edge, edge * _edge_at_ends(lines, spans, params.end_samples), 0)
    worth[list(look.seen)] = 0
    for _ in range(params.of_region if worth.size else 0):
        index = int(np.argmax(worth))
        samples = slice(int(spans[index, 0]), int(spans[index, 1]))
        cost = (samples.stop - samples.start) / lines.border.shape[1]
        if worth[index] < params.least_worth or cost > look.left:
            break
        xs = np.arange(samples.start, samples.stop, dtype=np.float64) * SAMPLE_STEP
        seen = _look_twice(look, lines.line(np.intp(index)), xs, params)
        # The two edges of one ink line are one border.
        for twin in _twins(lines, index, xs[[0, -1]], params.twin_distance):
            border = lines.border[twin].copy()
            border[samples] = np.maximum(border[samples], seen)
            look.seen[int(twin)] = border
            worth[twin] = 0
        look.left -= cost


def border_of(view: View, index: np.intp) -> Image:
    """A line's samples of the network's probability, at the second look if there was one."""
    seen = None if view.second_look is None else view.second_look.seen.get(int(index))
    return np.asarray(view.lines.border[index], np.uint8) if seen is None else seen


def _look_twice(look: SecondLook, line: Line, xs: F64, params: SecondLookParams) -> Image:
    """How likely a border runs along a line at ``xs`` (N, in pixels): N levels, 255 = 1.

    Where one look leaves a doubt, the higher of two: what the network misses one way up it may see the
    other.
    """
    seen = look.along(line, xs, params)
    samples = params.end_samples
    at_ends = min(seen[:samples].mean(), seen[-samples:].mean())
    if at_ends >= 255 * params.no_doubt or seen.mean() < 255 * params.hopeless:
        return seen
    return np.maximum(seen, look.along(line, xs, params, turned=True))


def _edge_at_ends(lines: Lines, spans: Spans, samples: int) -> F64:
    """N: the lower of the shares of edge over so many ``samples`` at each line's two ends."""
    first, last = spans.T
    rows = np.arange(len(lines))
    ends = (first, np.minimum(first + samples, last)), (np.maximum(last - samples, first), last)
    counts = [
        (lines.edge_sums[:, rows, stop] - lines.edge_sums[:, rows, start]).sum(0) for start, stop in ends
    ]
    lengths = [np.maximum(stop - start, 1) for start, stop in ends]
    shares = [count / length for count, length in zip(counts, lengths, strict=True)]
    lower: F64 = np.minimum(np.minimum(*shares), 1)
    return lower


def _twins(lines: Lines, index: int, ends: F64, distance: float) -> Spans:
    """The numbers of the lines within ``distance`` pixels of one at both ``ends`` (x), itself among them."""
    heights = lines.offset[:, None] + lines.slope[:, None] * ends
    return np.flatnonzero(np.abs(heights - heights[index]).max(1) <= distance)
