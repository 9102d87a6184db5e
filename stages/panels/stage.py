"""Panel extraction: the polygons of a page in reading order, and the ground around them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Direction, Image, Inputs, Panel, Point
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.panels.border_net import WEIGHTS
from mangacolor.stages.panels.corrections import edit_fingerprint, panels_in, read_edit
from mangacolor.stages.panels.detect import Found, Method, detect, whole_page
from mangacolor.stages.panels.overlay import draw_panels
from mangacolor.stages.panels.paper import ground as find_ground
from mangacolor.stages.panels.paper import is_tone
from mangacolor.stages.panels.polygons import Polygon
from mangacolor.stages.panels.reading_order import order_panels
from mangacolor.stages.panels.residual import residuals

_RESIDUAL_CONFIDENCE = 0.05
_VIVID, _PAINTED = 48, 0.1  # levels between a pixel's channels, and share of such pixels


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """A page's panels in reading order, residual ones last, and its ground.

    ``ground``: H×W uint8, 255 = paper (white, tinted or black) around what is drawn, 0 = drawn.
    """

    panels: tuple[Panel, ...]
    ground: Image


@dataclass(frozen=True, slots=True)
class Config:
    direction: Direction = "rtl"
    method: Method = "learnt"


def configure(options: Options, chapter: Chapter) -> Config:
    return Config(options.direction or chapter.direction or "rtl", options.panel_method)


def fingerprint(config: Config) -> str:
    """The network's weights belong to the cache key."""
    from mangacolor.models.files.reading import sha256_of

    return sha256_of(WEIGHTS) if config.method == "learnt" else ""


def find_panels(image: Image, direction: Direction = "rtl", method: Method = "learnt") -> PanelLayout:
    """Panels of a page: uint8, H×W or H×W×3 RGB. Never empty; a page in doubt is one panel.

    ``learnt`` asks a small network where borders run, and follows the page's lines there; ``lines``
    needs no network.
    """
    grey = luma(image)
    layout = _layout(grey, detect(grey, method, _painted(image)), direction)
    first, *more = (panel for panel in layout.panels if not panel.residual)
    if not more and is_tone(grey, layout.ground, np.array(first.polygon, np.float64)):
        layout = _layout(grey, [whole_page(grey)], direction)
    return layout


def _painted(image: Image) -> bool:
    """Whether a good part of the picture has strong colour, as tinted paper never has."""
    if image.ndim == 2:
        return False
    few = image[::8, ::8].astype(np.int16)
    return bool((np.ptp(few, axis=2) > _VIVID).mean() > _PAINTED)


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
    edit = context.page.edit
    if edit is None:
        layout = find_panels(page, context.config.direction, context.config.method)
    else:
        layout = layout_from_document(read_edit(edit), page, str(edit))
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
    version=4,
    fingerprint=fingerprint,
    page_fingerprint=edit_fingerprint,
    preview=preview,
)


def layout_from_document(document: Mapping[str, Any], image: Image, name: str) -> PanelLayout:
    """The layout that a (corrected) Panels JSON describes, in its order, with the ground of ``image``.

    Raises ``InputError``, naming ``name``, where the document does not fit the page.
    """
    size = image.shape[1], image.shape[0]
    return _layout(luma(image), panels_in(document, size, name), None)


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
