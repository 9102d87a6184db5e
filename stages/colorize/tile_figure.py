"""The tiles that the colour network saw, drawn on the page: a figure for reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.colorize.tiling import tiles_of
from mangacolor.stages.windows.artifact import frames_of

BLUE = (40, 90, 200)


def draw_tiles(data: Mapping[str, Any], page: Image, longest: int) -> dict[str, Image]:
    """``tiles``: the page, faint, at most ``longest`` pixels a side, under the tiles of each window.

    ``data`` is what ``colorize`` left of the page. No figure where the tiles are not known.
    """
    if "tile" not in data:
        return {}
    most, multiple_of = data["tile"]
    factor = min(1.0, longest / max(page.shape[:2]))
    size = max(1, round(page.shape[1] * factor)), max(1, round(page.shape[0] * factor))
    small = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.uint8)
    faint = (128 + luma(small) // 2)[..., None].repeat(3, axis=2)
    for window in frames_of(data):
        left, top, width, height = window.box
        scale = window.size[0] / width
        for tile in tiles_of((window.size[1], window.size[0]), most, multiple_of):
            corner = left + tile.x / scale, top + tile.y / scale
            end = (
                min(corner[0] + tile.width / scale, left + width),
                min(corner[1] + tile.height / scale, top + height),
            )
            start, stop = (tuple(round(value * factor) for value in point) for point in (corner, end))
            cv2.rectangle(faint, start, stop, BLUE, 2)
    return {"tiles": np.asarray(faint, np.uint8)}
