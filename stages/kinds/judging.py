"""What each panel is: in colour, in black and white, in both, or with a spot of colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.types import Panel
from mangacolor.stages.classify.reduced import ReducedPage
from mangacolor.stages.kinds.ends import split_at_ends
from mangacolor.stages.kinds.params import KindParams, PartParams
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.layout import painting_order

# ``empty``: too little is drawn to tell, and none of it is in colour.
PartKind = Literal["colour", "grey", "empty"]
PanelKind = Literal["colour", "grey", "empty", "both"]


@dataclass(frozen=True, slots=True)
class Part:
    """A panel, or a part of one, on the reduced page.

    ``share``: of the page. ``filled``: the share of it that is in colour, of what is not black.
    """

    polygon: Polygon
    kind: PartKind
    share: float
    filled: float


@dataclass(frozen=True, slots=True)
class JudgedPanel:
    """A panel as it was found, and its parts: itself where it is of one kind."""

    whole: Part
    parts: tuple[Part, ...]

    @property
    def kind(self) -> PanelKind:
        kinds = {part.kind for part in self.parts}
        if {"colour", "grey"} <= kinds:
            return "both"
        return "colour" if "colour" in kinds else "grey" if "grey" in kinds else "empty"


def judge_panels(
    page: ReducedPage, panels: Sequence[Panel], own: F32, size: tuple[int, int], params: KindParams
) -> list[JudgedPanel]:
    """What each panel is. ``own``: as of ``map_panels``. ``size``: the page's width and height, in pixels of
    the panels' corners."""
    leaning = _find_leaning(page.chroma > params.part.coloured_chroma, own)
    judged = []
    for number, panel in enumerate(panels):
        mine, polygon = own == number, _reduced(panel, own.shape, size)
        without = _judge_without(page, mine, leaning, polygon, params)
        judged.append(without or _judge_panel(page, mine, polygon, params))
    return judged


def _find_leaning(coloured: Mask, own: F32) -> Mask:
    """h×w, the coloured pixels of areas that lie for the most part in another panel than they do."""
    count, areas = cv2.connectedComponents(coloured.astype(np.uint8), connectivity=8)
    inside = coloured & (own >= 0)
    panels = int(own.max(initial=-1)) + 1
    if not inside.any():
        return inside
    numbers = own[inside].astype(np.int64)
    pixels = np.bincount(areas[inside] * panels + numbers, minlength=count * panels).reshape(count, panels)
    leaning = np.zeros(own.shape, bool)
    leaning[inside] = pixels.argmax(axis=1)[areas[inside]] != numbers
    return leaning


def _judge_without(
    page: ReducedPage, own: Mask, leaning: Mask, polygon: Polygon, params: KindParams
) -> JudgedPanel | None:
    """A panel in black and white into which a little of a coloured neighbour leans; None if it is none."""
    few = params.part.leaning * np.count_nonzero(own)
    theirs = leaning & own
    if not 0 < np.count_nonzero(theirs) <= few:
        return None
    around = np.ones((2 * params.part.halo + 1, 2 * params.part.halo + 1), np.uint8)
    rest = own & ~cv2.dilate(theirs.view(np.uint8), around).view(bool)
    judged = _judge_part(page, rest, polygon, True, params.part)
    drawn = page.luma[_inner(rest, params.part)] < params.part.drawn_luma
    if judged.kind != "grey" or drawn.mean() < params.part.leaning_drawn:
        return None
    return JudgedPanel(_judge_part(page, own, polygon, True, params.part), (judged,))


def map_panels(shape: tuple[int, ...], panels: Sequence[Panel], size: tuple[int, int]) -> F32:
    """h×w: the number of the panel that a pixel belongs to; insets lie over their hosts, -1 is none's."""
    own = np.full(shape, -1, np.float32)
    for number in painting_order(panels):
        corners = np.rint(_reduced(panels[number], shape, size)).astype(np.int32)
        cv2.fillPoly(own, [corners], number)
    return own


def _reduced(panel: Panel, shape: tuple[int, ...], size: tuple[int, int]) -> Polygon:
    """Its corners in pixels of the reduced page."""
    return np.array(panel.polygon, np.float64) * (shape[1] / size[0], shape[0] / size[1])


def _judge_panel(page: ReducedPage, own: Mask, polygon: Polygon, params: KindParams) -> JudgedPanel:
    first = _judge_part(page, own, polygon, True, params.part)
    if first.kind != "colour":
        return JudgedPanel(first, (first,))
    strong = (page.chroma > params.part.grey_chroma) & own
    polygons = split_at_ends(page, strong, polygon, params.ends)
    if len(polygons) == 1:
        return JudgedPanel(first, (first,))
    parts = []
    for one in polygons:
        inside = np.zeros(page.luma.shape, np.uint8)
        cv2.fillPoly(inside, [np.rint(one).astype(np.int32)], 1)
        parts.append(_judge_part(page, own & inside.astype(bool), one, False, params.part))
    has_grey = any(part.kind == "grey" for part in parts)
    return JudgedPanel(first, tuple(parts) if has_grey else (first,))


def _judge_part(page: ReducedPage, own: Mask, polygon: Polygon, whole: bool, params: PartParams) -> Part:
    share = float(own.mean())
    if not own.any():
        return Part(polygon, "empty", 0.0, 0.0)
    inner = _inner(own, params)
    luma, chroma = page.luma[inner], page.chroma[inner]
    in_colour = chroma[luma > params.black_luma] > params.grey_chroma
    filled = float(in_colour.mean()) if in_colour.size else 0.0
    return Part(polygon, _kind_of(luma, chroma, whole, params), share, filled)


def _inner(own: Mask, params: PartParams) -> Mask:
    """A part without its rim, or all of it where nothing else is left."""
    kernel = np.ones((2 * params.rim + 1, 2 * params.rim + 1), np.uint8)
    inner = cv2.erode(own.view(np.uint8), kernel, borderValue=1).view(bool)
    return inner if inner.any() else own


def _kind_of(luma: F32, chroma: F32, whole: bool, params: PartParams) -> PartKind:
    """What pixels (N luma, N chroma) of a part show."""
    if np.mean(chroma > params.coloured_chroma) > params.spot_share:
        return "colour"
    drawn = luma < params.drawn_luma
    tones = drawn & (luma > params.black_luma)
    if np.mean(chroma < params.grey_chroma) < params.grey_share:
        return "colour"
    shows = drawn.mean() > params.least_drawn and luma.std() >= params.least_contrast
    return "grey" if shows and (whole or tones.mean() >= params.least_tones) else "empty"
