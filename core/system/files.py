"""Files that are moved, removed and told from each other on every system."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
import unicodedata
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Final, TypeVar

from mangacolor.core.system.kind import on_windows

# Seconds between two tries on Windows at a file that another program has open; six seconds in all.
_WAITS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.0)

T = TypeVar("T")


def rename(source: Path, target: Path) -> None:
    """Move a file or a folder on its disk, a file over what lies at ``target``, in one step. Raises
    ``OSError``.

    Windows refuses where a program has one of the two open: a virus scanner or an indexer that has seen a
    new file lets go of it in a moment, so it is tried again for some seconds.
    """
    _patiently(lambda: source.replace(target))


def move_file(source: Path, target: Path) -> None:
    """The same of a file, also to another disk, as a folder of OUT may be: there the target is whole or as it
    was, but a killed process may leave the source, or a hidden ``.tmp`` beside the target. Raises
    ``OSError``."""
    try:
        rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV or source.is_dir():
            raise
        _move_to_another_disk(source, target)


def _move_to_another_disk(source: Path, target: Path) -> None:
    copy, is_new = target.with_name(f".{secrets.token_hex(8)}.tmp"), not os.path.lexists(target)
    try:
        if source.is_symlink():  # it stays one
            copy.symlink_to(source.readlink())
        else:
            _copy(source, copy)
        rename(copy, target)
    finally:
        remove_file(copy)
    try:
        remove_file(source)
    except OSError:  # it is not moved: each try would leave one more
        if is_new:
            remove_file(target)
        raise


def _copy(source: Path, copy: Path) -> None:
    with source.open("rb") as data, copy.open("wb") as file:
        shutil.copyfileobj(data, file)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(OSError):  # not every file system keeps rights
        shutil.copystat(source, copy)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there; on Windows as patiently as ``rename``. Raises ``OSError``."""
    _patiently(lambda: path.unlink(missing_ok=True))


def read_file(path: Path) -> bytes:
    """What a file holds that another thread or program may just be replacing; on Windows as patiently as
    ``rename``. Raises ``OSError``."""
    return _patiently(path.read_bytes)


def _patiently(act: Callable[[], T]) -> T:
    for seconds in _WAITS if on_windows() else ():
        try:
            return act()
        except PermissionError:
            time.sleep(seconds)
    return act()


def is_held(path: Path) -> bool:
    """Whether a program of Windows has a file for itself, as the Explorer has what it copies: such a file has
    its whole size from the beginning. Elsewhere nobody can, and it is not looked."""
    if not on_windows():
        return False
    try:
        with path.open("rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def named_since(path: Path) -> int:
    """The moment at which a file came to its name or was written there, ns; no earlier, and perhaps later.

    Windows knows of a folder alone when names in it changed. Raises ``OSError`` where nothing is there.
    """
    found = path.stat()
    if not on_windows():
        return found.st_ctime_ns
    return max(found.st_mtime_ns, path.parent.stat().st_mtime_ns)


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link or, on Windows, a junction, by which folders can hold themselves."""
    try:
        found = path.lstat()
    except OSError:
        return False
    tag = getattr(found, "st_reparse_tag", 0)
    return stat.S_ISLNK(found.st_mode) or tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003)


def is_same_place(path: Path, folder: Path) -> bool:
    """Whether a path leads to a folder (resolved), be it there or not, in whatever letters it is written."""
    return path.resolve() == folder or is_same_file(path, folder)


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file or folder that is there, in whatever letters they are written."""
    identities = identify(one), identify(other)
    if None in identities:
        return False
    return identities[0] == identities[1] or _is_same_in_other_letters(one, other)


def _is_same_in_other_letters(one: Path, other: Path) -> bool:
    """The same of two that are there, where the file system numbers files by how they are written, as drivers
    for exFAT do: its folder lists one of the two."""
    if one.parent != other.parent or _without_case(one) != _without_case(other):
        return False
    listed = {path.name for path in one.parent.iterdir()}
    return not {one.name, other.name} <= listed


def _without_case(path: Path) -> str:
    return unicodedata.normalize("NFC", path.name).casefold()


def identify(path: Path) -> Hashable | None:
    """The same for all paths that lead to one file or folder; None where nothing is there.

    Some file systems of Windows number no files: there only the paths tell.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_ino else os.path.normcase(path.resolve())
