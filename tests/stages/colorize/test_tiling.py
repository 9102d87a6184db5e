"""Tiles cover everything and blend without a seam."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.stages.colorize.tiling import blend, cut_tiles


@given(st.integers(256, 2000), st.integers(256, 2000))
def test_tiles_cover_every_pixel_and_overlap(height: int, width: int) -> None:
    tiles = cut_tiles(height, width, 256, 64)
    covered = np.zeros((height, width), np.uint8)
    for tile in tiles:
        assert 0 <= tile.y <= height - 256
        assert 0 <= tile.x <= width - 256
        covered[tile.y : tile.y + 256, tile.x : tile.x + 256] = 1
    assert covered.all()
    columns = sorted({tile.x for tile in tiles})
    assert all(b - a <= 256 - 64 for a, b in itertools.pairwise(columns))


def test_a_picture_shorter_than_a_tile_is_a_tile() -> None:
    assert [(t.x, t.y, t.width, t.height) for t in cut_tiles(288, 416, 1024, 96)] == [(0, 0, 416, 288)]
    long = cut_tiles(288, 1600, 1024, 96)
    assert [(t.x, t.width, t.height) for t in long] == [(0, 1024, 288), (576, 1024, 288)]


def test_blending_gives_back_what_was_cut() -> None:
    rng = np.random.default_rng(0)
    picture = rng.random((300, 700, 3), dtype=np.float32)
    tiles = cut_tiles(300, 700, 256, 64)
    parts = [picture[tile.area] for tile in tiles]
    np.testing.assert_allclose(blend(tiles, parts, 300, 700), picture, atol=1e-5)


def test_disagreeing_tiles_meet_smoothly() -> None:
    tiles = cut_tiles(256, 448, 256, 64)
    parts = [np.full((256, 256, 1), float(index), np.float32) for index in range(len(tiles))]
    row = blend(tiles, parts, 256, 448)[128, :, 0]
    assert row[0] == pytest.approx(0)
    assert row[-1] == pytest.approx(1)
    assert np.abs(np.diff(row)).max() < 0.05
