"""The oracle of the benchmarks of edits clicks on the worst error, and not where that can do only harm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mangacolor.benchmarks.quality.edit_marks import by_part, read_marks
from mangacolor.benchmarks.quality.edit_oracle import Click, Wanted, play, score
from mangacolor.core.arrays import Mask

# Six segments: three of the thing, one of both, two of other things.
WANTED = Wanted(
    right=np.array([50.0, 30.0, 10.0, 4.0, 0.0, 0.0]),
    wrong=np.array([0.0, 0.0, 0.0, 6.0, 80.0, 20.0]),
    size=np.array([50.0, 30.0, 10.0, 10.0, 80.0, 20.0]),
    lost=6.0,
    safe=14.0,
)


def one_by_one(clicks: Sequence[Click]) -> Mask:
    """Each click is for its own segment alone."""
    covered = np.zeros(6, np.bool_)
    for click in clicks:
        covered[click.segment] = click.meant
    return covered


def too_much(clicks: Sequence[Click]) -> Mask:
    """Everything but what is not meant."""
    return ~np.isin(np.arange(6), [click.segment for click in clicks if not click.meant])


def test_a_score_weighs_what_is_covered() -> None:
    found = score(WANTED, np.array([True, True, False, True, False, False]))
    assert (found.precision, found.recall, found.spilled) == (84 / 90, 84 / 100, 6 / 120)


def test_nothing_covered_is_precise_and_useless() -> None:
    found = score(WANTED, np.zeros(6, np.bool_))
    assert (found.precision, found.recall, found.spilled) == (1.0, 0.0, 0.0)


def test_what_is_missed_is_clicked_on_by_its_weight_and_what_is_mostly_wrong_never() -> None:
    scores, clicks = play(WANTED, 0, one_by_one)
    assert clicks == [Click(0), Click(1), Click(2)]
    assert [s.recall for s in scores] == [0.5, 0.8, 0.9, 0.9, 0.9, 0.9]
    assert all(s.precision == 1.0 for s in scores)


def test_what_is_wrongly_covered_is_said_not_to_be_meant() -> None:
    scores, clicks = play(WANTED, 0, too_much)
    assert clicks == [Click(0), Click(4, False), Click(5, False), Click(3, False)]
    assert [s.spilled for s in scores] == [106 / 120, 26 / 120, 6 / 120, 0, 0, 0]


@pytest.mark.parametrize("half", ["tuning", "report"])
def test_marks_are_of_figures_that_many_panels_show(half: str) -> None:
    marks = [mark for title in read_marks(half).values() for mark in title]
    figures = {mark.figure for mark in marks if mark.figure}
    assert len(figures) in (6, 7)
    assert {mark.part for mark in marks if mark.figure} == {"hair", "skin", "cloth"}
    assert all(mark.thing for mark in marks if not mark.figure)
    assert all(len(places) >= 3 for title in read_marks(half).values() for places in by_part(title).values())


def test_each_half_keeps_its_figures_to_itself() -> None:
    tuning, report = (
        {mark.figure for title in read_marks(half).values() for mark in title}
        for half in ("tuning", "report")
    )
    assert tuning & report == {""}
