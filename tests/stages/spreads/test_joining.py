"""Where halves lie in their drawing, pixel for pixel."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.core.arrays import Mask
from mangacolor.core.errors import PageError
from mangacolor.core.types import Spread
from mangacolor.stages.spreads.edges import Edge, PageEdges
from mangacolor.stages.spreads.halves import Half, half_of
from mangacolor.stages.spreads.joining import join_halves, lay_out
from mangacolor.stages.spreads.matching import Match
from mangacolor.stages.spreads.params import PARAMS
from mangacolor.tests.helpers.stages import Bytes

DRAWN: Mask = np.ones(PARAMS.rows, np.bool_)


def edges(width: int, height: int, border: int) -> PageEdges:
    edge = Edge(np.zeros(PARAMS.rows, np.float32), np.zeros(PARAMS.rows, np.float32), DRAWN, border)
    return PageEdges((width, height), edge, edge)


@pytest.mark.parametrize("shift", [-4, 0, 4])
def test_halves_come_back_out_of_their_drawing(shift: int) -> None:
    rng = np.random.default_rng(2)
    left, right = (rng.integers(0, 256, (1024, w, 3)).astype(np.uint8) for w in (60, 50))
    size, first, second = lay_out(edges(60, 1024, 2), edges(50, 1024, 3), Match(2.0, shift))
    assert size == (58 + 47, 1024 + abs(shift))
    ours = Spread("r", Bytes(b""), size, first, second, border=2)
    theirs = Spread("l", Bytes(b""), size, second, first, border=3)
    drawing = join_halves(left, right, ours)
    assert np.array_equal(drawing, join_halves(right, left, theirs))  # both see the very same
    for page, spread, inside in ((left, ours, np.s_[:58]), (right, theirs, np.s_[3:])):
        half = Half.of(spread)
        x, y, w, h = half.box
        assert half.size == (page.shape[1], page.shape[0])
        assert np.array_equal(drawing[y : y + h, x : x + w], page[:, inside])
        assert half.to_page(half.box) == (half.left, 0, w, h)
        assert half.to_drawing(*half.to_page((x + 5, y + 9, 1, 1))[:2]) == (x + 5, y + 9)
        assert half_of(half.to_document()) == half
    assert second[1] - first[1] == shift


def test_what_the_scan_added_belongs_to_no_window_and_stays_paper() -> None:
    half = Half((50, 20), (58, 0, 47, 20))
    windows = np.full((20, 105), 7, np.int16)
    cut = half.cut_windows(windows)
    assert cut.shape == (20, 50)
    assert (cut[:, :3] == -1).all() and (cut[:, 3:] == 7).all()
    mask = half.cut_mask(np.zeros((20, 105), np.uint8))
    assert (mask[:, :3] == 255).all() and not mask[:, 3:].any()


@pytest.mark.parametrize("shape", [(1000, 60, 3), (1024, 61, 3)])
def test_a_page_that_has_changed_meanwhile_is_refused(shape: tuple[int, int, int]) -> None:
    size, first, second = lay_out(edges(60, 1024, 2), edges(50, 1024, 3), Match(2.0, 0))
    spread = Spread("r", Bytes(b""), size, first, second, border=2)
    with pytest.raises(PageError, match="has changed"):
        join_halves(np.zeros(shape, np.uint8), np.zeros((1024, 50, 3), np.uint8), spread)
