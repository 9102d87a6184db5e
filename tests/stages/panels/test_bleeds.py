"""A panel whose frames run on to the page's edge goes on to it, whatever is drawn in the margin there."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Box, Image
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.cutting.lines import Lines, View
from mangacolor.stages.panels.cutting.snap import run_off_page
from mangacolor.stages.panels.params import DEFAULTS, Params
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, draw_page, texture

# Two framed panels, whose sides are the column's.
BELOW = [(320, 330, 220, 480), (60, 330, 245, 480)]
RIGHT = 540
NEVER = replace(DEFAULTS, bleed=replace(DEFAULTS.bleed, widest=0.0))


def upper_panel(lower_frame: int, slant: int = 0) -> Image:
    """A figure on white, from the page's top, with a frame on its left and one below as far as a column."""
    page = draw_page(BELOW)
    figure = np.zeros_like(page)
    cv2.ellipse(figure, (320, 170), (90, 100), 0, 0, 360, 255, -1)
    page[figure > 0] = texture(HEIGHT, WIDTH, 9)[figure > 0]
    cv2.line(page, (60, 0), (60, 306), 0, 3)
    cv2.line(page, (60, 306), (lower_frame, 306 - slant), 0, 3)
    return page


def first_box(page: Image, params: Params = DEFAULTS) -> Box:
    return find_panels(page, params=params).detected[0].box


def right_side(page: Image, params: Params = DEFAULTS) -> int:
    x, _, width, _ = first_box(page, params)
    return x + width


@pytest.mark.parametrize("slant", [0, 24])
def test_a_panel_goes_on_where_its_lower_frame_does_though_nothing_is_drawn_there(slant: int) -> None:
    page = upper_panel(WIDTH, slant)
    assert right_side(page) == WIDTH
    assert right_side(page, NEVER) < WIDTH - 20, "the page does not ask the question"


def test_a_panel_whose_frame_ends_at_the_column_ends_there() -> None:
    assert right_side(upper_panel(RIGHT)) < WIDTH - 20


def test_a_frame_at_the_column_is_the_panel_s_end_though_others_run_on() -> None:
    page = upper_panel(WIDTH)
    cv2.line(page, (RIGHT, 0), (RIGHT, 306), 0, 3)
    assert right_side(page) < WIDTH - 20


def test_a_line_of_the_drawing_along_the_column_is_no_frame() -> None:
    page = upper_panel(WIDTH)
    for x in range(430, WIDTH - 8, 22):
        for y in range(20 + x % 3 * 8, 270, 34):
            cv2.line(page, (x, y), (x, y + 21), 60, 2)
    edges_only = replace(DEFAULTS, bleed=replace(DEFAULTS.bleed, least_border=0.0))
    assert right_side(page) == WIDTH
    assert right_side(page, edges_only) < WIDTH - 20, "the page does not ask the question"


def test_a_corner_that_is_cut_off_is_no_side() -> None:
    """A frame runs on above it, and the panel's own side leans away from the column's."""
    blank, frame = np.zeros((400, 450), np.bool_), np.array([100.0])
    edge = np.ones((1, 225), np.bool_)
    sums = np.zeros((2, 1, 226), np.int32)
    along = np.full((1, 225), 255, np.uint8)
    lines = Lines(frame, np.zeros(1), edge, edge, sums, along, np.zeros((1, 226), np.int64))
    nothing = replace(lines, offset=frame[:0], slope=frame[:0])
    views = View(blank, blank, blank, lines), View(blank.T, blank.T, blank.T, nothing)
    cut = np.array([(50.0, 100.0), (400.0, 100.0), (401.0, 101.0), (300.0, 300.0), (50.0, 300.0)])
    (kept,) = run_off_page(views, [cut], replace(DEFAULTS.bleed, widest=0.12))
    assert np.array_equal(kept, cut)


def test_a_grid_of_ruled_boxes_stays_a_grid() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for row in range(8):
        for column in range(8):
            x, y = 30 + 68 * column, 30 + 98 * row
            cv2.rectangle(page, (x, y), (x + 60, y + 90), 0, 2)
            for line in range(12, 90, 12):
                cv2.line(page, (x + 6, y + line), (x + 54, y + line), 120, 1)
    boxes = [panel.box for panel in find_panels(page).detected]
    assert len(boxes) == 64
    assert all(x >= 25 and y >= 25 and x + w <= 575 and y + h <= 815 for x, y, w, h in boxes)
