"""What a run is to leave in OUT, file by file, before any work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

OutputKind = Literal["page", "archive", "extra"]


@dataclass(frozen=True, slots=True)
class Output:
    """A file of OUT that a run is to write: a loose page, an archive, or a file carried along.

    ``name`` is relative to OUT. ``input`` is the INPUT that it belongs to, ``source`` what it is made from;
    ``size`` (bytes) and ``modified_ns`` are of that file, so that it is known again after it was moved.
    """

    name: str
    kind: OutputKind
    input: str
    source: str
    size: int = 0
    modified_ns: int = 0


def stamp_of(file: Path) -> tuple[int, int]:
    """Size and time stamp of a file; zeros for one that is gone: it fails when it is read."""
    try:
        stat = file.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def stamp_of_all(files: Iterable[Path]) -> tuple[int, int]:
    """The size of files together, and the latest of their time stamps."""
    stamps = [stamp_of(file) for file in files]
    return sum(size for size, _ in stamps), max((moment for _, moment in stamps), default=0)
