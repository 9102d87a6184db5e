"""Pictures of several pages side by side in one, each with a line below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from mangacolor.core.types import Image

# Pixels between and around pictures, and of a line of text.
GAP = 16
LINE = 26
TEXT = 17
# How much wider than high a sheet is to be, about: as screens are.
ASPECT = 1.6
PAPER = (250, 249, 247)
INK = (29, 28, 26)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture (H×W×3 RGB) and what is written below it."""

    picture: Image
    text: str


def lay_out_sheet(shown: Sequence[Shown], title: str, swatch: tuple[int, int, int] | None = None) -> Image:
    """All pictures in rows, from left to right, under a ``title`` with a patch of a colour. H×W×3 RGB."""
    wide = max(one.picture.shape[1] for one in shown)
    high = max(one.picture.shape[0] for one in shown)
    columns = max(1, min(len(shown), round(math.sqrt(len(shown) * ASPECT * high / wide))))
    rows = -(-len(shown) // columns)
    size = GAP + columns * (wide + GAP), GAP + LINE + GAP + rows * (high + LINE + GAP)
    sheet = PillowImage.new("RGB", (max(size[0], _width(title) + 3 * GAP + LINE), size[1]), PAPER)
    draw = ImageDraw.Draw(sheet)
    left = GAP
    if swatch is not None:
        draw.rectangle((left, GAP, left + LINE, GAP + LINE), fill=swatch, outline=INK)
        left += LINE + GAP
    draw.text((left, GAP + 3), _plain(title), INK, _font())
    for number, one in enumerate(shown):
        row, column = divmod(number, columns)
        x, y = GAP + column * (wide + GAP), 2 * GAP + LINE + row * (high + LINE + GAP)
        sheet.paste(PillowImage.fromarray(one.picture), (x, y))
        draw.text((x, y + one.picture.shape[0] + 3), _plain(one.text), INK, _font())
    return np.asarray(sheet, np.uint8)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(TEXT)


def _width(text: str) -> int:
    return math.ceil(_font().getlength(_plain(text)))


def _plain(text: str) -> str:
    """What Pillow's own font can write: Latin letters; others become question marks."""
    return text.encode("latin-1", "replace").decode("latin-1")
