"""Slanted lines are looked at again, straightened, and are borders only where both of their ends are."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import cpu_backend
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.blank import find_blank
from mangacolor.stages.panels.cutting.border_net import SecondLook
from mangacolor.stages.panels.cutting.line_fit import detect_segments
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Spans, View, make_view
from mangacolor.stages.panels.cutting.polygons import page_polygon
from mangacolor.stages.panels.cutting.shared_lines import finding
from mangacolor.stages.panels.cutting.shared_lines.second_look import look_again
from mangacolor.stages.panels.params import DEFAULTS, SecondLookParams
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, texture

LOOK = DEFAULTS.second_look


def hairline(balloon: bool) -> Image:
    """Two white panels with a figure each, parted by one slanted hairline that a balloon may half cover."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for seed, (x, y) in enumerate(((60, 300), (380, 260))):
        page[y : y + 420, x : x + 130] = texture(420, 130, seed)
    cv2.rectangle(page, (20, 20), (WIDTH - 20, HEIGHT - 20), 0, 2)
    cv2.line(page, (340, 20), (230, HEIGHT - 20), 0, 1, cv2.LINE_AA)
    if balloon:
        cv2.ellipse(page, (300, 330), (50, 120), 0, 0, 360, 255, -1)
        cv2.ellipse(page, (300, 330), (50, 120), 0, 0, 360, 0, 2)
    return page


@pytest.mark.parametrize("balloon", [False, True])
def test_a_slanted_hairline_between_white_panels_is_seen(balloon: bool) -> None:
    assert len(find_panels(hairline(balloon)).detected) == 2


def test_a_line_that_is_straightened_is_surer_than_one_that_slants() -> None:
    page = hairline(False)
    look = SecondLook(page, cpu_backend(), 3)
    xs = np.arange(30.0, WIDTH - 30, 2)
    level = np.full((HEIGHT, WIDTH), 255, np.uint8)
    level[40:350, 60:540], level[460:780, 60:540] = texture(310, 480, 1), texture(320, 480, 2)
    cv2.line(level, (0, 350), (WIDTH, 450), 0, 2, cv2.LINE_AA)
    seen = SecondLook(level, cpu_backend(), 3).along((350.0, 100 / WIDTH), xs, LOOK)
    beside = SecondLook(level, cpu_backend(), 3).along((150.0, 100 / WIDTH), xs, LOOK)
    assert seen.shape == xs.shape and seen.dtype == np.uint8
    assert seen.mean() > 150 and beside.mean() < 60
    assert look.left == 3  # whoever looks counts


def test_what_slants_and_stops_short_is_no_border() -> None:
    """A sword: straight and dark, but it reaches neither side."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    page[:] = cv2.blur(texture(HEIGHT, WIDTH, 5), (9, 9)) // 4 + 180
    cv2.rectangle(page, (20, 20), (WIDTH - 20, HEIGHT - 20), 0, 3)
    cv2.line(page, (350, 150), (265, HEIGHT - 170), 0, 4, cv2.LINE_AA)
    assert len(find_panels(page).detected) == 1


def test_without_a_second_look_nothing_is_looked_at() -> None:
    blind = replace(DEFAULTS, second_look=replace(LOOK, of_view=0))
    assert len(find_panels(hairline(False), params=blind).detected) <= 2


def test_short_lines_take_less_of_what_may_be_looked_at() -> None:
    """What counts is how much the network sees: a page of many small regions has looks for all."""
    page = hairline(False)
    segments = detect_segments(page.T.copy(), DEFAULTS.line)
    across = np.zeros((WIDTH, HEIGHT), np.uint8)
    blank = find_blank(page.T.copy(), DEFAULTS.blank)
    look = SecondLook(page.T.copy(), cpu_backend(), 1.0)
    view = make_view(page.T.copy(), blank, segments, across, DEFAULTS.line, second_look=look)
    half = page_polygon(HEIGHT // 2, WIDTH)
    look_again(view, *view.lines.through(half, DEFAULTS.line.least_span), LOOK)
    assert look.seen and 0.4 < look.left < 0.6
    look_again(view, *view.lines.through(page_polygon(HEIGHT, WIDTH), DEFAULTS.line.least_span), LOOK)
    assert 0.4 < look.left < 0.6  # a whole line is more than what is left


def test_where_a_gutter_is_sure_no_line_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top in (20, 440):
        page[top : top + 380, 20:-20] = texture(380, WIDTH - 40, top)
        cv2.rectangle(page, (20, top), (WIDTH - 20, top + 380), 0, 3)
    cv2.line(page, (20, 60), (WIDTH - 20, 340), 0, 3)
    heights: list[float] = []

    def note(view: View, support: F64, spans: Spans, params: SecondLookParams) -> None:
        if view.white.shape[1] > view.white.shape[0]:  # lines that run down
            heights.append(float(np.diff(spans).max()) * SAMPLE_STEP / view.white.shape[1])
        look_again(view, support, spans, params)

    monkeypatch.setattr(finding, "look_again", note)
    assert len(find_panels(page).detected) == 3  # the line runs from side to side
    assert len(heights) >= 2 and max(heights) < 0.6
