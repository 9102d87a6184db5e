"""A tint around panels is paper, though it lies on one side alone, or panels are small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.paper import find_ground
from mangacolor.stages.panels.scene import bare_sides
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, draw_page
from mangacolor.tests.stages.panels.test_paper import WHOLE, boxes, corners

Box = tuple[int, int, int, int]

# Two panels that reach all sides of the page but the upper one.
OPENING = ((0, 300, 290, HEIGHT - 300), (294, 300, WIDTH - 294, HEIGHT - 300))


def draw_parts(parts: Sequence[Box], tint: int, white: int = 0) -> Image:
    """A tint with drawings in frames before it; the upper half of each is ``white``, if that is not 0."""
    page = draw_page(list(parts), tint)
    for x, y, w, h in parts:
        if white:
            page[y + 6 : y + h // 2, x + 6 : x + w - 6] = white
    return page


def ground_of(page: Image, parts: Sequence[Box]) -> Image:
    return find_ground(page, [corners(*box) for box in parts])


@pytest.mark.parametrize(
    ("parts", "sides"),
    [
        ([WHOLE], 0),
        ([(0, 0, 300, 200), (320, 500, WIDTH - 320, HEIGHT - 500)], 0),
        ([(3, 300, WIDTH - 3, HEIGHT - 303)], 1),
        ([(0, 300, WIDTH, 300)], 2),
        ([(60, 70, 200, 300), (300, 500, 200, 200)], 4),
    ],
)
def test_sides_that_no_panel_reaches_are_counted(parts: list[Box], sides: int) -> None:
    assert bare_sides([corners(*box) for box in parts], (HEIGHT, WIDTH), 6) == sides


@pytest.mark.parametrize("tint", [235, 219, 170])
def test_a_title_above_panels_is_on_paper_where_they_are_drawn_on_the_same(tint: int) -> None:
    """A chapter's opening on paper that is not pure white: its panels reach the other three sides."""
    page = draw_parts(OPENING, tint, white=tint)
    page[100:130, 100:300] = 20
    ground = ground_of(page, OPENING)
    assert (ground[:80, 6:-6] == 255).all()
    assert (ground[200:290, 6:-6] == 255).all()


def test_paper_is_paper_where_its_other_end_lies_in_a_shadow() -> None:
    """What was darkened too much to be blank is held by panels, and is near the paper all the same."""
    parts = [(0, 300, WIDTH, 150), (0, 450, 290, HEIGHT - 450), (294, 450, WIDTH - 294, HEIGHT - 450)]
    page = draw_parts(parts[1:], 219, white=219)
    page[300:] = np.minimum(page[300:], 185)
    assert (ground_of(page, parts)[:294, 6:-6] == 255).all()


def test_paper_between_panels_in_corners_has_no_bare_side() -> None:
    parts = [(0, 0, 390, 330), (210, 470, WIDTH - 210, HEIGHT - 470)]
    page = draw_parts(parts, 219)
    page[page < 219] //= 2  # dark panels, which have nothing of the paper's white in them
    ground = ground_of(page, parts)
    assert (ground[20:450, 410:-6] == 255).all()
    assert (ground[350:-20, 6:190] == 255).all()


@pytest.mark.parametrize("tint", [215, 200])
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([(200, 40 + 190 * number, 200, 170) for number in range(4)], id="column of four"),
        pytest.param([(40 + 180 * number, 300, 160, 210) for number in range(3)], id="strip of three"),
        pytest.param([(60, 80, 220, 260), (310, 440, 220, 280)], id="two"),
    ],
)
def test_small_framed_panels_with_margins_all_round_are_on_paper(parts: list[Box], tint: int) -> None:
    """Whether something in them outshines it or not."""
    for white in (0, 255):
        ground = ground_of(draw_parts(parts, tint, white), parts)
        assert (ground[:36] == 255).all()
        assert (ground[-36:] == 255).all()


def test_paper_around_a_lone_framed_picture_is_paper_though_it_is_small_and_has_white_in_it() -> None:
    page = draw_page([(150, 150, 300, 500)], 200)
    page[300:400, 200:400] = 255
    layout = find_panels(page)
    assert (layout.ground[:140] == 255).all()
    assert boxes(layout) != [WHOLE]
