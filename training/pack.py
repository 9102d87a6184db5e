"""The data pack: one file with all training pictures at working scale, small enough to travel.

A zip (stored, not compressed again) of WebP pictures and an ``index.json``. Reading it needs only
numpy, OpenCV and the standard library.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from mangacolor.errors import InputError
from mangacolor.pipeline.atomic import output_error
from mangacolor.training.pictures import Picture, Source

INDEX = "index.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same pictures give the same pack


def write_pack(path: Path, sources: Sequence[Source], pictures: Iterable[Picture], quality: int = 80) -> int:
    """Write the pack and return the number of pictures in it. Raises ``OutputError`` if it cannot."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = _write(partial, sources, pictures, quality)
        partial.replace(path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return count


def _write(path: Path, sources: Sequence[Source], pictures: Iterable[Picture], quality: int) -> int:
    entries = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures):
            bgr = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR)
            _, blob = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
            file = f"{number:05d}.webp"
            archive.writestr(zipfile.ZipInfo(file, EPOCH), blob.tobytes())
            entries.append({"file": file, "name": picture.name, "source": picture.source})
        index = {"sources": [asdict(source) for source in sources], "pictures": entries}
        archive.writestr(zipfile.ZipInfo(INDEX, EPOCH), json.dumps(index, indent=1))
    return len(entries)


def read_pack(path: Path) -> tuple[list[Source], list[Picture]]:
    """All sources and decoded pictures of a pack. Raises ``InputError`` for anything that is not one."""
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read(INDEX))
            blobs = [archive.read(entry["file"]) for entry in index["pictures"]]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is not a data pack: {error}", "make one with: mangacolor pack-data"
        ) from error
    with ThreadPoolExecutor() as pool:
        pixels = list(pool.map(_decode, blobs))
    sources = [Source(**{**entry, "zoom": tuple(entry["zoom"])}) for entry in index["sources"]]
    pictures = [
        Picture(entry["name"], entry["source"], array)
        for entry, array in zip(index["pictures"], pixels, strict=True)
    ]
    return sources, pictures


def _decode(blob: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("a picture in it cannot be decoded")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
