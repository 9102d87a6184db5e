"""Laying another print of a page on it: how exactly, where, and never a page that shows something else."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.registration.register import register
from mangacolor.stages.registration.registration import Registration
from mangacolor.tests.helpers.editions import Reprint, example_page, letter, reprint

# How a page may come: which, printed how, and how far pixels of ours may then be from the truth, on average.
PRINTS: dict[str, tuple[int, dict[str, Any], float]] = {
    "moved": (3, {}, 0.3),
    "small": (5, {"scale": 0.42, "shift": (9, 14), "size": (1.1, 1.08)}, 0.6),
    "large": (2, {"scale": 2.3, "shift": (-30, -44), "size": (0.97, 0.96)}, 0.3),
    "part": (4, {"scale": 0.9, "shift": (-300, -420), "size": (0.5, 0.45)}, 0.3),
    "bent": (6, {"bend": 6.0}, 1.0),
}


@cache
def printed_page(name: str) -> Reprint:
    page, how, _most = PRINTS[name]
    return reprint(example_page(page), **how)


@cache
def laid_on_the_page(name: str) -> Registration:
    return registered(example_page(PRINTS[name][0]), printed_page(name).theirs)


def registered(ours: Image, theirs: Image) -> Registration:
    found = register(ours, theirs)
    assert found is not None
    return found


@pytest.mark.parametrize("name", PRINTS)
def test_another_print_is_laid_on_the_page(name: str) -> None:
    most = PRINTS[name][2]
    printed, found = printed_page(name), laid_on_the_page(name)
    errors = printed.errors(found.places(), found.placement.scale)
    assert errors[found.mask].mean() < most
    assert np.percentile(errors[found.mask], 95) < 3 * most
    assert found.residual < 1.0
    inside = is_inside(printed)
    assert not found.mask[~inside].any()
    assert found.mask[inside].mean() > 0.8
    assert found.share == pytest.approx(found.mask.mean(), abs=0.02)


def is_inside(printed: Reprint) -> Image:
    """Which of our pixels the other print shows, its edge left out."""
    height, width = printed.theirs.shape[:2]
    x, y = printed.places[..., 0], printed.places[..., 1]
    return np.asarray((x > -8) & (y > -8) & (x < width + 7) & (y < height + 7))


def test_their_picture_comes_to_our_size_with_its_lines_on_ours() -> None:
    ours = example_page(3)
    warped = laid_on_the_page("moved").warp(printed_page("moved").theirs)
    assert warped.shape == (*ours.shape, 3)
    assert warped.dtype == np.uint8
    assert np.corrcoef(luma(warped).ravel(), ours.ravel())[0, 1] > 0.85


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="pixels, not of"):
        laid_on_the_page("moved").warp(example_page(3))


def test_what_is_lettered_in_one_of_them_is_left_out() -> None:
    box = (150, 500, 250, 200)
    found = registered(example_page(3), letter(printed_page("moved").theirs, box))
    x, y, w, h = (round(value / 0.8) for value in box)
    middle = np.s_[y + 30 : y + h - 30, x + 30 : x + w - 30]
    assert found.mask[middle].mean() < 0.1
    assert found.mask.mean() > 0.75


def test_the_same_pictures_give_the_same_answer() -> None:
    one = laid_on_the_page("bent")
    other = registered(example_page(6), printed_page("bent").theirs)
    assert np.array_equal(one.places(), other.places())
    assert np.array_equal(one.trust, other.trust)
    assert (one.agreement, one.residual) == (other.agreement, other.residual)


def test_another_page_is_refused() -> None:
    for number in (1, 2, 5):
        assert register(example_page(3), reprint(example_page(number)).theirs) is None


def test_pages_that_share_only_their_frames_are_refused() -> None:
    """Six frames and a line of lettering are the same; what is in the frames is not."""
    ours, theirs = (np.full((1000, 700), 255, np.uint8) for _ in range(2))
    for top in (30, 350, 670):
        for left in (30, 365):
            frame = np.s_[top : top + 300, left : left + 305]
            for page, number in ((ours, 2), (theirs, 5)):
                page[frame] = 0
                inner = np.s_[top + 4 : top + 296, left + 4 : left + 301]
                page[inner] = example_page(number)[top : top + 292, left : left + 297]
    assert register(ours, theirs) is None
    assert register(ours, ours) is not None


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 500), (900, 700)])
def test_nothing_is_found_where_nothing_is_drawn(shape: tuple[int, int]) -> None:
    blank = np.full(shape, 255, np.uint8)
    assert register(example_page(3), blank) is None
    assert register(blank, example_page(3)) is None


def test_noise_is_no_drawing() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (900, 700), np.uint8)
    assert register(example_page(3), noise) is None
