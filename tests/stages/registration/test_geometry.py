"""What registration rests on: a placement among false pairs, lines followed between pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.stages.registration.follow import follow_lines
from mangacolor.stages.registration.lines import find_lines, resize_to
from mangacolor.stages.registration.params import FINE_LINES, PASSES
from mangacolor.stages.registration.placement import find_placement
from mangacolor.stages.registration.points import PointPairs, find_points, pair_points
from mangacolor.tests.helpers.editions import example_page

RNG = np.random.default_rng(7)


def pairs(true: int, false: int, scale: float, turn: float) -> tuple[PointPairs, np.ndarray]:
    """Pairs of which some follow one placement (2×3), and the placement."""
    angle = np.deg2rad(turn)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0]])
    matrix[:, 2] = 40.0, -25.0
    count = true + false
    ours = RNG.uniform(0, 600, (count, 2))
    theirs = ours @ matrix[:, :2].T + matrix[:, 2] + RNG.normal(0, 0.3, (count, 2))
    theirs[true:] = RNG.uniform(0, 600, (false, 2))
    sizes = RNG.uniform(3, 20, count)
    their_sizes = sizes * scale * np.exp(RNG.normal(0, 0.1, count))
    order = RNG.permutation(count)
    columns = (ours[order], theirs[order], sizes[order], their_sizes[order])
    return PointPairs(*(column.astype(np.float32) for column in columns)), matrix


@pytest.mark.parametrize(("scale", "turn"), [(1.0, 0.0), (0.3, 2.0), (2.5, -4.0)])
def test_a_placement_is_found_among_four_times_as_many_false_pairs(scale: float, turn: float) -> None:
    some, matrix = pairs(30, 120, scale, turn)
    found = find_placement(some, 1.0, 1.0)
    assert found is not None
    corners = np.array([[0, 0], [600, 0], [0, 600], [600, 600]], np.float32)
    assert np.abs(found.carry(corners) - (corners @ matrix[:, :2].T + matrix[:, 2])).max() < 1.5 * scale
    assert found.scale == pytest.approx(scale, rel=0.01)
    assert found.pairs > 20


def test_no_placement_is_found_in_chance() -> None:
    some, _ = pairs(0, 200, 1.0, 0.0)
    found = find_placement(some, 1.0, 1.0)
    assert found is None or found.pairs < 12


def test_pages_upside_down_are_none_of_ours() -> None:
    some, _ = pairs(100, 0, 1.0, 90.0)
    assert find_placement(some, 1.0, 1.0) is None


def test_points_are_found_again_and_lie_where_they_were() -> None:
    page = example_page(3)
    half = np.asarray(cv2.resize(page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    found = pair_points(find_points(page), find_points(half))
    stray = np.hypot(*((found.theirs + 0.5) * 2 - (found.ours + 0.5)).T)
    assert len(stray) > 500
    assert (stray < 3).mean() > 0.9


@pytest.mark.parametrize("shift", [(0.0, 0.0), (2.0, -1.0), (1.4, 2.6), (-3.3, 0.5)])
def test_lines_are_followed_between_pixels(shift: tuple[float, float]) -> None:
    page = resize_to(example_page(3), 420, 8)
    matrix = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    moved = cv2.warpAffine(page, matrix, page.shape[1::-1], flags=cv2.INTER_CUBIC, borderValue=255)
    theirs = find_lines(np.asarray(moved, np.uint8), FINE_LINES)
    found = follow_lines(find_lines(page, FINE_LINES), theirs, PASSES[0])
    sure = found.confidence > np.quantile(found.confidence, 0.5)
    assert np.abs(found.shift[sure] - np.array(shift)).mean() < 0.15
