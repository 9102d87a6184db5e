"""The tiles that the colour network saw, drawn on the page: a figure for reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.colorize.tiling import tiles_of
from mangacolor.stages.windows.artifact import WindowFrame, frames_of
from mangacolor.stages.windows.views import View

BLUE = (40, 90, 200)


def draw_tiles(data: Mapping[str, Any], page: Image, longest: int) -> dict[str, Image]:
    """``tiles``: the page, faint, at most ``longest`` pixels a side, under the tiles of each window's first
    view.

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
        for view in window.views[:1]:
            for left, top, right, bottom in tile_edges(window, view, most, multiple_of):
                start, stop = (
                    (round(left * factor), round(top * factor)),
                    (round(right * factor), round(bottom * factor)),
                )
                cv2.rectangle(faint, start, stop, BLUE, 2)
    return {"tiles": np.asarray(faint, np.uint8)}


def tile_edges(
    window: WindowFrame, view: View, most: int, multiple_of: int
) -> Iterator[tuple[float, float, float, float]]:
    """The left, top, right and bottom edge on the page, in pixels, of each tile of a window's view.

    ``most``, ``multiple_of``: as of ``tiles_of``. What reaches beyond the window is cut off.
    """
    (x, y, width, height), (wide, high) = window.box, view.size
    across, down = width / wide, height / high
    for tile in tiles_of((high, wide), most, multiple_of):
        left, right = tile.x, min(tile.x + tile.width, wide)
        if view.mirrored:
            left, right = wide - right, wide - left
        bottom = min(tile.y + tile.height, high)
        yield x + left * across, y + tile.y * down, x + right * across, y + bottom * down
