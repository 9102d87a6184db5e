"""The windows of a page laid out where they belong, for previews."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.windows.artifact import WindowColours

# Pixels of a preview's long side at most.
LONG_SIDE = 1024
# Level of what no window holds.
EMPTY_GREY = 235

Size = tuple[int, int]  # width, height


def lay_out(windows: Sequence[WindowColours], draw: Callable[[int, Size], Image]) -> Image:
    """``draw(number, size)`` gives each window's picture (RGB); small windows lie over large ones."""
    boxes = [window.box for window in windows]
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    scale = min(1.0, LONG_SIDE / max(right, bottom))
    page = np.full((max(1, round(bottom * scale)), max(1, round(right * scale)), 3), EMPTY_GREY, np.uint8)
    for number in sorted(range(len(boxes)), key=lambda n: -boxes[n][2] * boxes[n][3]):
        left, top, wide, high = (round(value * scale) for value in boxes[number])
        size = max(1, min(wide, page.shape[1] - left)), max(1, min(high, page.shape[0] - top))
        page[top : top + size[1], left : left + size[0]] = draw(number, size)
    return page


def resize_picture(window: WindowColours, size: Size) -> Image:
    """The network's picture of a window, RGB, at ``size``."""
    return np.asarray(cv2.resize(window.picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
