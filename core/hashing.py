"""Hashes of files."""

from __future__ import annotations

import functools
import hashlib
import time
from pathlib import Path
from typing import Final

_RECENT_NS: Final = 2_000_000_000  # clocks of file systems are as coarse as that
_REMEMBERED: Final = 2**14  # files: the pages of a guest, of which each chapter of a tree asks


def sha256_of(path: Path) -> str:
    """The sha256 of a file of any size, in hexadecimal. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_once(path: Path) -> str:
    """The same of a file that many ask for: it is read again only once its size or its times have changed.
    Raises ``OSError``."""
    stat = path.stat()
    # One that was written just now may be written again without its times telling.
    if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) < _RECENT_NS:
        return sha256_of(path)
    return _sha256_of(path.absolute(), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@functools.lru_cache(_REMEMBERED)
def _sha256_of(path: Path, _size: int, _modified_ns: int, _changed_ns: int) -> str:
    return sha256_of(path)
