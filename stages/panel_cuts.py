"""Cut a page into convex regions along its gutters and frame lines.

A cut is a band between two lines: the lower side of the panel above and the upper side of the panel
below. Where panels share one line, the band has no width. The best band of a region is taken first,
and the two parts are cut again, until no band is good enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.stages.panel_lines import STEP, Lines, Spans, View, sample
from mangacolor.stages.panel_regions import Floats, Polygon, area, clip, swap
from mangacolor.stages.panel_sides import fit

_ENOUGH = 0.66  # score of a band that cuts
_WIDEST = 0.075  # of the page's long side
_SMALLEST = 0.008  # of the page's area: no cut leaves less
_SPAN = 0.8  # of the region's extent that a cut must run through
_MOST = 40  # lines of each side tried in one region
_WEAK_EDGE = 0.2  # a line with less support in the region sides no band
_STRONG_EDGE = 0.35  # and one of the two has this
_THINNEST = 1.5  # pixels
_THIN = 7.0  # pixels: a band this wide costs nothing
_THIN_COST = 0.15


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
    polygon = fit(views, polygon)
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
    if not len(view.lines) or len(polygon) < 3:
        return []
    support, spans = view.lines.support(polygon)
    short = np.ptp(spans, axis=1) < max(4, _SPAN * np.ptp(polygon[:, 0]) / STEP)
    support[:, short] = 0
    bands = _single(view.lines, support, spans, down)
    for white in (True, False):
        bands += _pairs(view, support if white else support[::-1], spans, white, down)
    return bands


def _pairs(view: View, support: Floats, spans: Spans, white: bool, down: bool) -> list[Band]:
    """Gutters: blank between an upper line that opens it and a lower line that closes it."""
    lines = view.lines
    tops, bottoms = (
        np.array([index for index in np.argsort(-side)[:_MOST] if side[index] >= _WEAK_EDGE], np.intp)
        for side in support
    )
    pairs = np.stack(np.meshgrid(tops, bottoms, indexing="ij"), -1).reshape(-1, 2)
    top, bottom = pairs.T
    ends = spans[top] * STEP
    gaps = np.diff(lines.offset[pairs], axis=1) + np.diff(lines.slope[pairs], axis=1) * ends
    widest = _WIDEST * max(view.white.shape)
    good = (gaps.min(1, initial=widest) >= _THINNEST) & (gaps.max(1, initial=0) <= widest)
    good &= np.maximum(support[0][top], support[1][bottom]) >= _STRONG_EDGE
    # The ink of a frame is a thin black band itself: the gutter beside it must win.
    thin = _THIN_COST * (1 - np.clip(gaps.mean(1) / _THIN, 0, 1))
    return [
        Band(
            down, _line(lines, top), _line(lines, bottom), _score(view, spans[top], top, bottom, white) - cost
        )
        for (top, bottom), cost in zip(pairs[good], thin[good], strict=True)
    ]


def _score(view: View, span: Spans, top: int, bottom: int, white: bool) -> float:
    """How surely a gutter runs between two lines over the samples [first, last) of ``span``."""
    lines, mask = view.lines, view.white if white else view.black
    at = slice(int(span[0]), int(span[1]))
    xs = np.arange(at.start, at.stop) * STEP
    upper = lines.offset[top] + lines.slope[top] * xs
    lower = lines.offset[bottom] + lines.slope[bottom] * xs
    thirds = [0.7 * upper + 0.3 * lower, 0.5 * upper + 0.5 * lower, 0.3 * upper + 0.7 * lower]
    blank = sample(mask, np.array(thirds), at.start).all(0)
    around = sample(mask, np.array([upper - 6, upper - 3, lower + 3, lower + 6]), at.start)
    # Where it is blank on both sides too, a margin is crossed and no frame is to be seen.
    margin = around.all(0) & blank
    framed = max(len(xs) - int(margin.sum()), int(0.4 * len(xs)), 1)
    sides = (lines.brighter, lines.darker) if white else (lines.darker, lines.brighter)
    edges = sum(
        min(float((side[index, at] & ~margin).sum()) / framed, 1.0)
        for side, index in zip(sides, (top, bottom), strict=True)
    )
    tail = max(2, min(4, len(xs) // 8))
    # A gutter runs on through the frames beside it; white inside a panel ends at its frame.
    through = float(blank[:tail].all()) + float(blank[-tail:].all())
    return 0.35 * float(blank.mean()) + 0.175 * edges + 0.15 * through


def _single(lines: Lines, support: Floats, spans: Spans, down: bool) -> list[Band]:
    """Shared frame lines, and steps from one panel straight into the next."""
    bands: list[Band] = []
    for index in np.flatnonzero(support.max(0) >= 0.7):
        at = slice(*spans[index])
        seen = (lines.brighter[index] | lines.darker[index])[at]
        line = _line(lines, int(index))
        bands.append(Band(down, line, line, 0.8 * float(seen.mean())))
    return bands


def _line(lines: Lines, index: int) -> tuple[float, float]:
    return float(lines.offset[index]), float(lines.slope[index])
