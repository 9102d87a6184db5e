"""Sides of the window are those that the whole thing reaches."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.segments.features import BOTTOM, COLUMNS, LEFT, RIGHT, SIDES, TOP
from mangacolor.stages.segments.sides import share_sides


def rows(*sides: int) -> np.ndarray:
    made = np.zeros((len(sides), len(COLUMNS)), np.uint8)
    made[:, SIDES] = sides
    return made


def test_a_part_reaches_what_the_whole_does() -> None:
    labels = np.repeat(np.array([1, 2, 3], np.uint16), 40)[None].repeat(100, axis=0)
    labels[:50, 40:80] = 0
    given = rows(LEFT, 0, BOTTOM)
    shared = share_sides(given, labels, np.array([0, 0, 1]))
    assert shared[:, SIDES].tolist() == [LEFT, LEFT, BOTTOM]
    assert given[1, SIDES] == 0


def test_a_sky_between_balloons_reaches_the_corners() -> None:
    labels = np.ones((100, 200), np.uint16)
    labels[:20, :60] = labels[:20, 150:] = 0
    narrow = np.ones((100, 200), np.uint16)
    narrow[:20, :110] = narrow[:20, 150:] = 0
    alone = np.array([0])
    assert share_sides(rows(TOP), labels, alone)[0, SIDES] == TOP | LEFT | RIGHT
    assert share_sides(rows(TOP), narrow, alone)[0, SIDES] == TOP


def test_no_segment_reaches_nothing() -> None:
    assert len(share_sides(rows(), np.zeros((4, 4), np.uint16), np.zeros(0, np.int64))) == 0
