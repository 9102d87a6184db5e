"""Training the bundled super-resolution network: its patches of ink, its pairs and a short run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.models.upscale.loader import load_upscaler
from mangacolor.stages.upscale.enlarge import lanczos, upscale_luma
from mangacolor.training.auxiliary.image_to_image import crop_pair
from mangacolor.training.auxiliary.loop import Loop
from mangacolor.training.auxiliary.upscale import (
    SCALE,
    UpscaleRecipe,
    draw_patch,
    draw_printed_pair,
    make_task,
    scan_page,
)
from mangacolor.training.pages.ink_patches import OVER, draw_ink_patch
from mangacolor.training.run_folder import WEIGHTS


def painting(side: int, seed: int = 0) -> Image:
    """Soft shapes of many colours."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def reduced(page: Image, by: int) -> Image:
    size = (page.shape[1] // by, page.shape[0] // by)
    return np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_ink_is_drawn_large_mostly_black_or_white_and_the_same_for_a_seed(seed: int) -> None:
    colour = painting(64)
    patch = draw_ink_patch(colour, np.random.default_rng(seed))
    assert patch.shape == (64 * OVER, 64 * OVER) and patch.dtype == np.uint8
    assert np.array_equal(patch, draw_ink_patch(colour, np.random.default_rng(seed)))


def test_most_ink_is_black_or_white() -> None:
    patches = [draw_ink_patch(painting(64, seed), np.random.default_rng(seed)) for seed in range(20)]
    pure = [np.mean((patch < 30) | (patch > 225)) for patch in patches]
    assert np.mean(np.array(pure) > 0.8) > 0.6  # the rest is shaded in grey


@pytest.mark.parametrize("seed", range(8))
def test_a_pair_shows_the_same_patch_twice(seed: int) -> None:
    small, large = draw_printed_pair(painting(80, seed), np.random.default_rng(seed))
    assert small.shape == (80, 80) and large.shape == (160, 160)
    blurred = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), 4) for p in (small, reduced(large, SCALE))]
    assert np.abs(blurred[0] - blurred[1]).mean() < 6


def test_a_scan_keeps_the_size_that_it_is_reduced_to() -> None:
    for seed in range(12):
        assert scan_page(np.full((40, 60), 255, np.uint8), 2, np.random.default_rng(seed)).shape == (20, 30)


def test_patches_fit_pictures_of_any_size() -> None:
    rng = np.random.default_rng(0)
    for size in ((50, 200), (300, 90), (160, 160)):
        picture = np.zeros((*size, 3), np.uint8)
        assert draw_patch(picture, 64, rng).shape == (64, 64, 3)


def test_both_of_a_pair_are_cut_and_turned_alike() -> None:
    large = np.arange(64 * 64, dtype=np.int64).reshape(64, 64).astype(np.float32)
    small = cv2.resize(large, (32, 32), interpolation=cv2.INTER_AREA)
    for seed in range(16):
        one, other = crop_pair((small, large), 12, np.random.default_rng(seed))  # type: ignore[arg-type]
        assert one.shape == (12, 12) and other.shape == (24, 24)
        assert np.allclose(one, other.reshape(12, 2, 12, 2).mean(axis=(1, 3)))


def test_a_short_run_learns_and_its_file_is_an_upscaler(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    pairs = [draw_printed_pair(painting(64, seed), rng) for seed in range(24)]
    recipe = replace(UpscaleRecipe(), steps=250, features=16, layers=3, crop=32, batch=8, ema=0.9, rate=5e-3)
    Loop(make_task(pairs, recipe), recipe, tmp_path).train()
    upscaler = load_upscaler(str(tmp_path / WEIGHTS))
    assert (upscaler.scale, upscaler.channels, upscaler.halo) == (SCALE, 1, recipe.layers + 2)
    small, large = draw_printed_pair(painting(96, 99), np.random.default_rng(5))
    away = [
        np.abs(made.astype(int) - large).mean()
        for made in (upscale_luma(small, SCALE, upscaler), lanczos(small, SCALE))
    ]
    assert away[0] < 0.9 * away[1]
