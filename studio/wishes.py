"""What a browser asks of a palette, as JSON, in the words of ``mangacolor palette``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mangacolor.core.errors import UsageError
from mangacolor.pipeline.editing.wishes.options import Wishes
from mangacolor.stages.edits.model import SATURATION, WARMTH, Level, Reach
from mangacolor.studio.limits import POINTS

_MALFORMED: Final = "Load the studio again; if that does not help, it is a bug."
# Characters of a name or a colour.
_TEXT: Final = 200


def read_wishes(document: object) -> Wishes:
    """Raises ``UsageError``, naming the entry, for what is none."""
    if document is None:
        return Wishes()
    if not isinstance(document, Mapping):
        raise UsageError("wishes must be a JSON object", _MALFORMED)
    unknown = set(document) - set(_READERS)
    if unknown:
        raise UsageError(f"unknown wish {min(map(str, unknown))[:80]!r}", _MALFORMED)
    values: dict[str, Any] = {}
    for name, value in document.items():
        if value is None:
            continue
        values |= _READERS[name](name, value)
    return Wishes(**values)


def read_point(name: str, value: object) -> str:
    """``[page, x, y]`` as the option has it: ``page:x,y``."""
    match value:
        case [str(page), int(x), int(y)] if x >= 0 and y >= 0:
            return f"{page}:{x},{y}"
    raise _wrong(name)


def _points(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > POINTS:
        raise _wrong(name)
    return tuple(read_point(name, point) for point in value)


def _outline(name: str, value: object) -> str:
    """A page and the corners of a line on it, ``[page, [x, y], …]``."""
    match value:
        case [str(page), *corners] if 0 < len(corners) <= POINTS:
            points = [
                read_point(name, [page, *corner] if isinstance(corner, list) else None) for corner in corners
            ]
            return f"{page}:{','.join(point.rpartition(':')[2] for point in points)}"
    raise _wrong(name)


def _text(name: str, value: object) -> str:
    if not value or not _is_text(value):
        raise _wrong(name)
    return str(value)


def _is_text(value: object) -> bool:
    """Whether it is a text of some characters that a file can hold: JSON lets lone surrogates through."""
    if not isinstance(value, str) or len(value) > _TEXT:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _one_of(names: set[str]) -> Callable[[str, object], str]:
    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise _wrong(name)
        return value

    return read


def _number(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(name)
    return str(value)


def _step(name: str, value: object) -> str:
    """Of undo and redo: true for the last change, or its number, or of an edit as ``e3``."""
    if value is True:
        return ""
    return _text(name, value) if isinstance(value, str) else _number(name, value)


def _groups(name: str, value: object) -> str:
    if not isinstance(value, list) or not 2 <= len(value) <= POINTS:
        raise _wrong(name)
    return ",".join(_number(name, one) for one in value)


def _pairs(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, Mapping) or len(value) > POINTS:
        raise _wrong(name)
    pairs = []
    for key, text in value.items():
        if not _is_text(text) or not _is_text(key):
            raise _wrong(name)
        pairs.append(f"{key}={text}")
    return tuple(pairs)


def _bool(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name)
    return value


def _ids(name: str, value: object) -> tuple[str, ...]:
    """Groups by number, edits as ``e3``."""
    if not isinstance(value, list) or len(value) > POINTS:
        raise _wrong(name)
    return tuple(one if isinstance(one, str) else _number(name, one) for one in value)


def _from_to(least: float, most: float) -> Callable[[str, object], float]:
    def read(name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise _wrong(name)
        return float(value)

    return read


def _wrong(name: str) -> UsageError:
    return UsageError(f"the wish {name!r} cannot be understood", _MALFORMED)


def read_look(value: object, name: str = "look") -> dict[str, float]:
    """Saturation and warmth of the whole chapter, those that are given. Raises ``UsageError``."""
    if not isinstance(value, Mapping) or set(value) - {"saturation", "warmth"}:
        raise _wrong(name)
    return {part: _from_to(*_LOOK[part])(name, one) for part, one in value.items()}


def _as(field: str, read: Callable[[str, Any], Any]) -> Callable[[str, Any], dict[str, Any]]:
    return lambda name, value: {field: read(name, value)}


_LOOK: Final = {"saturation": SATURATION, "warmth": WARMTH}
# What reads each entry, and gives the fields of ``Wishes`` that it stands for.
_READERS: Final[Mapping[str, Callable[[str, Any], dict[str, Any]]]] = {
    "at": _as("at", read_point),
    "colour": _as("colour", _text),
    "reach": _as("reach", _one_of({reach.value for reach in Reach if reach is not Reach.OUTLINE})),
    "likeness": _as("likeness", _from_to(0, 1)),
    "level": _as("level", _one_of({level.value for level in Level})),
    "also": _as("also", _points),
    "not": _as("negatives", _points),
    "forget": _as("forget", _points),
    "outline": _as("outline", _outline),
    "edit": _as("edit", _text),
    "undo": _as("undo", _step),
    "redo": _as("redo", _step),
    "split": _as("split", _number),
    "merge": _as("merge", _groups),
    "name": _as("names", _pairs),
    "set": _as("colours", _pairs),
    "renew": _as("renew", _bool),
    "lock": _as("lock", _bool),
    "lock_of": _as("lock_of", _ids),
    "look": lambda name, value: read_look(value, name),
}
