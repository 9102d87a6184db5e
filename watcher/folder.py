"""What lies in the watched folder: names, sizes and times. No file is opened."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mangacolor.core.errors import InputError
from mangacolor.core.system.files import is_held, is_link, is_same_place
from mangacolor.formats.names import STATE_FOLDER, is_litter
from mangacolor.watcher.names import has_unfinished_twin, is_passed_over, is_unfinished

_ARRIVING: Final = 86_400.0  # seconds that the largest file may take to be copied


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it is just now. Times in nanoseconds: of the last write, and of any change (POSIX ctime).

    ``unfinished``: somebody is still writing it, as its name says, or Windows.
    """

    path: Path
    size: int
    modified_ns: int
    changed_ns: int
    unfinished: bool = False

    @property
    def stamp(self) -> str:
        """Another one for another content, a moved file or a changed permission."""
        return f"{self.size} {self.modified_ns} {self.changed_ns}"


@dataclass(slots=True)
class Look:
    """All files, and the folders that could not be read."""

    files: list[Seen] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def look_through(root: Path, out: Path) -> Look:
    """Every file under ``root``, but for what is no reader's business; never in OUT (resolved).

    Folders reached by a link are not followed. Raises ``InputError`` if ``root`` itself cannot be read, even
    if it went away while it was looked through: what was found by then is only a part.
    """
    look = Look()
    _look_into(_entries_of(root), out, look)
    _entries_of(root)
    return look


def _entries_of(root: Path) -> list[os.DirEntry[str]]:
    try:
        return _read(root)
    except OSError as error:
        raise InputError(
            f"{root}: cannot be read ({error.strerror})", "See whether its disk or share is there."
        ) from error


def _read(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as scan:
        return sorted(scan, key=lambda entry: entry.name)


def _look_into(entries: list[os.DirEntry[str]], out: Path, look: Look) -> None:
    names = {entry.name.lower() for entry in entries}
    for entry in entries:
        if is_litter(entry.name) or entry.name == STATE_FOLDER:
            continue
        try:
            _take(entry, names, out, look)
        except OSError:  # gone since its name was read
            continue


def _take(entry: os.DirEntry[str], names: set[str], out: Path, look: Look) -> None:
    path = Path(entry.path)
    if entry.is_dir():
        if not (is_link(path) or is_passed_over(entry.name) or is_same_place(path, out)):
            _look_inside(path, out, look)
    elif entry.is_file():
        stat = path.stat()  # what Windows lists of a folder is late for a file that grows
        named = is_unfinished(entry.name) or has_unfinished_twin(entry.name, names)
        unfinished = named or (_is_new(stat) and is_held(path))
        look.files.append(Seen(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, unfinished))


def _is_new(stat: os.stat_result) -> bool:
    """Whether a file may still be arriving: others are not opened at each look."""
    return time.time() - max(stat.st_mtime, stat.st_ctime) < _ARRIVING


def _look_inside(folder: Path, out: Path, look: Look) -> None:
    try:
        entries = _read(folder)
    except FileNotFoundError:  # gone since its name was read
        return
    except OSError as error:
        look.unreadable.append(f"{folder}: cannot be read ({error.strerror})")
        return
    _look_into(entries, out, look)
