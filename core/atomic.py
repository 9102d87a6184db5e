"""Files that are whole or absent, or held by one process; what to tell the user when the disk says no."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from mangacolor.core.errors import DiskFullError, MangacolorError, OutputError, PageError
from mangacolor.core.system.files import move_file, remove_file
from mangacolor.core.system.kind import on_windows

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FILE = {errno.ENOTDIR, errno.EEXIST}
_NAME = {errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL}  # the last of FAT, for a colon or question mark
# Characters of a folder's path that Windows takes, unless it is told to take long ones; of a file's 259.
_LONGEST_PATH = 247

Told = tuple[str, str]  # what is wrong, and its remedy


def write_atomic(
    path: Path,
    data: bytes,
    *,
    durable: bool = False,
    scratch: Path | None = None,
) -> None:
    """Write ``data`` to a temporary file and move it to ``path`` in one step.

    ``durable`` also forces the bytes to the disk first, so that a power cut leaves the old file or
    the new one. The temporary file lies in ``scratch``, a folder that is there, or else beside ``path``: a
    killed run then leaves nothing in the user's folders. ``scratch`` is never made here, nor what holds both:
    that it is gone is how a run notices that OUT was taken away.

    Raises as ``output_error`` says.
    """
    temporary = (scratch or path.parent) / f".{secrets.token_hex(8)}.tmp"
    try:
        if scratch is None:
            path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if scratch is not None:
            make_folders(path.parent, scratch)
        move_file(temporary, path)
    except OSError as error:
        if error.errno == errno.ENOENT and scratch is not None and scratch.is_dir():
            # OUT is there, so it is the name: drivers for exFAT say so of one with a colon or question mark.
            raise output_error(path, OSError(errno.EINVAL, os.strerror(errno.EINVAL))) from error
        raise output_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            remove_file(temporary)


def check_writable(path: Path, size: int) -> None:
    """Raise, as ``output_error`` says, where ``size`` bytes could not be written to ``path``. Leaves nothing.

    Folders that are missing above it are not made: it is tried in the first that is there.
    """
    with output_errors(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
        probe = folder / f".{secrets.token_hex(8)}.tmp"
        try:
            probe.write_bytes(bytes(size))
        finally:
            with contextlib.suppress(OSError):
                remove_file(probe)


def make_folders(folder: Path, scratch: Path) -> None:
    """Make ``folder`` and what is missing above it, but not the folder that it shares with ``scratch``."""
    shared = Path(os.path.commonpath([folder, scratch]))
    missing = [folder, *folder.parents][: len(folder.parts) - len(shared.parts)]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turns an ``OSError`` inside into what ``output_error`` makes of it."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error


def output_error(path: Path, error: OSError) -> MangacolorError:
    """What to tell the user when writing ``path`` failed.

    ``OutputError``, which ends the run, of a full disk ``DiskFullError``; ``PageError`` where only this
    file's name is the trouble.
    """
    reason = error.strerror or str(error)
    if on_windows() and (windows := _windows_error(path, error, reason)):
        return windows
    if error.errno in _FULL:
        return DiskFullError(
            f"{path}: the disk is full",
            "Free some space and run the same command again: what is finished is kept.",
        )
    if error.errno == errno.ENOENT:
        return OutputError(
            f"{path}: the output folder has vanished while mangacolor was writing to it",
            "See whether it was moved or its disk removed, and run the same command again.",
        )
    if error.errno in _NAME:
        return PageError(
            f"{path}: the output's file system does not take this name ({reason})",
            "Rename the page in the input, or name an --out folder on another disk.",
        )
    if error.errno in _FILE:
        return OutputError(
            f"{path}: cannot be written, since a file lies where a folder has to be",
            "Name another --out folder.",
        )
    return OutputError(
        f"{path}: cannot be written ({reason})", "Check the folder's permissions, or name another."
    )


def _windows_error(path: Path, error: OSError, reason: str) -> MangacolorError | None:
    """What Windows says in words of its own; None for the rest."""
    if error.errno == errno.ENOENT and len(str(path)) > _LONGEST_PATH:
        return PageError(
            f"{path}: this path has {len(str(path))} characters, and Windows takes {_LONGEST_PATH}",
            "Name an --out folder with a shorter path, as C:\\manga, or switch long paths on in Windows.",
        )
    if error.errno == errno.EINVAL:
        return PageError(
            f"{path}: Windows does not take this name ({reason})",
            "Rename the page in the input, without characters such as ? and *.",
        )
    if isinstance(error, PermissionError):
        return OutputError(
            f"{path}: cannot be written ({reason})",
            "Close the program that has it open, or check the folder's permissions, and run again.",
        )
    return None


@contextlib.contextmanager
def held(lock_file: Path, of: Path, *, busy: Told, elsewhere: str, seconds: float = 0) -> Iterator[None]:
    """Hold ``of`` by locking ``lock_file``, whose folder is made, for as long as this lasts.

    Raises ``OutputError``: ``busy`` if another process has it for longer than ``seconds``, ``elsewhere`` as
    the remedy if its file system has no locks, and where it cannot be written. The system drops the lock when
    the process dies, however it dies.
    """
    from filelock import FileLock, Timeout

    try:
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(lock_file, timeout=seconds)
        lock.acquire()
    except Timeout:
        raise OutputError(f"{of}: {busy[0]}", busy[1]) from None
    except NotImplementedError:
        raise OutputError(f"{of}: this file system cannot lock files", elsewhere) from None
    except OSError as error:
        raise output_error(of, error) from error
    try:
        yield
    finally:
        lock.release()
