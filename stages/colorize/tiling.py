"""Cutting a picture into overlapping tiles and blending results without seams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Tile

Plane = npt.NDArray[np.float32]


def cut(height: int, width: int, most: int, overlap: int) -> list[Tile]:
    """Tiles that cover height × width, row by row, at least ``overlap`` pixels in common.

    A side of a tile is ``most`` pixels, or the picture's own where that is shorter. Tiles are spread
    evenly, so that no sliver is left over.
    """
    wide, high = min(width, most), min(height, most)
    return [
        Tile(x, y, wide, high) for y in _starts(height, most, overlap) for x in _starts(width, most, overlap)
    ]


def _starts(length: int, size: int, overlap: int) -> list[int]:
    if length <= size:
        return [0]
    count = math.ceil((length - overlap) / (size - overlap))
    return [round(index * (length - size) / (count - 1)) for index in range(count)]


@lru_cache(maxsize=8)
def window(height: int, width: int) -> Plane:
    """Blending weights of a tile, height × width × 1: 1 in the middle, almost 0 at the rim."""
    soft: Plane = np.outer(_ramp(height), _ramp(width)).astype(np.float32)[..., None]
    soft.setflags(write=False)
    return soft


def _ramp(length: int) -> Plane:
    return np.sin(np.pi * (np.arange(length, dtype=np.float32) + 0.5) / length) ** 2 + np.float32(1e-3)


def blend(tiles: Sequence[Tile], pictures: Sequence[Plane], height: int, width: int) -> Plane:
    """The weighted mean of overlapping tiles.

    ``pictures``: one float32 picture a tile, its height × its width × C. Returns height × width × C.
    """
    if len(tiles) == 1:
        return pictures[0]
    total = np.zeros((height, width, pictures[0].shape[2]), np.float32)
    weights = np.zeros((height, width, 1), np.float32)
    for tile, picture in zip(tiles, pictures, strict=True):
        soft = window(tile.height, tile.width)
        total[tile.area] += picture * soft
        weights[tile.area] += soft
    return total / weights
