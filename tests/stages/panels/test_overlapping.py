"""A framed panel laid over a corner or a side of others: no cut from side to side sets it free."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Box, Image
from mangacolor.stages.panels import explain_panels, find_panels
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_scans import BOXES, SIZE, draw, iou, scene

WITHOUT = replace(DEFAULTS, overlap=replace(DEFAULTS.overlap, mean_score=2.0))
OVER: dict[str, Box] = {
    "over a gutter": (300, 900, 340, 330),
    "over a corner": (470, 380, 300, 320),
    "over four": (480, 400, 330, 300),
}


def laid_over(box: Box, rim: int = 0) -> Image:
    """The page of four panels with another one laid over them, with ``rim`` pixels of white around it."""
    page = draw(BOXES)
    x, y, w, h = box
    page[y - rim : y + h + rim, x - rim : x + w + rim] = 255
    page[y : y + h, x : x + w] = scene(w, h, 9)
    cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), 0, 4)
    return page


def boxes_of(page: Image) -> list[Box]:
    return [panel.box for panel in find_panels(page).detected]


@pytest.mark.parametrize("rim", [0, 8])
@pytest.mark.parametrize("name", OVER)
def test_a_panel_laid_over_others_is_found_and_they_keep_their_shape(name: str, rim: int) -> None:
    found = boxes_of(laid_over(OVER[name], rim))
    assert len(found) == 5, found
    for box in (*BOXES, OVER[name]):
        assert max(iou(box, other) for other in found) > 0.9, (box, found)


def test_no_straight_cut_finds_it() -> None:
    box = OVER["over a gutter"]
    found = [panel.box for panel in find_panels(laid_over(box), params=WITHOUT).detected]
    assert max(iou(box, other) for other in found) < 0.7


def test_a_caption_over_a_gutter_is_no_panel() -> None:
    page = draw(BOXES)
    for ground, ink in ((255, 0), (0, 255)):
        cv2.rectangle(page, (300, 1000), (620, 1160), ground, -1)
        cv2.rectangle(page, (300, 1000), (620, 1160), 0, 3)
        for row in range(1040, 1150, 40):
            cv2.putText(page, "as it was", (320, row), cv2.FONT_HERSHEY_SIMPLEX, 1.4, ink, 2, cv2.LINE_AA)
        assert len(boxes_of(page)) == len(BOXES)


def test_a_row_of_panels_is_none_though_balloons_hide_its_gutters() -> None:
    page = draw(BOXES)
    cv2.ellipse(page, (628, 300), (120, 170), 0, 0, 360, 255, -1)
    cv2.ellipse(page, (628, 300), (120, 170), 0, 0, 360, 0, 3)
    assert boxes_of(page) == [panel.box for panel in find_panels(page, params=WITHOUT).detected]


@pytest.mark.parametrize("boxes", [BOXES, BOXES[2:], [(60, 60, 1080, 1560)]])
def test_pages_without_one_stay_as_they_are(boxes: list[Box]) -> None:
    page = draw(boxes)
    assert find_panels(page).panels == find_panels(page, params=WITHOUT).panels


def test_it_is_told_among_the_candidates() -> None:
    box = OVER["over a gutter"]
    _, explanation = explain_panels(laid_over(box))
    (candidate,) = [one for one in explanation.candidates if one.kind == "overlap"]
    assert candidate.chosen and candidate.score >= candidate.threshold
    corners = np.array(candidate.corners)
    low, high = corners.min(0), corners.max(0)
    assert iou((*low, *(high - low)), box) > 0.9
    assert (corners <= SIZE).all()
