"""Panels in black and white beside panels in colour: the first are coloured, the second left as they came."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor import colorize_page
from mangacolor.core.types import Image
from mangacolor.stages.classify.mixed import coloured_windows, is_mixed
from mangacolor.tests.stages.classify.test_stage import inked_page, jpeg, run, tinted

PAPER, INK = (248, 240, 222), (24, 18, 12)
BOXES = [(slice(top, top + 420), slice(left, left + 290)) for top in (20, 460) for left in (20, 330)]


def page(*coloured: int, paper: tuple[int, int, int] = (255, 255, 255), black: bool = False) -> Image:
    """Four panels on tinted paper, the numbered ones painted in several colours."""
    luma = inked_page()
    if black:  # gutters too
        gutters = np.ones(luma.shape, bool)
        for box in BOXES:
            gutters[box] = False
        luma[gutters] = 0
    pixels = tinted(luma, paper, (0, 0, 0))
    for number in coloured:
        part = pixels[BOXES[number]]
        for start, colour in enumerate([(210, 60, 40), (40, 120, 200), (90, 170, 60)]):
            part[start * 140 : (start + 1) * 140] = part[start * 140 : (start + 1) * 140] / 255 * colour
    return pixels


@pytest.mark.parametrize("coloured", [(0,), (3,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("look", ["white", "yellowed", "black", "jpeg"])
def test_a_page_with_both_kinds_of_panels_is_mixed(coloured: tuple[int, ...], look: str) -> None:
    pixels = page(*coloured, paper=PAPER if look == "yellowed" else (255, 255, 255), black=look == "black")
    pixels = jpeg(pixels, 70) if look == "jpeg" else pixels
    artifact = run(pixels)
    assert artifact.data["kind"] == "mixed", artifact.data
    assert artifact.outcome is None
    assert artifact.data["kept"] and not artifact.data["forced"]


def shared_frame_page(coloured: bool, framed: bool = True) -> Image:
    """Two tiers without a gutter: the upper one may be coloured, a line may part them."""
    luma = np.minimum(inked_page()[20:880, 20:310], 215)  # nothing is as light as a gutter
    luma[415:445] = luma[385:415]
    pixels = tinted(np.tile(luma, (1, 2)), (255, 255, 255), (0, 0, 0))
    end = 430 if framed else 270
    if coloured:
        pixels[:end] = (pixels[:end] * (0.6, 0.8, 0.5)).astype(np.uint8)
    if framed:
        pixels[end] = 0  # a hairline: a thick black one is a gutter
    return pixels


def test_colour_may_end_at_a_frame_that_two_panels_share() -> None:
    assert is_mixed(jpeg(shared_frame_page(coloured=True), 80))
    assert is_mixed(np.ascontiguousarray(shared_frame_page(coloured=True).transpose(1, 0, 2)))
    assert not is_mixed(shared_frame_page(coloured=False))


def test_colour_that_ends_within_a_panel_makes_no_part() -> None:
    assert not is_mixed(shared_frame_page(coloured=True, framed=False))


def test_a_black_band_beside_colour_is_no_panel_in_black_and_white() -> None:
    pixels = shared_frame_page(coloured=True)
    pixels[430:] = 45
    assert not is_mixed(pixels)


def test_pages_of_one_kind_are_not() -> None:
    assert run(page(0, 1, 2, 3)).data["kind"] == "colour"
    assert run(page(paper=PAPER)).data["kind"] == "manga"


def test_a_night_in_one_colour_is_no_panel_in_black_and_white() -> None:
    pixels = page(0, 1, 2)
    pixels[BOXES[3]] = tinted(inked_page()[BOXES[3]], (150, 170, 230), (10, 15, 60))
    assert run(pixels).data["kind"] == "colour"


def test_an_empty_panel_is_none_either() -> None:
    pixels = page(0, 1, 2)
    pixels[BOXES[3]] = 255
    cv2.rectangle(pixels, (330, 460), (619, 879), (0, 0, 0), 3)
    assert not is_mixed(pixels)


def test_colour_that_runs_over_the_whole_page_has_no_parts() -> None:
    rng = np.random.default_rng(0)
    pixels = cv2.resize(rng.integers(0, 255, (9, 7, 3), np.uint8), (640, 900), interpolation=cv2.INTER_CUBIC)
    assert not is_mixed(np.asarray(pixels, np.uint8))


def test_forcing_colours_all_of_it_and_a_wish_goes_first() -> None:
    pixels = page(0)
    for artifact in (run(pixels, force_color=True), run(pixels, "colour")):
        assert artifact.data["forced"] and not artifact.data["kept"] and artifact.outcome is None
    copied = run(pixels, "copy")
    assert copied.outcome == "copy" and not copied.data["kept"] and not copied.data["forced"]


def test_which_windows_came_in_colour() -> None:
    windows = np.full((900, 640), -1, np.int16)
    for number, box in enumerate(BOXES):
        windows[box] = number
    assert coloured_windows(page(1, 2, paper=PAPER), windows) == (1, 2)


def test_panels_in_colour_come_out_as_they_went_in() -> None:
    pixels = page(0)
    done = colorize_page(pixels, scale="1", direction="ltr")
    inner = (slice(30, 430), slice(30, 300))
    assert (done[inner] == pixels[inner]).all()
    for number in (1, 2, 3):
        assert np.ptp(done[BOXES[number]].astype(int), axis=2).max() > 12, number
    forced = colorize_page(pixels, scale="1", direction="ltr", force_color=True)
    assert (forced[inner] != pixels[inner]).any()
