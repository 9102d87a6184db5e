"""Panels without frame lines, such as paintings with soft edges: bare bands and margins of white paper.

Only where what stays is dense: a figure and a balloon on white paper belong to one open panel.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.stages.panels.cutting.gutters import Band, told
from mangacolor.stages.panels.cutting.lines import View
from mangacolor.stages.panels.cutting.polygons import Polygon, clip, swap

Bools = npt.NDArray[np.bool_]

_BARE = 0.985  # blank share of a row that shows nothing
_END = 6  # pixels of a row at either side, but for the outermost, which a cut may have left
_THINNEST = 4  # pixels: soft edges leave little of a gutter
_NEAR = 4  # pixels
_DENSE = 0.55  # share of the rows that show something which must be drawn
_SCORE = 0.8


def bare_bands(view: View, polygon: Polygon, down: bool) -> list[Band]:
    """Bands of bare rows right through a region, with something dense on both sides."""
    found: list[Band] = []
    top, blank = _rows(view.pure, polygon)
    for first, last in _runs(blank >= _BARE):
        inner = first > 0 and last < len(blank) and last - first >= _THINNEST
        if inner and _dense(blank[:first]) and _dense(blank[last:]):
            upper, lower = float(top + first), float(top + last)
            score = _SCORE + _told(view, polygon, upper, lower)
            found.append(Band(down, (upper, 0.0), (lower, 0.0), score))
    return found


def _told(view: View, polygon: Polygon, upper: float, lower: float) -> float:
    """What the network says of a band's two sides, each looked for within a few pixels."""
    if view.chance is None:
        return 0.0
    first, last = (
        int(np.clip(x, 0, view.chance.shape[1])) for x in (polygon[:, 0].min(), polygon[:, 0].max())
    )
    sides = [view.chance[max(int(y) - _NEAR, 0) : int(y) + _NEAR + 1, first:last] for y in (upper, lower)]
    return (
        float(told(view, np.mean([side.max(0, initial=0).mean() for side in sides]) / 255))
        if last > first
        else 0.0
    )


def trim(views: tuple[View, View], polygon: Polygon) -> Polygon:
    """The region without bare margins, where what is left is dense."""
    for down in (False, True):
        turned = swap(polygon) if down else polygon
        top, blank = _rows(views[down].pure, turned)
        shown = np.flatnonzero(blank < _BARE)
        if len(shown) and len(shown) < len(blank) and _dense(blank):
            turned = clip(turned, float(top + shown[0]), 0.0, above=False)
            turned = clip(turned, float(top + shown[-1] + 1), 0.0, above=True)
        polygon = swap(turned) if down else turned
    return polygon


def _dense(blank: npt.NDArray[np.float64]) -> bool:
    shown = blank[blank < _BARE]
    return len(shown) > 0 and float(1 - shown.mean()) >= _DENSE


def _rows(mask: Bools, polygon: Polygon) -> tuple[int, npt.NDArray[np.float64]]:
    """The first row of a convex polygon, and the blank share of each of its rows."""
    low = np.maximum(np.floor(polygon.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(polygon.max(0)), mask.shape[::-1]).astype(int)
    if (high <= low).any():
        return int(low[1]), np.zeros(0)
    inside = np.zeros((high - low)[::-1], np.uint8)
    cv2.fillConvexPoly(inside, np.rint(polygon - low).astype(np.int32), 1)
    empty = mask[low[1] : high[1], low[0] : high[0]] | (inside == 0)
    blank = 1 - (~empty).sum(1) / np.maximum(inside.sum(1), 1)
    # Blank that ends at a frame on either side is the white of a panel.
    through = empty[:, 1:_END].all(1) & empty[:, -_END:-1].all(1)
    return int(low[1]), np.where(through, blank, np.minimum(blank, 0.9))


def _runs(rows: Bools) -> list[tuple[int, int]]:
    """Stretches [first, last) of rows that are True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
