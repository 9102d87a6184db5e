"""The scales of a window, and the page's luma and paper at these.

At *working scale* a window is shown to the network: small, for it is to see whole scenes. At *drawing scale*
lines are lines: what is drawn is told apart there, and colours end there.
"""

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
# Pixels of a page's height at drawing scale: its lines are two or three of them wide.
DRAWING_HEIGHT = 1200
# Pixels at drawing scale by which segments reach beyond what their window paints: its border is anti-aliased.
RIM = 2
# Height of a page to its width, at most: a strip of several screens is as wide as a page.
PAGE_ASPECT = 1.5


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


def drawing_size(box: Box, page: tuple[int, int], working: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a window at drawing scale: a ``page`` (width, height) becomes 1200 pixels high.

    Never more than the page has, and never less than at working scale (``working``), for what the network
    sees is to be found.
    """
    height = min(page[1], PAGE_ASPECT * page[0])
    scale = min(1.0, DRAWING_HEIGHT / height)
    if box[2] * scale <= working[0] or box[3] * scale <= working[1]:
        return working
    return round(box[2] * scale), round(box[3] * scale)


def shrink(grey: Image, box: Box, size: tuple[int, int]) -> Image:
    """The part ``box`` of the page's luma at ``size`` (width, height), uint8."""
    x, y, w, h = box
    method = cv2.INTER_AREA if size[0] <= w else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey[y : y + h, x : x + w], size, interpolation=method), dtype=np.uint8)


def own_part(windows: WindowMap, number: int, box: Box, size: tuple[int, int]) -> Mask:
    """Where a window is painted, and a little beyond, at ``size`` (width, height): not ground, and not what
    is only seen in it and belongs to another window."""
    x, y, w, h = box
    part = windows[y : y + h, x : x + w]
    own = cv2.resize((part == number).astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) >= 128
    drawn = cv2.resize((part >= 0).astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) >= 128
    near = cv2.dilate(own.astype(np.uint8), np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)) > 0
    return np.asarray(own | (near & drawn))


def scale_box(box: Box, scale: float) -> Box:
    """A box of a page that is ``scale`` times as large, at least a pixel, so that boxes that meet go on
    meeting."""
    left, top, right, bottom = (round(side * scale) for side in (*box[:2], box[0] + box[2], box[1] + box[3]))
    return left, top, max(1, right - left), max(1, bottom - top)
