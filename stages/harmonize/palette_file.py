"""``palette.json``: a chapter's groups and their colours, for people to read, edit and keep.

    {"format": "mangacolor palette 1", "groups": [
      {"id": 7, "colour": "#b08a6e", "found": "#b08a6e", "locked": false,
       "area": 0.083, "surfaces": 41, "sure": 0.82,
       "seen": [["001.png", [x, y, width, height]], …], "looks": "…"}, …]}

``colour`` is what people edit; ``found`` is what the group has without that. ``area`` is a share of all
segments (``surfaces`` is their number), ``sure`` how well its members hold together. ``looks`` is their mean
row of features (``segments/features.py``) in base64: by it a group is recognised in another run or chapter.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageColor

from mangacolor.core.colour import chroma, luma, to_rgb
from mangacolor.core.errors import UsageError
from mangacolor.core.types import Box, Image
from mangacolor.formats.option_files import json_file
from mangacolor.stages.segments.features import COLUMNS

FILE = "palette.json"
FORMAT = "mangacolor palette 1"
REMEDY = "Mend the file (docs/guide/palette-and-hints.md describes it), or delete it to have it written anew."


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """A group of the palette: an entry of the file, in whose terms ``segments`` are surfaces and
    ``confidence`` is sure. ``colour`` and ``found``: ``#rrggbb``. ``seen``: pages, and boxes in pixels of the
    page."""

    id: int
    colour: str
    found: str
    looks: bytes
    locked: bool = False
    area: float = 0.0
    segments: int = 0
    confidence: float = 0.0
    seen: tuple[tuple[str, Box], ...] = ()

    @property
    def edited(self) -> bool:
        return self.colour != self.found

    def row(self) -> Image:
        """``looks`` as a row of features, 1×C uint8."""
        return np.frombuffer(self.looks, np.uint8)[None]


def to_document(entries: Sequence[PaletteEntry]) -> dict[str, Any]:
    """The palette as JSON, in the order given."""
    groups = [
        {
            "id": entry.id,
            "colour": entry.colour,
            "found": entry.found,
            "locked": entry.locked,
            "area": round(entry.area, 5),
            "surfaces": entry.segments,
            "sure": round(entry.confidence, 3),
            "seen": [[page, list(box)] for page, box in entry.seen],
            "looks": base64.b64encode(entry.looks).decode("ascii"),
        }
        for entry in entries
    ]
    return {"format": FORMAT, "groups": groups}


def from_document(document: Mapping[str, Any], where: str = FILE) -> tuple[PaletteEntry, ...]:
    """The entries of a palette. Raises ``UsageError``, naming ``where``, for what is none."""
    groups = document.get("groups")
    if document.get("format") != FORMAT or not isinstance(groups, list):
        raise UsageError(f"{where}: is no palette of the form {FORMAT!r}", REMEDY)
    entries = tuple(_entry(group, f"{where}: group {n}") for n, group in enumerate(groups, 1))
    if len({entry.id for entry in entries}) < len(entries):
        raise UsageError(f"{where}: two groups have the same id", REMEDY)
    return entries


def read_locked_palette(path: str | None) -> str:
    """The locked groups of the palette of ``--palette``, as JSON for the cache key; "" for none.

    Raises ``UsageError`` for what is no palette, or has no locked group.
    """
    if path is None:
        return ""
    remedy = "Give the palette.json of a coloured chapter, locked with `mangacolor palette OUT --lock`."
    document = json_file(Path(path), "--palette", remedy)
    entries = from_document(document if isinstance(document, dict) else {}, f"--palette {path}")
    locked = [entry for entry in entries if entry.locked]
    if not locked:
        raise UsageError(f"--palette {path}: none of its groups is locked", remedy)
    # What does not bear on colours must not enter the key.
    bare = [replace(entry, area=0.0, segments=0, confidence=0.0, seen=()) for entry in locked]
    return json.dumps(to_document(bare), sort_keys=True)


def _entry(group: object, where: str) -> PaletteEntry:
    try:
        if not isinstance(group, dict) or not isinstance(group["id"], int):
            raise TypeError("an id is missing")
        looks = base64.b64decode(group["looks"], validate=True)
        if len(looks) < len(COLUMNS):
            raise ValueError("its looks are cut off")
        seen = tuple((str(page), _box(box)) for page, box in group.get("seen", ()))
        return PaletteEntry(
            group["id"],
            check_colour(group["colour"], where),
            check_colour(group["found"], where),
            looks,
            bool(group.get("locked", False)),
            float(group.get("area", 0)),
            int(group.get("surfaces", 0)),
            float(group.get("sure", 0)),
            seen,
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise UsageError(f"{where}: {error}", REMEDY) from None


def _box(box: Sequence[Any]) -> Box:
    x, y, w, h = (int(value) for value in box)
    return x, y, w, h


def edits(document: Mapping[str, Any]) -> list[Any]:
    """What people have decided in a palette, for the key of what rests on it."""
    return [
        [entry.id, entry.colour, entry.found, entry.locked, base64.b64encode(entry.looks).decode("ascii")]
        for entry in from_document(document)
        if entry.edited or entry.locked
    ]


def check_colour(text: object, where: str) -> str:
    """``#rrggbb`` of a colour in hex, with six digits or three, or by its name in CSS.

    Raises ``UsageError`` for anything else.
    """
    colour = text.strip().lower() if isinstance(text, str) else ""
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", colour) or colour in ImageColor.colormap:
        red, green, blue, *_ = ImageColor.getrgb(colour)
        return f"#{red:02x}{green:02x}{blue:02x}"
    raise UsageError(f"{where}: {text!r} is no colour", "Write it as #c0392b, #fff or red (a name of CSS).")


def to_hex(light: float, cb: float, cr: float) -> str:
    """The colour of a luma and a chroma, as near as there is one."""
    planes = (np.full((1, 1), value, np.float32) for value in (light, cb, cr))
    red, green, blue = to_rgb(*planes)[0, 0].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def from_hex(colour: str) -> tuple[float, float, float]:
    """Luma, Cb and Cr of ``#rrggbb``."""
    rgb = np.array([[[int(colour[at : at + 2], 16) for at in (1, 3, 5)]]], np.uint8)
    cb, cr = chroma(rgb)
    return float(luma(rgb)[0, 0]), float(cb[0, 0]), float(cr[0, 0])
