"""Colours decided from all votes of a chapter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.harmonize.clustering import LookAlikes
from mangacolor.stages.harmonize.colour_assignment import decided, told

BROWN, BLUE, GREEN = (-20.0, 15.0), (40.0, -20.0), (-20.0, -20.0)
PALETTE = np.array([BROWN, BLUE, GREEN])


def votes(*chances: Sequence[float]) -> Image:
    return np.asarray(np.rint(255 * np.sqrt(np.array(chances))), np.uint8)


def strangers(count: int) -> LookAlikes:
    return LookAlikes(np.zeros((count, 1), np.int64), np.zeros((count, 1)))


def decide(table: Image, found: LookAlikes | None = None) -> np.ndarray:
    ones = np.ones(len(table))
    return decided(table, PALETTE, ones, ones, found or strangers(len(table)))


def test_of_things_that_may_be_blue_the_likeliest_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine walls that are blue with a chance of one in ten, and a tenth with a little more: it is the one."""
    table = votes(*[(0.9, 0.1, 0)] * 9, (0.75, 0.25, 0))
    monkeypatch.setattr("mangacolor.stages.harmonize.colour_assignment.TEMPERATURES", (0.65, 0.65))
    cb = decide(table)[:, 0]
    assert cb[9] > 0  # the mean of its votes is -5
    assert (cb[:9] < -14).all()  # and of theirs -14
    monkeypatch.setattr("mangacolor.stages.harmonize.colour_assignment.TEMPERATURES", (0.5, 0.5))
    assert decide(table)[9, 0] > 4


@pytest.mark.parametrize("doubt", [0.3, 0.45])
def test_colours_are_mixed_from_as_many_of_the_palette_however_little_is_known(
    doubt: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Votes that leave much open are sharpened more than those that leave little."""
    rng = np.random.default_rng(2)
    chances = np.full((300, 8), doubt / 8)
    chances[np.arange(300), rng.integers(8, size=300)] += 1 - doubt
    table = votes(*chances)
    palette = np.array([(40 * np.cos(turn), 40 * np.sin(turn)) for turn in np.arange(8) * np.pi / 4])

    def lively() -> float:
        ones = np.ones(300)
        made = decided(table, palette, ones, ones, strangers(300))
        return float(np.hypot(*made.T).mean())

    assert lively() == pytest.approx(33.5, abs=1)  # of 40, whatever the doubt: mixed from 2 of 8
    monkeypatch.setattr("mangacolor.stages.harmonize.colour_assignment.TEMPERATURES", (1.0, 1.0))
    assert lively() == pytest.approx(40 * (1 - doubt), abs=1.5)


def test_what_is_sure_stays_what_it_is() -> None:
    table = votes(*[(1, 0, 0)] * 6, *[(0, 1, 0)] * 2, (0, 0, 1))
    expected = PALETTE[[0] * 6 + [1] * 2 + [2]]
    assert np.abs(decide(table) - expected).max() < 0.5


def test_colours_are_chosen_about_as_often_as_the_votes_foresee() -> None:
    rng = np.random.default_rng(3)
    chances = rng.dirichlet((5.0, 1.5, 1.0), 400)
    chosen = decide(votes(*chances)).mean(axis=0)
    assert chosen == pytest.approx(chances.mean(axis=0) @ PALETTE, abs=0.7)
    assert np.linalg.norm(chosen - BROWN) > 5


def test_look_alikes_are_heard() -> None:
    """A surface in two minds takes the colour of its look-alike, which is in none."""
    table = votes((0.5, 0.5, 0), (0.02, 0.98, 0), (0.5, 0.5, 0), (0.98, 0.02, 0))
    near = np.array([[1], [0], [3], [2]])
    blue, _, brown, _ = decide(table, LookAlikes(near, np.ones((4, 1))))
    assert np.linalg.norm(blue - BLUE) < 7
    assert np.linalg.norm(brown - BROWN) < 7


def test_votes_travel_along_the_links() -> None:
    """Two chains, and only the last of each knows its colour: the first hears of it from one in two minds."""
    minds, likes = (0.5, 0.5, 0), np.array([[1.0], [1.0], [0.0]] * 2)
    table = votes(minds, minds, (0.02, 0.98, 0), minds, minds, (0.98, 0.02, 0))
    near = np.array([[1], [2], [0], [4], [5], [3]])
    made = decide(table, LookAlikes(near, likes))
    assert np.linalg.norm(made[0] - BLUE) < 7
    assert np.linalg.norm(made[3] - BROWN) < 7


def test_the_largest_surfaces_decide_and_the_rest_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.stages.harmonize.colour_assignment.DECIDING", 10)
    monkeypatch.setattr("mangacolor.stages.harmonize.colour_assignment.TEMPERATURES", (0.65, 0.65))
    table = votes(*[(0.9, 0.1, 0)] * 9, (0.75, 0.25, 0), *[(0.75, 0.25, 0)] * 30)
    area = np.array([100.0] * 10 + [1.0] * 30)
    cb = decided(table, PALETTE, np.ones(40), area, strangers(40))[:, 0]
    assert (cb[9:] > 0).all() and (cb[:9] < -14).all()
    monkeypatch.setattr("mangacolor.stages.harmonize.colour_assignment.TEMPERATURES", (0.5, 0.5))
    cb = decided(table, PALETTE, np.ones(40), area, strangers(40))[:, 0]
    assert (cb[9:] > 4).all() and (cb[:9] < -14).all()


def test_votes_tell_nothing_if_all_are_alike_and_all_if_each_is_sure() -> None:
    even = np.ones(4)
    assert told(votes(*[(0.6, 0.3, 0.1)] * 4), even) == pytest.approx(0, abs=1e-6)
    sure = votes((1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 1, 0))
    assert told(sure, even) == pytest.approx(1)
    assert told(sure, np.array([9.0, 1, 9, 1])) == pytest.approx(1)  # however large the one or the other is
    assert told(votes((0.7, 0.3, 0), (0.3, 0.7, 0)), np.ones(2)) == pytest.approx(0.119, abs=0.003)
    one_thing = votes((1, 0, 0), (1, 0, 0))
    assert told(one_thing, np.ones(2)) == pytest.approx(0, abs=1e-3)
