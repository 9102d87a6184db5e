"""Where colour pictures for training come from: folders of them, cut and shrunk to working scale.

Layouts: ``pictures`` (any colour pictures), ``pages`` (comic pages, cut into panels by our own
extractor), ``pairs`` (the Kaggle sketch pairs: 1024×512, colour on the left half).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from mangacolor.core.errors import InputError, PageError
from mangacolor.core.types import Image, Panel
from mangacolor.core.wording import counted
from mangacolor.formats.names import is_litter
from mangacolor.formats.pixels import NO_LIMIT, decode_picture
from mangacolor.training.data.left_out import MIN_PANEL, LeftOut
from mangacolor.training.settings import number

Layout = Literal["pictures", "pages", "pairs"]
MARGIN = 0.012  # of the page's short side: of the gutter around a panel, so that paper stays paper
SURPLUS = 1.125  # times working scale that a picture is kept at
GREY = 2.0  # levels between a pixel's channels, on the mean: a picture without colour has no more
MAX_ZOOM = 32.0  # of a crop: more would show a few pixels
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True, slots=True)
class Source:
    """A folder to train on.

    ``weight`` is its share of the crops; ``zoom`` the range of crop scales, log-uniform, where 1
    means that the short side of the picture or panel is the network's working size.
    """

    folder: str
    layout: Layout = "pictures"
    weight: float = number(1.0, at_least=0)
    zoom: tuple[float, float] = number((0.5, 1.3), above=0, at_most=MAX_ZOOM)


@dataclass(frozen=True, slots=True)
class Picture:
    """A colour picture (H×W×3 uint8 RGB), stored somewhat above working scale."""

    name: str
    source: str
    pixels: Image


def find_pictures(root: Path, source: Source) -> list[Path]:
    """The files of a source. Raises ``InputError`` when its folder is missing or holds no picture."""
    folder = root / source.folder
    if not folder.exists():
        raise InputError(f"{folder}: no such file or folder", "Name a folder of colour pictures, or a pack.")
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", "Name the folder that the pictures lie in.")
    paths = list_pictures(folder)
    if not paths:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        remedy = f"Put colour pictures into it ({kinds}), or take the folder away."
        raise InputError(f"no pictures for training in {folder}", remedy)
    return paths


def read_source(
    root: Path,
    source: Source,
    left_out: LeftOut,
    size: int = 256,
    see: Callable[[Path], object] = lambda _path: None,
) -> Iterator[Picture]:
    """Pictures of one source, their short side at most ``size * SURPLUS`` pixels. What is no use is noted in
    ``left_out``; ``see`` is called with each file that comes next.

    Raises ``InputError`` as ``find_pictures``.
    """
    for path in find_pictures(root, source):
        see(path)
        name = path.relative_to(root).as_posix()
        for index, piece in enumerate(_useful_pieces(path, name, source.layout, left_out)):
            yield Picture(f"{name}#{index}", source.folder, shrink(piece, round(size * SURPLUS)))


def _useful_pieces(path: Path, name: str, layout: Layout, left_out: LeftOut) -> list[Image]:
    """What a file holds; nothing where it cannot be read, or where all that it holds is grey."""
    try:
        pieces = cut_pieces(read_rgb(path), layout)
    except InputError as error:
        left_out.broken.append(error.message)
        return []
    if pieces and any(has_colour(piece) for piece in pieces):
        return pieces
    (left_out.grey if pieces else left_out.bare).append(name)
    return []


def has_colour(pixels: Image) -> bool:
    """Whether a picture (H×W×3 uint8) is more than black and white."""
    return bool(np.ptp(pixels, axis=2).mean() > GREY)


def list_pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, however deep, in order; not those of hidden folders."""
    found = (path for path in folder.rglob("*") if is_picture(path))
    return sorted(path for path in found if not _is_hidden(path.relative_to(folder)))


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name; not hidden ones, and none that a system leaves, as of thumbnails."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(Path(path.name)))


def is_picture(path: Path) -> bool:
    """Whether it is a file that is called as a picture is, and none that a system left beside one."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or is_litter(part) for part in path.parts)


def read_rgb(path: Path) -> Image:
    """H×W×3 uint8, as the pages of a chapter are read: transparency is white paper, colours are sRGB.

    Raises ``InputError`` for what cannot be read as a picture.
    """
    try:
        return decode_picture(path.read_bytes(), str(path), NO_LIMIT).pixels
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "Mend or remove the file.") from error
    except PageError as error:
        raise InputError(error.message, "Mend or remove the file.") from error


def check_colour(pictures: Sequence[Picture]) -> None:
    """Raise ``InputError`` where none of the pictures has any colour, as in a pack of an earlier version, so
    that nothing could be learnt but grey."""
    if not any(has_colour(picture.pixels) for picture in pictures):
        raise InputError(
            f"no colour in {counted(len(pictures), 'picture')}, from {pictures[0].name} on",
            "Give pictures in colour: what is black and white is made from them.",
        )


def cut_pieces(pixels: Image, layout: Layout) -> list[Image]:
    """What a file of this layout holds: itself, its panels, or the colour half of a pair."""
    if layout == "pairs":
        return [pixels[:, : pixels.shape[1] // 2]]
    if layout == "pages":
        return _panels(pixels)
    return [pixels]


def _panels(pixels: Image) -> list[Image]:
    """The page's panels with a little of the gutter around them: paper must stay paper."""
    from mangacolor.stages.panels import find_panels

    pieces = [pixels[part] for part in parts_of_panels(find_panels(pixels).panels, pixels.shape)]
    return [piece for piece in pieces if min(piece.shape[:2]) >= MIN_PANEL]


def parts_of_panels(panels: Iterable[Panel], shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Rows and columns of panels on a page of this shape, each with a little of the gutter around it."""
    margin = max(2, round(MARGIN * min(shape[:2])))
    return [
        (slice(max(0, y - margin), y + h + margin), slice(max(0, x - margin), x + w + margin))
        for x, y, w, h in (panel.box for panel in panels if not panel.residual)
    ]


def shrink(pixels: Image, short_side: int) -> Image:
    """The picture (H×W or H×W×3 uint8) with its short side at most so many pixels."""
    return scale_down(pixels, short_side / min(pixels.shape[:2]))


def at_most(pixels: Image, long_side: int) -> Image:
    """The same with its long side at most so many pixels."""
    return scale_down(pixels, long_side / max(pixels.shape[:2]))


def scale_down(pixels: Image, ratio: float) -> Image:
    """The picture (H×W or H×W×3 uint8) at a ratio of its size; as it is for 1 and more."""
    if ratio >= 1:
        return np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
