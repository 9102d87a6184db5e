"""From a page's luma to its panel polygons: scale, lines, cuts, sides, and what is no panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.blank import Blank, blank
from mangacolor.stages.panels.cutting.border_net import border_chance
from mangacolor.stages.panels.cutting.cuts import cut
from mangacolor.stages.panels.cutting.insets import insets
from mangacolor.stages.panels.cutting.lines import segments, view
from mangacolor.stages.panels.cutting.polygons import Polygon, four_to_six, page_polygon
from mangacolor.stages.panels.cutting.snap import share
from mangacolor.stages.panels.cutting.webtoon import windows

Method = Literal["learnt", "lines"]
_PAGE_PIXELS = 1.0e6  # a page is looked at at about this size: frames stay two pixels wide
_SPREAD_PIXELS = 1.7e6
_STRIP_WIDTH = 700
_DOUBT = 0.1  # confidence of a whole page taken as one panel


@dataclass(frozen=True, slots=True)
class Found:
    """A detected panel: polygon in page pixels (N×2 float), confidence in [0, 1]."""

    polygon: Polygon
    confidence: float


def detect(luma: Image, method: Method = "learnt", painted: bool = False) -> list[Found]:
    """Panels of a page (H×W luma) in no particular order; at least one. ``painted``: it is in colour."""
    height, width = luma.shape
    scale = _scale(width, height)
    small = luma
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    back = np.array([width / small.shape[1], height / small.shape[0]])
    found: list[Found] = []
    for top, bottom in windows(small):
        shift = np.array([0, top])
        found += [
            Found((panel.polygon + shift) * back, panel.confidence)
            for panel in _page(small[top:bottom], method, painted)
        ]
    return found or [whole_page(luma)]


def whole_page(luma: Image) -> Found:
    """A page in doubt (H×W luma) as one panel."""
    return Found(page_polygon(*luma.shape[::-1]), _DOUBT)


def _scale(width: int, height: int) -> float:
    if height > 3 * width:
        return min(1.0, _STRIP_WIDTH / width)
    pixels = _SPREAD_PIXELS if width > 1.1 * height else _PAGE_PIXELS
    return min(1.0, float((pixels / (width * height)) ** 0.5))


def _page(luma: Image, method: Method, painted: bool) -> list[Found]:
    height, width = luma.shape
    masks = blank(luma)
    lines = segments(luma)
    chance = border_chance(luma) if method == "learnt" else None
    white, black, pure = (np.ascontiguousarray(mask.T) for mask in (masks.white, masks.black, masks.pure))
    turned = Blank(white, black, pure, masks.paper)
    views = (
        view(luma, masks, lines, chance, painted),
        view(
            np.ascontiguousarray(luma.T),
            turned,
            lines[:, [1, 0, 3, 2]],
            None if chance is None else np.ascontiguousarray(chance.T),
            painted,
        ),
    )
    found: list[Found] = []
    for region in cut(views, page_polygon(width, height)):
        if _drawn(masks, region.polygon):
            found.append(Found(four_to_six(region.polygon), region.support))
            found += [Found(*inset) for inset in insets(views, region.polygon)]
    return found


def _drawn(masks: Blank, polygon: Polygon) -> bool:
    """Whether a region is a panel, not a margin with a balloon or a page number in it."""
    height, width = masks.white.shape
    extent = polygon.max(0) - polygon.min(0)
    thickness = float(min(extent[0] / width, extent[1] / height))
    empty = max(share(masks.white, polygon), share(masks.black, polygon))
    return thickness >= 0.03 and empty < (0.8 if thickness < 0.12 else 0.97)
