"""Values spread from the pixels that are known."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.nearest import depth_within, fill_nearest


def test_what_is_not_known_has_the_value_of_the_nearest_pixel() -> None:
    values = np.array([[7, 1, 1, 1, 1, 9]] * 2, np.uint16)
    known = np.isin(values, (7, 9))
    filled = fill_nearest(values, known, 5)
    assert filled.dtype == np.uint16 and filled.tolist() == [[7, 7, 7, 9, 9, 9]] * 2
    planes = np.dstack([values, 2 * values]).astype(np.float32)
    assert np.array_equal(fill_nearest(planes, known, 3), np.dstack([filled, 2 * filled]))


def test_where_nothing_is_known_there_is_nothing() -> None:
    assert not fill_nearest(np.ones((3, 4), np.int16), np.zeros((3, 4), np.bool_), 5).any()


def test_nothing_lies_beyond_the_picture() -> None:
    depth = depth_within(np.full((5, 5), 255, np.uint8))
    assert depth.shape == (5, 5) and depth.argmax() == 12
    assert 0 < depth[0, 0] < depth[1, 1] < depth[2, 2]
    shape = np.zeros((5, 7), np.uint8)
    shape[:, :5] = 255
    assert np.array_equal(depth_within(shape)[:, :5], depth) and not depth_within(shape)[:, 5:].any()
