"""Fit the sides of a panel: from where the cuts left it to its frame, or to the page's edge it runs off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Lines, Spans, View
from mangacolor.stages.panels.cutting.polygons import Polygon, clip, covered_share, swap
from mangacolor.stages.panels.params import BleedParams, SnapParams


def fit_sides(views: tuple[View, View], polygon: Polygon, params: SnapParams) -> Polygon:
    """Pull the sides of a region in to the frame lines that blank ground lies outside of."""
    right: set[tuple[bool, bool]] = set()  # sides that need no pull as the polygon is
    for down in (False, True, False, True):  # twice: a side's frame may show only once the others are right
        for above in (True, False):
            if (down, above) in right:
                continue
            turned = swap(polygon) if down else polygon
            pulled = _pull_side(views[down], views[not down], turned, above, params)
            if pulled is not turned:
                polygon = swap(pulled) if down else pulled
                right.clear()
            else:
                right.add((down, above))
    return polygon


def _pull_side(view: View, other: View, polygon: Polygon, above: bool, params: SnapParams) -> Polygon:
    """Drop the margin above (or below) the panel in this polygon, if there is one."""
    lines = view.lines
    if not len(lines):
        return polygon
    middle = lines.offset + lines.slope * polygon[:, 0].mean()
    depth = middle - polygon[:, 1].min() if above else polygon[:, 1].max() - middle
    extent = polygon[:, 1].max() - polygon[:, 1].min()
    within = (depth > params.on_side) & (depth <= params.far_reach * extent)
    within &= np.abs(lines.slope) <= params.max_slope
    support, spans = lines.support(polygon)
    samples = spans[:, 1] - spans[:, 0]
    if (support.max(0) * (np.abs(depth) <= params.on_side)).max() >= params.least_support:
        return polygon
    best, best_score = polygon, 0.0
    for white in (True, False):
        # A frame's outer edge: its ink is darker than white paper, and brighter than black.
        inward = support[int(white == above)]
        frame = np.where(within & (samples >= params.shortest), inward, 0)
        for index in np.argsort(-frame)[: params.max_lines]:
            if frame[index] < params.least_support or frame[index] + 1 <= best_score:
                break
            line = lines.line(index)
            margin = clip(polygon, *line, above=above)
            if len(margin) < 3:
                continue
            wide = margin[:, 0].max() - margin[:, 0].min()
            if samples[index] * SAMPLE_STEP < params.least_length * wide:
                continue
            clear = covered_share(view.white if white else view.black, margin)
            wanted = params.clear_share if depth[index] <= params.reach * extent else params.far_clear_share
            if clear < wanted or frame[index] + clear <= best_score:
                continue
            if not is_closed(other, margin, params):
                best, best_score = clip(polygon, *line, above=not above), float(frame[index]) + clear
    return best


def is_closed(other: View, margin: Polygon, params: SnapParams) -> bool:
    """Whether a margin, what lies above or below a line, is framed at both ends: the line is then a floor.

    A panel's frames end at its corners, and none runs on along a margin.
    """
    (left, top), (right, bottom) = margin.min(0), margin.max(0)
    if bottom - top < params.least_closed:
        return False
    span = slice(int((top + params.corner) / SAMPLE_STEP), int((bottom - params.corner) / SAMPLE_STEP))
    lines = other.lines
    if not len(lines):
        return False
    at = lines.offset + lines.slope * (top + bottom) / 2
    level = np.abs(lines.slope) <= params.max_slope
    reach = params.near_end * (right - left)
    for near in (at - left, right - at):
        some = np.flatnonzero(level & (near >= -params.on_side) & (near <= reach))
        if not any(lines.edges(index, span).mean() >= params.runs_on for index in some):
            return False
    return True


def run_off_page(views: tuple[View, View], polygons: Sequence[Polygon], params: BleedParams) -> list[Polygon]:
    """Panels, with a side in line with the column's brought to the page's edge where the panel runs off it.

    It has no frame there, and those at both its ends run on to the page's edge: none runs on into a margin.
    """
    found = list(polygons)
    for index in range(len(found)):
        others = found[:index] + found[index + 1 :]
        for down in (False, True):
            turned, rest = found[index], others
            if down:
                turned, rest = swap(turned), [swap(other) for other in others]
            for last in (False, True):
                turned = _run_off(views[down], views[not down], turned, rest, last, params)
            found[index] = swap(turned) if down else turned
    return found


def _run_off(
    view: View,
    other_view: View,
    polygon: Polygon,
    others: Sequence[Polygon],
    last: bool,
    params: BleedParams,
) -> Polygon:
    """The polygon with its first (or last) side in x at the page's edge, if the panel runs off it there."""
    height, width = view.white.shape
    at, edge = (polygon[:, 0].max(), width) if last else (polygon[:, 0].min(), 0)
    reach = params.straight + params.most_lean * np.ptp(polygon[:, 1])
    side = np.flatnonzero(np.abs(polygon[:, 0] - at) <= reach)
    if not params.on_side < abs(edge - at) <= params.widest * width or len(side) < 2:
        return polygon
    upper, lower = side[polygon[side, 1].argmin()], side[polygon[side, 1].argmax()]
    top, bottom = polygon[upper, 1], polygon[lower, 1]
    if bottom - top <= reach:  # a corner that is cut off is no side
        return polygon
    middle = (polygon[upper, ::-1] + polygon[lower, ::-1]) / 2
    if _has_frame(other_view, middle, (top, bottom), params):
        return polygon
    grown, runs_on = polygon.copy(), 1.0
    grown[side, 0] = edge
    for corner, end in ((upper, 0), (lower, height)):
        if abs(polygon[corner, 1] - end) > params.on_side:
            share, slope = _edge_along(view.lines, polygon[corner], sorted((at, edge)), params)
            runs_on = min(runs_on, share)
            grown[corner, 1] += slope * (edge - polygon[corner, 0])
    strip = np.array([(at, top), (edge, top), (edge, bottom), (at, bottom)])
    taken = any(_overlap(strip, other, params.on_side) for other in others)
    ends = top > params.on_side or bottom < height - params.on_side
    # Where a frame stops a little short, as on a page askew, what is drawn tells.
    drawn = 1 - covered_share(view.white, strip if last else strip[::-1]) >= params.least_drawn
    wanted = params.runs_on if drawn else params.surely_runs_on
    return grown if ends and not taken and runs_on >= wanted else polygon


def _has_frame(view: View, at: Polygon, span: Sequence[float], params: BleedParams) -> bool:
    """Whether a line near a point (x, y) has an edge over a span of x that the network takes for a border."""
    first, last = (max(0, round(x / SAMPLE_STEP)) for x in span)
    sees = view.border is not None and not view.painted
    return any(
        view.lines.edges(index, slice(first, last)).mean() >= params.framed
        and not (sees and view.lines.border[index, first:last].mean() < 255 * params.least_border)
        for index in _lines_near(view.lines, at, params)
    )


def _edge_along(lines: Lines, at: Polygon, span: Sequence[float], params: BleedParams) -> tuple[float, float]:
    """The largest share of edge over a span of x along lines near a point (x, y), and that line's slope."""
    first, last = (max(0, round(x / SAMPLE_STEP)) for x in span)
    shares = [
        (int(lines.edges(index, slice(first, last)).sum()) / max(last - first, 1), float(lines.slope[index]))
        for index in _lines_near(lines, at, params)
    ]
    return max(shares, default=(0.0, 0.0))


def _lines_near(lines: Lines, at: Polygon, params: BleedParams) -> Spans:
    """The numbers of the lines near a point (x, y) that may be frames."""
    away = np.abs(lines.offset + lines.slope * at[0] - at[1])
    return np.flatnonzero((away <= params.on_side) & (np.abs(lines.slope) <= params.max_slope))


def _overlap(first: Polygon, second: Polygon, least: float) -> bool:
    """Whether the boxes of two polygons overlap by more than ``least`` pixels both ways."""
    low = np.maximum(first.min(0), second.min(0))
    return bool((np.minimum(first.max(0), second.max(0)) - low > least).all())
