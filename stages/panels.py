"""Panel extraction: the polygons of a page in reading order, and the ground around them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mangacolor.errors import InputError
from mangacolor.nouns import Artifact, Chapter, Direction, Image, Inputs, Panel, Point
from mangacolor.settings import Options
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.colour_space import luma
from mangacolor.stages.panel_detect import Found, detect
from mangacolor.stages.panel_ground import ground as find_ground
from mangacolor.stages.panel_order import order_panels
from mangacolor.stages.panel_overlay import draw_panels
from mangacolor.stages.panel_regions import Polygon
from mangacolor.stages.panel_residual import residuals

_RESIDUAL_CONFIDENCE = 0.05


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """A page's panels in reading order, residual ones last, and its ground.

    ``ground``: H×W uint8, 255 = paper (white, tinted or black) that no panel holds, 0 = drawn.
    """

    panels: tuple[Panel, ...]
    ground: Image


@dataclass(frozen=True, slots=True)
class Config:
    direction: Direction = "rtl"


def configure(options: Options, chapter: Chapter) -> Config:
    return Config(options.direction or chapter.direction or "rtl")


def find_panels(image: Image, direction: Direction = "rtl") -> PanelLayout:
    """Panels of a page: uint8, H×W or H×W×3 RGB. Never empty; a page in doubt is one panel."""
    grey = luma(image)
    return _layout(grey, detect(grey), direction)


def panel_document(
    layout: PanelLayout, page_name: str, size: tuple[int, int], seconds: float
) -> dict[str, Any]:
    """The Panels JSON: detected panels in reading order, boxes as [x, y, width, height].

    Residual panels are in an entry of their own, ``residual_panels``, as polygons: they are windows
    for colour, not panels of the story. ``size`` is (width, height); ``seconds`` the time it took.
    """
    detected = [panel for panel in layout.panels if not panel.residual]
    return {
        "page": page_name,
        "size": list(size),
        "panels": [list(panel.box) for panel in detected],
        "polygons": [_corners(panel) for panel in detected],
        "confidence": [round(panel.confidence, 3) for panel in detected],
        "residual_panels": [_corners(panel) for panel in layout.panels if panel.residual],
        "seconds": round(seconds, 4),
    }


def panels_of(artifact: Artifact) -> list[Panel]:
    """All panels of this stage's artifact: detected in reading order, then residual ones."""
    data = artifact.data
    detected = [
        Panel(_points(polygon), _box(_points(polygon)), confidence)
        for polygon, confidence in zip(data["polygons"], data["confidence"], strict=True)
    ]
    rest = [
        Panel(_points(polygon), _box(_points(polygon)), _RESIDUAL_CONFIDENCE, residual=True)
        for polygon in data["residual_panels"]
    ]
    return detected + rest


def run(context: StageContext, inputs: Inputs) -> Artifact:
    started = time.perf_counter()
    page = inputs["decode"].images["main"]
    layout = find_panels(page, context.config.direction)
    size = page.shape[1], page.shape[0]
    document = panel_document(layout, context.page.name, size, time.perf_counter() - started)
    return Artifact(data=document, images={"ground": layout.ground})


def preview(artifact: Artifact, inputs: Inputs) -> Image:
    return draw_panels(inputs["decode"].images["main"], panels_of(artifact), artifact.images["ground"])


STAGE = Stage(
    name="panels",
    run=run,
    configure=configure,
    needs=("decode", "classify"),
    keep="always",
    preview=preview,
)


def layout_from_document(document: Mapping[str, Any], image: Image, name: str) -> PanelLayout:
    """The layout that a (corrected) Panels JSON describes, with the ground of ``image``.

    Panels keep the document's order. Where a polygon is missing its box is taken. Raises
    ``InputError``, naming ``name``, where the document does not fit the page.
    """
    height, width = image.shape[:2]
    remedy = "Correct the file, or delete it to have the panels detected."
    if list(document.get("size", ())) != [width, height]:
        raise InputError(
            f"{name}: made for a page of size {document.get('size')}, this one has [{width}, {height}].",
            remedy,
        )
    boxes = document.get("panels")
    if not isinstance(boxes, list) or not boxes:
        raise InputError(f"{name}: 'panels' must be a list of one or more boxes.", remedy)
    shapes = document.get("polygons") or [None] * len(boxes)
    if len(shapes) != len(boxes):
        raise InputError(f"{name}: {len(boxes)} panels but {len(shapes)} polygons.", remedy)
    found = []
    for number, (box, shape) in enumerate(zip(boxes, shapes, strict=True), 1):
        polygon = _parse(box, shape, f"{name}: panel {number}", remedy)
        polygon = np.clip(polygon, 0, (width, height))
        if np.ptp(polygon, axis=0).min() < 1:
            raise InputError(f"{name}: panel {number} has no area inside the page.", remedy)
        found.append(Found(polygon, 1.0))
    return _layout(luma(image), found, None)


def _parse(box: object, shape: object, where: str, remedy: str) -> Polygon:
    try:
        if shape is not None:
            polygon = np.array(shape, np.float64)
            valid = polygon.ndim == 2 and polygon.shape[1] == 2 and len(polygon) >= 3
        else:
            x, y, w, h = np.array(box, np.float64)
            polygon = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
            valid = w > 0 and h > 0
        valid = valid and bool(np.isfinite(polygon).all())
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise InputError(f"{where} is neither a box [x, y, width, height] nor a polygon of points.", remedy)
    return polygon


def _layout(grey: Image, found: Sequence[Found], direction: Direction | None) -> PanelLayout:
    """``direction`` None keeps the given order."""
    size = grey.shape[1], grey.shape[0]
    polygons = [_whole_pixels(panel.polygon, size) for panel in found]
    panels = [
        Panel(points, _box(points), float(np.clip(panel.confidence, 0, 1)))
        for points, panel in zip(polygons, found, strict=True)
    ]
    if direction is not None:
        order = order_panels([panel.box for panel in panels], size, direction)
        panels = [panels[index] for index in order]
    ground = find_ground(grey, [np.array(panel.polygon, np.float64) for panel in panels])
    rest = [
        Panel.from_box(box, _RESIDUAL_CONFIDENCE, residual=True)
        for box in residuals(ground, [panel.polygon for panel in panels])
    ]
    return PanelLayout((*panels, *rest), ground)


def _whole_pixels(polygon: Polygon, size: tuple[int, int]) -> tuple[Point, ...]:
    corners = np.clip(np.rint(polygon), 0, size).astype(int)
    return _points(corners.tolist())


def _points(polygon: Sequence[Sequence[int]]) -> tuple[Point, ...]:
    return tuple((int(x), int(y)) for x, y in polygon)


def _corners(panel: Panel) -> list[list[int]]:
    return [list(point) for point in panel.polygon]


def _box(polygon: Sequence[Point]) -> tuple[int, int, int, int]:
    xs, ys = zip(*polygon, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
