"""Where colour ends along a straight frame within what was found as one panel.

Two panels of which detection made one (a hairline between them, half of it hidden) are told apart where one
of them came in colour: for each direction the share of coloured pixels along it is a profile, as in an XY-cut
(Nagy & Seth, "Hierarchical representation of optically scanned documents", 1984), and a band of the profile
without colour is a part by itself where colour begins at once beyond it and a frame runs along its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
from mangacolor.stages.classify.reduced import ReducedPage
from mangacolor.stages.kinds.params import EndParams
from mangacolor.stages.panels.cutting.frameless import find_runs
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, swap


@dataclass(frozen=True, slots=True)
class _Band:
    """Of a polygon what has ``first`` ≤ y - ``slope``·x < ``last``; on the transposed page if ``upright``.

    ``ends``: those of the two that lie within the polygon. ``worth``: its pixels, times the share of colour
    that begins beyond its ends.
    """

    upright: bool
    slope: float
    first: float
    last: float
    ends: tuple[float, ...]
    worth: float


def split_at_ends(
    page: ReducedPage, strong: Mask, polygon: Polygon, params: EndParams, depth: int | None = None
) -> list[Polygon]:
    """A convex polygon on the reduced page, or its parts where colour ends at frames.

    ``strong``: h×w, whether a pixel has more chroma than one in black and white.
    """
    depth = params.depth if depth is None else depth
    band = _find_band(page, strong, polygon, params) if depth else None
    if band is None:
        return [polygon]
    before, inside, after = _cut(polygon, band)
    rest = [part for part in (before, after) if area(part) > 0]
    return [inside, *(one for part in rest for one in split_at_ends(page, strong, part, params, depth - 1))]


def _cut(polygon: Polygon, band: _Band) -> tuple[Polygon, Polygon, Polygon]:
    """What lies before the band, the band, and what lies after it; empty where nothing does."""
    turned = swap(polygon) if band.upright else polygon
    before = clip(turned, band.first, band.slope, above=True) if band.first in band.ends else turned[:0]
    after = clip(turned, band.last, band.slope, above=False) if band.last in band.ends else turned[:0]
    inside = turned
    if len(before):
        inside = clip(inside, band.first, band.slope, above=False)
    if len(after):
        inside = clip(inside, band.last, band.slope, above=True)
    parts = (swap(part) if band.upright else part for part in (before, inside, after))
    first, second, third = parts
    return first, second, third


def _find_band(page: ReducedPage, strong: Mask, polygon: Polygon, params: EndParams) -> _Band | None:
    """The largest band without colour beside much of it, with frames along its ends."""
    found = []
    for upright in (False, True):
        turned = swap(polygon) if upright else polygon
        colour, luma = (strong.T, page.luma.T) if upright else (strong, page.luma)
        pixels = _Pixels.of(colour, turned, upright)
        band = pixels.best_band(params) if pixels.are_both else None
        if band is not None and all(_has_frame(luma, turned, band.slope, end, params) for end in band.ends):
            found.append(band)
    return max(found, key=lambda band: band.worth, default=None)


@dataclass(frozen=True, slots=True)
class _Pixels:
    """The pixels of a polygon, in the transposed page if ``upright``: N rows and columns, and whether each is
    in colour (1.0 or 0.0). ``side``: the long side of the page."""

    rows: I64
    columns: I64
    coloured: F64
    upright: bool
    side: int

    @classmethod
    def of(cls, colour: Mask, polygon: Polygon, upright: bool) -> _Pixels:
        """From a mask of the whole page."""
        inside = np.zeros(colour.shape, np.uint8)
        cv2.fillPoly(inside, [np.rint(polygon).astype(np.int32)], 1)
        rows, columns = np.nonzero(inside)
        coloured = colour[rows, columns].astype(np.float64)
        return cls(rows, columns, coloured, upright, max(colour.shape))

    @property
    def are_both(self) -> bool:
        """Whether some are in colour and some are not."""
        return 0 < int(np.count_nonzero(self.coloured)) < len(self.coloured)

    def best_band(self, params: EndParams) -> _Band | None:
        """The band of the greatest worth in any direction, if there is one."""
        slopes = np.arange(-params.steepest, params.steepest + params.coarse / 2, params.coarse)
        found = self._best_of(slopes, 2 * params.beyond, params)
        if found is None:
            return None
        near = np.arange(-params.coarse, params.coarse + params.fine / 2, params.fine)
        return self._best_of(found.slope + near, params.beyond, params)

    def _best_of(self, slopes: F64, beyond: int, params: EndParams) -> _Band | None:
        bands = (band for slope in slopes for band in self._bands(float(slope), beyond, params))
        return max(bands, key=lambda band: band.worth, default=None)

    def _bands(self, slope: float, beyond: int, params: EndParams) -> Iterator[_Band]:
        """The bands without colour across one direction, beside which colour begins within ``beyond``."""
        place = np.floor(self.rows - slope * self.columns).astype(np.int64)
        origin, least = int(place.min()), params.least_side * self.side
        pixels = np.bincount(place - origin)
        share = np.bincount(place - origin, weights=self.coloured) / np.maximum(pixels, 1)
        share[pixels < params.least_pixels] = 0
        for first, last in find_runs(share <= params.grey_line):
            sides = {first: share[max(0, first - beyond) : first], last: share[last : last + beyond]}
            ends = [end for end in sides if min(pixels[:end].sum(), pixels[end:].sum()) > least]
            onset = min((float(sides[end].max(initial=0)) for end in ends), default=0.0)
            if last - first >= least and onset >= params.coloured_line:
                worth = float(pixels[first:last].sum()) * min(float(sides[end].mean()) for end in ends)
                places = tuple(float(origin + end) for end in ends)
                yield _Band(self.upright, slope, origin + first, origin + last, places, worth)


def _has_frame(luma: F32, polygon: Polygon, slope: float, end: float, params: EndParams) -> bool:
    """Whether a line darker than both its sides, or paper, runs along y = ``end`` + ``slope``·x."""
    columns = np.arange(int(polygon[:, 0].min()), min(int(polygon[:, 0].max()) + 1, luma.shape[1]))
    middle = end + slope * columns
    inside = (middle >= 0) & (middle < luma.shape[0]) & _within(polygon, columns, middle)
    if not inside.any():
        return False
    columns, middle = columns[inside], middle[inside]
    offsets = np.arange(-params.frame_reach - params.frame_side, params.frame_reach + params.frame_side + 1)
    rows = np.rint(middle[None] + offsets[:, None]).astype(np.int64).clip(0, luma.shape[0] - 1)
    along = luma[rows, columns]
    side = params.frame_side
    near = along[side:-side]
    beside = np.minimum(along[: -2 * side], along[2 * side :])
    dark = ((near < beside - params.frame_depth) | (near <= params.frame_black)).astype(np.uint8)
    dark = cv2.dilate(dark, np.ones((3, 1), np.uint8))  # a slope is known to a pixel's breadth
    white = (near >= params.white).mean(axis=1)
    return bool((dark.mean(axis=1) >= params.frame_share).any() or (white > params.frame_white).any())


def _within(polygon: Polygon, columns: F64, rows: F64) -> Mask:
    """Whether points lie in a convex polygon."""
    x, y = polygon[:, 0], polygon[:, 1]
    across = np.roll(x, -1) - x, np.roll(y, -1) - y
    sides = across[0][:, None] * (rows - y[:, None]) - across[1][:, None] * (columns - x[:, None])
    return np.asarray((sides >= 0).all(axis=0) | (sides <= 0).all(axis=0))
