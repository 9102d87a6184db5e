"""Cutting a picture into overlapping tiles and blending results without seams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Tile

# Pixels that neighbouring tiles share at least: they see different context, and the wider they overlap, the
# softer they meet.
OVERLAP = 96


def tiles_of(shape: tuple[int, ...], most: int, multiple_of: int) -> list[Tile]:
    """Tiles for a picture of (height, width), which may reach beyond its right and lower edge.

    A side is ``most`` pixels, or for a shorter picture the picture's own, rounded up to ``multiple_of``.
    """
    height, width = (side if side > most else -(-side // multiple_of) * multiple_of for side in shape)
    return cut_tiles(height, width, most, OVERLAP)


def cut_tiles(height: int, width: int, most: int, overlap: int) -> list[Tile]:
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
def blending_weights(height: int, width: int) -> F32:
    """Blending weights of a tile, height × width × 1: 1 in the middle, almost 0 at the rim."""
    soft: F32 = np.outer(_ramp(height), _ramp(width)).astype(np.float32)[..., None]
    soft.setflags(write=False)
    return soft


def _ramp(length: int) -> F32:
    return np.sin(np.pi * (np.arange(length, dtype=np.float32) + 0.5) / length) ** 2 + np.float32(1e-3)


def blend(tiles: Sequence[Tile], pictures: Sequence[F32], height: int, width: int) -> F32:
    """The weighted mean of overlapping tiles.

    ``pictures``: one float32 picture a tile, its height × its width × C. Returns height × width × C.
    """
    if len(tiles) == 1:
        return pictures[0]
    total = np.zeros((height, width, pictures[0].shape[2]), np.float32)
    weights = np.zeros((height, width, 1), np.float32)
    for tile, picture in zip(tiles, pictures, strict=True):
        soft = blending_weights(tile.height, tile.width)
        total[tile.area] += picture * soft
        weights[tile.area] += soft
    return total / weights
