"""Cut a page into tiles for a super-resolution network, leaving out what is flat."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Box, Image

# Levels between the lightest and the darkest pixel: paper or solid black, with a scan's noise but no drawing.
FLAT_RANGE = 4
# Pixels around a flat pixel that must be flat, too.
FLAT_MARGIN = 8
# Pixels a side below which a tile is almost nothing but its context.
MIN_TILE = 16


def find_drawn(luma: Image) -> Mask:
    """Where ``luma`` (H×W uint8) spans more than four levels within eight pixels."""
    square = np.ones((2 * FLAT_MARGIN + 1, 2 * FLAT_MARGIN + 1), np.uint8)
    spans = cv2.subtract(cv2.dilate(luma, square), cv2.erode(luma, square))
    return np.asarray(spans > FLAT_RANGE)


def cut_drawn_tiles(luma: Image, most: int, area: int, multiple_of: int) -> list[Box]:
    """Boxes (x, y, w, h) that cover all that is drawn, in reading order of a grid; they do not overlap.

    The page is cut evenly into tiles of at most ``most`` pixels a side and ``area`` pixels in all, as wide as
    can be, and each tile is trimmed to what is drawn in it, to multiples of ``multiple_of`` from the tile's
    corner. A box may reach beyond the page's right and lower edge.
    """
    busy = find_drawn(luma).astype(np.uint8)
    height, width = luma.shape
    boxes: list[Box] = []
    across = list(_parts(width, most, multiple_of))
    tallest = min(most, max(multiple_of, area // across[0][1]))
    for top, tall in _parts(height, tallest, multiple_of):
        for left, wide in across:
            x, y, w, h = cv2.boundingRect(busy[top : top + tall, left : left + wide])
            if w:
                x0, y0 = x // multiple_of * multiple_of, y // multiple_of * multiple_of
                x1, y1 = _round_up(x + w, multiple_of), _round_up(y + h, multiple_of)
                boxes.append((left + x0, top + y0, x1 - x0, y1 - y0))
    return boxes


def _parts(length: int, most: int, multiple_of: int) -> Iterator[tuple[int, int]]:
    """Start and size of equal parts that cover ``length``; sizes are multiples of ``multiple_of``."""
    size = _round_up(-(-length // -(-length // most)), multiple_of)
    return ((start, size) for start in range(0, length, size))


def _round_up(length: int, multiple_of: int) -> int:
    return -(-length // multiple_of) * multiple_of


def group_by_size(boxes: list[Box], most: int) -> Iterator[list[Box]]:
    """Groups of at most ``most`` boxes of one size, in the order in which each size first appears."""
    sizes: dict[tuple[int, int], list[Box]] = {}
    for box in boxes:
        sizes.setdefault(box[2:], []).append(box)
    for same in sizes.values():
        yield from (same[start : start + most] for start in range(0, len(same), most))


def halve(box: Box) -> list[Box]:
    """A box cut in two across its longer side; nothing for one too small to be worth it."""
    x, y, w, h = box
    if max(w, h) < 2 * MIN_TILE:
        return []
    if w >= h:
        return [(x, y, w // 2, h), (x + w // 2, y, w - w // 2, h)]
    return [(x, y, w, h // 2), (x, y + h // 2, w, h - h // 2)]
