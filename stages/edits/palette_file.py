"""``palette.json``: a chapter's groups and what people have decided of its colours, to read, edit and keep.

    {"format": "mangacolor palette 2", "groups": [
      {"id": 7, "colour": "#b08a6e", "found": "#b08a6e", "locked": false,
       "area": 0.083, "surfaces": 41, "sure": 0.82,
       "seen": [["001.png", [x, y, width, height]], …], "looks": "…"}, …],
     "log": [{"id": 1, "do": "edit", "colour": "#c0392b", "reach": "alike", …}, …],
     "ungrouped": "…", "last_id": 31}

``colour`` is what people edit; ``found`` is what the group has without that. ``area`` is a share of all
segments (``surfaces`` is their number), ``sure`` how well its members hold together. ``looks`` is their mean
row of features (``segments/features.py``) in base64: by it a group is recognised in another chapter.
``fingerprints`` are those of its segments (``segments/fingerprints.py``, in base64), by which it is
recognised in another run; ``ungrouped`` has those of segments in no group. ``last_id`` is the largest id that
was ever given. ``part_of`` is the group that it was split from. ``log``: ``operation_documents.py``.

What was undone lies beside it, in ``palette.undone.json``, so that a palette of which everything is undone
is, to the byte, what it was. The form ``mangacolor palette 1``, which has no log, is read, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Box
from mangacolor.formats.option_files import json_file
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.model import OWN_LOOK
from mangacolor.stages.edits.operation_documents import (
    MISTAKES,
    bytes_of,
    operation_document,
    read_log,
    text_of,
)
from mangacolor.stages.edits.operations import SetEdit, SetLook
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.segments.features import COLUMNS
from mangacolor.stages.segments.fingerprints import SIZE as FINGERPRINT

FILE = "palette.json"
UNDONE_FILE = "palette.undone.json"
FORMAT = "mangacolor palette 2"
READ_FORMATS = ("mangacolor palette 1", FORMAT)
UNDONE_FORMAT = "mangacolor undone 2"
REMEDY = "Mend the file (docs/guide/palette-and-hints.md describes it), or delete it to have it written anew."


def to_document(palette: Palette) -> dict[str, Any]:
    """The palette as JSON, in the order given, without what was undone."""
    return {
        "format": FORMAT,
        "groups": [_group_document(entry) for entry in palette.groups],
        "log": [operation_document(operation) for operation in palette.log],
        **({"ungrouped": text_of(palette.ungrouped)} if palette.ungrouped else {}),
        **({"last_id": palette.last_id} if palette.last_id else {}),
    }


def undone_document(palette: Palette) -> dict[str, Any] | None:
    """What was undone as JSON; None for nothing: then there is to be no such file."""
    if not palette.undone:
        return None
    return {"format": UNDONE_FORMAT, "log": [operation_document(operation) for operation in palette.undone]}


def from_document(
    document: Mapping[str, Any], where: str = FILE, undone: Mapping[str, Any] | None = None
) -> Palette:
    """The palette of a document, and of ``undone_document``, which lies beside it. Raises ``UsageError``,
    naming ``where``, or the file beside it, for what is none."""
    groups = document.get("groups")
    if document.get("format") not in READ_FORMATS or not isinstance(groups, list):
        raise UsageError(f"{where}: is no palette of the form {FORMAT!r}", REMEDY)
    entries = tuple(_entry(group, f"{where}: group {n}") for n, group in enumerate(groups, 1))
    if len({entry.id for entry in entries}) < len(entries):
        raise UsageError(f"{where}: two groups have the same id", REMEDY)
    log = read_log(document.get("log", []), where, REMEDY)
    ids = [operation.id for operation in log]
    if ids != sorted(set(ids)):
        raise UsageError(f"{where}: the ids of its log must ascend", REMEDY)
    beside = str(Path(where).with_name(UNDONE_FILE))
    past = read_log(undone.get("log", []), beside, REMEDY) if undone else ()
    undone_log = tuple(operation for operation in past if operation.id not in ids)
    try:
        ungrouped, last_id = _fingerprints(document, "ungrouped"), int(document.get("last_id", 0))
    except MISTAKES as error:
        raise UsageError(f"{where}: {error}", REMEDY) from None
    return Palette(entries, log, undone_log, ungrouped, last_id)


def read_locked_palette(path: str | None) -> str:
    """What is locked in the palette of ``--palette``, as JSON for the cache key; "" for none.

    Raises ``UsageError`` for what is no palette, or has nothing that is locked.
    """
    if path is None:
        return ""
    remedy = "Give the palette.json of a coloured chapter, locked with `mangacolor palette OUT --lock`."
    document = json_file(Path(path), "--palette", remedy)
    palette = from_document(document if isinstance(document, dict) else {}, f"--palette {path}")
    groups = [_as_shown(entry, palette) for entry in palette.entries if entry.locked]
    edits = [edit for edit in palette.edits if edit.locked and edit.group is None]
    if not groups and not edits:
        raise UsageError(f"--palette {path}: none of its groups is locked", remedy)
    # What does not bear on colours must not enter the key.
    bare = [
        replace(entry, area=0.0, segments=0, confidence=0.0, seen=(), name="", fingerprints=b"")
        for entry in groups
    ]
    log = tuple(SetEdit(edit.id, replace(edit, name="")) for edit in edits)
    return json.dumps(to_document(Palette(tuple(bare), log)), sort_keys=True)


def _as_shown(entry: PaletteEntry, palette: Palette) -> PaletteEntry:
    """A group with the colour that an edit of all of it gives to it."""
    edit = palette.edit_of_group(entry.id)
    return replace(entry, colour=edit.colour) if edit else entry


def decided_groups(document: Mapping[str, Any]) -> list[Any]:
    """What people have decided of groups, for the key of what rests on it."""
    palette = from_document(document)
    return [
        [entry.id, entry.colour, entry.found, entry.locked, text_of(entry.looks)]
        for entry in palette.entries
        if entry.edited or entry.locked
    ] + [operation_document(operation) for operation in palette.regrouping]


def decided_edits(document: Mapping[str, Any]) -> list[Any]:
    """The edits of a palette that hold and its look, for the key of what rests on them. Names change nothing,
    nor does the look that colours have by themselves."""
    palette = from_document(document)
    edits = [operation_document(SetEdit(edit.id, replace(edit, name=""))) for edit in palette.edits]
    return edits if palette.look == OWN_LOOK else [*edits, operation_document(SetLook(0, palette.look))]


def _group_document(entry: PaletteEntry) -> dict[str, Any]:
    prints = {"fingerprints": text_of(entry.fingerprints)} if entry.fingerprints else {}
    split = {} if entry.part_of is None else {"part_of": entry.part_of}
    return {
        "id": entry.id,
        "colour": entry.colour,
        "found": entry.found,
        "locked": entry.locked,
        "area": round(entry.area, 5),
        "surfaces": entry.segments,
        "sure": round(entry.confidence, 3),
        "seen": [[page, list(box)] for page, box in entry.seen],
        "looks": text_of(entry.looks),
        **prints,
        **split,
    }


def _entry(group: object, where: str) -> PaletteEntry:
    try:
        if not isinstance(group, dict) or not isinstance(group["id"], int):
            raise TypeError("an id is missing")
        looks = bytes_of(group["looks"])
        if len(looks) < len(COLUMNS):
            raise ValueError("its looks are cut off")
        seen = tuple((str(page), _box(box)) for page, box in group.get("seen", ()))
        part_of = group.get("part_of")
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
            None if part_of is None else int(part_of),
            fingerprints=_fingerprints(group, "fingerprints"),
        )
    except KeyError as error:
        raise UsageError(f"{where}: {error} is missing", REMEDY) from None
    except MISTAKES as error:
        raise UsageError(f"{where}: {error}", REMEDY) from None


def _fingerprints(document: Mapping[str, Any], key: str) -> bytes:
    """Raises one of ``MISTAKES``."""
    prints = bytes_of(document.get(key, ""))
    if len(prints) % FINGERPRINT:
        raise ValueError(f"{key!r} is cut off")
    return prints


def _box(box: Sequence[Any]) -> Box:
    x, y, w, h = (int(value) for value in box)
    return x, y, w, h
