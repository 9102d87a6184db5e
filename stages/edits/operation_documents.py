"""Operations and edits as JSON, as they stand in the log of a palette.

{"id": 3, "do": "edit", "colour": "#c0392b", "reach": "alike", "likeness": 0.5,
 "anchors": [{"page": "003.png", "x": 120, "y": 340, "digest": "…", "looks": "…"}], "negatives": []}
{"id": 4, "do": "edit", "edit": 3, …}                          edit 3 anew
{"id": 5, "do": "edit", "reach": "group", "group": 7, …,
 "members": [{"page": "001.png", "digest": "…", "points": "310,220 402,518"}]}
{"id": 6, "do": "edit", "reach": "outline", "outline": "120,340 180,340 150,410", …}
{"id": 7, "do": "name", "group": 7, "name": "her hair"}        or "edit": 3
{"id": 8, "do": "lock", "locked": true, "groups": [7], "edits": []}
{"id": 9, "do": "merge", "groups": [7, 9]}
{"id": 10, "do": "split", "group": 7, "into": 31, "looks": ["…", "…"]}
{"id": 11, "do": "look", "saturation": 1.2, "warmth": -0.1}
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Point
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.model import (
    CORNERS,
    LIKENESS,
    SATURATION,
    WARMTH,
    Anchor,
    Edit,
    Level,
    Look,
    Members,
    Reach,
)
from mangacolor.stages.edits.operations import Lock, Merge, Name, Operation, Revise, SetEdit, SetLook, Split

# What reading a document of another form raises.
MISTAKES = (KeyError, TypeError, ValueError, OverflowError, AttributeError, binascii.Error)


def text_of(looks: bytes) -> str:
    """A row of features as base64."""
    return base64.b64encode(looks).decode("ascii")


def bytes_of(text: str) -> bytes:
    """Back from ``text_of``. Raises one of ``MISTAKES``."""
    return base64.b64decode(text, validate=True)


def operation_document(operation: Operation) -> dict[str, Any]:  # noqa: PLR0911 - a table of operations
    """An operation as JSON."""
    match operation:
        case SetEdit(number, edit):
            revised = {} if edit.id == number else {"edit": edit.id}
            return {"id": number, "do": "edit", **revised, **edit_document(edit)}
        case Revise(number, edits):
            several = [{"edit": edit.id, **edit_document(edit)} for edit in edits]
            return {"id": number, "do": "revise", "edits": several}
        case Name(number, group, edit_id, name):
            target = {"group": group} if group is not None else {"edit": edit_id}
            return {"id": number, "do": "name", **target, "name": name}
        case Lock(number, locked, groups, some):
            return {
                "id": number,
                "do": "lock",
                "locked": locked,
                "groups": list(groups),
                "edits": list(some),
            }
        case Merge(number, groups):
            return {"id": number, "do": "merge", "groups": list(groups)}
        case Split(number, group, into, looks):
            rows = [text_of(row) for row in looks]
            return {"id": number, "do": "split", "group": group, "into": into, "looks": rows}
        case SetLook(number, look):
            shown = {"saturation": round(look.saturation, 4), "warmth": round(look.warmth, 4)}
            return {"id": number, "do": "look", **shown}


def read_log(log: object, where: str, remedy: str) -> tuple[Operation, ...]:
    """The operations of a log. Raises ``UsageError``, naming ``where``, for what is none."""
    if not isinstance(log, list):
        raise UsageError(f"{where}: its log must be a list", remedy)
    operations: list[Operation] = []
    for number, entry in enumerate(log, 1):
        here = f"{where}: entry {number} of its log"
        try:
            operations.append(_operation(entry, here))
        except KeyError as error:
            raise UsageError(f"{here}: {error} is missing", remedy) from None
        except MISTAKES as error:
            raise UsageError(f"{here}: {error}", remedy) from None
    return tuple(operations)


def _operation(entry: Any, where: str) -> Operation:  # noqa: PLR0911 - a table of operations
    number = int(entry["id"])
    match entry["do"]:
        case "edit":
            return SetEdit(number, read_edit(entry, int(entry.get("edit", number)), where))
        case "revise":
            return Revise(number, tuple(read_edit(some, int(some["edit"]), where) for some in entry["edits"]))
        case "name":
            group, edit = entry.get("group"), entry.get("edit")
            if (group is None) == (edit is None):
                raise ValueError("it must name a group or an edit")
            group, edit = (None if of is None else int(of) for of in (group, edit))
            return Name(number, group, edit, str(entry["name"]))
        case "lock":
            groups, edits = (tuple(int(of) for of in entry.get(kind, ())) for kind in ("groups", "edits"))
            return Lock(number, bool(entry["locked"]), groups, edits)
        case "merge":
            return Merge(number, tuple(int(group) for group in entry["groups"]))
        case "split":
            first, second = (bytes_of(row) for row in entry["looks"])
            return Split(number, int(entry["group"]), int(entry["into"]), (first, second))
        case "look":
            saturation = _within(entry.get("saturation", 1.0), SATURATION, "saturation")
            return SetLook(number, Look(saturation, _within(entry.get("warmth", 0.0), WARMTH, "warmth")))
        case other:
            raise ValueError(f"there is nothing to do called {other!r}")


def _within(value: Any, bounds: tuple[float, float], what: str) -> float:
    number = float(value)
    if not bounds[0] <= number <= bounds[1]:
        raise ValueError(f"{what} {number} is not between {bounds[0]:g} and {bounds[1]:g}")
    return number


def edit_document(edit: Edit) -> dict[str, Any]:
    """An edit as JSON, without its id."""
    document: dict[str, Any] = {
        "colour": edit.colour,
        "reach": edit.reach.value,
        "likeness": round(edit.likeness, 4),
        "level": edit.level.value,
        "anchors": [_anchor_document(anchor) for anchor in edit.anchors],
        "negatives": [_anchor_document(anchor) for anchor in edit.negatives],
    }
    if edit.group is not None:
        document["group"] = edit.group
    if edit.members:
        document["members"] = [
            {"page": page.page, "digest": page.digest, "points": _points_text(page.points)}
            for page in edit.members
        ]
    if edit.outline:
        document["outline"] = _points_text(edit.outline)
    return document | ({"name": edit.name} if edit.name else {}) | ({"locked": True} if edit.locked else {})


def read_edit(entry: Mapping[str, Any], number: int, where: str) -> Edit:
    """The edit of a document, under an id. Raises ``UsageError`` for its colour, or one of ``MISTAKES``."""
    likeness = float(entry.get("likeness", LIKENESS))
    if not 0 <= likeness <= 1:
        raise ValueError(f"likeness {likeness} is not between 0 and 1")
    group, reach, outline = entry.get("group"), Reach(entry["reach"]), _points(entry.get("outline", ""))
    if (reach is Reach.OUTLINE) != (len(outline) >= CORNERS):
        raise ValueError(f"an outline has {CORNERS} corners or more, and the reach {Reach.OUTLINE.value!r}")
    anchors = tuple(_anchor(anchor) for anchor in entry.get("anchors", ()))
    if outline and len(anchors) != 1:
        raise ValueError("an outline has one anchor, which says what page it is on")
    return Edit(
        number,
        check_colour(entry["colour"], where),
        reach,
        anchors,
        tuple(_anchor(anchor) for anchor in entry.get("negatives", ())),
        likeness,
        Level(entry.get("level", Level.FINE)),
        None if group is None else int(group),
        tuple(_members(page) for page in entry.get("members", ())),
        str(entry.get("name", "")),
        bool(entry.get("locked", False)),
        outline,
    )


def _anchor_document(anchor: Anchor) -> dict[str, Any]:
    return {
        "page": anchor.page,
        "x": anchor.x,
        "y": anchor.y,
        "digest": anchor.digest,
        "looks": text_of(anchor.looks),
    }


def _anchor(entry: Mapping[str, Any]) -> Anchor:
    looks = bytes_of(entry.get("looks", ""))
    return Anchor(str(entry["page"]), int(entry["x"]), int(entry["y"]), str(entry.get("digest", "")), looks)


def _members(entry: Mapping[str, Any]) -> Members:
    return Members(str(entry["page"]), str(entry.get("digest", "")), _points(str(entry["points"])))


def _points_text(points: tuple[Point, ...]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _points(text: str) -> tuple[Point, ...]:
    pairs = (point.split(",") for point in text.split())
    return tuple((int(x), int(y)) for x, y in pairs)
