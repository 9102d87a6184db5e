"""The row of a segment: what it says, and what the network saw there."""

from __future__ import annotations

import numpy as np

from mangacolor.core.types import Tile
from mangacolor.models.colour.prediction import VOTES
from mangacolor.stages.segments.describing import describe_segments
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    CB,
    COLUMNS,
    CR,
    LEFT,
    SIDES,
    TONE,
)
from mangacolor.stages.segments.pooling import FeaturePool


def test_a_row_says_what_a_segment_is() -> None:
    labels = np.ones((64, 64), np.uint16)
    labels[:, 48:] = 2
    grey = np.where(labels == 1, 220, 120).astype(np.uint8)
    coloured = np.where(labels[..., None] == 1, (200, 150, 100), (60, 90, 200)).astype(np.uint8)
    table = describe_segments(labels, grey, coloured, np.zeros((2, 0), np.uint8))
    assert table.shape == (2, len(COLUMNS))
    assert table[0, TONE] == 220 and table[1, TONE] == 120
    assert abs(2 ** (table[0, AREA] / AREA_STEPS) - 48 * 64) < 0.03 * 48 * 64
    assert table[0, CR] > 128 > table[0, CB] and table[1, CB] > 128
    assert table[0, SIDES] & LEFT and not table[1, SIDES] & LEFT


def test_a_segment_of_a_few_black_pixels_has_a_row_too() -> None:
    labels = np.ones((64, 64), np.uint16)
    labels[10, 10:13] = 2
    grey = np.where(labels == 1, 220, 0).astype(np.uint8)
    coloured = np.full((64, 64, 3), 100, np.uint8)
    table = describe_segments(labels, grey, coloured, np.zeros((2, 0), np.uint8))
    assert table[1, TONE] == 0 and table[1, CB] == table[1, CR] == 128


def test_features_are_pooled_over_the_segment_and_all_tiles() -> None:
    labels = np.ones((256, 384), np.uint16)
    labels[:, 128:] = 2
    pool = FeaturePool(labels, labels.shape)
    for x in (0, 128):
        seen = np.zeros((1, 8, 8), np.float32)
        seen[0, :, :] = np.where(np.arange(8) * 32 + x < 128, 3.0, -1.0)
        pool.add(Tile(x, 0, 256, 256), {"deepest": seen})
    first, second = pool.rows()[:, 0].astype(int)
    assert abs(first - (128 + 127 * 0.75)) <= 1 and abs(second - (128 - 127 * 0.5)) <= 1


def test_maps_of_several_sizes_are_pooled_as_each_by_itself() -> None:
    """Cells of a coarser map are counted from those of a finer one."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, (301, 223), dtype=np.uint16)
    tile = Tile(7, 30, 192, 256)
    sizes = ((64, 48), (32, 24), (8, 6), (64, 48), (12, 9), (5, 7), (64, 24))
    maps = {f"map {n}": random.random((3, *size), np.float32) for n, size in enumerate(sizes)}
    together = FeaturePool(labels, (290, 210))
    together.add(tile, maps)
    for name, features in maps.items():
        alone = FeaturePool(labels, (290, 210))
        alone.add(tile, {name: features})
        assert np.array_equal(together.sums[name], alone.sums[name])
        assert np.array_equal(together.weights[name], alone.weights[name])


def test_a_window_without_a_segment_has_no_row_whatever_maps_it_is_seen_in() -> None:
    """As of a cover that is one black or one blown out: maps of several sizes, one halving another."""
    pool = FeaturePool(np.zeros((64, 48), np.uint16), (64, 48))
    maps = {name: np.ones((3, 64 // by, 48 // by), np.float32) for name, by in (("fine", 2), ("coarse", 8))}
    pool.add(Tile(0, 0, 48, 64), maps)
    assert pool.rows().shape == (0, 6)


def test_a_network_that_tells_nothing_leaves_no_features() -> None:
    assert FeaturePool(np.ones((4, 4), np.uint16), (4, 4)).rows().shape == (1, 0)


def test_votes_are_the_roots_of_chances_and_come_last() -> None:
    pool = FeaturePool(np.ones((64, 64), np.uint16), (64, 64))
    logits = np.zeros((4, 16, 16), np.float32)
    logits[2] = np.log(13.0)
    pool.add(Tile(0, 0, 64, 64), {VOTES: logits, "deepest": np.zeros((3, 2, 2), np.float32)})
    assert pool.sums[VOTES].shape[1] == 4
    quarter, most = round(255 * 0.25), round(255 * np.sqrt(13 / 16))
    assert pool.rows()[0].tolist() == [128, 128, 128, quarter, quarter, most, quarter]


def test_labels_are_larger_than_what_the_network_sees() -> None:
    """Segments at drawing scale are described and pooled as at working scale."""
    coarse = np.ones((64, 96), np.uint16)
    coarse[:, 40:] = 2
    coloured = np.where(coarse[..., None] == 1, (200, 150, 100), (60, 90, 200)).astype(np.uint8)
    seen = {"deepest": np.repeat(np.arange(12.0, dtype=np.float32)[None, None], 8, axis=1)}
    tables = []
    for factor in (1, 3):
        labels = coarse.repeat(factor, axis=0).repeat(factor, axis=1)
        grey = np.where(labels == 1, 220, 120).astype(np.uint8)
        pool = FeaturePool(labels, coarse.shape)
        pool.add(Tile(0, 0, 96, 64), seen)
        tables.append(describe_segments(labels, grey, coloured, pool.rows()).astype(int))
    assert np.abs(tables[0] - tables[1]).max() <= 2
    first, second = tables[1][:, -1]
    assert first == 128 + round(127 * 2 / 3) and second > first
