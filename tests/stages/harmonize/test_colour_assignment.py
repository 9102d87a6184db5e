"""Colours decided from all votes of a chapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.colour_assignment import assign_colours, uncertainty_coefficient
from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.params import AssignmentParams

BROWN, BLUE, GREEN = (-20.0, 15.0), (40.0, -20.0), (-20.0, -20.0)
PALETTE = np.array([BROWN, BLUE, GREEN])
PARAMS = AssignmentParams()


def at_temperature(temperature: float) -> AssignmentParams:
    """Votes are neither sharpened nor softened to suit the chapter."""
    return replace(PARAMS, temperatures=(temperature, temperature))


def votes(*chances: Sequence[float]) -> Image:
    return np.asarray(np.rint(255 * np.sqrt(np.array(chances))), np.uint8)


def strangers(count: int) -> KnnGraph:
    return KnnGraph(np.zeros((count, 1), np.int64), np.zeros((count, 1)))


def assign(table: Image, graph: KnnGraph | None = None, params: AssignmentParams = PARAMS) -> np.ndarray:
    ones = np.ones(len(table))
    return assign_colours(table, PALETTE, ones, ones, graph or strangers(len(table)), params, nobody(table))[
        0
    ]


def nobody(table: Image) -> F32:
    """What is remembered of segments with as many votes: nothing."""
    return np.zeros((0, table.shape[1]), np.float32)


def test_of_things_that_may_be_blue_the_likeliest_are() -> None:
    """Nine walls that are blue with a chance of one in ten, and a tenth with a little more: it is the one."""
    table = votes(*[(0.9, 0.1, 0)] * 9, (0.75, 0.25, 0))
    cb = assign(table, params=at_temperature(0.65))[:, 0]
    assert cb[9] > 0  # the mean of its votes is -5
    assert (cb[:9] < -14).all()  # and of theirs -14
    assert assign(table, params=at_temperature(0.5))[9, 0] > 4


@pytest.mark.parametrize("doubt", [0.3, 0.45])
def test_colours_are_mixed_from_as_many_of_the_palette_however_little_is_known(
    doubt: float,
) -> None:
    """Votes that leave much open are sharpened more than those that leave little."""
    rng = np.random.default_rng(2)
    chances = np.full((300, 8), doubt / 8)
    chances[np.arange(300), rng.integers(8, size=300)] += 1 - doubt
    table = votes(*chances)
    palette = np.array([(40 * np.cos(turn), 40 * np.sin(turn)) for turn in np.arange(8) * np.pi / 4])

    def strength(params: AssignmentParams) -> float:
        ones = np.ones(300)
        colours, _ = assign_colours(table, palette, ones, ones, strangers(300), params, nobody(table))
        return float(np.hypot(*colours.T).mean())

    quarter = replace(PARAMS, target_perplexity=0.25)
    assert strength(quarter) == pytest.approx(33.5, abs=1)  # of 40, whatever the doubt: mixed from 2 of 8
    assert strength(PARAMS) > strength(quarter) + 4
    assert strength(at_temperature(1.0)) == pytest.approx(40 * (1 - doubt), abs=1.5)


def test_what_is_sure_stays_what_it_is() -> None:
    table = votes(*[(1, 0, 0)] * 6, *[(0, 1, 0)] * 2, (0, 0, 1))
    expected = PALETTE[[0] * 6 + [1] * 2 + [2]]
    assert np.abs(assign(table) - expected).max() < 0.5


def test_colours_are_chosen_about_as_often_as_the_votes_foresee() -> None:
    rng = np.random.default_rng(3)
    chances = rng.dirichlet((5.0, 1.5, 1.0), 400)
    chosen = assign(votes(*chances)).mean(axis=0)
    assert chosen == pytest.approx(chances.mean(axis=0) @ PALETTE, abs=0.7)
    assert np.linalg.norm(chosen - BROWN) > 5


def test_neighbours_are_heard() -> None:
    """A segment in two minds takes the colour of its neighbour, which is in none."""
    table = votes((0.5, 0.5, 0), (0.02, 0.98, 0), (0.5, 0.5, 0), (0.98, 0.02, 0))
    near = np.array([[1], [0], [3], [2]])
    blue, _, brown, _ = assign(table, KnnGraph(near, np.ones((4, 1))))
    assert np.linalg.norm(blue - BLUE) < 7
    assert np.linalg.norm(brown - BROWN) < 7


def test_votes_travel_along_the_links() -> None:
    """Two chains, and only the last of each knows its colour: the first hears of it from one in two minds."""
    minds, likes = (0.5, 0.5, 0), np.array([[1.0], [1.0], [0.0]] * 2)
    table = votes(minds, minds, (0.02, 0.98, 0), minds, minds, (0.98, 0.02, 0))
    near = np.array([[1], [2], [0], [4], [5], [3]])
    colours = assign(table, KnnGraph(near, likes))
    assert np.linalg.norm(colours[0] - BLUE) < 7
    assert np.linalg.norm(colours[3] - BROWN) < 7


def test_the_largest_segments_decide_and_the_rest_follows() -> None:
    table = votes(*[(0.9, 0.1, 0)] * 9, (0.75, 0.25, 0), *[(0.75, 0.25, 0)] * 30)
    area = np.array([100.0] * 10 + [1.0] * 30)
    for temperature, least in ((0.65, 0), (0.5, 4)):
        params = replace(at_temperature(temperature), max_segments=10)
        alone = strangers(40)
        cb = assign_colours(table, PALETTE, np.ones(40), area, alone, params, nobody(table))[0][:, 0]
        assert (cb[9:] > least).all() and (cb[:9] < -14).all()


def test_votes_tell_nothing_if_all_are_alike_and_all_if_each_is_sure() -> None:
    even = np.ones(4)
    assert uncertainty_coefficient(votes(*[(0.6, 0.3, 0.1)] * 4), even) == pytest.approx(0, abs=1e-6)
    sure = votes((1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 1, 0))
    assert uncertainty_coefficient(sure, even) == pytest.approx(1)
    uneven = np.array([9.0, 1, 9, 1])  # it does not matter how large the one or the other is
    assert uncertainty_coefficient(sure, uneven) == pytest.approx(1)
    unsure = votes((0.7, 0.3, 0), (0.3, 0.7, 0))
    assert uncertainty_coefficient(unsure, np.ones(2)) == pytest.approx(0.119, abs=0.003)
    one_thing = votes((1, 0, 0), (1, 0, 0))
    assert uncertainty_coefficient(one_thing, np.ones(2)) == pytest.approx(0, abs=1e-3)
