"""The bands a region could be cut along, and how surely each is a gutter or a shared frame line.

A band lies between two lines: the lower side of the panel above and the upper side of the panel
below. Where panels share one line, the band has no width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.lines import STEP, Bools, Lines, Spans, View, sample
from mangacolor.stages.panels.cutting.polygons import Floats, Polygon

ENOUGH = 0.72  # score of a band that cuts
_WIDEST = 0.075  # of the page's long side
_SPAN = 0.8  # of the region's extent that a cut must run through
_MOST = 40  # lines of each side tried in one region
_WEAK_EDGE = 0.2  # a line with less support in the region sides no band
_STRONG_EDGE = 0.35  # and one of the two has this
_THINNEST = 1.5  # pixels
_THIN = 7.0  # pixels: a band this wide costs nothing
_THIN_COST = 0.15
_ALL_BLANK = 0.65  # what blank, and running on through the frames, add to a score at most
_SEEN_LEAST = 0.3  # of a shared line that the network confirms
_SHARED_SUPPORT = 0.7  # of a shared line; and its costs:
_SHORT, _SHORT_COST = 0.45, 0.06  # shorter than this part of the page, as walls and shelves are
_SLANT, _SLANT_COST = 0.006, 0.04  # neither level nor clearly slanted on purpose
_LOOSE_COST = 0.05  # not reaching both sides of the region
# With the network:
_TOLD, _TOLD_FROM = 0.6, 0.35  # what its chance adds to a gutter's score, and where that turns negative
_STUB = slice(4, 11)  # samples near a line's end, away from the border that it meets there
_STUBS = 0.5  # of the chance there counts for the whole gutter
_SURE_FROM, _SURE_TOP = 0.5, 0.84  # how sure it must be of a shared line, and the score of the surest
_CHANCE, _SEEN, _ENDS = 0.6, 0.3, 0.1  # weights of what makes it sure
_TAIL, _SURE_ENDS = 0.12, 0.7  # of a line, and the chance that makes its ends sure
_HIDDEN = 0.5  # cost of the whole line hidden
_TILTED, _TILT_COST = 0.1, 0.03  # slope from which a shared line is slanted on purpose


@dataclass(frozen=True, slots=True)
class Band:
    """A cut: two lines of one view (``down``: of the transposed page), and its score in [0, 1]."""

    down: bool
    upper: tuple[float, float]  # offset, slope
    lower: tuple[float, float]
    score: float

    @property
    def shared(self) -> bool:
        """Whether it is one line that panels share."""
        return self.upper == self.lower


def bands(view: View, polygon: Polygon, down: bool) -> list[Band]:
    """All bands of a region worth a score."""
    if not len(view.lines) or len(polygon) < 3:
        return []
    support, spans = view.lines.support(polygon)
    short = np.ptp(spans, axis=1) < max(4, _SPAN * np.ptp(polygon[:, 0]) / STEP)
    support[:, short] = 0
    found = _shared(view, support, spans, down)
    for white in (True, False):
        found += _pairs(view, support if white else support[::-1], spans, white, down)
    return found


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
    pairs, spans = pairs[good], spans[top[good]]
    # The ink of a frame is a thin black band itself: the gutter beside it must win.
    beside = -_THIN_COST * (1 - np.clip(gaps[good].mean(1) / _THIN, 0, 1))
    beside += _told(view, spans, pairs)
    edges = _edges(lines, spans, pairs, white)
    # Scores cost time. Most pairs are out of the question by what is known of them already.
    kept = np.flatnonzero(_ALL_BLANK + edges + beside >= ENOUGH)
    kept = kept[_blank(view, spans[kept], pairs[kept], white) + edges[kept] + beside[kept] >= ENOUGH]
    return [
        Band(
            down,
            _line(lines, pairs[index, 0]),
            _line(lines, pairs[index, 1]),
            _score(view, spans[index], pairs[index, 0], pairs[index, 1], white) + float(beside[index]),
        )
        for index in kept
    ]


def _told(view: View, spans: Spans, pairs: Spans) -> Floats:
    """What the network's chances along pairs of lines add to the scores of the gutters between them."""
    if view.chance is None or not len(pairs):
        return np.zeros(len(pairs))
    lines, first, last = view.lines, spans[:, :1], spans[:, 1:]
    sums = lines.border_sums[pairs, last] - lines.border_sums[pairs, first]
    mean = sums.mean(1) / np.maximum(last - first, 1)[:, 0]
    # A figure may hide most of a gutter; where it leaves its neighbours it still shows.
    stub = np.arange(_STUB.start, _STUB.stop)
    most = lines.border.shape[1] - 1
    ends = [
        lines.border[pairs[:, :, None], np.clip(at, 0, most)[:, None]].max(1).mean(1)
        for at in (first + stub, last - 1 - stub)
    ]
    stubs = np.minimum(*ends)
    for index in np.flatnonzero(np.diff(spans)[:, 0] < 3 * _STUB.stop):
        at = slice(*spans[index])
        stubs[index] = _stubs(lines.border[pairs[index], at].max(0))
    return told(view, np.maximum(mean, _STUBS * stubs) / 255)


def _stubs(chance: Image) -> float:
    """The lower of the mean chances near a line's two ends, away from the borders that it meets there."""
    if len(chance) < 3 * _STUB.stop:
        return float(chance.mean()) if len(chance) else 0.0
    return min(float(chance[_STUB].mean()), float(chance[::-1][_STUB].mean()))


def told(view: View, chance: Floats) -> Floats:
    """What mean chances of borders add to the scores of gutters.

    The network learnt from black-and-white pages: of paintings with soft edges it knows little.
    """
    value: Floats = _TOLD * (chance - _TOLD_FROM)
    return value.clip(min=0.0) if view.painted else value


def _edges(lines: Lines, spans: Spans, pairs: Spans, white: bool) -> Floats:
    """What the edges along both lines add to ``_score`` at most, for many pairs at once."""
    rows = np.array([0, 1] if white else [1, 0])
    counts = lines.sums[rows, pairs, spans[:, 1:]] - lines.sums[rows, pairs, spans[:, :1]]
    bound: Floats = 0.175 * np.minimum(counts / np.maximum(0.4 * np.diff(spans), 1e-9), 1).sum(1)
    return bound


def _blank(view: View, spans: Spans, pairs: Spans, white: bool) -> Floats:
    """What blank adds to ``_score`` at most, for many pairs at once, from the middle between two lines."""
    lines, mask = view.lines, view.white if white else view.black
    first = spans[:, :1]
    length = np.maximum(np.diff(spans), 1)
    columns = np.arange(int(length.max(initial=1)))[None]
    at = (first + columns) * STEP
    offset, slope = lines.offset[pairs].mean(1), lines.slope[pairs].mean(1)
    rows = np.rint(offset[:, None] + slope[:, None] * at).astype(np.intp)
    blank = mask[np.clip(rows, 0, mask.shape[0] - 1), np.minimum(at, mask.shape[1] - 1)]
    inside = columns < length
    blank &= (rows >= 0) & (rows < mask.shape[0]) & inside
    tail = np.clip(length // 8, 2, 4)
    starts = (blank | (columns >= tail)).all(1)
    ends = (blank | (columns < length - tail) | ~inside).all(1)
    bound: Floats = 0.35 * blank.sum(1) / length[:, 0] + 0.15 * (starts.astype(np.float64) + ends)
    return bound


def _score(view: View, span: Spans, top: np.intp, bottom: np.intp, white: bool) -> float:
    """How surely a gutter runs between two lines over the samples [first, last) of ``span``."""
    lines, mask = view.lines, view.white if white else view.black
    at = slice(int(span[0]), int(span[1]))
    xs = np.arange(at.start, at.stop) * STEP
    upper = lines.offset[top] + lines.slope[top] * xs
    lower = lines.offset[bottom] + lines.slope[bottom] * xs
    thirds = [0.7 * upper + 0.3 * lower, 0.5 * upper + 0.5 * lower, 0.3 * upper + 0.7 * lower]
    blank = np.logical_and.reduce(sample(mask, np.array(thirds), at.start), axis=0)
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


def _learnt(view: View, support: Floats, spans: Spans, down: bool) -> list[Band]:
    """Shared lines that the network takes for borders, also where something covers them."""
    lines = view.lines
    bands: list[Band] = []
    for index in np.flatnonzero(support.max(0) >= _SEEN_LEAST):
        at = slice(int(spans[index, 0]), int(spans[index, 1]))
        chance = lines.border[index, at]
        seen = np.logical_or(lines.brighter[index, at], lines.darker[index, at])
        told_of = max(float(chance.mean()), _shown(chance, seen)), _stubs(chance)
        sure = _SEEN * float(seen.mean()) + (_CHANCE * told_of[0] + _ENDS * told_of[1]) / 255
        tilted = _SLANT < abs(lines.slope[index]) < _TILTED
        score = ENOUGH + (_SURE_TOP - ENOUGH) * (sure - _SURE_FROM) / (1 - _SURE_FROM) - _TILT_COST * tilted
        line = _line(lines, index)
        bands.append(Band(down, line, line, score))
    return bands


def _shown(chance: Image, seen: Bools) -> float:
    """The mean chance where a line is to be seen, less for every part that is hidden; 0 to 255.

    A figure that stands before a border may hide half of it, if both of its ends are sure.
    """
    if not seen.any():
        return 0.0
    tail = max(_STUB.start, int(_TAIL * len(chance)))
    ends = min(float(chance[:tail].mean()), float(chance[-tail:].mean())) / 255
    shown = float(chance[seen].mean()) - 255 * _HIDDEN * (1 - float(seen.mean()))
    return shown * min(1.0, ends / _SURE_ENDS)


def _shared(view: View, support: Floats, spans: Spans, down: bool) -> list[Band]:
    """Shared frame lines, and steps from one panel straight into the next."""
    if view.chance is not None:
        return _learnt(view, support, spans, down)
    lines = view.lines
    bands: list[Band] = []
    for index in np.flatnonzero(support.max(0) >= _SHARED_SUPPORT):
        at = slice(int(spans[index, 0]), int(spans[index, 1]))
        seen = np.logical_or(lines.brighter[index, at], lines.darker[index, at])
        length = len(seen) * STEP / view.white.shape[1]
        tail = max(2, len(seen) // 20)
        loose = min(seen[:tail].mean(), seen[-tail:].mean()) < 0.5
        cost = (
            _SHORT_COST * float(np.clip((_SHORT - length) / 0.35, 0, 1))
            + _SLANT_COST * (abs(lines.slope[index]) > _SLANT)
            + _LOOSE_COST * loose
        )
        line = _line(lines, index)
        bands.append(Band(down, line, line, 0.04 + 0.8 * float(seen.mean()) - cost))
    return bands


def _line(lines: Lines, index: np.intp) -> tuple[float, float]:
    return float(lines.offset[index]), float(lines.slope[index])
