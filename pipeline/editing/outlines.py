"""Surfaces of a page drawn over it: in a colour, outlined, with the points that are meant or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.colour import INK, luma, to_rgb
from mangacolor.core.types import Image, Point

# Colours of outlines: a dark line in a light one is seen on any ground.
LIGHT = (255, 255, 255)
DARK = (20, 20, 20)
# Pixels: a mark's arm, and the two lines.
ARM = 8
LIGHT_LINE = 3
DARK_LINE = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """A point on a picture, in its pixels: something is meant, or ``not_meant``."""

    x: int
    y: int
    not_meant: bool = False

    def moved(self, right: int, down: int, scale: float) -> Mark:
        """The mark on a picture that is ``scale`` times as large and lies elsewhere by so much."""
        return replace(self, x=round(self.x * scale) + right, y=round(self.y * scale) + down)


def draw_cover(picture: Image, covered: Mask, paints: F32) -> Image:
    """The picture (H×W×3 RGB) with what is ``covered`` (H×W) in other colours, ink as it is.

    ``paints``: H×W×3: Cb and Cr, centred on 0, and by what luma above ink is multiplied.
    """
    light = luma(picture).astype(np.float32)
    light = np.minimum(light, INK) + np.clip((light - INK) * paints[..., 2], 0, 255 - INK)
    painted = to_rgb(light, paints[..., 0], paints[..., 1])
    return np.asarray(np.where(covered[..., None], painted, picture), np.uint8)


def draw_outline(picture: Image, covered: Mask, marks: Sequence[Mark] = ()) -> Image:
    """The picture (H×W×3 RGB) with an outline around what is ``covered`` (H×W), and marks."""
    drawn = np.array(picture, np.uint8)
    lines, _ = cv2.findContours(covered.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for colour, width in ((LIGHT, LIGHT_LINE), (DARK, DARK_LINE)):
        cv2.drawContours(drawn, lines, -1, colour, width, cv2.LINE_AA)
        for mark in marks:
            for start, end in _strokes(mark):
                cv2.line(drawn, start, end, colour, width + 2, cv2.LINE_AA)
    return drawn


def _strokes(mark: Mark) -> tuple[tuple[Point, Point], tuple[Point, Point]]:
    """A plus for what is meant, a cross for what is not."""
    x, y = mark.x, mark.y
    if mark.not_meant:
        return ((x - ARM, y - ARM), (x + ARM, y + ARM)), ((x - ARM, y + ARM), (x + ARM, y - ARM))
    return ((x - ARM, y), (x + ARM, y)), ((x, y - ARM), (x, y + ARM))
