"""What an outline changes is what it holds: as an edit of the whole segments would, with a soft edge."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Point
from mangacolor.stages.edits.model import OWN_LOOK
from mangacolor.stages.edits.page_edits import AreaEdits, PageEdits, WindowEdits
from mangacolor.stages.reassemble.areas.area import lay_area
from mangacolor.stages.reassemble.compose import compose_band, cut_bands
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import PageSegments, ReadyWindow
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.tests.helpers.segments import window_of

SIDE = 400
RED, BLUE = (-20, 60), (60, -20)
# Pixels over which an outline's edge is soft at most, to either side.
SOFT = 3
LINE = slice(198, 203)  # rows of ink between the upper two segments and the lower two


def drawn_page() -> np.ndarray:
    """Luma of a page of two surfaces above and two below a line of ink; nothing divides left from right."""
    grey = np.full((SIDE, SIDE), 230, np.uint8)
    grey[LINE] = 0
    return grey


@pytest.fixture(scope="module")
def traced() -> TracedPage:
    grey = drawn_page()
    labels = np.kron(np.array([[1, 2], [3, 4]], np.uint16), np.ones((SIDE // 4, SIDE // 4), np.uint16))
    small = cv2.resize(grey, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    picture = np.full((SIDE // 2, SIDE // 2, 3), (190, 180, 170), np.uint8)
    window = replace(window_of(small, labels, picture), box=(0, 0, SIDE, SIDE))
    ready = ReadyWindow.of(window, None, None, grey, PARAMS)
    return TracedPage.of(
        [ready], np.zeros(grey.shape, np.int16), grey, np.zeros_like(grey), np.zeros_like(grey)
    )


def choose(colours: dict[int, tuple[int, int]]) -> WindowEdits:
    """The edits of the window: segments from 0 on with their Cb and Cr."""
    own = WindowEdits.none(4)
    for segment, chroma in colours.items():
        own.chosen[segment], own.chroma[segment], own.luma[segment] = True, chroma, 150
    return own


def rectangle(left: int, top: int, right: int, bottom: int) -> tuple[Point, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def area(outline: tuple[Point, ...], colours: dict[int, tuple[int, int]]) -> AreaEdits:
    return AreaEdits(outline, (choose(colours),))


def draw(traced: TracedPage, edits: PageEdits, scale: int = 1) -> np.ndarray:
    layers = traced.layers(edits, PARAMS)
    segments, areas = PageSegments.of(layers), traced.areas(edits, PARAMS)
    light = np.asarray(cv2.resize(drawn_page(), None, fx=scale, fy=scale), np.uint8)
    keep = np.zeros(light.shape, np.uint8)
    return np.concatenate(
        [
            paint(
                light[band.rows],
                compose_band(traced, layers, segments, band, areas=areas),
                keep[band.rows],
                None,
                OWN_LOOK,
            )
            for band in cut_bands(SIDE * scale, SIDE * scale, scale, SIDE)
        ]
    )


def whole(traced: TracedPage, colours: dict[int, tuple[int, int]], scale: int = 1) -> np.ndarray:
    return draw(traced, PageEdits((choose(colours),)), scale)


@pytest.mark.parametrize("scale", [1, 2])
def test_inside_it_is_as_if_all_of_the_segment_were_meant_and_outside_as_before(
    traced: TracedPage, scale: int
) -> None:
    plain, full = draw(traced, PageEdits(), scale), whole(traced, {0: RED}, scale)
    found = draw(traced, PageEdits(areas=(area(rectangle(60, 40, 140, 120), {0: RED}),)), scale)
    inner = np.s_[(40 + SOFT) * scale : (120 - SOFT) * scale, (60 + SOFT) * scale : (140 - SOFT) * scale]
    assert np.array_equal(found[inner], full[inner]) and (found[inner] != plain[inner]).any(axis=2).all()
    outer = np.ones(found.shape[:2], np.bool_)
    outer[(40 - SOFT) * scale : (121 + SOFT) * scale, (60 - SOFT) * scale : (141 + SOFT) * scale] = False
    assert np.array_equal(found[outer], plain[outer])


def test_its_edge_is_soft_within_two_pixels(traced: TracedPage) -> None:
    plain = draw(traced, PageEdits())
    found = draw(traced, PageEdits(areas=(area(rectangle(60, 40, 140, 120), {0: RED}),)))
    row = found[80, 50:75].astype(int)
    apart = np.abs(row - plain[80, 50:75]).max(axis=1)
    assert apart[0] == 0 and apart[-1] > 40
    between = np.flatnonzero((apart > 0.05 * apart[-1]) & (apart < 0.95 * apart[-1]))
    assert 1 <= len(between) <= 4
    assert (np.diff(apart) >= 0).all() and np.diff(apart).max() < 0.6 * apart[-1]


def test_it_ends_beneath_the_ink_where_it_nearly_reaches_it(traced: TracedPage) -> None:
    """Two pixels are left between the outline and the line: a hand is no steadier."""
    full, held = whole(traced, {0: RED}), area(rectangle(40, 40, 160, LINE.start - 3), {0: RED})
    found = draw(traced, PageEdits(areas=(held,)))
    strip = np.s_[150 : LINE.stop + 10, 50:150]
    assert np.array_equal(found[strip], full[strip])
    plain = draw(traced, PageEdits())
    assert np.array_equal(found[LINE.stop + 5 :], plain[LINE.stop + 5 :])
    far = draw(traced, PageEdits(areas=(area(rectangle(40, 40, 160, LINE.start - 20), {0: RED}),)))
    assert np.array_equal(far[LINE.start - 10 : LINE.start], plain[LINE.start - 10 : LINE.start])


@pytest.mark.parametrize("edge", ["below", "above"])
def test_its_edge_is_straight_where_segments_end_at_it(edge: str) -> None:
    """Strips of 16 pixels side by side, as boards of a floor: an outline across them leaves no lobes."""
    labels = np.broadcast_to(np.arange(160) // 16 + 1, (160, 160))
    line = 80 if edge == "below" else 79
    outline = np.array([(0, 0), (159, 0), (159, line), (0, line)], np.float64)
    corners = outline if edge == "below" else (159, 159) - outline
    chosen = np.arange(11) > 0
    for tremor in (4.0, 7.0, 12.0):
        area = lay_area(corners, chosen, np.zeros((11, 5), np.float32), labels, tremor)
        assert (area.share == area.share[:, :1]).all()
        assert set(np.unique(area.share)) >= {0, 255}


def test_beside_an_open_border_it_goes_over_as_the_segment_itself_would(traced: TracedPage) -> None:
    full = whole(traced, {0: RED})
    found = draw(traced, PageEdits(areas=(area(rectangle(60, 40, 230, 120), {0: RED}),)))
    across = np.s_[60:100, 100:260]
    assert np.array_equal(found[across], full[across])
    assert len(np.unique(full[80, 180:220, 0])) > 10  # little by little


def test_a_later_outline_lies_over_an_earlier_one(traced: TracedPage) -> None:
    first = area(rectangle(20, 20, 120, 120), {0: RED})
    second = area(rectangle(80, 80, 160, 160), {0: BLUE})
    both = draw(traced, PageEdits(areas=(first, second)))
    red, blue, plain = whole(traced, {0: RED}), whole(traced, {0: BLUE}), draw(traced, PageEdits())
    for where, wanted in ((np.s_[30:70, 30:110], red), (np.s_[90:150, 90:150], blue)):
        assert np.array_equal(both[where], wanted[where])
    assert np.array_equal(both[130:160, 20:70], plain[130:160, 20:70])
    over = draw(traced, PageEdits((choose({0: BLUE}),), areas=(first,)))
    assert np.array_equal(over[30:110, 30:110], red[30:110, 30:110])
    assert np.array_equal(over[130:190, 130:160], blue[130:190, 130:160])


def test_it_changes_no_segment_that_it_does_not_hold(traced: TracedPage) -> None:
    plain = draw(traced, PageEdits())
    found = draw(traced, PageEdits(areas=(area(rectangle(60, 100, 140, 300), {0: RED}),)))
    assert np.array_equal(found[LINE.stop + 3 :], plain[LINE.stop + 3 :])


def test_it_may_go_beyond_the_page(traced: TracedPage) -> None:
    full = whole(traced, {0: RED, 1: RED})
    found = draw(traced, PageEdits(areas=(area(rectangle(-40, -40, 500, 120), {0: RED, 1: RED}),)))
    assert np.array_equal(found[:110], full[:110])
    nowhere = draw(traced, PageEdits(areas=(area(rectangle(420, 420, 500, 500), {3: RED}),)))
    assert np.array_equal(nowhere, draw(traced, PageEdits()))
