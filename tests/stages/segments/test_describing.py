"""Segments of a window are measured together, and each comes out as if it were alone."""

from __future__ import annotations

import numpy as np

from mangacolor.core.colour import chroma, painted_luma
from mangacolor.core.colour import luma as luma_of
from mangacolor.stages.segments.describing import MAX_MEASURED, MIN_LUMA, describe_segments
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    BOTTOM,
    CB,
    LEFT,
    LUMA,
    RIGHT,
    SIDES,
    SPREAD_STEPS,
    TEXTURE,
    TONE,
    TOP,
    X,
    Y,
)


def test_each_segment_has_its_own_numbers() -> None:
    rng = np.random.default_rng(7)
    labels = (1 + rng.integers(0, 5, (48, 64))).astype(np.uint16)
    labels[:3, :5] = 6
    grey = rng.integers(0, 256, labels.shape).astype(np.uint8)
    coloured = rng.integers(0, 256, (*labels.shape, 3)).astype(np.uint8)
    table = describe_segments(labels, grey, coloured, np.zeros((6, 2), np.uint8))
    assert table.shape[0] == 6 and not table[:, -2:].any()
    cb, cr = chroma(coloured)
    for label, row in enumerate(table.astype(float), 1):
        own = labels == label
        y, x = np.nonzero(own)
        lit = own & (grey >= MIN_LUMA)
        middle = np.median(cb[lit]), np.median(cr[lit])
        away = np.median(np.hypot(cb[lit] - middle[0], cr[lit] - middle[1]))
        tone, painted = (np.array([plane[lit].mean()], np.float32) for plane in (grey, luma_of(coloured)))
        expected = [middle[0] + 128, middle[1] + 128, SPREAD_STEPS * away]
        assert np.abs(row[:3] - np.clip(expected, 0, 255)).max() <= 0.51
        assert np.abs(row[[TONE, TEXTURE]] - (tone[0], grey[lit].std())).max() <= 0.51
        assert abs(row[LUMA] - painted_luma(tone, painted)[0]) <= 0.51
        assert np.abs(row[[X, Y]] - (255 * x.mean() / 64, 255 * y.mean() / 48)).max() <= 0.51
        assert abs(row[AREA] - AREA_STEPS * np.log2(own.sum())) <= 0.51


def described(labels: list[list[int]], grey: int, coloured: np.ndarray) -> np.ndarray:
    numbers = np.array(labels, np.uint16)
    luma = np.full(numbers.shape, grey, np.uint8)
    return describe_segments(numbers, luma, coloured, np.zeros((int(numbers.max()), 0), np.uint8))


def test_the_median_of_two_pixels_lies_between_them() -> None:
    coloured = np.zeros((1, 4, 3), np.uint8)
    coloured[0, :, 2] = (0, 200, 80, 80)
    (two, _) = described([[1, 1, 2, 2]], 255, coloured)
    cb = chroma(coloured)[0][0]
    assert two[CB] == round(float(cb[0] + cb[1]) / 2 + 128)


def test_what_is_all_line_is_measured_by_its_lines() -> None:
    (dark,) = described([[1, 1, 1, 1]], MIN_LUMA - 24, np.zeros((1, 4, 3), np.uint8))
    assert dark[TONE] == MIN_LUMA - 24


def test_of_a_large_segment_pixels_all_over_it_are_measured() -> None:
    side = int(2 * MAX_MEASURED**0.5)
    grey = np.full((side, side), 100, np.uint8)
    grey[side // 2 :] = 200
    labels = np.ones((side, side), np.uint16)
    (row,) = describe_segments(labels, grey, np.zeros((side, side, 3), np.uint8), np.zeros((1, 0), np.uint8))
    assert row[TONE] == 150 and row[TEXTURE] == 50


def test_a_segment_reaches_the_sides_that_any_pixel_of_it_reaches() -> None:
    labels = np.full((40, 40), 3, np.uint16)
    labels[20, :] = 1
    labels[:, 20] = 2
    labels[20, 19:22] = 1
    found = describe_segments(
        labels, np.full((40, 40), 255, np.uint8), np.zeros((40, 40, 3), np.uint8), np.zeros((3, 0), np.uint8)
    )
    assert found[:, SIDES].tolist() == [LEFT | RIGHT, TOP | BOTTOM, LEFT | TOP | RIGHT | BOTTOM]
