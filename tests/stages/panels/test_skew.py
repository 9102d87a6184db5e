"""A page that was scanned askew is cut as if it were straight; what is drawn aslant is no skew."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.panels import explain_panels, find_panels
from mangacolor.stages.panels.cutting.line_fit import detect_segments
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.stages.panels.skew import find_skew, turn_back
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, draw_page

BOXES = [(30, 30, 540, 240), (30, 290, 250, 250), (300, 290, 270, 250), (30, 560, 540, 250)]
AS_IT_LIES = replace(DEFAULTS, skew=replace(DEFAULTS.skew, least=90.0))


def turned(page: Image, degrees: float) -> Image:
    """The page turned clockwise on white ground."""
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -degrees, 1)
    return np.asarray(cv2.warpAffine(page, turn, (WIDTH, HEIGHT), borderValue=255.0), np.uint8)


def middle_of(spot: Image) -> tuple[float, float]:
    """Where the bright spot of a picture lies: x, y."""
    ys, xs = np.nonzero(spot > 127)
    return float(xs.mean()), float(ys.mean())


def skew_of(page: Image) -> float:
    return find_skew(detect_segments(page, DEFAULTS.line), (WIDTH, HEIGHT), DEFAULTS.skew)


@pytest.mark.parametrize("degrees", [-3.0, -1.5, 0.8, 2.0])
def test_the_angle_is_told_to_a_tenth_of_a_degree(degrees: float) -> None:
    assert skew_of(turned(draw_page(BOXES), degrees)) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("degrees", [0.0, 0.2])
def test_a_page_that_is_straight_stays_as_it_is(degrees: float) -> None:
    page = turned(draw_page(BOXES), degrees)
    assert skew_of(page) == 0
    assert find_panels(page).panels == find_panels(page, params=AS_IT_LIES).panels


def test_slanted_tiers_are_no_skew() -> None:
    """Gutters that run aslant beside upright ones: only one direction of lines is turned."""
    page = draw_page(BOXES)
    page[:] = cv2.warpAffine(page, np.array([[1, 0, 0], [0.04, 1, -12]]), (WIDTH, HEIGHT), borderValue=255.0)
    assert skew_of(page) == 0


def test_nothing_is_told_of_a_page_without_lines() -> None:
    assert skew_of(np.full((HEIGHT, WIDTH), 255, np.uint8)) == 0


def test_turned_back_points_come_to_where_they_were() -> None:
    straight = np.zeros((HEIGHT, WIDTH), np.uint8)
    straight[195:206, 395:406] = 255
    page = 255 - turned(255 - straight, 2.5)
    found, back = turn_back(page, 2.5)
    assert back @ (*middle_of(found), 1) == pytest.approx(middle_of(page), abs=0.5)
    assert middle_of(found) == pytest.approx((400, 200), abs=0.5)


@pytest.mark.parametrize("degrees", [-2.0, 1.5])
def test_panels_of_a_turned_page_lie_where_they_are_drawn(degrees: float) -> None:
    found = find_panels(turned(draw_page(BOXES), degrees), direction="ltr").detected
    assert len(found) == len(BOXES)
    angle = np.radians(degrees)
    middle = np.array((WIDTH / 2, HEIGHT / 2))
    way = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for panel, (x, y, w, h) in zip(found, BOXES, strict=True):
        corners = (np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]) - middle) @ way.T + middle
        for corner in corners:
            assert np.hypot(*(np.array(panel.polygon) - corner).T).min() < 5


def test_what_is_explained_of_a_turned_page_is_in_its_own_pixels() -> None:
    page = turned(draw_page(BOXES), 2.0)
    layout, explanation = explain_panels(page, direction="ltr")
    cut = next(one for one in explanation.candidates if one.chosen and one.orientation == "across")
    (left, right) = cut.corners[:2]
    assert (right[1] - left[1]) / (right[0] - left[0]) == pytest.approx(np.tan(np.radians(2.0)), abs=0.01)
    assert len(layout.detected) == len(BOXES)
