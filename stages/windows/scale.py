"""The scale at which a window is shown to the network, and the page's luma and paper at that scale."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import Mask, WindowMap
from mangacolor.core.types import Box, Image

# Pixels of a panel's short side as the network sees it: the size it is trained at.
SHORT_SIDE = 256
# Of a panel's short side: how much larger its window may be and still be shrunk to one tile.
WINDOW_RIM = 1.15
# A tiny panel is enlarged no further than this, and padded with paper.
MAX_ENLARGEMENT = 2.0


def working_size(box: Box, short_side: int) -> tuple[int, int]:
    """Width and height of a window at the network's scale: ``short_side`` becomes 256 pixels.

    A window that is hardly wider than its panel, by the rim, becomes 256 pixels itself: at 272 it would
    take twice the tiles and show the network nothing more.
    """
    window = min(box[2:])
    if short_side < window <= WINDOW_RIM * short_side:
        short_side = window
    scale = min(SHORT_SIDE / short_side, MAX_ENLARGEMENT)
    return max(1, round(box[2] * scale)), max(1, round(box[3] * scale))


def shrink(grey: Image, box: Box, size: tuple[int, int]) -> Image:
    """The part ``box`` of the page's luma at ``size`` (width, height), uint8."""
    x, y, w, h = box
    method = cv2.INTER_AREA if size[0] <= w else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey[y : y + h, x : x + w], size, interpolation=method), dtype=np.uint8)


def drawn_part(windows: WindowMap, box: Box, size: tuple[int, int]) -> Mask:
    """Where a window is drawn on and not ground, at ``size`` (width, height)."""
    x, y, w, h = box
    drawn = (windows[y : y + h, x : x + w] >= 0).astype(np.uint8)
    return np.asarray(cv2.resize(drawn * 255, size, interpolation=cv2.INTER_AREA) >= 128)
