"""The benchmark of reach within a panel weighs segments by points, and its marks keep to their halves."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from mangacolor.benchmarks.quality.edit_chapter import EditChapter
from mangacolor.benchmarks.quality.edit_marks import MARKS as FIGURES
from mangacolor.benchmarks.quality.edit_oracle import Wanted
from mangacolor.benchmarks.quality.edit_panels import Reached, average_precision, measure
from mangacolor.benchmarks.quality.panel_marks import Thing, read_things
from mangacolor.core.types import Point
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.stages.edits.coverage import Coverage
from mangacolor.stages.edits.locating import PageIndex
from mangacolor.stages.edits.model import Reach
from mangacolor.stages.segments.chapter import gather_segments
from mangacolor.stages.segments.features import TONE
from mangacolor.stages.spreads.drawings import Drawings
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edits import EditContext, at, digest_of, page_of_windows

NAME = "a.png"


def chapter(kinds: Sequence[int], black: Sequence[int] = ()) -> EditChapter:
    """A page of two panels, each of strips of these kinds; those at ``black`` are solid ink."""
    page = page_of_windows(0, kinds)
    page["colorize"].images["surfaces"][list(black), TONE] = 20
    pages = {NAME: page}
    colours = PageColours.from_artifact(page["colorize"])
    segments = gather_segments([(colours, page["balloons"].images["main"])])
    drawings = Drawings.of(EditContext.of(pages).chapter, pages)
    surfaces = Surfaces(drawings, segments, PageIndex({NAME: digest_of(NAME)}))
    return EditChapter(surfaces, np.zeros(len(segments), np.int64))


def strips(*numbers: int) -> tuple[Point, ...]:
    """Points in these strips of the first panel."""
    anchors = [at(NAME, 0, number) for number in numbers]
    return tuple((anchor.x, anchor.y) for anchor in anchors)


def reached(
    out: EditChapter, same: tuple[Point, ...], other: tuple[Point, ...], reach: Reach = Reach.PANEL
) -> Reached:
    (found,) = measure(out, [Thing(NAME, 1, "hair", same, other)], 0.5, reach)
    return found


@pytest.mark.parametrize("reach", [Reach.PANEL, Reach.ALIKE])
def test_what_is_alike_is_reached_and_other_panels_do_not_count(reach: Reach) -> None:
    found = reached(chapter((0, 0, 1, 0)), strips(0, 1, 3), strips(2), reach)
    assert found.anchor == pytest.approx(1 / 3)
    assert found.average == pytest.approx(1.0)
    assert (found.scores[0].precision, found.scores[0].recall) == pytest.approx((1.0, 1.0))


def test_what_looks_like_other_things_costs_precision_and_is_mended_by_clicks() -> None:
    # Of the thing one strip looks otherwise, and two of other things look like its first.
    found = reached(chapter((0, 1, 0, 0)), strips(0, 1), strips(2, 3))
    first, second = (1 / 3, 1 / 2), (1.0, 1 / 2)  # precision and recall by either anchor
    assert found.scores[0].precision == pytest.approx((first[0] + second[0]) / 2)
    assert found.scores[0].recall == pytest.approx((first[1] + second[1]) / 2)
    assert (found.scores[-1].precision, found.scores[-1].recall) == pytest.approx((1.0, 1.0))


def test_average_precision_is_of_what_each_likeness_adds_beside_the_anchor() -> None:
    nothing, area = np.zeros(6, np.bool_), np.ones(6)
    likeness = np.array([1.0, 0.9, 0.7, 0.7, 0.4, 0.8])
    known = Coverage(likeness, nothing, nothing, 180.0, np.arange(6), area)
    right, wrong = np.array([9.0, 2.0, 1.0, 0.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 3.0, 0.0, 0.0])
    # The last has no mark; of those that are as like, one is right and one wrong.
    expected = (2 * 2 / 2 + 1 * 3 / 6 + 1 * 4 / 7) / 4
    assert average_precision(Wanted(right, wrong, area), 0, known) == pytest.approx(expected)


def test_a_segment_counts_once_and_is_divided_by_its_points() -> None:
    x, y = strips(1)[0]
    beside = ((x + 3, y), (x + 6, y), (x + 9, y))
    whole = reached(chapter((0, 0, 1, 1)), (*strips(0, 1), (x - 3, y)), strips(2))
    assert whole.anchor == pytest.approx(1 / 2)
    shared = reached(chapter((0, 0, 1, 0)), (*strips(0, 1, 3),), (*strips(2), *beside[:1]))
    assert shared.scores[0].precision == pytest.approx(2.5 / 3)


def test_solid_ink_has_no_weight() -> None:
    found = reached(chapter((0, 0, 0, 1), black=(2,)), strips(0, 1, 2), strips(3))
    assert found.anchor == pytest.approx(1 / 2)
    assert found.scores[0].recall == pytest.approx(1.0)


def test_a_thing_of_which_one_segment_is_met_says_nothing() -> None:
    assert (
        measure(chapter((0, 1, 2, 3)), [Thing(NAME, 1, "hair", strips(0), strips(1))], 0.5, Reach.PANEL) == []
    )


def test_pages_are_known_by_their_names_and_others_are_left_out() -> None:
    things = [Thing(page, 1, "hair", (), ()) for page in ("a.webp", "b.webp")]
    assert [thing.page for thing in chapter((0, 1, 2, 3)).on_known_pages(things)] == [NAME]


@pytest.mark.parametrize("half", ["tuning", "report"])
def test_marks_are_of_things_of_several_segments_and_of_one_half(half: str) -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))["halves"]
    things = [thing for title in read_things(half).values() for thing in title]
    assert len(things) > 100
    for thing in things:
        assert len(set(thing.same)) >= 2
        assert thing.other
        assert not set(thing.same) & set(thing.other)
        assert figures.get(thing.name.split()[0], half) == half


def test_no_figure_is_in_both_halves() -> None:
    tuning, report = (
        {(title, thing.name) for title, things in read_things(half).items() for thing in things}
        for half in ("tuning", "report")
    )
    assert {name for _, name in tuning & report} <= {"ground", "wall", "floor"}
