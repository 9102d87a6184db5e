"""The file of a series: what its base network is, what is added to that, and the table of its surfaces.

A safetensors file. Arrays whose names begin with ``adapter.`` are added to the base's (``merging.py``), those
under ``surfaces.`` are the table. Nothing in it is ever executed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any
from unicodedata import category

import numpy as np

from mangacolor.core.arrays import AnyArray
from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import SetupError
from mangacolor.models.colour.series.learnt_surfaces import LearntSurfaces
from mangacolor.models.files.arrays import read_arrays
from mangacolor.models.files.reading import check_form

FORMAT = "mangacolor-series"
VERSION = "1"
ADAPTER, SURFACES = "adapter.", "surfaces."
PREFIX = 8  # bytes of a safetensors file that say how long its header is
MAX_NAME = 200  # characters of a series' name
MAX_BASE = 255  # of its base's, as of any file's
_JOINERS = "\u200c\u200d"  # that some scripts and emoji cannot be written without
LEARN_AGAIN = "Fetch the file again, or learn the series again: mangacolor learn."
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """``name``: the series'. ``base``: name or file name of the network that it was learnt on, and the sha256
    of that network's file. ``adapter``, ``surfaces``: arrays by name, without their prefix; the second are
    those of ``LearntSurfaces.to_arrays``, none where no table was made. ``made``: how, JSON-able.
    ``embedding``: the sha256 of the embedding that told its surfaces apart, "" for none."""

    name: str
    base: str
    base_sha256: str
    adapter: Mapping[str, AnyArray] = field(default_factory=dict)
    surfaces: Mapping[str, AnyArray] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)
    embedding: str = ""


def is_series_file(path: Path) -> bool:
    """Whether ``path`` says of itself that it is a series' file, of any version.

    Raises ``SetupError`` for a file that is not whole, or no file of weights.
    """
    header = check_form(path)
    return header is not None and header[0].get("format") == FORMAT


def read_series_file(path: Path) -> SeriesFile:
    """Raises ``SetupError`` for a file that is missing, damaged, or not of this form."""
    header = check_form(path)
    metadata = header[0] if header is not None else {}
    if metadata.get("format") != FORMAT:
        raise SetupError(f"{path} is no file of a series", "Name one that mangacolor learn has written.")
    if metadata.get("version") != VERSION:
        raise SetupError(
            f"{path} is of version {metadata.get('version')!r} of its form, and this version reads {VERSION}",
            "Install the mangacolor that wrote it, or a newer one.",
        )
    arrays = read_arrays(path, LEARN_AGAIN)
    adapter, surfaces = _under(arrays, ADAPTER), _under(arrays, SURFACES)
    strangers = [name for name in arrays if not name.startswith((ADAPTER, SURFACES))]
    name, base, digest = (metadata.get(key, "") for key in ("name", "base", "base_sha256"))
    if strangers or not is_line(name, MAX_NAME) or not is_base_name(base) or not _HASH.fullmatch(digest):
        raise SetupError(f"{path} does not hold what a file of a series has", LEARN_AGAIN)
    _check_surfaces(path, surfaces)
    made, embedding = _made(path, metadata.get("made", "{}")), metadata.get("embedding", "")
    return SeriesFile(name, base, digest, adapter, surfaces, made, embedding)


def is_line(text: str, most: int) -> bool:
    """Whether a text has at most so many characters and stands on one line: letters, marks, signs, spaces.

    What else Unicode has could move a terminal's cursor, turn the text around or hide it.
    """
    return len(text) <= most and all(
        character.isprintable() or character in _JOINERS or category(character) == "Zs" for character in text
    )


def is_base_name(text: str) -> bool:
    """Whether a text can be what a series' file calls its base: a file's name, without a folder."""
    return is_line(text, MAX_BASE) and text not in ("", "..") and text == PurePath(text).name


def _check_surfaces(path: Path, surfaces: Mapping[str, AnyArray]) -> None:
    try:
        if surfaces:
            LearntSurfaces.from_arrays(surfaces)
    except ValueError as error:
        raise SetupError(f"{path} holds no table that this version can read: {error}", LEARN_AGAIN) from error


def _under(arrays: Mapping[str, AnyArray], prefix: str) -> dict[str, AnyArray]:
    return {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}


def _made(path: Path, text: str) -> dict[str, Any]:
    try:
        made = json.loads(text)
        if isinstance(made, dict):
            return made
        raise ValueError(f"a {type(made).__name__} where facts should stand")
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path} has unreadable metadata: {error}", LEARN_AGAIN) from error


def write_series_file(path: Path, series: SeriesFile) -> None:
    """Write it whole or not at all; the same series gives the same bytes. Raises ``OutputError``."""
    from safetensors.numpy import save

    header = {
        "format": FORMAT,
        "version": VERSION,
        "name": series.name,
        "base": series.base,
        "base_sha256": series.base_sha256,
        "embedding": series.embedding,
        "made": json.dumps(dict(series.made), sort_keys=True),
    }
    parts = ((ADAPTER, series.adapter), (SURFACES, series.surfaces))
    arrays = {
        prefix + name: np.ascontiguousarray(arrays[name])
        for prefix, arrays in parts
        for name in sorted(arrays)
    }
    write_atomic(path, _in_order(save(arrays, header)), durable=True)


def _in_order(data: bytes) -> bytes:
    """A safetensors file with its metadata in order: the library writes it in whatever order a hash gives."""
    length = int.from_bytes(data[:PREFIX], "little")
    header = json.loads(data[PREFIX : PREFIX + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % PREFIX)  # numbers begin at multiples of eight bytes
    return len(text).to_bytes(PREFIX, "little") + text + data[PREFIX + length :]
