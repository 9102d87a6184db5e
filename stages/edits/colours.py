"""Colours as people write them, and as luma and chroma."""

from __future__ import annotations

import re

import numpy as np
from PIL import ImageColor

from mangacolor.core.colour import chroma, luma, to_rgb
from mangacolor.core.errors import UsageError


def check_colour(text: object, where: str) -> str:
    """``#rrggbb`` of a colour in hex, with six digits or three, or by its name in CSS.

    Raises ``UsageError`` for anything else.
    """
    colour = text.strip().lower() if isinstance(text, str) else ""
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", colour) or colour in ImageColor.colormap:
        red, green, blue, *_ = ImageColor.getrgb(colour)
        return f"#{red:02x}{green:02x}{blue:02x}"
    raise UsageError(f"{where}: {text!r} is no colour", "Write it as #c0392b, #fff or red (a name of CSS).")


def to_hex(light: float, cb: float, cr: float) -> str:
    """The colour of a luma and a chroma, as near as there is one."""
    planes = (np.full((1, 1), value, np.float32) for value in (light, cb, cr))
    red, green, blue = to_rgb(*planes)[0, 0].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of ``#rrggbb``."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def from_hex(colour: str) -> tuple[float, float, float]:
    """Luma, Cb and Cr of ``#rrggbb``."""
    rgb = np.array([[rgb_of(colour)]], np.uint8)
    cb, cr = chroma(rgb)
    return float(luma(rgb)[0, 0]), float(cb[0, 0]), float(cr[0, 0])
