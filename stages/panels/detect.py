"""From a page's pixels to its panels in reading order and its ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.colour import luma as luma_of
from mangacolor.core.settings import Direction
from mangacolor.core.types import Image, Panel, Point
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.stages.panels.corrections import panels_in, parts_in
from mangacolor.stages.panels.cutting.page import Detection, Method, detect_polygons, whole_page
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.cutting.record import Recorder
from mangacolor.stages.panels.explanation import Explanation, merge_rivals
from mangacolor.stages.panels.layout import Joined, PanelLayout, as_points, box_around
from mangacolor.stages.panels.marked_parts import NO_PARTS, MarkedParts
from mangacolor.stages.panels.paper import find_ground, is_tone
from mangacolor.stages.panels.params import DEFAULTS, GroundParams, Params
from mangacolor.stages.panels.reading_order import order_panels
from mangacolor.stages.panels.residual import find_residual_boxes

_LOOKED_AT = 8  # pixels from one to the next that tells whether a page is in colour


def find_panels(
    image: Image,
    direction: Direction = "rtl",
    method: Method = "learnt",
    params: Params = DEFAULTS,
    backend: CpuBackend | None = None,
) -> PanelLayout:
    """Panels of a page: uint8, H×W or H×W×3 RGB. Never empty; a page in doubt is one panel.

    ``learnt`` asks a small network where borders run, and follows the page's lines there; ``lines``
    needs no network. ``backend``: what computes it; None is ncnn where it is installed. Raises
    ``SetupError`` if the network's weights, which come with the package, cannot be loaded.
    """
    return _find(image, direction, _network(method, backend), params, None)[0]


def explain_panels(
    image: Image,
    direction: Direction = "rtl",
    method: Method = "learnt",
    params: Params = DEFAULTS,
    backend: CpuBackend | None = None,
) -> tuple[PanelLayout, Explanation]:
    """What ``find_panels`` finds, and what it looked at and decided on the way."""
    recorder = Recorder(params)
    layout, note = _find(image, direction, _network(method, backend), params, recorder)
    candidates = merge_rivals(recorder.cuts, recorder.regions, layout.size)
    return layout, Explanation(layout.size, candidates, tuple(recorder.regions), note)


def layout_from_document(
    document: Mapping[str, Any], image: Image, name: str, params: Params = DEFAULTS
) -> PanelLayout:
    """The layout that a (corrected) Panels JSON describes, in its order, with the ground of ``image``.

    Raises ``InputError``, naming ``name``, where the document does not fit the page.
    """
    size = image.shape[1], image.shape[0]
    panels, marked = panels_in(document, size, name), parts_in(document, size, name)
    return _lay_out(luma_of(image), panels, None, params, marked)


def _network(method: Method, backend: CpuBackend | None) -> CpuBackend | None:
    """What computes the network; None without one."""
    return (backend or cpu_backend()) if method == "learnt" else None


def _find(
    image: Image, direction: Direction, network: CpuBackend | None, params: Params, recorder: Recorder | None
) -> tuple[PanelLayout, str]:
    """The layout, and what was decided after the cutting, if anything."""
    luma = luma_of(image)
    detections = detect_polygons(luma, network, is_painted(image, params), params, recorder)
    layout = _lay_out(luma, detections, direction, params)
    first, *more = layout.detected
    if not more and is_tone(luma, layout.ground, np.array(first.polygon, np.float64), params):
        layout = _lay_out(luma, [whole_page(luma, params.cut)], direction, params)
        return layout, "what lies around the only panel is a tone of its picture: the whole page is the panel"
    return layout, ""


def is_painted(image: Image, params: Params) -> bool:
    """Whether a good part of the picture has strong colour, other than that of yellowed paper."""
    if image.ndim == 2:
        return False
    few = image[::_LOOKED_AT, ::_LOOKED_AT].astype(np.float32)
    return _is_vivid(few, params.ground) and _is_vivid(_bleached(few, params), params.ground)


def _is_vivid(few: F32, params: GroundParams) -> bool:
    vivid = np.ptp(few, axis=2) > params.vivid_chroma
    return bool(vivid.mean() > params.painted_share)


def _bleached(few: F32, params: Params) -> F32:
    """Pixels (H×W×3) as they would be on white paper, if the lightest of them are yellowed.

    Black ink on brown paper lets some of the brown through: of such a page every pixel has its hue.
    """
    light = few[few.sum(2) >= np.percentile(few.sum(2), 100 * params.ground.lightest)]
    red, green, blue = np.median(light, axis=0)
    is_yellowed = red >= green >= blue >= params.ground.brownest * red
    if red < params.blank.darkest_paper or not is_yellowed:
        return few
    white = few * (red / np.array([red, green, blue], np.float32))
    return np.asarray(np.minimum(white, 255), np.float32)


def _lay_out(
    luma: Image,
    detections: Sequence[Detection],
    direction: Direction | None,
    params: Params,
    marked: MarkedParts = NO_PARTS,
) -> PanelLayout:
    """``direction`` None keeps the given order."""
    size = luma.shape[1], luma.shape[0]
    polygons = [_whole_pixels(panel.polygon, size) for panel in detections]
    panels = [
        Panel(points, box_around(points), float(np.clip(panel.confidence, 0, 1)))
        for points, panel in zip(polygons, detections, strict=True)
    ]
    order = list(range(len(panels)))
    if direction is not None:
        order = order_panels([panel.box for panel in panels], size, direction, params.order)
        panels = [panels[index] for index in order]
    found = find_ground(luma, [np.array(panel.polygon, np.float64) for panel in panels], params)
    ground = marked.open_ground(found)
    boxes = find_residual_boxes(ground, [panel.polygon for panel in panels], params.residual)
    residual = [Panel.from_box(box, params.residual.confidence, residual=True) for box in boxes]
    joined = _joined([detections[index] for index in order], size, params.decision.told)
    return PanelLayout((*panels, *residual), ground, marked, joined)


def _joined(detections: Sequence[Detection], size: tuple[int, int], told: float) -> tuple[Joined, ...]:
    """Where panels, in reading order, may be two each, with a probability of at least ``told``."""
    return tuple(
        Joined(number, _whole_pixels(panel.doubted, size), panel.doubt)
        for number, panel in enumerate(detections)
        if panel.doubted is not None and panel.doubt >= told
    )


def _whole_pixels(polygon: Polygon, size: tuple[int, int]) -> tuple[Point, ...]:
    corners = np.clip(np.rint(polygon), 0, size).astype(int)
    return as_points(corners.tolist())
