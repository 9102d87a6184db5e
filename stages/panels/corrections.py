"""A corrected Panels JSON, used instead of detection, and the parts of a page that it marks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Page, Point
from mangacolor.core.wording import counted
from mangacolor.stages.panels.cutting.page import Detection
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.marked_parts import COLOURED, LEFT_OUT, MarkedParts

_REMEDY = "Correct the file, or delete it to have the panels detected."
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
    """The panels of a document for a page of ``size`` (width, height), in its order, in whole pixels.

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
        polygon = np.clip(np.rint(_panel(box, shape, where)), 0, size)
        if np.ptp(polygon, axis=0).min() < 1:
            raise InputError(f"{where} has no area inside the page.", _REMEDY)
        detections.append(Detection(polygon, 1.0))
    return detections


def parts_in(document: Mapping[str, Any], size: tuple[int, int], name: str) -> MarkedParts:
    """The parts of a page of ``size`` (width, height) that a document marks, if it marks any.

    Raises ``InputError``, naming ``name`` and the part, for what is no polygon with an area inside the page.
    """
    marked = (_parts(document.get(entry), size, name, entry) for entry in (LEFT_OUT, COLOURED))
    return MarkedParts(*marked)


def _parts(parts: object, size: tuple[int, int], name: str, entry: str) -> tuple[tuple[Point, ...], ...]:
    if parts is None:
        return ()
    if not isinstance(parts, list):
        raise InputError(f"{name}: '{entry}' must be a list of polygons.", _REMEDY)
    return tuple(_part(part, size, f"{name}: part {n} of '{entry}'") for n, part in enumerate(parts, 1))


def _part(part: object, size: tuple[int, int], where: str) -> tuple[Point, ...]:
    given = _numbers(part)
    if given is None or given.ndim != 2 or given.shape[1] != 2 or len(given) < 3:
        raise InputError(f"{where} is no polygon of three points [x, y] or more.", _REMEDY)
    polygon = np.clip(np.rint(given), 0, size).astype(np.int32)
    if cv2.contourArea(polygon) < 1:
        raise InputError(f"{where} has no area inside the page.", _REMEDY)
    return tuple((int(x), int(y)) for x, y in polygon)


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
