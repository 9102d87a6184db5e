"""Pictures as a browser gets them: finished pages, sources, thumbnails, maps of surfaces and balloons."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import I64
from mangacolor.core.types import Image
from mangacolor.formats.pixels import decode_picture
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.page_map import map_segments
from mangacolor.stages.balloons import BalloonLayout
from mangacolor.stages.balloons.stage import STAGE as BALLOONS
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.stages.spreads.halves import half_of
from mangacolor.studio.limits import PICTURES_BYTES

# Of pages on the screen; nothing is to be seen of it.
QUALITY = 92
JPEG, PNG = "image/jpeg", "image/png"


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture."""

    data: bytes
    media_type: str


class PictureCache:
    """Encoded pictures by what they show, those last used; from any thread."""

    def __init__(self) -> None:
        self._size = 0
        self._kept: OrderedDict[Hashable, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Picture | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, picture: Picture) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = picture
                self._size += len(picture.data)
            while self._size > PICTURES_BYTES and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1].data)


def jpeg(pixels: Image) -> Picture:
    """H×W×3 RGB, in full colour resolution: ink must have no coloured seams."""
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return Picture(cv2.imencode(".jpg", pixels[..., ::-1], options)[1].tobytes(), JPEG)


def png(pixels: Image) -> Picture:
    """H×W, or H×W×3 RGB."""
    picture = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    return Picture(cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes(), PNG)


def scaled(data: bytes, name: str, side: int, max_pixels: int) -> Image:
    """A picture file, no longer than ``side``, H×W×3 RGB. Raises ``PageError``."""
    pixels = decode_picture(data, name, max_pixels).pixels
    own = pixels.shape[1], pixels.shape[0]
    size = screen_size(own, side)
    if size != own:
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def screen_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height of a page on the screen."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def surface_map(chapter: ColouredChapter, page: str, side: int) -> Picture:
    """The number of the surface that each pixel shows, as red, green and blue; 0 for none."""
    numbers: I64 = map_segments(chapter.pages[page], screen_size(chapter.size(page), side))
    bytes_of = [(numbers >> shift) & 255 for shift in (16, 8, 0)]
    return png(np.stack(bytes_of, axis=2).astype(np.uint8))


def balloon_map(chapter: ColouredChapter, page: str, side: int) -> Picture:
    """White where a page stays as it came: balloons and paper."""
    inputs = chapter.pages[page]
    kept = BalloonLayout.from_artifact(inputs[BALLOONS.name]).mask
    kept = np.maximum(kept, inputs[PANELS.name].images["ground"])
    half = half_of(inputs[PANELS.name].data)
    if half is not None:
        kept = half.cut_mask(kept)
    size = screen_size(chapter.size(page), side)
    return png(np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA), np.uint8))
