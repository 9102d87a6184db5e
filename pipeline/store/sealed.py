"""JSON that runs leave for later runs: an object with a digest of itself, by which a damaged one is known.

What has been changed by hand, cut off or mixed up is as good as not there, and is made again. One that an
earlier version left, without a digest, is taken as it is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from mangacolor.core.system.files import read_file

SEAL: Final = "_digest"
# How bytes of a path that are no UTF-8, lone surrogates to Python, are encoded in JSON: as that escapes them,
# so that the path is read again as it was.
NO_UTF_8: Final = "backslashreplace"
_DIGITS: Final = 16
T = TypeVar("T")


def seal(document: Mapping[str, Any]) -> bytes:
    """The document as JSON, its digest as the last entry."""
    text = json.dumps({**document, SEAL: ""}, ensure_ascii=False, indent=1)
    head = text.removesuffix('""\n}').encode(errors=NO_UTF_8)
    return head + f'"{_digest(head)}"\n}}'.encode()


def read_sealed(path: Path) -> dict[str, Any] | None:
    """What ``seal`` wrote; None where there is nothing, or something damaged."""
    data = _bytes(path)
    document = _object(data)
    if document is None or SEAL not in document:
        return document
    told = document.pop(SEAL)
    head = data.removesuffix(f'"{told}"\n}}'.encode(errors="replace"))
    return document if told == _digest(head) else None


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object without a digest; an empty one where there is none that can be read."""
    return _object(_bytes(path)) or {}


def typed_row(kind: type[T], row: Mapping[str, Any]) -> T:
    """A dataclass of texts, numbers and objects from a row of JSON. Raises ``TypeError`` for what is none."""
    types = _types_of(kind)  # type: ignore[arg-type]
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name in row and not _is_of(types[field.name], row[field.name]):
            raise TypeError(f"{kind.__name__}.{field.name} is {row[field.name]!r}")
    return kind(**row)


@cache
def _types_of(kind: type) -> dict[str, Any]:
    """What a dataclass's fields are, looked up once: a manifest has thousands of rows."""
    return get_type_hints(kind)


def _is_of(wanted: Any, value: object) -> bool:
    """Whether a value of JSON is a text, a number or an object of such, as an annotation has it."""
    if get_origin(wanted) is dict:
        inner = get_args(wanted)[1]
        return isinstance(value, dict) and all(_is_of(inner, each) for each in value.values())
    kinds = int | float if wanted is float else wanted
    return isinstance(value, kinds) and not isinstance(value, bool)


def _digest(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()[:_DIGITS]


def _bytes(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError:
        return b""


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # the latter where it is nested without measure
        return None
    return document if isinstance(document, dict) else None
