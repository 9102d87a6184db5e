"""Pictures inked as a page is: contours of colours, thin and smooth lines, paper left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.training.colour import dataset
from mangacolor.training.colour.dataset import CropDataset
from mangacolor.training.data.inking import SCALE, InkStyle, ink, ink_page
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.synthesis import INKED, Synthesis, synthesize, wanted_enlargement

# One that leaves all of what is drawn here paper, but for its lines.
PEN = InkStyle(
    channels=(0.3, 0.59, 0.11), smoothing=30.0, by_colour=True, width=0.9, sharpness=20.0, threshold=0.5,
    valleys=0.0, white=90.0, black=10.0, gamma=1.0, levels=0, pitch=0.0, angle=45.0, hatched=False,
)  # fmt: skip


def two_colours(side: int = 192) -> Image:
    """Skin beside a blue shirt, of one luma."""
    page = np.empty((side, side, 3), np.uint8)
    page[:, : side // 2] = (235, 170, 140)
    page[:, side // 2 :] = (140, 195, 255)
    return page


def test_colours_of_one_tone_are_parted_by_a_line() -> None:
    page, rng = two_colours(), np.random.default_rng(0)
    border = slice(90, 102)
    parted = ink_page(page, PEN, rng)
    assert parted[:, border].min(axis=1).max() < 128  # all along the border
    assert (parted[:, :80] == 255).all()
    assert (parted[:, 112:] == 255).all()
    alike = ink_page(page, replace(PEN, by_colour=False), rng)
    assert (alike[:, border] > 200).all()


def test_lines_are_smooth_and_not_steps_of_working_scale() -> None:
    page = np.full((64 * SCALE, 64 * SCALE, 3), 235, np.uint8)
    cv2.line(page, (10, 20), (180, 90), (120, 60, 40), 3, cv2.LINE_AA)
    large = ink_page(page, PEN, np.random.default_rng(0))
    small = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    drawn = small[small < 250]
    assert len(drawn) > 60
    assert np.mean((drawn > 20) & (drawn < 235)) > 0.4  # grey at its edges


def test_paper_stays_paper_and_night_is_no_single_black() -> None:
    white = np.full((96, 96, 3), 255, np.uint8)
    night = np.full((192, 192, 3), 30, np.uint8)
    cv2.circle(night, (96, 96), 40, (60, 60, 90), -1)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        assert (ink(white, rng) > 250).all()
    lit = replace(PEN, white=25.0, black=0.0)
    inked = ink_page(night, lit, np.random.default_rng(0))
    assert 0.005 < np.mean(inked < 128) < 0.2  # the circle's contour


def test_a_larger_picture_gives_an_input_and_a_target_at_working_scale() -> None:
    enlarged = wanted_enlargement(INKED)
    assert enlarged == SCALE
    large = two_colours(enlarged * 64)
    plain = Synthesis(balloons=0.0, scan_noise=0.0)
    grey, target = synthesize(large, INKED, np.random.default_rng(0), plain, enlarged)
    assert grey.shape == (64, 64)
    assert target.shape == (64, 64, 3)
    assert (target[:, :31] == large[0, 0]).all()
    assert wanted_enlargement("grey") == 1


def test_inked_crops_are_taken_as_large_as_they_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[int, ...]] = []

    def noted(colour: Image, kind: str, *rest: Any) -> tuple[Image, Image]:
        drawn.append(colour.shape)
        return synthesize(colour, kind, *rest)

    monkeypatch.setattr(dataset, "synthesize", noted)
    picture = Picture("one", "folder", two_colours(288))
    for kind in (INKED, "grey"):
        grey, _ = CropDataset([Source("folder")], [picture], 64, 1, 3, kind=kind, warp=0.4).pair(0)
        assert grey.shape == (64, 64)
    assert drawn == [(64 * SCALE, 64 * SCALE, 3), (64, 64, 3)]


def test_a_dataset_draws_inked_pairs_that_depend_on_the_seed_alone() -> None:
    picture = Picture("one", "folder", np.kron(two_colours(96), np.ones((3, 3, 1), np.uint8)))
    kinds = Synthesis(kinds={INKED: 0.5, "grey": 0.5})
    sources = [Source("folder")]
    one, again = (CropDataset(sources, [picture], 64, 8, 3, kinds, warp=0.4) for _ in range(2))
    pairs = [one.pair(index) for index in range(8)]
    for index, (grey, colour) in enumerate(pairs):
        assert grey.shape == (64, 64)
        assert colour.shape == (64, 64, 3)
        assert (again.pair(index)[0] == grey).all()
    white = [float(np.mean(grey > 250)) for grey, _ in pairs]
    assert max(white) > 0.5 > min(white)  # some are inked, some are grey
