"""The data pack: one file with all training pictures at working scale, small enough to travel.

A zip (stored, not compressed again) of AVIF pictures with full chroma and an ``index.json``. At the same
size AVIF keeps some 3 dB more of these pictures than WebP. Reading it needs only numpy and Pillow.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image as PilImage
from PIL import features

from mangacolor.core.atomic import output_error
from mangacolor.core.errors import InputError, SetupError, UsageError
from mangacolor.core.system.files import move_file, remove_file
from mangacolor.core.types import Image
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.settings import build

INDEX = "index.json"
FORM = 1  # of the index; one that names none is of the first
_ZIP = b"PK\x03\x04"
_MAKE = (
    "Name a folder of colour pictures, or make a pack of one: mangacolor pack-data FOLDER --out data.pack."
)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same pictures give the same pack
QUALITY = 40  # 7 kB a picture: the pictures of the default recipe take 19 MB
_SPEED = 8  # libavif's: at 6 packs are as large, 0.6 dB better, and take three times as long


def write_pack(
    path: Path, sources: Sequence[Source], pictures: Iterable[Picture], quality: int = QUALITY
) -> int:
    """Write the pack and return the number of pictures in it. It names only sources that have some.

    Raises ``OutputError`` if it cannot be written, ``SetupError`` where Pillow cannot write AVIF.
    """
    _need_avif()
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = _write(partial, sources, pictures, quality)
        move_file(partial, path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            remove_file(partial)
    return count


def _write(path: Path, sources: Sequence[Source], pictures: Iterable[Picture], quality: int) -> int:
    entries = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures):
            file = f"{number:05d}.avif"
            archive.writestr(zipfile.ZipInfo(file, EPOCH), _encode(picture.pixels, quality))
            entries.append({"file": file, "name": picture.name, "source": picture.source})
        having = {entry["source"] for entry in entries}
        described = [asdict(source) for source in sources if source.folder in having]
        index = {"form": FORM, "sources": described, "pictures": entries}
        archive.writestr(zipfile.ZipInfo(INDEX, EPOCH), json.dumps(index, indent=1))
    return len(entries)


def read_pack(path: Path) -> tuple[list[Source], list[Picture]]:
    """All sources and decoded pictures of a pack.

    Raises ``InputError`` for anything that is not one, ``SetupError`` where Pillow cannot read AVIF.
    """
    _need_avif()
    _check_whole(path)
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read(INDEX))
            _check_form(path, index.get("form", FORM))
            sources = [
                build(Source, entry, place=f"{path}, source {n}")
                for n, entry in enumerate(index["sources"], 1)
            ]
            labels = [(str(entry["name"]), str(entry["source"])) for entry in index["pictures"]]
            blobs = [archive.read(entry["file"]) for entry in index["pictures"]]
    except (
        OSError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        zipfile.BadZipFile,
        UsageError,
    ) as error:
        raise InputError(f"{path} is not a data pack: {error}", _MAKE) from error
    try:
        with ThreadPoolExecutor() as pool:
            pixels = list(pool.map(_decode, blobs))
    except (OSError, SyntaxError) as error:
        raise InputError(f"a picture in {path} is damaged: {error}", "Make the pack again.") from error
    return sources, [Picture(*label, array) for label, array in zip(labels, pixels, strict=True)]


def _check_whole(path: Path) -> None:
    """Raise ``InputError`` for a file that begins as a pack does and has no end, and for what is no zip."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(_ZIP)) == _ZIP
        whole = zipfile.is_zipfile(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", _MAKE) from error
    if not begins and not whole:
        raise InputError(f"{path} is not a data pack", _MAKE)
    if not whole:
        raise InputError(f"{path} is cut short: its end is missing", "Copy it again, or make it again.")


def _check_form(path: Path, form: object) -> None:
    if form != FORM:
        raise InputError(
            f"{path} is a data pack of form {form}, and this version of mangacolor reads form {FORM}",
            "Make the pack again with the version of mangacolor that is to read it.",
        )


def _need_avif() -> None:
    if not features.check("avif"):
        raise SetupError(
            "this Pillow cannot handle AVIF, the form of data packs", "Install pillow 11.3 or newer."
        )


def _encode(pixels: Image, quality: int) -> bytes:
    stream = io.BytesIO()
    # One thread: the bytes of a pack must not depend on the machine.
    PilImage.fromarray(pixels).save(
        stream, "AVIF", quality=quality, speed=_SPEED, subsampling="4:4:4", max_threads=1
    )
    return stream.getvalue()


def _decode(blob: bytes) -> Image:
    with PilImage.open(io.BytesIO(blob)) as opened:
        return np.asarray(opened.convert("RGB"))
