"""What is paper: around a frameless drawing yes, a picture's own flat sky no."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.nouns import Image
from mangacolor.stages.panels import PanelLayout, find_panels
from mangacolor.tests.test_panels import BOXES, HEIGHT, WIDTH, draw_page, texture

WHOLE = (0, 0, WIDTH, HEIGHT)


def landscape(sky: int) -> Image:
    """A picture over the whole page: a flat sky down to a straight horizon."""
    page = np.full((HEIGHT, WIDTH), sky, np.uint8)
    page[500:] = texture(HEIGHT - 500, WIDTH, 3)
    cv2.line(page, (0, 500), (WIDTH, 500), 0, 3)
    return page


def figure(page: Image, x: int, y: int, gap: int = 0) -> Image:
    """A white coat with an outline, dark legs under it; ``gap``: pixels that its outline lacks."""
    cv2.rectangle(page, (x, y), (x + 120, y + 200), 255, -1)
    cv2.rectangle(page, (x, y), (x + 120, y + 200), 0, 3)
    page[y + 80 : y + 80 + gap, x - 2 : x + 3] = 255
    page[y + 200 : y + 300, x + 20 : x + 100] = texture(100, 80, 5)
    return page


def boxes(layout: PanelLayout) -> list[tuple[int, int, int, int]]:
    return [panel.box for panel in layout.panels]


def test_a_pale_sky_that_bleeds_belongs_to_its_picture() -> None:
    layout = find_panels(landscape(228))
    assert boxes(layout) == [WHOLE]
    assert not layout.ground.any()


def test_a_grey_wall_behind_white_things_is_no_paper() -> None:
    page = np.full((HEIGHT, WIDTH), 190, np.uint8)
    cv2.circle(page, (300, 400), 140, 252, -1)
    cv2.circle(page, (300, 400), 140, 0, 3)
    page[560:700, 200:400] = texture(140, 200, 2)
    layout = find_panels(page)
    assert boxes(layout) == [WHOLE]
    assert not layout.ground.any()


def test_tinted_paper_around_a_lone_framed_panel_is_ground() -> None:
    box = (60, 70, 480, 700)
    layout = find_panels(draw_page([box], 215))
    assert (layout.ground[:60] == 255).all()
    assert (layout.ground[:, :50] == 255).all()
    assert not layout.ground[80:760, 70:530].any()


def test_white_around_a_figure_without_a_frame_is_paper_and_its_coat_is_not() -> None:
    page = figure(np.full((HEIGHT, WIDTH), 255, np.uint8), 240, 300, gap=3)
    page[700:] = texture(140, WIDTH, 4)  # the floor it stands on reaches from side to side
    page[:300, 280:300] = 60  # and what it hangs on the page's upper edge
    ground = find_panels(page).ground > 0
    assert ground[100:280, 20:270].all()
    assert ground[320:480, 20:230].all()
    assert not ground[310:490, 250:350].any()
    assert not ground[510:590, 270:330].any()


def test_white_around_a_figure_within_a_frame_is_drawn() -> None:
    page = draw_page([(40, 40, 520, 760)])
    page[46:794, 46:554] = 255
    layout = find_panels(figure(page, 240, 300))
    assert not layout.ground[50:790, 50:550].any()


def test_a_figure_without_a_frame_beside_framed_panels_stands_on_paper() -> None:
    page = figure(draw_page(BOXES[:3]), 240, 535)  # where the fourth would be
    for x in range(60, 560, 50):
        cv2.circle(page, (x, 600 + x * 7 % 90), 9, 40, -1)
    ground = find_panels(page).ground > 0
    assert ground[550:580, 40:230].all()
    assert ground[710:800, 40:230].all()
    assert not ground[550:720, 250:350].any()
    assert not ground[300:520, 50:550].any()
