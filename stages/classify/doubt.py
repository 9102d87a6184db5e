"""Whether a page with colour on it may also have panels in black and white.

No decision: only panels can tell. But where nothing of a panel's size is drawn without any colour, there is
no such panel, and nobody need look for panels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.stages.classify.reduced import REDUCED, ReducedPage, ReducedParams


@dataclass(frozen=True, slots=True)
class DoubtParams:
    """Luma and chroma in levels, of the reduced page."""

    reduced: ReducedParams = REDUCED
    side: float = 0.08  # of the long side: the square that is looked at around each pixel
    coloured_chroma: float = 8.0  # beyond the paper's tint: a pixel with more is in colour
    coloured_share: float = 0.01  # of the square up to which nothing in it is
    drawn_luma: int = 200  # darker pixels are drawn
    drawn_share: float = 0.04  # of the square from which on something is drawn there,
    contrast: float = 10.0  # levels by which its luma varies (sigma): it is no flat shape
    least: float = 0.005  # of the page that such squares' middles take up: a panel's breadth


DOUBT: Final = DoubtParams()


def colourless_share(page: ReducedPage, params: DoubtParams) -> float:
    """The share of the page around which, in a square, something is drawn and nothing has colour."""
    side = max(3, round(params.side * max(page.luma.shape)))
    if side > min(page.luma.shape):
        return 0.0
    coloured = _mean_around(np.asarray(page.chroma > params.coloured_chroma, np.float32), side)
    drawn = _mean_around(np.asarray(page.luma < params.drawn_luma, np.float32), side)
    variance = _mean_around(page.luma**2, side) - _mean_around(page.luma, side) ** 2
    empty = (coloured <= params.coloured_share) & (drawn >= params.drawn_share)
    return float((empty & (variance >= params.contrast**2)).sum() / page.luma.size)


def _mean_around(plane: F32, side: int) -> F32:
    """The mean of each square of ``side`` pixels that lies within the page."""
    means = cv2.blur(plane, (side, side))
    first, last = side // 2, side - side // 2 - 1
    height, width = plane.shape
    return np.asarray(means[first : height - last, first : width - last], np.float32)
