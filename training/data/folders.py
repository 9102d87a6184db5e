"""Pictures from a folder of folders, a source each, as the small networks' pages are made up from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.data.left_out import LeftOut
from mangacolor.training.data.pictures import list_pictures
from mangacolor.training.networks import Say

LONGEST = 1400  # pixels: the long side of a picture, more than a made-up page needs
DRAWN = 12  # pictures from which a page is made up


def read_on_white(path: Path, longest: int) -> Image:
    """A picture as H×W×3 uint8 RGB, what is transparent white, its long side at most ``longest`` pixels.

    Raises ``InputError`` for a file that is no colour picture, or cannot be read.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)  # imread takes no name beyond ASCII on Windows
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "Mend or remove the file.") from error
    raw = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if raw is None or raw.ndim != 3:
        raise InputError(f"{path} is no colour picture", "Mend or remove the file.")
    if raw.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{path}: pixels of {raw.dtype} have no agreed range", "Save it as 8 or 16 bit.")
    levels = raw.astype(np.float32) / (257 if raw.dtype == np.uint16 else 1)
    picture: npt.NDArray[Any] = levels[..., 2::-1]
    if raw.shape[2] == 4:
        cover = levels[..., 3:] / 255
        picture = picture * cover + 255 * (1 - cover)
    scale = min(1.0, longest / max(raw.shape[:2]))
    size = (max(1, round(raw.shape[1] * scale)), max(1, round(raw.shape[0] * scale)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA).round(), np.uint8)


def read_folders(
    data: Path, leave_out: str, most: int, rng: np.random.Generator, say: Say
) -> Iterator[tuple[str, list[Image]]]:
    """The folders of ``data`` but for one, by name, with at most ``most`` pictures of each. ``say`` takes a
    line about each that is left out, as it cannot be read or has no colour.

    Raises ``InputError`` where ``data`` is no folder.
    """
    if not data.is_dir():
        raise InputError(f"{data} is no folder", "Name a folder that holds a folder of pictures a source.")
    for folder in sorted(path for path in data.iterdir() if path.is_dir() and path.name != leave_out):
        files = list_pictures(folder)
        picked = rng.permutation(len(files))[:most]
        left_out = LeftOut()
        yield folder.name, list(_read_whole([files[index] for index in picked], left_out))
        for line in left_out.lines():
            say(line)


def _read_whole(files: Sequence[Path], left_out: LeftOut) -> Iterator[Image]:
    for file in files:
        try:
            yield read_on_white(file, LONGEST)
        except InputError as error:
            left_out.broken.append(error.message)


def draw_pictures(sources: list[list[Image]], rng: np.random.Generator) -> list[Image]:
    """Twelve pictures. Sources take turns, however many files they have: figures on white are rare."""
    picks = rng.choice(len(sources), DRAWN)
    return [sources[i][int(rng.integers(len(sources[i])))] for i in picks]
