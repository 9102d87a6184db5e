"""Cutting a picture into overlapping square tiles and blending results without seams."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Tile

Plane = npt.NDArray[np.float32]


def cut(height: int, width: int, size: int, overlap: int) -> list[Tile]:
    """Tiles of ``size`` that cover height × width, row by row, at least ``overlap`` pixels in common.

    Both sides must be at least ``size``. Tiles are spread evenly, so that no sliver is left over.
    """
    return [Tile(x, y, size) for y in _starts(height, size, overlap) for x in _starts(width, size, overlap)]


def _starts(length: int, size: int, overlap: int) -> list[int]:
    if length <= size:
        return [0]
    count = math.ceil((length - overlap) / (size - overlap))
    return [round(index * (length - size) / (count - 1)) for index in range(count)]


def window(size: int) -> Plane:
    """Blending weights of a tile, size × size: 1 in the middle, falling smoothly to almost 0 at the rim."""
    ramp = np.sin(np.pi * (np.arange(size, dtype=np.float32) + 0.5) / size) ** 2 + 1e-3
    return np.asarray(np.outer(ramp, ramp), dtype=np.float32)


def blend(
    tiles: Sequence[Tile], pictures: npt.NDArray[np.float32], height: int, width: int
) -> npt.NDArray[np.float32]:
    """The weighted mean of overlapping tiles.

    ``pictures``: one C×S×S float32 picture a tile. Returns C×height×width float32.
    """
    total = np.zeros((pictures.shape[1], height, width), np.float32)
    weights = np.zeros((height, width), np.float32)
    soft = window(tiles[0].size)
    for tile, picture in zip(tiles, pictures, strict=True):
        rows, columns = slice(tile.y, tile.y + tile.size), slice(tile.x, tile.x + tile.size)
        total[:, rows, columns] += picture * soft
        weights[rows, columns] += soft
    return total / weights
