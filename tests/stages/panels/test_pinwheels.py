"""Four panels that turn round a fifth: no straight cut parts them, and four half cuts do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mangacolor.core.types import Box, Image
from mangacolor.stages.panels import explain_panels, find_panels
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, draw_page

STRAIGHT_ONLY = replace(DEFAULTS, pinwheel=replace(DEFAULTS.pinwheel, smallest=2.0))
EDGE = 20


def wheel(gap: int, mirrored: bool = False) -> list[Box]:
    """The boxes of a pinwheel with gutters of ``gap`` pixels."""
    left, right, top, bottom = 190, 410, 260, 560
    far, low = WIDTH - EDGE, HEIGHT - EDGE
    sides = [
        (EDGE, EDGE, right, top),
        (right + gap, EDGE, far, bottom),
        (left + gap, bottom + gap, far, low),
        (EDGE, top + gap, left, low),
        (left + gap, top + gap, right, bottom),
    ]
    boxes = [(x, y, last - x, end - y) for x, y, last, end in sides]
    return [(WIDTH - x - w, y, w, h) for x, y, w, h in boxes] if mirrored else boxes


def near(found: Box, drawn: Box) -> bool:
    return float(np.abs(np.subtract(found, drawn)).max()) <= 8


def page_of(boxes: list[Box]) -> Image:
    return draw_page(boxes)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("gap", [5, 14])
def test_a_pinwheel_is_parted_into_its_five_panels(gap: int, mirrored: bool) -> None:
    boxes = wheel(gap, mirrored)
    found = [panel.box for panel in find_panels(page_of(boxes)).detected]
    assert len(found) == 5
    assert all(any(near(one, box) for one in found) for box in boxes)


def test_straight_cuts_alone_do_not_part_it() -> None:
    boxes = wheel(14)
    found = [panel.box for panel in find_panels(page_of(boxes), params=STRAIGHT_ONLY).detected]
    assert not all(any(near(one, box) for one in found) for box in boxes)


def test_a_grid_is_no_pinwheel() -> None:
    boxes = [(x, y, 180, 250) for y in (20, 290, 560) for x in (20, 210, 400)]
    page = page_of(boxes)
    _, explanation = explain_panels(page)
    assert not any(one.kind == "half cut" for one in explanation.candidates)
    assert find_panels(page).panels == find_panels(page, params=STRAIGHT_ONLY).panels


def test_half_cuts_are_explained_from_their_side_to_where_they_end() -> None:
    boxes = wheel(14)
    layout, explanation = explain_panels(page_of(boxes))
    halves = [one for one in explanation.candidates if one.kind == "half cut" and one.chosen]
    assert len(halves) == 4
    for half in halves:
        assert sum(half.parts.values()) == pytest.approx(half.score)
        (x, y), (far_x, far_y) = half.corners[:2]
        length = float(np.hypot(far_x - x, far_y - y))
        extent = WIDTH if half.orientation == "across" else HEIGHT
        assert 0.4 * extent < length < 0.8 * extent
    assert all(0.5 < panel.confidence <= 1 for panel in layout.detected)
