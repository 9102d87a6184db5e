"""A corrected Panels JSON, used instead of detection."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Page
from mangacolor.core.wording import counted
from mangacolor.stages.panels.cutting.page import Detection
from mangacolor.stages.panels.cutting.polygons import Polygon

_REMEDY = "Correct the file, or delete it to have the panels detected."
# Entries of regions that are not as they were taken for: uncoloured, and coloured.
REGIONS = ("left_out", "coloured")
_BOX_TOLERANCE = 2.0  # pixels between a polygon's own box and the box beside it: editors round


def edit_fingerprint(page: Page) -> str:
    """The hash of a page's correction; empty where it has none."""
    return "" if page.edit is None else hashlib.sha256(_bytes(page.edit)).hexdigest()


def read_edit(file: Path) -> Mapping[str, Any]:
    """The document in a file. Raises ``InputError``, naming it, for what is not a JSON object."""
    try:
        document = json.loads(_bytes(file).decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{file}: not JSON: {error}", _REMEDY) from None
    if not isinstance(document, dict):
        raise InputError(f"{file}: holds no JSON object", _REMEDY)
    return document


def panels_in(document: Mapping[str, Any], size: tuple[int, int], name: str) -> list[Detection]:
    """The panels of a document for a page of ``size`` (width, height), in its order.

    A panel is its polygon or, where that is missing or null, its box. Raises ``InputError``, naming
    ``name`` and the panel, where the document does not fit the page, or a box was changed and the
    polygon beside it was not.
    """
    if document.get("size") != list(size):
        raise InputError(
            f"{name}: made for a page of size {document.get('size')}, this one has {list(size)}.", _REMEDY
        )
    boxes = document.get("panels")
    if not isinstance(boxes, list) or not boxes:
        raise InputError(f"{name}: 'panels' must be a list of one or more boxes.", _REMEDY)
    shapes = document.get("polygons") or [None] * len(boxes)
    if not isinstance(shapes, list) or len(shapes) != len(boxes):
        raise InputError(
            f"{name}: 'polygons' must have one entry for each of {counted(len(boxes), 'panel')}.", _REMEDY
        )
    detections = []
    for number, (box, shape) in enumerate(zip(boxes, shapes, strict=True), 1):
        where = f"{name}: panel {number}"
        polygon = np.clip(_panel(box, shape, where), 0, size)
        if np.ptp(polygon, axis=0).min() < 1:
            raise InputError(f"{where} has no area inside the page.", _REMEDY)
        detections.append(Detection(polygon, 1.0))
    return detections


def regions_in(document: Mapping[str, Any], name: str) -> dict[str, list[Polygon]]:
    """The polygons of ``left_out``, which stay uncoloured, and of ``coloured``, which are coloured although
    they were taken for balloon or paper. Raises ``InputError``, naming ``name``, for what is none."""
    found: dict[str, list[Polygon]] = {}
    for kind in REGIONS:
        shapes = document.get(kind) or []
        if not isinstance(shapes, list):
            raise InputError(f"{name}: {kind!r} must be a list of polygons.", _REMEDY)
        polygons = [_numbers(shape) for shape in shapes]
        for number, polygon in enumerate(polygons, 1):
            if polygon is None or polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
                raise InputError(f"{name}: {kind} {number} is no polygon of points.", _REMEDY)
        found[kind] = [polygon for polygon in polygons if polygon is not None]
    return found


def _panel(box: object, shape: object, where: str) -> Polygon:
    polygon = _box_corners(box)
    if shape is None and polygon is not None:
        return polygon
    given = _numbers(shape)
    if given is None or given.ndim != 2 or given.shape[1] != 2 or len(given) < 3:
        raise InputError(f"{where} is neither a box [x, y, width, height] nor a polygon of points.", _REMEDY)
    if polygon is None or np.abs(given.min(0) - polygon[0]).max() > _BOX_TOLERANCE:
        agree = False
    else:
        agree = bool(np.abs(given.max(0) - polygon[2]).max() <= _BOX_TOLERANCE)
    if not agree:
        raise InputError(
            f"{where}: its box and its polygon are not in the same place.",
            "Correct both, or write null for the polygon to use the box.",
        )
    return given


def _box_corners(box: object) -> Polygon | None:
    numbers = _numbers(box)
    if numbers is None or numbers.shape != (4,) or numbers[2] <= 0 or numbers[3] <= 0:
        return None
    x, y, w, h = numbers
    return np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])


def _numbers(value: object) -> Polygon | None:
    try:
        numbers = np.array(value, np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}", _REMEDY) from error
