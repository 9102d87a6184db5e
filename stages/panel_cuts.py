"""Cut a page into convex regions along its gutters and frame lines.

A cut is a band between two lines: the lower side of the panel above and the upper side of the panel
below. Where panels share one line, the band has no width. The best band of a region is taken first,
and the two parts are cut again, until no band is good enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mangacolor.stages.panel_lines import STEP, View, rows_along, sample
from mangacolor.stages.panel_regions import Polygon, area, chord, clip, swap

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_ENOUGH = 0.66  # score of a band that cuts
_WIDEST = 0.075  # of the page's long side
_SMALLEST = 0.008  # of the page's area: no cut leaves less
_SPAN = 0.8  # of the region's extent that a cut must run through
_MOST = 40  # lines of each side tried in one region
_WEAK_EDGE = 0.2  # a line with less support in the region sides no band


@dataclass(frozen=True, slots=True)
class Band:
    """A cut: two lines of one view (``down``: of the transposed page), and its score in [0, 1]."""

    down: bool
    upper: tuple[float, float]  # offset, slope
    lower: tuple[float, float]
    score: float


@dataclass(frozen=True, slots=True)
class Region:
    """A leaf of the cutting: a convex polygon, and the lowest score of the cuts around it."""

    polygon: Polygon
    support: float


def cut(views: tuple[View, View], polygon: Polygon, support: float = 1.0) -> list[Region]:
    """The regions of a convex polygon of the page; at least one."""
    best = best_band(views, polygon)
    if best is None:
        return [Region(polygon, support)]
    regions: list[Region] = []
    for part in split(polygon, best):
        regions += cut(views, part, min(support, best.score))
    return regions


def split(polygon: Polygon, band: Band) -> tuple[Polygon, Polygon]:
    """What lies above and below a band."""
    turned = swap(polygon) if band.down else polygon
    parts = clip(turned, *band.upper, above=True), clip(turned, *band.lower, above=False)
    return (swap(parts[0]), swap(parts[1])) if band.down else parts


def best_band(views: tuple[View, View], polygon: Polygon) -> Band | None:
    bands = [
        band
        for down, view in enumerate(views)
        for band in _bands(view, swap(polygon) if down else polygon, bool(down))
        if band.score >= _ENOUGH
    ]
    smallest = _SMALLEST * views[0].white.size
    for band in sorted(bands, key=lambda band: -band.score):
        if min(area(part) for part in split(polygon, band)) >= smallest:
            return band
    return None


def _bands(view: View, polygon: Polygon, down: bool) -> list[Band]:
    """All bands of a region worth a score."""
    lines = view.lines
    if not len(lines) or len(polygon) < 3:
        return []
    spans = np.array([chord(polygon, *line) for line in zip(lines.offset, lines.slope, strict=True)])
    inside = _inside(spans, lines.brighter.shape[1])
    length = inside.sum(1)
    shortest = _SPAN * np.ptp(polygon[:, 0]) / STEP
    ok = length >= max(4, shortest)
    brighter = np.where(ok, (lines.brighter & inside).sum(1) / np.maximum(length, 1), 0)
    darker = np.where(ok, (lines.darker & inside).sum(1) / np.maximum(length, 1), 0)
    bands: list[Band] = []
    for white in (True, False):
        upper, lower = (brighter, darker) if white else (darker, brighter)
        bands += _pairs(view, polygon, inside, upper, lower, white, down)
    bands += _single(view, inside, brighter, darker, down)
    return bands


def _pairs(
    view: View, polygon: Polygon, inside: Bools, upper: Floats, lower: Floats, white: bool, down: bool
) -> list[Band]:
    """Gutters: blank between an upper line that opens it and a lower line that closes it."""
    lines = view.lines
    ends = np.ptp(polygon[:, 0])
    widest = _WIDEST * max(view.white.shape)
    tops = [index for index in np.argsort(-upper)[:_MOST] if upper[index] >= _WEAK_EDGE]
    bottoms = [index for index in np.argsort(-lower)[:_MOST] if lower[index] >= _WEAK_EDGE]
    bands: list[Band] = []
    mask = view.white if white else view.black
    for top in tops:
        first, last = _ends(inside[top])
        for bottom in bottoms:
            if max(upper[top], lower[bottom]) < 0.35:
                continue
            gap = lines.offset[bottom] - lines.offset[top]
            tilt = lines.slope[bottom] - lines.slope[top]
            gaps = gap + tilt * first, gap + tilt * last
            if min(gaps) < 1.5 or max(gaps) > widest or abs(tilt) * ends > widest:
                continue
            score = _score(view, mask, inside[top], int(top), int(bottom), white)
            bands.append(
                Band(
                    down,
                    (float(lines.offset[top]), float(lines.slope[top])),
                    (float(lines.offset[bottom]), float(lines.slope[bottom])),
                    score,
                )
            )
    return bands


def _score(view: View, mask: Bools, inside: Bools, top: int, bottom: int, white: bool) -> float:
    lines = view.lines
    width = view.white.shape[1]
    upper = rows_along(lines.offset[[top]], lines.slope[[top]], width)[0]
    lower = rows_along(lines.offset[[bottom]], lines.slope[[bottom]], width)[0]
    shares = np.array([0.3, 0.5, 0.7])[:, None]
    within = sample(mask, upper[None] * (1 - shares) + lower[None] * shares)
    around = sample(mask, np.array([upper - 6, upper - 3, lower + 3, lower + 6]))
    at = inside
    blank = within.all(0)[at]
    edge_up = (lines.brighter if white else lines.darker)[top][at]
    edge_down = (lines.darker if white else lines.brighter)[bottom][at]
    # Where it is blank on both sides too, a margin is crossed and no frame is to be seen.
    nothing = around.all(0)[at] & blank
    length = len(blank)
    framed = max(length - int(nothing.sum()), int(0.4 * length), 1)
    filled = blank.mean()
    up, down = (edge_up & ~nothing).sum() / framed, (edge_down & ~nothing).sum() / framed
    tail = max(2, min(4, length // 8))
    through = (blank[:tail].mean() + blank[-tail:].mean()) / 2
    return float(0.35 * filled + 0.225 * min(up, 1) + 0.225 * min(down, 1) + 0.2 * through)


def _single(view: View, inside: Bools, brighter: Floats, darker: Floats, down: bool) -> list[Band]:
    """Shared frame lines, and steps from one panel straight into the next."""
    lines = view.lines
    bands: list[Band] = []
    for index in np.flatnonzero(np.maximum(brighter, darker) >= 0.7):
        seen = (lines.brighter[index] | lines.darker[index])[inside[index]]
        line = (float(lines.offset[index]), float(lines.slope[index]))
        bands.append(Band(down, line, line, float(0.8 * seen.mean())))
    return bands


def _inside(spans: Floats, count: int) -> Bools:
    xs = np.arange(count) * STEP
    inside: Bools = (xs[None] >= spans[:, :1]) & (xs[None] < spans[:, 1:])
    return inside


def _ends(inside: Bools) -> tuple[float, float]:
    where = np.flatnonzero(inside)
    return (float(where[0]) * STEP, float(where[-1]) * STEP) if len(where) else (0.0, 0.0)
