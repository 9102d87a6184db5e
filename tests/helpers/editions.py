"""Pages of the bundled chapter printed again: in colour, moved, scaled, bent, lettered, with known truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image as PilImage

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.types import Image
from mangacolor.tests.helpers.paths import ROOT

# A tint for each luma, from dark blue over red to pale yellow.
TINTS = np.array([[20, 10, 60], [150, 40, 60], [240, 170, 120], [255, 250, 225]], np.float32)


@cache
def example_page(number: int) -> Image:
    """A page of the bundled chapter, H×W uint8."""
    with PilImage.open(ROOT / "examples" / "chapter" / f"E19P{number:02d}.png") as opened:
        return np.asarray(opened.convert("L"))


@dataclass(frozen=True, slots=True)
class Reprint:
    """``theirs``: H'×W'×3 uint8. ``places``: H×W×2 float32, x and y in it of each pixel of the page."""

    theirs: Image
    places: F32

    def errors(self, places: F32, scale: float) -> AnyArray:
        """H×W: how far places are from the truth, in pixels of the page."""
        return np.asarray(np.hypot(*np.moveaxis(places - self.places, -1, 0)) / scale)


def tint(page: Image) -> Image:
    """H×W uint8 in colour: it keeps its lines, softly, and loses its levels."""
    soft = cv2.GaussianBlur(page, (0, 0), 0.7)
    levels = np.linspace(0, 255, len(TINTS))
    tables = [np.interp(np.arange(256), levels, TINTS[:, channel]) for channel in range(3)]
    return np.stack([np.rint(table).astype(np.uint8)[soft] for table in tables], axis=-1)


def reprint(
    page: Image,
    scale: float = 0.8,
    shift: tuple[float, float] = (12.5, -7.25),
    size: tuple[float, float] = (1.05, 1.0),
    bend: float = 0.0,
) -> Reprint:
    """The page in colour.

    ``scale``: of its pixels. ``shift``: in its own, after scaling. ``size``: width and height of the reprint,
    of the scaled page's; less cuts it off. ``bend``: pixels of the page that its points stray at most.
    """
    height, width = page.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    stray = np.stack([np.sin(y / 70) * np.cos(x / 110), np.sin(x / 90 + 1) * np.cos(y / 130)], axis=-1)
    stray *= np.float32(bend / np.sqrt(2))
    move = np.array(shift, np.float32)
    places = (np.stack([x, y], axis=-1) + stray) * np.float32(scale) + move
    shape = round(width * scale * size[0]), round(height * scale * size[1])
    v, u = np.mgrid[: shape[1], : shape[0]].astype(np.float32)
    straight = (np.stack([u, v], axis=-1) - move) / np.float32(scale)
    back = straight
    for _ in range(8 if bend else 0):
        here = cv2.remap(stray, back[..., 0], back[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        back = straight - here
    source = tint(np.asarray(cv2.GaussianBlur(page, (0, 0), 0.5 / scale), np.uint8) if scale < 1 else page)
    theirs = cv2.remap(source, back[..., 0], back[..., 1], cv2.INTER_CUBIC, borderValue=(250, 250, 250))
    return Reprint(np.asarray(theirs, np.uint8), np.asarray(places, np.float32))


def letter(picture: Image, box: tuple[int, int, int, int]) -> Image:
    """The picture with a white balloon of other lettering over a box (x, y, width, height)."""
    x, y, w, h = box
    lettered = picture.copy()
    cv2.rectangle(lettered, (x, y), (x + w, y + h), (255, 255, 255), cv2.FILLED)
    cv2.rectangle(lettered, (x, y), (x + w, y + h), (0, 0, 0), 3)
    for row in range(y + 24, y + h - 8, 24):
        cv2.putText(lettered, "XOIL" * (w // 80), (x + 10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 2)
    return lettered
