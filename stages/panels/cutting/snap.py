"""Fit the sides of a panel: from where the cuts left it to its frame, or to its ink."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.stages.panels.cutting.lines import STEP, View
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, swap

Bools = npt.NDArray[np.bool_]

_REACH = 0.3  # of the region's extent: how far in a frame is looked for,
_FAR = 0.85  # or so far, over nothing but paper
_BARE = 0.98  # blank share of such a margin
_FRAME = 0.5  # support a frame line needs
_TRIED = 8  # best supported lines of a side
_TILT = 0.12  # slope of a frame beside a margin
_ON = 2.5  # pixels: a line this near is the side's own frame
_CLEAR = 0.8  # blank share wanted between the region's side and the frame


def fit(views: tuple[View, View], polygon: Polygon) -> Polygon:
    """Pull the sides of a region in to the frame lines that blank ground lies outside of."""
    for down in (False, True, False, True):
        for above in (True, False):
            turned = swap(polygon) if down else polygon
            turned = _pull(views[down], turned, above)
            polygon = swap(turned) if down else turned
    return polygon


def _pull(view: View, polygon: Polygon, above: bool) -> Polygon:
    """Drop the margin above (or below) the panel in this polygon, if there is one."""
    lines = view.lines
    if not len(lines):
        return polygon
    middle = lines.offset + lines.slope * polygon[:, 0].mean()
    depth = middle - polygon[:, 1].min() if above else polygon[:, 1].max() - middle
    extent = np.ptp(polygon[:, 1])
    near = (depth > _ON) & (depth <= _FAR * extent) & (np.abs(lines.slope) <= _TILT)
    support, spans = lines.support(polygon)
    if (support.max(0) * (np.abs(depth) <= _ON)).max() >= _FRAME:
        return polygon
    best, best_score = polygon, 0.0
    for white in (True, False):
        seen = np.where(near & (np.ptp(spans, axis=1) >= 8), support[int(white == above)], 0)
        for index in np.argsort(-seen)[:_TRIED]:
            if seen[index] < _FRAME or seen[index] + 1 <= best_score:
                break
            line = float(lines.offset[index]), float(lines.slope[index])
            kept = clip(polygon, *line, above=not above)
            margin = clip(polygon, *line, above=above)
            whole = len(margin) >= 3 and np.ptp(spans[index]) * STEP >= 0.9 * np.ptp(margin[:, 0])
            if not whole:
                continue
            clear = share(view.white if white else view.black, margin)
            wanted = _CLEAR if depth[index] <= _REACH * extent else _BARE
            if clear >= wanted and seen[index] + clear > best_score:
                best, best_score = kept, float(seen[index]) + clear
    return best


def share(mask: Bools, polygon: Polygon) -> float:
    """Share of a polygon that ``mask`` covers; 1 for a sliver of no pixels."""
    if area(polygon) < 4:
        return 1.0
    low = np.maximum(np.floor(polygon.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(polygon.max(0)), mask.shape[::-1]).astype(int)
    window = np.zeros(np.maximum(high - low, 1)[::-1], np.uint8)
    cv2.fillConvexPoly(window, np.rint(polygon - low).astype(np.int32), 1)
    found = window[: high[1] - low[1], : high[0] - low[0]].astype(bool)
    inside = mask[low[1] : high[1], low[0] : high[0]][found]
    return float(inside.mean()) if inside.size else 1.0
