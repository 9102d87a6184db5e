"""Pinwheels: four panels that turn round a fifth, which no straight cut from side to side parts.

Each of four borders starts at a side of the region and ends on the next one. The upper one runs from the
left (or from the right), and the others follow clockwise (or the other way round).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.panels.cutting.candidates import Cut
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Spans, View, sample_mask
from mangacolor.stages.panels.cutting.polygons import Line, Polygon, area, chords, clip, swap
from mangacolor.stages.panels.params import Params, PinwheelParams


@dataclass(frozen=True, slots=True)
class HalfCutEvidence:
    """What is seen along a border that ends on another one."""

    sureness: float  # mean of the network's probability and of the share of edge, along it

    def measured(self) -> dict[str, float]:
        """See ``Evidence``."""
        return {"sureness": self.sureness}

    def parts(self, params: Params) -> dict[str, float]:
        """See ``Evidence``."""
        signs, least = params.pinwheel, params.cut.least_score
        gain = (signs.top_score - least) / (1 - signs.least_sure)
        return {"base": least - gain * signs.least_sure, "sureness": gain * self.sureness}


@dataclass(frozen=True, slots=True)
class Pinwheel:
    """Its four borders, upper, right, lower, left, and five convex polygons: those around, the middle one."""

    cuts: tuple[Cut, ...]
    parts: tuple[Polygon, ...]


def find_pinwheel(views: tuple[View, View], polygon: Polygon, params: Params) -> Pinwheel | None:
    """The surest pinwheel that fills a convex region of the page, if there is a sure one."""
    signs = params.pinwheel
    if views[0].border is None or views[0].painted or area(polygon) < signs.smallest * views[0].white.size:
        return None
    across, down = _likely(views[0], polygon, signs), _likely(views[1], swap(polygon), signs)
    if min(len(across), len(down)) < 2:
        return None
    best: Pinwheel | None = None
    found = signs.least_mean
    for mirrored in (False, True):
        wheel, mean = _surest(views, polygon, across, down, mirrored, params)
        if wheel is not None and mean >= found:
            best, found = wheel, mean
    return best


def ends_loose(view: View, polygon: Polygon, cut: Cut, params: PinwheelParams) -> bool:
    """Whether a cut of a region has no border to follow at one end, and may only go on from a shorter one."""
    lines = view.lines
    turned = swap(polygon) if cut.down else polygon
    surest = []
    for offset, slope in (cut.upper, cut.lower):
        number = np.flatnonzero((lines.offset == offset) & (lines.slope == slope))
        if not len(number):
            return False
        ((first, last),) = chords(turned, np.array([offset]), np.array([slope]))
        near = params.end_share * (last - first)
        start, _ = _sureness(view, number[:1], np.array([[first + near]]), first, last)
        _, stop = _sureness(view, number[:1], np.array([[last - near]]), first, last)
        surest.append((float(start[0, 0]), float(stop[0, 0])))
    return float(np.max(surest, axis=0).min()) < params.loose_end


def _likely(view: View, polygon: Polygon, params: PinwheelParams) -> Spans:
    """Numbers of the lines of a view that may be borders of a part of the region, the likeliest first."""
    lines, (low, high) = view.lines, (polygon.min(0), polygon.max(0))
    if not len(lines):
        return np.zeros(0, np.intp)
    first, last = (int(np.clip(end, 0, view.white.shape[1]) / SAMPLE_STEP) for end in (low[0], high[0]))
    middle = lines.offset + lines.slope * (low[0] + high[0]) / 2
    margin = params.thinnest * view.white.shape[0]
    inner = (
        (np.abs(lines.slope) <= params.max_slope) & (middle > low[1] + margin) & (middle < high[1] - margin)
    )
    seen = np.where(inner, (lines.border[:, first:last] > params.tried_level).sum(1), 0)
    chosen: list[np.intp] = []
    for index in np.argsort(-seen):
        if len(chosen) == params.max_lines or seen[index] < params.least_length * (last - first):
            break
        if all(abs(middle[index] - middle[other]) > params.twin_distance for other in chosen):
            chosen.append(index)
    return np.array(chosen, np.intp)


def _surest(
    views: tuple[View, View], polygon: Polygon, across: Spans, down: Spans, mirrored: bool, params: Params
) -> tuple[Pinwheel | None, float]:
    """The surest pinwheel of one turn, and the mean sureness of its borders."""
    signs = params.pinwheel
    level, upright = views[0].lines, views[1].lines
    rows, columns = (level.offset[across], level.slope[across]), (upright.offset[down], upright.slope[down])
    ys = (rows[0][:, None] + rows[1][:, None] * columns[0]) / (1 - rows[1][:, None] * columns[1])
    xs = columns[0] + columns[1] * ys
    low, high = polygon.min(0), polygon.max(0)
    to_left, to_right = _sureness(views[0], across, xs, low[0], high[0])
    to_top, to_bottom = (part.T for part in _sureness(views[1], down, ys.T, low[1], high[1]))
    if mirrored:
        to_left, to_right = to_right, to_left
    # Of upper a, right b, lower c and left d: where each ends on the next. R×C each.
    borders = (
        to_left[:, :, None, None],  # the upper one, ends on the right one: a, b
        to_top.T[None, :, :, None],  # the right one, on the lower one: b, c
        to_right[None, None, :, :],  # the lower one, on the left one: c, d
        to_bottom[:, None, None, :],  # the left one, on the upper one: a, d
    )
    weakest = np.minimum(np.minimum(borders[0], borders[1]), np.minimum(borders[2], borders[3]))
    mean = (borders[0] + borders[1] + borders[2] + borders[3]) / 4
    height, width = views[0].white.shape
    row, column = ys.mean(1), xs.mean(0)
    apart = row[None, None, :, None] - row[:, None, None, None] >= signs.thinnest * height
    between = column[None, :, None, None] - column[None, None, None, :]
    apart = apart & ((-between if mirrored else between) >= signs.thinnest * width)
    mean = np.where(apart & (weakest >= signs.least_sure), mean, 0.0)
    at = np.unravel_index(int(mean.argmax()), mean.shape)
    if mean[at] < signs.least_mean:
        return None, 0.0
    sure = [float(np.broadcast_to(border, mean.shape)[at]) for border in borders]
    a, b, c, d = at
    ends = (
        (xs[a, b], high[0] if mirrored else low[0]),
        (ys[c, b], low[1]),
        (xs[c, d], low[0] if mirrored else high[0]),
        (ys[a, d], high[1]),
    )
    cuts = []
    for number, (chosen, likely, (one, other)) in enumerate(
        zip((across[a], down[b], across[c], down[d]), (across, down, across, down), ends, strict=True)
    ):
        view, within = views[number % 2], (float(min(one, other)), float(max(one, other)))
        evidence = HalfCutEvidence(sure[number])
        score = sum(evidence.parts(params).values())
        upper, lower = _both_sides(view, chosen, likely, within, params)
        cuts.append(Cut("half cut", number % 2 == 1, upper, lower, score, evidence, within=within))
    return _build(polygon, cuts, mirrored, signs), float(mean[at])


def _both_sides(
    view: View, chosen: np.intp, likely: Spans, within: tuple[float, float], params: Params
) -> tuple[Line, Line]:
    """The two lines of the gutter along a border, the upper one first; twice the border if it has none."""
    lines, signs = view.lines, params.pinwheel
    xs = np.arange(int(within[0] / SAMPLE_STEP), int(within[1] / SAMPLE_STEP)) * SAMPLE_STEP
    border = lines.line(chosen)
    widest, best = 0.0, (border, border)
    for other in likely:
        line = lines.line(other)
        gap = line[0] - border[0] + (line[1] - border[1]) * xs
        far = float(np.abs(gap).max(initial=0.0))
        if not widest < far <= params.gutter.widest * max(view.white.shape) or gap.min() * gap.max() <= 0:
            continue
        middle = (border[0] + border[1] * xs + gap / 2)[None]
        first = int(within[0] / SAMPLE_STEP)
        blank = max(float(sample_mask(mask, middle, first).mean()) for mask in (view.white, view.black))
        if blank >= signs.least_blank:
            widest, best = far, (border, line) if gap.min() > 0 else (line, border)
    return best


def _sureness(view: View, which: Spans, crossings: F64, low: float, high: float) -> tuple[F64, F64]:
    """How sure a border is on each of N lines from ``low`` to each of M crossings, and on to ``high``: N×M.

    Coordinates are x in pixels of the view; ``crossings`` are N×M.
    """
    lines = view.lines
    sure = 0.5 * lines.border[which] / 255 + 0.5 * (lines.brighter[which] | lines.darker[which])
    sums = np.pad(sure.cumsum(1), ((0, 0), (1, 0)))
    first, at, last = (
        np.clip(np.rint(x / SAMPLE_STEP), 0, sure.shape[1]).astype(np.intp)
        for x in (np.full_like(crossings, low), crossings, np.full_like(crossings, high))
    )
    rows = np.arange(len(which))[:, None]
    before = (sums[rows, at] - sums[rows, first]) / np.maximum(at - first, 1)
    after = (sums[rows, last] - sums[rows, at]) / np.maximum(last - at, 1)
    return before, after


def _build(polygon: Polygon, cuts: Sequence[Cut], mirrored: bool, params: PinwheelParams) -> Pinwheel | None:
    """The pinwheel of four half cuts, upper, right, lower and left; None where a part would be too small.

    ``mirrored``: the second one is the left one and the last one the right.
    """
    upper, right, lower, left = cuts
    below = _side_of(polygon, upper, False)
    parts = (
        _side_of(_side_of(polygon, upper, True), right, not mirrored),
        _side_of(_side_of(polygon, lower, True), right, mirrored),
        _side_of(_side_of(polygon, lower, False), left, mirrored),
        _side_of(below, left, not mirrored),
        _side_of(_side_of(_side_of(below, lower, True), right, not mirrored), left, mirrored),
    )
    if min(area(part) for part in parts) < params.least_part * area(polygon):
        return None
    return Pinwheel(tuple(cuts), parts)


def _side_of(polygon: Polygon, cut: Cut, first: bool) -> Polygon:
    """What of a convex polygon lies above a cut (or left of it, if it runs down), else beyond it."""
    turned = clip(swap(polygon) if cut.down else polygon, *(cut.upper if first else cut.lower), above=first)
    return swap(turned) if cut.down else turned
