"""Hashes of files."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The sha256 of a file of any size, in hexadecimal. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_once(path: Path) -> str:
    """The same of a file that many ask for, as weights: it is read again only once its size or its times have
    changed. Raises ``OSError``."""
    stat = path.stat()
    return _sha256_of(path.absolute(), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@functools.lru_cache(maxsize=64)
def _sha256_of(path: Path, _size: int, _modified_ns: int, _changed_ns: int) -> str:
    return sha256_of(path)
