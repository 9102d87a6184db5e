"""Files that are either whole or absent."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from mangacolor.errors import OutputError

_FULL = {errno.ENOSPC, errno.EDQUOT}


def write_atomic(path: Path, data: bytes, *, durable: bool = False, scratch: Path | None = None) -> None:
    """Write ``data`` to a temporary file and move it to ``path`` in one step.

    ``durable`` also forces the bytes to the disk first, so that a power cut leaves the old file or
    the new one. The temporary file lies in ``scratch``, which must be on the same disk, or else beside
    ``path``: a killed run then leaves nothing in the user's folders.

    Raises ``OutputError`` where the disk is full or the folder cannot be written.
    """
    temporary = (scratch or path.parent) / f".{secrets.token_hex(8)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno == errno.EXDEV and scratch is not None:  # a folder of OUT is another disk
            write_atomic(path, data, durable=durable)
            return
        raise output_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def output_error(path: Path, error: OSError) -> OutputError:
    """What to tell the user when writing ``path`` failed."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return OutputError(
            f"{path}: the disk is full",
            "Free some space and run the same command again: finished pages are kept.",
        )
    return OutputError(
        f"{path}: cannot be written ({reason})", "Check the folder's permissions, or name another."
    )
