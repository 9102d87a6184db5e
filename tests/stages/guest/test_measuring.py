"""The guest's colour of a segment: robust, of what is covered, and two where it is two surfaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.guest.measuring import find_paper, measure_window
from mangacolor.stages.guest.params import PARAMS
from mangacolor.stages.guest.preview import draw_guest
from mangacolor.stages.guest.surfaces import GuestColours, GuestWindow, PageGuest, coloured_page, page_guest
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import PageColours, WindowColours
from mangacolor.tests.helpers.segments import window_of

SIDE = 96
MOST_OF_A_GRADIENT, LEAST_OF_A_BORDER = 12, 40  # levels of chroma
RED, BLUE, WHITE = (200, 90, 80), (90, 110, 210), (250, 250, 250)


def window() -> WindowColours:
    """Two segments side by side, without a line between."""
    labels = np.ones((SIDE, SIDE), np.uint16)
    labels[:, SIDE // 2 :] = 2
    grey = np.full((SIDE, SIDE), 200, np.uint8)
    return window_of(grey, labels, np.full((SIDE, SIDE, 3), 170, np.uint8))


def painted(left: tuple[int, ...], right: tuple[int, ...]) -> Image:
    guest = np.empty((SIDE, SIDE, 3), np.uint8)
    guest[:, : SIDE // 2], guest[:, SIDE // 2 :] = left, right
    return guest


def measured(guest: Image, covered: Image | None = None) -> GuestWindow:
    covered = np.full((SIDE, SIDE), 255, np.uint8) if covered is None else covered
    return measure_window(window(), guest, covered, PARAMS)


def chroma_of(colour: tuple[int, ...]) -> np.ndarray:
    return np.asarray(measured(painted(colour, colour)).rows[0, :2].astype(int) - 128)


def test_lines_elsewhere_and_a_shift_change_no_colour() -> None:
    guest = np.roll(painted(RED, BLUE), 2, axis=1)
    guest[40:44] = 20
    guest[:, 30:33] = 0
    colours = GuestColours.of(measured(guest).rows)
    plain = GuestColours.of(measured(painted(RED, BLUE)).rows)
    assert np.abs(colours.chroma[:2] - plain.chroma).max() <= 1
    assert (colours.spread[:2] <= 2).all() and (colours.cover[:2] == 1).all()


def test_a_dark_surface_is_no_line_and_its_gloss_is_not_its_colour() -> None:
    dark, gloss = (80, 15, 15), (150, 130, 130)
    guest = painted(dark, BLUE)
    guest[:, : SIDE // 2][::3] = gloss
    colours = GuestColours.of(measured(guest).rows)
    assert np.abs(colours.chroma[0] - chroma_of(dark)).max() <= 2


def test_dots_have_no_say_though_they_are_most_of_a_surface() -> None:
    guest = painted(RED, BLUE)
    guest[::3], guest[1::3] = 12, 12
    colours = GuestColours.of(measured(guest).rows)
    assert np.abs(colours.chroma[0] - chroma_of(RED)).max() <= 2


def test_a_surface_is_as_light_as_the_guest_has_it_whatever_lines_are_on_it() -> None:
    guest = painted(RED, BLUE)
    guest[::4] = 20
    guest[1::4] = 70  # what blur leaves of the line, and no line by its luma
    found = GuestColours.of(measured(guest).rows).luma
    wanted = [int(luma(np.full((1, 1, 3), colour, np.uint8))[0, 0]) for colour in (RED, BLUE)]
    assert np.abs(found[:2] - wanted).max() <= 1


def test_what_a_guest_has_on_grey_paper_is_as_light_as_on_white() -> None:
    everywhere = np.full((SIDE, SIDE), 255, np.uint8)
    white = np.vstack([np.full((SIDE // 4, SIDE, 3), 255, np.uint8), painted(RED, BLUE)[SIDE // 4 :]])
    grey = (white * 0.92).astype(np.uint8)
    papers = [find_paper(picture, everywhere, PARAMS.measuring) for picture in (white, grey)]
    assert papers == [255, 234]
    one, other = (
        GuestColours.of(measure_window(window(), picture, everywhere, PARAMS, paper).rows).luma
        for picture, paper in zip((white, grey), papers, strict=True)
    )
    assert np.abs(one - other).max() <= 2
    assert find_paper(painted(RED, BLUE), everywhere, PARAMS.measuring) == 255  # it shows no paper
    assert find_paper(grey, np.zeros((SIDE, SIDE), np.uint8), PARAMS.measuring) == 255


def test_what_is_not_covered_has_no_colour() -> None:
    covered = np.zeros((SIDE, SIDE), np.uint8)
    covered[:, : SIDE // 2 + 8] = 255
    colours = GuestColours.of(measured(painted(RED, BLUE), covered).rows)
    assert colours.cover[0] == 1 and colours.cover[1] == 0
    assert np.hypot(*colours.chroma[0]) > 20


def test_a_panel_that_nobody_has_coloured_says_nothing() -> None:
    assert not measured(painted(WHITE, (120, 121, 119))).rows[:, 3].any()
    assert measured(painted(WHITE, BLUE)).rows[:, 3].all()  # white beside blue is white on purpose


def test_a_segment_of_two_colours_is_cut_where_they_meet() -> None:
    guest = painted(RED, BLUE)
    guest[: SIDE // 3, : SIDE // 2] = WHITE
    found = measured(guest)
    assert found.labels is not None and found.parents == (0,)
    new = found.labels == 3
    assert new[: SIDE // 3 - 2, : SIDE // 2].all() and not new[SIDE // 3 + 2 :].any()
    assert not new[:, SIDE // 2 :].any()
    assert np.abs(found.rows[0, :2].astype(int) - 128 - chroma_of(RED)).max() <= 1
    assert np.abs(found.rows[2, :2].astype(int) - 128).max() <= 1


def test_where_nothing_is_shown_what_is_beside_it_tells_the_surface() -> None:
    guest = painted(RED, RED)
    guest[:, : SIDE // 4] = BLUE
    covered = np.full((SIDE, SIDE), 255, np.uint8)
    covered[SIDE // 3 : SIDE // 2, : SIDE // 8] = 0  # a balloon that the guest has not
    guest[covered == 0] = 0
    found = measured(guest, covered)
    assert found.labels is not None
    blue = found.labels[2, 2]
    assert (found.labels[SIDE // 3 : SIDE // 2, : SIDE // 8] == blue).all()
    assert found.labels[2, SIDE // 3] != blue


def test_a_gradient_has_no_edges_and_a_border_has() -> None:
    share = np.linspace(0, 1, SIDE)[None, :, None]
    gradient = np.broadcast_to(np.rint((1 - share) * RED + share * BLUE), (SIDE, SIDE, 3)).astype(np.uint8)
    smooth, sharp = (measured(guest).edges for guest in (gradient, painted(RED, BLUE)))
    assert smooth is not None and sharp is not None
    assert smooth.max() <= MOST_OF_A_GRADIENT
    assert sharp[:, SIDE // 2].min() >= LEAST_OF_A_BORDER


def test_shades_of_one_colour_are_one_surface() -> None:
    rng = np.random.default_rng(0)
    guest = painted(RED, BLUE).astype(int) + rng.integers(-6, 7, (SIDE, SIDE, 1))
    assert measured(guest.clip(0, 255).astype(np.uint8)).labels is None


def test_a_page_goes_to_an_artifact_and_back_and_splits_its_segments() -> None:
    guest = painted(RED, BLUE)
    guest[: SIDE // 3, : SIDE // 2] = WHITE
    page = PageColours((window(), window()))
    told = PageGuest((measured(guest), GuestWindow.nothing(2)))
    inputs = {"colorize": page.to_artifact(), "guest": told.to_artifact()}
    again = page_guest(inputs)
    assert np.array_equal(again.rows(5), told.rows(5)) and len(again.rows(5)) == 5
    first, second = coloured_page(inputs).windows
    assert first.segments == 3 and second.segments == 2
    areas = SegmentFeatures(first.features).area
    assert areas == pytest.approx(np.bincount(first.labels.ravel())[1:], rel=0.04)
    assert np.array_equal(second.features, window().features)
    assert coloured_page({"colorize": inputs["colorize"]}).segments == 4


def test_what_a_version_without_luma_left_is_read_as_not_known() -> None:
    kept = PageGuest((measured(painted(RED, BLUE)), GuestWindow.nothing(2))).to_artifact()
    of_before = replace(kept, images={**kept.images, "rows": kept.images["rows"][:, :4]})
    again = PageGuest.from_artifact(of_before)
    for window_now, window_before in zip(PageGuest.from_artifact(kept).windows, again.windows, strict=True):
        now, before = (GuestColours.of(each.rows) for each in (window_now, window_before))
        assert np.array_equal(now.chroma, before.chroma) and np.array_equal(now.cover, before.cover)
        assert not before.luma.any() and np.array_equal(now.luma > 0, now.cover > 0)


def test_black_is_known_and_dark() -> None:
    assert GuestColours.of(measured(painted((0, 0, 0), BLUE)).rows).luma[0] == 1


def test_the_preview_shows_the_guests_colours_and_hatches_the_rest() -> None:
    page = PageColours((window(),))
    covered = np.zeros((SIDE, SIDE), np.uint8)
    covered[:, : SIDE // 2] = 255
    told = PageGuest((measured(painted(RED, BLUE), covered),))
    picture = draw_guest(told.to_artifact(), {"colorize": page.to_artifact()}).astype(int)
    left, right = picture[:, : SIDE // 2 - 2], picture[:, SIDE // 2 + 2 :]
    assert (left[..., 0] > left[..., 2] + 30).all()
    assert (right[..., 0] == right[..., 2]).all() and len(np.unique(right)) > 1
