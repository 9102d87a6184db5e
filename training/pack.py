"""The data pack: one file with all training pictures at working scale, small enough to travel.

A zip (stored, not compressed again) of WebP pictures and an ``index.json``. Reading it needs only
numpy, OpenCV and the standard library.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from mangacolor.errors import InputError
from mangacolor.training.pictures import Picture, Source

INDEX = "index.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same pictures give the same pack


def write_pack(path: Path, sources: Sequence[Source], pictures: Iterable[Picture], quality: int = 80) -> int:
    """Write the pack and return the number of pictures in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    entries = []
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures):
            bgr = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR)
            _, blob = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
            file = f"{number:05d}.webp"
            archive.writestr(zipfile.ZipInfo(file, EPOCH), blob.tobytes())
            entries.append({"file": file, "name": picture.name, "source": picture.source})
        index = {"sources": [asdict(source) for source in sources], "pictures": entries}
        archive.writestr(zipfile.ZipInfo(INDEX, EPOCH), json.dumps(index, indent=1))
    partial.replace(path)
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
