"""From a page's pixels to its panels in reading order and its ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Direction, Image, Panel, Point
from mangacolor.stages.panels.corrections import panels_in
from mangacolor.stages.panels.cutting.page import Found, Method, detect, whole_page
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.layout import RESIDUAL_CONFIDENCE, PanelLayout, as_points, box_around
from mangacolor.stages.panels.paper import ground as find_ground
from mangacolor.stages.panels.paper import is_tone
from mangacolor.stages.panels.reading_order import order_panels
from mangacolor.stages.panels.residual import residuals

_VIVID, _PAINTED = 48, 0.1  # levels between a pixel's channels, and share of such pixels


def find_panels(image: Image, direction: Direction = "rtl", method: Method = "learnt") -> PanelLayout:
    """Panels of a page: uint8, H×W or H×W×3 RGB. Never empty; a page in doubt is one panel.

    ``learnt`` asks a small network where borders run, and follows the page's lines there; ``lines``
    needs no network.
    """
    grey = luma(image)
    layout = _layout(grey, detect(grey, method, _painted(image)), direction)
    first, *more = layout.detected
    if not more and is_tone(grey, layout.ground, np.array(first.polygon, np.float64)):
        layout = _layout(grey, [whole_page(grey)], direction)
    return layout


def layout_from_document(document: Mapping[str, Any], image: Image, name: str) -> PanelLayout:
    """The layout that a (corrected) Panels JSON describes, in its order, with the ground of ``image``.

    Raises ``InputError``, naming ``name``, where the document does not fit the page.
    """
    size = image.shape[1], image.shape[0]
    return _layout(luma(image), panels_in(document, size, name), None)


def _painted(image: Image) -> bool:
    """Whether a good part of the picture has strong colour, as tinted paper never has."""
    if image.ndim == 2:
        return False
    few = image[::8, ::8].astype(np.int16)
    return bool((np.ptp(few, axis=2) > _VIVID).mean() > _PAINTED)


def _layout(grey: Image, found: Sequence[Found], direction: Direction | None) -> PanelLayout:
    """``direction`` None keeps the given order."""
    size = grey.shape[1], grey.shape[0]
    polygons = [_whole_pixels(panel.polygon, size) for panel in found]
    panels = [
        Panel(points, box_around(points), float(np.clip(panel.confidence, 0, 1)))
        for points, panel in zip(polygons, found, strict=True)
    ]
    if direction is not None:
        order = order_panels([panel.box for panel in panels], size, direction)
        panels = [panels[index] for index in order]
    ground = find_ground(grey, [np.array(panel.polygon, np.float64) for panel in panels])
    rest = [
        Panel.from_box(box, RESIDUAL_CONFIDENCE, residual=True)
        for box in residuals(ground, [panel.polygon for panel in panels])
    ]
    return PanelLayout((*panels, *rest), ground)


def _whole_pixels(polygon: Polygon, size: tuple[int, int]) -> tuple[Point, ...]:
    corners = np.clip(np.rint(polygon), 0, size).astype(int)
    return as_points(corners.tolist())
