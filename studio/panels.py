"""Panels as a browser moves them: read as they are, written as the correction that the next run obeys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import UsageError
from mangacolor.core.system.files import remove_file
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.sealed import read_sealed
from mangacolor.pipeline.store.user_documents import read_document, write_document
from mangacolor.server.http.refusal import Refusal
from mangacolor.stages.panels.corrections import panels_in, parts_in
from mangacolor.stages.panels.layout import box_around
from mangacolor.stages.panels.marked_parts import COLOURED, LEFT_OUT
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.stages.spreads.halves import half_of
from mangacolor.studio.limits import MOST_PIXELS, POINTS, POLYGONS

REGIONS = (LEFT_OUT, COLOURED)


def panels_document(state: State, folder: Path | None, page: str) -> dict[str, Any]:
    """The panels of a page, as they were corrected or found, and their ``revision``. Raises ``Refusal`` where
    there are none, ``UsageError`` or ``InputError`` for a correction that a run would refuse."""
    file = correction_file(state, folder, page)
    correction = read_document(file)
    found = read_sealed(state.page_folder(page) / f"{PANELS.name}.json")
    if found is None and correction is None:
        raise Refusal(404, f"{page}: its panels have not been found yet", "Wait until it has been coloured.")
    if found is not None and half_of(found) is not None and correction is None:
        raise Refusal(
            409,
            f"{page}: it is half of a spread, whose panels lie across both pages",
            "Colour the chapter with --spreads off to correct its panels page by page.",
        )
    if correction is not None:
        _check(correction, found, file)
    shown: Mapping[str, Any] = correction or found or {}
    panels = shown["panels"]
    document = {
        "page": page,
        "size": shown["size"],
        "panels": panels,
        "polygons": shown.get("polygons") or [None] * len(panels),
        "confidence": shown.get("confidence") or [1.0] * len(panels),
        "corrected": correction is not None,
        **{name: shown.get(name, []) for name in REGIONS},
    }
    return {**document, "revision": hashlib.sha256(json.dumps(document).encode()).hexdigest()[:12]}


def check_unchanged(state: State, folder: Path | None, page: str, revision: object) -> None:
    """Raise ``Refusal`` where the panels are others by now than those of a ``revision``, if one is given."""
    if revision and panels_document(state, folder, page)["revision"] != revision:
        remedy = "What you have drawn is kept by Save; Discard shows what they are by now."
        raise Refusal(409, "the panels of this page have been changed elsewhere", remedy)


def _check(correction: Mapping[str, Any], found: Mapping[str, Any] | None, file: Path) -> None:
    """Raise ``InputError`` for a correction, written by hand, that a run would refuse."""
    size = correction.get("size") if found is None or half_of(found) is not None else found["size"]
    width, height = size if _is_size(size) else (0, 0)  # one without a size fits no page
    panels_in(correction, (width, height), str(file))
    parts_in(correction, (width, height), str(file))


def write_panels(state: State, folder: Path | None, page: str, asked: Mapping[str, Any]) -> None:
    """Keep a correction. OUT must be held. Raises ``UsageError`` for what is none, ``OutputError``."""
    size = asked.get("size")
    found = read_sealed(state.page_folder(page) / f"{PANELS.name}.json")
    if not _is_size(size) or (found is not None and half_of(found) is None and size != found["size"]):
        raise UsageError("size must be the page's width and height", "Load the studio again.")
    polygons = _polygons(asked.get("polygons"), "polygons")
    if not polygons:
        raise UsageError("a page has at least one panel", "Draw one, or take the panels as they were found.")
    document = {
        "page": page,
        "size": size,
        "panels": [list(box_around([(x, y) for x, y in polygon])) for polygon in polygons],
        "polygons": polygons,
        "confidence": [1.0] * len(polygons),
        **{name: _polygons(asked.get(name, []), name) for name in REGIONS},
    }
    document = {name: value for name, value in document.items() if value or name not in REGIONS}
    panels_in(document, (size[0], size[1]), page)  # raises for what a run would refuse
    parts_in(document, (size[0], size[1]), page)
    write_document(correction_file(state, folder, page), document)


def remove_panels(state: State, folder: Path | None, page: str) -> None:
    """Have the panels of a page found again. Raises ``OutputError``."""
    file = correction_file(state, folder, page)
    with output_errors(file):
        remove_file(file)


def _is_size(value: object) -> TypeGuard[list[int]]:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(
        isinstance(side, int) and not isinstance(side, bool) and 0 < side < MOST_PIXELS for side in value
    )


def _polygons(value: object, name: str) -> list[list[list[int]]]:
    if not isinstance(value, list) or len(value) > POLYGONS:
        raise _wrong(name)
    return [_polygon(one, name) for one in value]


def _polygon(value: object, name: str) -> list[list[int]]:
    if not isinstance(value, list) or not 3 <= len(value) <= POINTS:
        raise _wrong(name)
    return [_point(point, name) for point in value]


def _point(value: object, name: str) -> list[int]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise _wrong(name)
    if any(isinstance(side, bool) or not isinstance(side, int | float) for side in value):
        raise _wrong(name)
    x, y = value
    if not (abs(x) < MOST_PIXELS and abs(y) < MOST_PIXELS):
        raise _wrong(name)
    return [round(x), round(y)]


def _wrong(name: str) -> UsageError:
    return UsageError(f"{name} must be a list of polygons of three corners or more", "Load the studio again.")
