"""The sources that a run learns from: read from packs and folders, and weighed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.wording import counted, first_few
from mangacolor.training.data.left_out import LeftOut
from mangacolor.training.data.pack import read_pack
from mangacolor.training.data.pictures import (
    Picture,
    Source,
    find_pictures,
    folders_in,
    is_picture,
    list_pictures,
    read_source,
)
from mangacolor.training.networks import Say
from mangacolor.training.settings import build

_NAMED = 3  # pictures, or folders, that a message names
_WRITE = 'Write [[source]] tables: folder and, if need be, layout = "pictures"|"pages"|"pairs", weight, zoom.'


def load_pictures(
    data: Iterable[Path], say: Say, description: Path | None = None, size: int = 256
) -> tuple[list[Source], list[Picture]]:
    """Sources and pictures of packs, and of folders with an optional ``description`` (TOML).

    ``say`` takes a line about what in the folders is left out, as it cannot be read or has no colour.
    ``size``: of pictures in folders, as of ``read_source``; a pack has its own.
    A source that comes twice has the weight and the zoom of the last, and the pictures of both; one all of
    whose pictures are left out does not come. Raises ``InputError`` where nothing is left.
    """
    data = list(data)
    if description is not None and not any(path.is_dir() for path in data):
        raise UsageError(
            f"--sources {description} describes folders, and {data[0]} is none",
            "Give it to mangacolor pack-data: a pack knows its sources. --set source_weights weighs them.",
        )
    sources: dict[str, Source] = {}
    pictures: list[Picture] = []
    left_out = LeftOut()
    for path in data:
        if path.is_file():
            added, more = read_pack(path)
        else:
            added = describe_sources(path, description)
            if description is not None:
                tell_unnamed(path, added, say)
            files = sum(len(find_pictures(path, source)) for source in added)
            say(f"reading {counted(files, 'file')} of {path}")
            more = [picture for source in added for picture in read_source(path, source, left_out, size)]
        sources |= {source.folder: source for source in added}
        pictures += more
    for line in left_out.lines():
        say(line)
    left_out.check(len(pictures))
    having = {picture.source for picture in pictures}
    return [source for source in sources.values() if source.folder in having], pictures


def describe_sources(root: Path, description: Path | None = None) -> list[Source]:
    """The sources a TOML file lists, or one source for each folder of ``root`` (else ``root`` itself).

    Raises ``UsageError`` for what describes none, and ``InputError`` where pictures lie beside such folders.
    """
    if description is not None:
        return _read_description(description)
    if not root.is_dir():
        return [Source(".")]  # whoever reads the folder says that it is none
    folders = [path.name for path in folders_in(root)]
    beside = [path.name for path in sorted(root.iterdir()) if is_picture(path)]
    if folders and beside:
        raise InputError(
            f"{root}: its folders are sources, and {counted(len(beside), 'picture')} beside them would be "
            f"left out: {first_few(beside, _NAMED)}",
            "Put them into a folder of their own, or take them out.",
        )
    return [Source(name) for name in folders] or [Source(".")]


def _read_description(path: Path) -> list[Source]:
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", _WRITE) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UsageError(f"{path} does not describe sources: {error}", _WRITE) from error
    entries = described.get("source")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or not entries:
        raise UsageError(f"{path} does not describe sources: it has no table [[source]]", _WRITE)
    others = [name for name in described if name != "source"]
    if others:
        raise UsageError(f"{path} has {first_few(others, _NAMED)} beside its tables [[source]]", _WRITE)
    sources = [build(Source, entry, place=f"{path}, source {n}") for n, entry in enumerate(entries, 1)]
    _check_described(path, sources)
    return sources


def _check_described(path: Path, sources: Sequence[Source]) -> None:
    """Raise ``UsageError`` for a folder that comes twice, and a zoom from the larger to the smaller."""
    for number, source in enumerate(sources, 1):
        if source.folder in (other.folder for other in sources[: number - 1]):
            raise UsageError(
                f"{path}, source {number}: {source.folder} is described already", "Describe it once."
            )
        if source.zoom[0] > source.zoom[1]:
            raise UsageError(
                f"{path}, source {number}: zoom cannot be {list(source.zoom)}",
                "Give the smaller one first.",
            )


def tell_unnamed(root: Path, sources: Sequence[Source], say: Say) -> None:
    """``say`` which folders with pictures in ``root`` the description of its ``sources`` does not name."""
    named = [Path(source.folder) for source in sources]
    if Path() in named or not root.is_dir():  # whoever reads the folder says that it is none
        return
    heads = {path.parts[0] for path in named if path.parts}
    unnamed = [path.name for path in folders_in(root) if path.name not in heads and list_pictures(path)]
    if unnamed:
        say(f"not described, and left out: {first_few(unnamed, _NAMED)}")


def weigh_sources(sources: Sequence[Source], weights: Mapping[str, float]) -> list[Source]:
    """The sources with other weights. ``weights``: by pattern, as a shell's, of their folders.

    A source takes the weight of the last pattern that fits it, and keeps its own if none does. Raises
    ``UsageError`` for a pattern that fits no source, and where no source keeps any weight.
    """
    check_patterns("source_weights", weights, sources)
    weighed = [replace(source, weight=fitting(source.folder, weights, source.weight)) for source in sources]
    if sum(source.weight for source in weighed) <= 0:
        raise UsageError("source_weights leave no source any weight", "Give one of them more than 0.")
    return weighed


def check_patterns(setting: str, values: Mapping[str, float], sources: Sequence[Source]) -> None:
    """Raise ``UsageError``, naming the ``setting``, for a pattern that fits the folder of no source."""
    folders = [source.folder for source in sources]
    for pattern in values:
        if not any(fnmatchcase(folder, pattern) for folder in folders):
            raise UsageError(
                f"{setting}: no source is called {pattern!r}", f"There are {', '.join(folders)}."
            )


def fitting(folder: str, values: Mapping[str, float], otherwise: float) -> float:
    """The value of the last pattern, as a shell's, that fits a source's folder."""
    found = [value for pattern, value in values.items() if fnmatchcase(folder, pattern)]
    return found[-1] if found else otherwise
