"""The windows of a page laid out where they belong, for previews."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from mangacolor.core.types import Artifact, Image

SIDE = 1024  # pixels of the long side at most
BETWEEN = 235  # grey of what no window holds

Size = tuple[int, int]  # width, height


def lay_out(colorize: Artifact, draw: Callable[[int, Size], Image]) -> Image:
    """``draw(number, size)`` gives each window's picture (RGB); small windows lie over large ones."""
    panels = colorize.data["panels"]
    right = max(panel["box"][0] + panel["box"][2] for panel in panels)
    bottom = max(panel["box"][1] + panel["box"][3] for panel in panels)
    scale = min(1.0, SIDE / max(right, bottom))
    page = np.full((max(1, round(bottom * scale)), max(1, round(right * scale)), 3), BETWEEN, np.uint8)
    for number in sorted(range(len(panels)), key=lambda n: -panels[n]["box"][2] * panels[n]["box"][3]):
        left, top, wide, high = (round(value * scale) for value in panels[number]["box"])
        size = max(1, min(wide, page.shape[1] - left)), max(1, min(high, page.shape[0] - top))
        page[top : top + size[1], left : left + size[0]] = draw(number, size)
    return page


def window_picture(colorize: Artifact, number: int, size: Size) -> Image:
    """The network's picture of a window, RGB, at ``size``."""
    picture = colorize.images[f"panel-{number:03d}"]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
