"""Cut a page into convex regions along its gutters and frame lines.

The best band of a region is taken first, and the two parts are cut again, until no band is good
enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.stages.panels.cutting.frameless import bare_bands, trim
from mangacolor.stages.panels.cutting.gutters import ENOUGH, Band, bands
from mangacolor.stages.panels.cutting.lines import View
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, swap
from mangacolor.stages.panels.cutting.snap import fit

_SMALLEST = 0.008  # of the page's area: no cut leaves less
_SURE = 0.9  # a gutter of this score shows that the page has gutters
_STYLE_COST = 0.03  # for a shared frame line beside gutters that run the same way,
_OTHER_COST = 0.02  # or the other way


@dataclass(frozen=True, slots=True)
class Region:
    """A leaf of the cutting: a convex polygon, and the lowest score of the cuts around it."""

    polygon: Polygon
    support: float


def cut(
    views: tuple[View, View],
    polygon: Polygon,
    support: float = 1.0,
    gutters: tuple[bool, bool] = (False, False),
) -> list[Region]:
    """The regions of a convex polygon of the page; at least one.

    ``gutters``: whether sure gutters have been found around the polygon, across and down the page, so
    that shared lines are less likely.
    """
    polygon = fit(views, polygon)
    best = _best(views, polygon, gutters)
    if best is None:
        return [Region(trim(views, polygon), support)]
    if not best.shared and best.score >= _SURE:
        gutters = (gutters[0], True) if best.down else (True, gutters[1])
    regions: list[Region] = []
    for part in _split(polygon, best):
        regions += cut(views, part, min(support, best.score), gutters)
    return regions


def _best(views: tuple[View, View], polygon: Polygon, gutters: tuple[bool, bool]) -> Band | None:
    """The best band that leaves enough on both sides, if one is good enough."""
    turned = polygon, swap(polygon)
    found = [
        band
        for down in (False, True)
        for search in (bands, bare_bands)
        for band in search(views[down], turned[down], down)
    ]
    scores = [
        band.score - band.shared * (_STYLE_COST * gutters[band.down] + _OTHER_COST * gutters[not band.down])
        for band in found
    ]
    smallest = _SMALLEST * views[0].white.size
    for index in sorted(range(len(found)), key=lambda index: -scores[index]):
        if scores[index] < ENOUGH:
            break
        if min(area(part) for part in _split(polygon, found[index])) >= smallest:
            return found[index]
    return None


def _split(polygon: Polygon, band: Band) -> tuple[Polygon, Polygon]:
    """What lies above and below a band."""
    turned = swap(polygon) if band.down else polygon
    parts = clip(turned, *band.upper, above=True), clip(turned, *band.lower, above=False)
    return (swap(parts[0]), swap(parts[1])) if band.down else parts
