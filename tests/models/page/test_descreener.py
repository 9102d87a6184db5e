"""The descreener: what it is trained on, what the bundled one does to dots and to lines, and its file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import SetupError
from mangacolor.core.types import Image
from mangacolor.models.page.descreener import Descreener, descreen, load_descreener
from mangacolor.models.page.networks import descreener
from mangacolor.tests.helpers.segments import find_segments
from mangacolor.training.auxiliary.descreen import DescreenRecipe, draw_pair, draw_pairs
from mangacolor.training.auxiliary.image_to_image import PairTask
from mangacolor.training.auxiliary.loop import Loop
from mangacolor.training.data.halftone import print_tones
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.run_folder import WEIGHTS


def painting(seed: int, side: int = 96) -> Image:
    """Soft shapes of many colours."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def plain(page: Image) -> Image:
    """What the bundled one makes of a page."""
    return descreener("torch")(page)


def toned(tone: int, pitch: float) -> Image:
    """One tone in dots, with a line across."""
    page = print_tones(np.full((160, 160), tone, np.uint8), 3, 3 * pitch, 45, lines=False)
    cv2.line(page, (0, 120), (159, 60), 0, 2, cv2.LINE_AA)
    return page


@pytest.mark.parametrize("seed", range(8))
def test_a_pair_shows_the_same_picture_with_dots_and_without(seed: int) -> None:
    dots, smooth = draw_pair(painting(seed), np.random.default_rng(seed))
    assert dots.shape == smooth.shape == (96, 96) and dots.dtype == smooth.dtype == np.uint8
    soft = [cv2.GaussianBlur(one.astype(np.float32), (0, 0), 6) for one in (dots, smooth)]
    assert np.abs(soft[0] - soft[1]).mean() < 16
    again = draw_pair(painting(seed), np.random.default_rng(seed))
    assert np.array_equal(dots, again[0]) and np.array_equal(smooth, again[1])


@pytest.mark.parametrize("pitch", [1.7, 2.5, 4.0])
@pytest.mark.parametrize("tone", [90, 150, 210])
def test_dots_become_an_even_grey_of_the_same_tone_and_the_line_stays(tone: int, pitch: float) -> None:
    page = toned(tone, pitch)
    made = plain(page).astype(float)
    flat = np.s_[4:50, 4:156]
    assert made[flat].std() < 0.25 * page[flat].std()
    assert abs(made[flat].mean() - page[flat].mean()) < 10
    across = made[:, 80]
    assert across[88:93].min() < 0.4 * tone  # the line, at 90


def test_a_line_divides_a_toned_ground_in_two() -> None:
    page = toned(140, 2.6)
    assert find_segments(plain(page)).max() == 2


def test_an_edge_of_tone_divides_what_dots_hide() -> None:
    tones = np.full((160, 160), 150, np.uint8)
    tones[:, 80:] = 200
    page = print_tones(tones, 3, 12.0, 45, lines=False)
    assert find_segments(page).max() != 2
    labels = find_segments(plain(page))
    assert labels.max() == 2 and labels[80, 20] != labels[80, 140]


def test_what_has_no_dots_stays_as_it_is() -> None:
    grey = cv2.cvtColor(painting(3, 200), cv2.COLOR_RGB2GRAY)
    cv2.circle(grey, (100, 100), 60, 0, 2, cv2.LINE_AA)
    change = np.abs(plain(np.asarray(grey, np.uint8)).astype(int) - grey)
    assert change.mean() < 2.5
    paper = np.full((40, 60), 255, np.uint8)
    assert plain(paper).min() > 250


@pytest.mark.parametrize("shape", [(1, 1), (33, 70), (64, 64)])
def test_any_size_will_do(shape: tuple[int, int]) -> None:
    made = descreen(Descreener().eval(), np.full(shape, 200, np.uint8))
    assert made.shape == shape and made.dtype == np.uint8


def test_training_learns_and_saves_weights_that_load(tmp_path: Path) -> None:
    recipe = DescreenRecipe(pictures=6, steps=200, side=96, crop=48, batch=4, rate=4e-3, ema=0.9)
    pictures = [Picture(f"a/{seed}", "a", painting(seed, 128)) for seed in range(3)]
    pairs = list(draw_pairs([Source("a")], pictures, recipe, np.random.default_rng(0)))
    assert len(pairs) == 6 and pairs[0][0].shape == (96, 96)
    Loop(PairTask("descreen", Descreener(), pairs, recipe), recipe, tmp_path).train()
    network = load_descreener(tmp_path / WEIGHTS)
    before = np.mean([np.abs(dots.astype(int) - plain).mean() for dots, plain in pairs])
    after = np.mean([np.abs(descreen(network, dots).astype(int) - plain).mean() for dots, plain in pairs])
    assert after < 0.9 * before


def test_another_file_is_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    wrong = tmp_path / "wrong.safetensors"
    save_file({"first.0.weight": torch.zeros(3, 3)}, wrong)
    with pytest.raises(SetupError, match=r"wrong\.safetensors"):
        load_descreener(wrong)
    with pytest.raises(SetupError, match=r"missing\.safetensors"):
        load_descreener(tmp_path / "missing.safetensors")
