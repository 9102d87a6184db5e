"""Colour fades out beside paper where nothing is drawn; lines, nicks and specks fade nothing."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mangacolor.stages.reassemble.borders import fading
from mangacolor.stages.reassemble.borders.fading import fade_beside_paper, find_drawn
from mangacolor.stages.reassemble.borders.meeting import EDGE, HIDDEN, OPEN
from mangacolor.stages.reassemble.params import FadeParams

# The reach of ends on these pages is eight pixels, and a speck is narrower than three.
HEIGHT, WIDTH = 240, 200
END = 120
PARAMS = FadeParams()
REACH = round(PARAMS.reach * WIDTH)


class Drawing:
    """A page: left of ``END`` a coloured surface, of window 0, right of it paper."""

    def __init__(self, height: int = HEIGHT) -> None:
        self.windows = np.zeros((height, WIDTH), np.int16)
        self.windows[:, END:] = -1
        self.grey = np.full(self.windows.shape, 255, np.uint8)
        self.kinds = np.where(self.windows < 0, HIDDEN, OPEN).astype(np.uint8)
        self.keep = np.where(self.windows < 0, 255, 0).astype(np.uint8)
        self.decided = np.zeros_like(self.keep)

    def draw(self, *where: slice, kind: int = HIDDEN) -> None:
        self.kinds[where], self.grey[where] = kind, 0

    def faded(self) -> np.ndarray:
        before = self.keep.copy()
        drawn = find_drawn(self.kinds, self.windows, self.grey, self.decided)
        found = fade_beside_paper(self.keep, drawn, WIDTH, PARAMS)
        assert np.array_equal(self.keep, before) and (found >= before).all()
        return found


def test_colour_fades_out_where_nothing_is_drawn() -> None:
    row = Drawing().faded()[HEIGHT // 2].astype(int)
    near = row[END - REACH : END]
    assert near[-1] > 230 and (np.diff(near) > 0).all() and near[0] < 20
    assert not row[: END - REACH].any() and (row[END:] == 255).all()


def test_a_line_parts_a_surface_from_the_end_beyond_it() -> None:
    drawing = Drawing()
    drawing.draw(slice(None), slice(END - 6, END - 3))
    faded = drawing.faded()
    assert not faded[:, : END - 7].any()
    assert (faded[:, END - 3 : END] > 0).all()  # the strip outside of a frame


@pytest.mark.parametrize("kind", [HIDDEN, EDGE])
def test_colour_that_ends_at_a_line_or_an_edge_stays(kind: int) -> None:
    drawing = Drawing()
    drawing.draw(slice(None), slice(END - 2, END), kind=kind)
    assert not drawing.faded()[:, : END - 3].any()


def test_a_nick_in_an_outline_is_not_felt_far() -> None:
    drawing = Drawing()
    drawing.draw(slice(None), slice(END - 2, END))
    drawing.draw(slice(100, 104), slice(END - 2, END), kind=OPEN)
    assert not drawing.faded()[:, : END - 5].any()


def test_beside_specks_and_slivers_nothing_fades() -> None:
    drawing = Drawing()
    drawing.windows[:, END:], drawing.kinds[:, END:], drawing.keep[:] = 0, OPEN, 0
    drawing.keep[50:52, 50:52] = 255  # a speck
    drawing.keep[100:200, 100:140] = 255  # a balloon, whose mask runs two pixels over its outline
    drawing.draw(slice(100, 200), slice(136, 138))
    faded = drawing.faded()
    assert not faded[40:62, 40:50].any() and not faded[110:190, 141:].any()
    assert (faded[150, 100 - REACH + 1 : 100] > 0).all()  # it has no outline on the left


def test_a_line_on_bare_paper_has_no_colour_and_one_on_a_surface_keeps_its() -> None:
    drawing = Drawing()
    drawing.windows[:, 160:162], drawing.keep[:, 160:162], drawing.grey[:, 160:162] = 0, 0, 0
    drawing.draw(slice(None), slice(60, 62))
    faded = drawing.faded()
    assert (faded[:, 160:162] > 250).all() and not faded[:, 55:67].any()


def test_what_somebody_marked_ends_where_it_was_marked() -> None:
    drawing = Drawing()
    drawing.keep[100:160, 40:80] = drawing.decided[100:160, 40:80] = 255  # left out
    drawing.decided[:, END - 30 : END] = 255  # coloured
    faded = drawing.faded()
    assert not faded[80:180, 20:40].any() and not faded[:, END - 30 : END - 5].any()


def test_a_line_parts_a_surface_from_an_end_whatever_joins_them_far_away() -> None:
    drawing = Drawing()
    drawing.draw(slice(0, 180), slice(END - 6, END - 3))
    assert not drawing.faded()[: 180 - REACH, : END - 7].any()


def test_an_end_with_gaps_is_as_long_as_one_without() -> None:
    drawing = Drawing()
    drawing.draw(slice(None), slice(END - 2, END))
    drawing.draw(slice(None, None, 6), slice(END - 2, END), kind=OPEN)
    assert (drawing.faded()[:, END - REACH + 2] > 0).all()


def strokes(drawing: Drawing) -> None:
    random = np.random.default_rng(3)
    for row in random.integers(0, 1060, 60):
        drawing.draw(slice(row, row + 5), slice(END - 12, END))


def a_long_line(drawing: Drawing) -> None:
    drawing.draw(slice(0, 700), slice(END - 6, END - 3))


def gaps(drawing: Drawing) -> None:
    drawing.draw(slice(None), slice(END - 2, END))
    drawing.draw(slice(None, None, 6), slice(END - 2, END), kind=OPEN)


@pytest.mark.parametrize("draw", [strokes, a_long_line, gaps])
def test_long_pages_are_faded_as_in_one_piece(
    draw: Callable[[Drawing], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = Drawing(height=1060)
    draw(drawing)
    pieces = drawing.faded()
    monkeypatch.setattr(fading, "FADED_ROWS", 1060)
    assert np.array_equal(drawing.faded(), pieces)


def test_ends_that_lie_apart_are_felt_as_by_themselves() -> None:
    """Only what is around the ends is looked at, wherever they are."""
    both, left, right = (Drawing() for _ in range(3))
    for drawing, nicks in ((both, (30, 200)), (left, (30,)), (right, (200,))):
        drawing.draw(slice(None), slice(END - 2, END))
        for row in nicks:
            drawing.draw(slice(row, row + 20), slice(END - 2, END), kind=OPEN)
    one, other = left.faded(), right.faded()
    assert one[:100, :END].any() and other[140:, :END].any()
    assert np.array_equal(both.faded(), np.maximum(one, other))


def test_steps_are_counted_to_the_last_though_there_is_no_more_to_reach() -> None:
    random = np.random.default_rng(0)
    for share in (0.05, 0.4, 0.7):
        surface = (random.random((60, 50)) < share).astype(np.uint8)
        ends = surface & (random.random((60, 50)) < 0.01).astype(np.uint8)
        reached, since = ends, np.zeros(ends.shape)
        for step in range(20):
            since += reached
            shape = cv2.MORPH_RECT if step % 2 else cv2.MORPH_CROSS
            wider = cv2.dilate(reached, cv2.getStructuringElement(shape, (3, 3)))
            reached = np.asarray(wider, np.uint8) & surface
        assert np.array_equal(fading._count_steps(surface, ends, 20), 20 - since)
