"""A tint is paper where panels fill the page and margins are on several sides, else a scene's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.paper import find_ground
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, draw_page, texture
from mangacolor.tests.stages.panels.test_paper import WHOLE, boxes, corners


@pytest.mark.parametrize(("width", "paper"), [(300, False), (480, True)])
def test_what_has_a_frame_but_takes_little_of_a_tint_that_is_outshone_stands_before_it(
    width: int, paper: bool
) -> None:
    """A door or a picture on a wall: panels fill their page."""
    box = ((WIDTH - width) // 2, 150, width, 500)
    page = draw_page([box], 200)
    page[300:400, 200:400] = 255
    layout = find_panels(page)
    assert layout.ground.any() == paper
    assert (boxes(layout) == [WHOLE]) != paper


@pytest.mark.parametrize(("height", "paper"), [(130, False), (240, True)])
def test_framed_parts_of_a_thing_that_takes_little_of_the_page_stand_before_a_tint(
    height: int, paper: bool
) -> None:
    """A shelf of three boards, with margins on all sides of the page, or three tiers of a comic."""
    stacked = [(70, 60 + number * (height + 4), 460, height) for number in range(3)]
    page = draw_page(stacked, 200)
    page[80:160, 200:400] = 255
    ground = find_ground(page, [corners(*box) for box in stacked])
    assert ground.any() == paper


@pytest.mark.parametrize(
    ("top", "bottom", "paper"), [(300, HEIGHT, False), (60, HEIGHT, True), (300, 780, True)]
)
def test_a_broad_tint_above_panels_that_reach_all_other_sides_is_their_sky(
    top: int, bottom: int, paper: bool
) -> None:
    """Nothing outshines it: what tells is that paper has margins on more than one side."""
    parts = [(0, top, 290, bottom - top), (294, top, WIDTH - 294, bottom - top)]
    page = np.full((HEIGHT, WIDTH), 215, np.uint8)
    for x, y, w, h in parts:
        page[y : y + h, x : x + w] = np.minimum(texture(h, w, x), 200)
        cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), 0, 3)
    ground = find_ground(page, [corners(*box) for box in parts])
    assert (ground[: top - 6, 6:-6] == 255 * paper).all()
