"""A line means every surface that it crosses, once, at a point well inside."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mangacolor.core.types import Point
from mangacolor.pipeline.editing.page_looks import LookedAt
from mangacolor.pipeline.editing.strokes import MOST_POINTS, _points, find_crossings
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.spreads.halves import Half
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edits import HIGH, KINDS, WIDE, page_of_windows


def crossings(*line: Point, half: Half | None = None) -> list[tuple[int, Point]]:
    found = find_crossings(LookedAt(half, PageLook.of(page_of_windows(0))), line)
    return [(crossing.row, crossing.at) for crossing in found]


def middles(rows: Sequence[int], x: int) -> list[tuple[int, Point]]:
    return [(row, (x, HIGH * row + HIGH // 2)) for row in rows]


def test_each_surface_once_in_the_middle_of_what_is_crossed_of_it() -> None:
    assert crossings((30, 0), (30, KINDS * HIGH - 1)) == middles(range(KINDS), 30)


def test_a_line_back_and_forth_means_a_surface_once() -> None:
    there = (30, 2 * HIGH - 1)
    assert [row for row, _ in crossings((30, 0), there, (31, 0), there)] == [0, 1]


def test_the_order_is_the_lines() -> None:
    assert [row for row, _ in crossings((30, 3 * HIGH - 1), (30, 0))] == [2, 1, 0]


def test_what_is_grazed_is_left_out_unless_all_is() -> None:
    assert [row for row, _ in crossings((30, 0), (30, HIGH + 2))] == [0]
    assert [row for row, _ in crossings((30, HIGH - 1), (30, HIGH))] == [0, 1]


@pytest.mark.parametrize(("beyond", "rows"), [(5, [0]), (15, [0, 1])])
def test_to_slip_out_into_something_large_does_not_mean_it(beyond: int, rows: list[int]) -> None:
    page = page_of_windows(0)
    labels = PageColours.from_artifact(page["colorize"]).windows[0].labels
    labels[:] = 2
    labels[20:40, 20:40] = 1
    found = find_crossings(LookedAt.of(page), [(22, 30), (39 + beyond, 30)])
    assert [crossing.row for crossing in found] == rows


def test_one_point_is_a_line() -> None:
    assert crossings((30, HIGH + 5)) == [(1, (30, HIGH + 5))]


def test_balloons_paper_and_solid_ink_are_passed_over_and_the_page_may_be_left() -> None:
    page = page_of_windows(0)
    page["balloons"].images["main"][:HIGH] = 255
    page["panels"].images["ground"][HIGH : 2 * HIGH] = 255
    PageColours.from_artifact(page["colorize"]).windows[0].descreened[2 * HIGH : 3 * HIGH] = 20
    found = find_crossings(LookedAt.of(page), [(30, -40), (30, KINDS * HIGH - 1)])
    assert [crossing.row for crossing in found] == [3]
    assert find_crossings(LookedAt.of(page), [(30, 0), (30, HIGH)]) == ()


def test_half_of_a_spread_is_looked_up_in_its_drawing() -> None:
    left = 20
    half = Half((WIDE - left, 2 * KINDS * HIGH), (left, 0, WIDE - left, 2 * KINDS * HIGH))
    assert crossings((5, 0), (5, HIGH - 1), half=half) == middles([0], 5)
    assert crossings((-30, 0), (-30, HIGH - 1), half=half) == []


def test_a_point_beside_the_half_is_passed_over() -> None:
    half = Half((20, 2 * KINDS * HIGH), (0, 0, 20, 2 * KINDS * HIGH))
    assert crossings((10, 0), (10, HIGH - 1), half=half) == middles([0], 10)
    assert crossings((30, 0), (30, HIGH - 1), half=half) == []


def test_segments_that_no_edit_covers_are_passed_over() -> None:
    page = page_of_windows(0)
    page["balloons"].images["main"][: HIGH - 5] = 255
    assert [
        crossing.row for crossing in find_crossings(LookedAt.of(page), [(30, 0), (30, 2 * HIGH - 1)])
    ] == [1]


@pytest.mark.parametrize("far", [2**20, 10**7])
def test_a_long_line_is_looked_at_at_few_points(far: int) -> None:
    points, step = _points([(30, 0), *[(far, 0), (30, 0)] * 200], 1.0)
    assert len(points) == MOST_POINTS and step > 1
    assert points[0] == points[-1] == (30, 0)
