"""One colour becomes white, with its light and shade; skin, paintings and what surrounds it stay."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.training.colour.dataset import CropDataset
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.whitening import whiten

SKIN, BLUE, SHADED, BROWN = (238, 205, 185), (60, 90, 190), (40, 60, 140), (120, 80, 55)
SIDE = 64
CLOTH = np.s_[20:44, 20:44]
SHADE = np.s_[34:44, 20:44]


def figure(cloth: tuple[int, int, int] = BLUE, shaded: tuple[int, int, int] = SHADED) -> Image:
    """Skin around a cloth that is darker below."""
    picture = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    picture[CLOTH] = cloth
    picture[SHADE] = shaded
    return picture


def test_a_blue_cloth_becomes_white_and_keeps_its_shade() -> None:
    before = figure()
    for seed in range(8):
        after = whiten(before, np.random.default_rng(seed)).astype(int)
        cloth, shade = after[24, 30], after[40, 30]
        assert cloth.min() > 215 and np.ptp(cloth) < 25
        assert shade.mean() < cloth.mean() - 5 and shade.mean() > 150
        assert np.array_equal(after[:20], before[:20])


@pytest.mark.parametrize("cloth", [SKIN, BROWN, (128, 128, 128)])
def test_skin_of_any_shade_and_grey_stay(cloth: tuple[int, int, int]) -> None:
    picture = figure(cloth, cloth)
    assert whiten(picture, np.random.default_rng(1)) is picture


def test_what_fills_the_picture_and_what_is_a_speck_stay() -> None:
    sky = np.full((SIDE, SIDE, 3), BLUE, np.uint8)
    speck = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    speck[:4, :4] = BLUE
    for picture in (sky, speck):
        assert whiten(picture, np.random.default_rng(2)) is picture


def test_a_painting_has_no_colour_to_turn() -> None:
    across = np.linspace(0, 1, SIDE)[None, :, None]
    soft = np.asarray(across * BLUE + (1 - across) * np.array(SKIN), np.float64)
    picture = np.rint(np.broadcast_to(soft, (SIDE, SIDE, 3))).astype(np.uint8)
    assert whiten(picture, np.random.default_rng(3)) is picture


def test_crops_of_a_source_are_whitened_as_often_as_its_share_says() -> None:
    source, picture = Source("figures", zoom=(1.0, 1.0)), Picture("figures/1.png", "figures", figure())

    def crops(whitened: dict[str, float]) -> list[Image]:
        dataset = CropDataset([source], [picture], SIDE, 40, 5, working_size=SIDE, whitened=whitened)
        return [dataset.pair(index)[1] for index in range(40)]

    blues = [
        sum(bool(((crop.astype(int) - BLUE) ** 2).sum(axis=2).min() < 100) for crop in crops(shares))
        for shares in ({}, {"fig*": 0.5}, {"other": 1.0, "fig*": 1.0}, {"fig*": 1.0, "figures": 0.0})
    ]
    assert blues[0] == 40 and 8 <= blues[1] <= 32 and blues[2] == 0 and blues[3] == 40
