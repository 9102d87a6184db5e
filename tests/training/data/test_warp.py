"""Bent pictures: the same things in other shapes, the same for a seed."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.training.colour.dataset import CropDataset
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.warp import Warp, warp_picture


def painting() -> Picture:
    coarse = np.random.default_rng(0).integers(0, 255, (6, 6, 3)).astype(np.uint8)
    return Picture("a/0", "a", np.asarray(cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC)))


def test_bent_crops_show_the_same_things_elsewhere() -> None:
    plain, bent = (CropDataset([Source("a")], [painting()], 64, 9, 0, warp=warp) for warp in (0.0, 1.0))
    apart = []
    for index in range(9):
        one, other = plain.pair(index)[1].astype(int), bent.pair(index)[1].astype(int)
        apart.append(np.abs(one - other).mean())
        assert np.array_equal(other, bent.pair(index)[1])
    assert 5 < np.mean(apart) < 45


def test_a_strength_of_nothing_leaves_a_picture_as_it_is() -> None:
    pixels = painting().pixels
    assert np.array_equal(warp_picture(pixels, 0.0, np.random.default_rng(1)), pixels)
    assert not np.array_equal(warp_picture(pixels, 0.5, np.random.default_rng(1)), pixels)


def test_numbers_are_bent_as_the_picture_is() -> None:
    numbers = np.zeros((96, 96), np.int16)
    numbers[30:60, 20:50] = 7
    picture = np.repeat((numbers > 0)[..., None], 3, axis=2).astype(np.uint8) * 255
    warp = Warp.draw(numbers.shape, 0.8, np.random.default_rng(3))
    bent = warp.numbers(numbers)
    assert set(np.unique(bent)) == {0, 7} and not np.array_equal(bent, numbers)
    assert ((bent > 0) != (warp.picture(picture)[..., 0] > 127)).mean() < 0.01
