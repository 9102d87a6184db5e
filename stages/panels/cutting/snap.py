"""Fit the sides of a panel: from where the cuts left it to its frame, or to its ink."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, View
from mangacolor.stages.panels.cutting.polygons import Polygon, clip, covered_share, swap
from mangacolor.stages.panels.params import SnapParams


def fit_sides(views: tuple[View, View], polygon: Polygon, params: SnapParams) -> Polygon:
    """Pull the sides of a region in to the frame lines that blank ground lies outside of."""
    for down in (False, True, False, True):  # twice: a side's frame may show only once the others are right
        for above in (True, False):
            turned = swap(polygon) if down else polygon
            turned = _pull_side(views[down], turned, above, params)
            polygon = swap(turned) if down else turned
    return polygon


def _pull_side(view: View, polygon: Polygon, above: bool, params: SnapParams) -> Polygon:
    """Drop the margin above (or below) the panel in this polygon, if there is one."""
    lines = view.lines
    if not len(lines):
        return polygon
    middle = lines.offset + lines.slope * polygon[:, 0].mean()
    depth = middle - polygon[:, 1].min() if above else polygon[:, 1].max() - middle
    extent = np.ptp(polygon[:, 1])
    within = (depth > params.on_side) & (depth <= params.far_reach * extent)
    within &= np.abs(lines.slope) <= params.max_slope
    support, spans = lines.support(polygon)
    if (support.max(0) * (np.abs(depth) <= params.on_side)).max() >= params.least_support:
        return polygon
    best, best_score = polygon, 0.0
    for white in (True, False):
        # A frame's outer edge: its ink is darker than white paper, and brighter than black.
        inward = support[int(white == above)]
        frame = np.where(within & (np.ptp(spans, axis=1) >= params.shortest), inward, 0)
        for index in np.argsort(-frame)[: params.max_lines]:
            if frame[index] < params.least_support or frame[index] + 1 <= best_score:
                break
            line = lines.line(index)
            margin = clip(polygon, *line, above=above)
            length = np.ptp(spans[index]) * SAMPLE_STEP
            if len(margin) < 3 or length < params.least_length * np.ptp(margin[:, 0]):
                continue
            clear = covered_share(view.white if white else view.black, margin)
            wanted = params.clear_share if depth[index] <= params.reach * extent else params.far_clear_share
            if clear >= wanted and frame[index] + clear > best_score:
                best, best_score = clip(polygon, *line, above=not above), float(frame[index]) + clear
    return best
