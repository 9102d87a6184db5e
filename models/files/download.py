"""Pretrained weights fetched once, by hash, into the user's cache (after pooch: part file, hash, move)."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import urllib.request
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.system.files import move_file, remove_file
from mangacolor.models.files.known import Weights, find_weights
from mangacolor.models.files.reading import cache_folder

_TIMEOUT = 20.0  # seconds without a byte
_CHUNK = 1 << 20  # bytes read at a time
_log = logging.getLogger(__name__)

_WITHOUT = {
    "vgg": "(--vgg-weights FILE); or go on without it: train with losses.vgg=0 (preset l1)",
    "extractor": "(--anime-weights FILE); or go on without it: train with losses.anime=0 (preset l1 or "
    "perceptual) and a generator without extractor (unet or unet-attention)",
}


def weights_cache() -> Path:
    """The folder of fetched weights."""
    return cache_folder() / "weights"


def pretrained_file(weights: str | Path | None, default: str) -> Path:
    """The file of a path, of a name of the weights table, or of the entry ``default`` for None.

    A file of the table that is not in the cache is fetched. Raises ``SetupError`` if it cannot be had.
    """
    entry = find_weights(str(weights if weights is not None else default))
    if entry is not None and not entry.bundled:
        return fetch(entry)
    path = Path(str(weights))
    if not path.is_file():
        known = find_weights(default)
        hint = f"; it is called {known.file} and published at {known.origin}" if known else ""
        raise SetupError(f"there is no file of weights {path}", f"Check the path{hint}.")
    return path


def fetch(entry: Weights) -> Path:
    """The cached file of ``entry``, fetched if it is absent or not what its hash says.

    Raises ``SetupError`` that names the file, where it comes from, and how to go on without it.
    """
    path = weights_cache() / entry.file
    if path.is_file() and sha256_of(path).startswith(entry.sha256):
        return path
    _log.info("fetching %s (%s) from %s", entry.file, entry.architecture, entry.origin)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(entry.origin, timeout=_TIMEOUT) as source:
            _receive(source, path, entry)
    except (OSError, ValueError) as error:  # URLError and time-outs are OSErrors
        if isinstance(error, HTTPError):
            error.close()  # it holds the answer's connection
        raise _absent(entry, path, f"cannot be fetched: {error}") from error
    return path


def _receive(source: BinaryIO, path: Path, entry: Weights) -> None:
    """Into a part file in the same folder, then under its name: never half a file, nor a wrong one."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        digest = hashlib.sha256()
        with os.fdopen(descriptor, "wb") as file:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
        if not digest.hexdigest().startswith(entry.sha256):
            raise _absent(entry, path, f"what came has another sha256 ({digest.hexdigest()})")
        part.chmod(0o644)
        move_file(part, path)
    finally:
        remove_file(part)


def _absent(entry: Weights, path: Path, reason: str) -> SetupError:
    return SetupError(
        f"the weights {entry.file} ({entry.architecture}) are not at {path}, and {reason}",
        f"Get {entry.origin} and put it there, or give it by its path {_WITHOUT[entry.role]}.",
    )
