"""How like all segments are to an edit's points is measured once, whatever is asked of the edit then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mangacolor.pipeline.editing import coverage
from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.page_looks import PageLooks
from mangacolor.pipeline.editing.points import make_anchor, read_point
from mangacolor.stages.edits.coverage import measure_coverage
from mangacolor.stages.edits.model import Anchor, Edit, Level, Reach
from mangacolor.tests.helpers.edited_chapters import FLOOR, TONE, colour, write_pages
from mangacolor.tests.helpers.stages import tiny_weights

LIKENESSES = (0.0, 0.3, 0.9)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> ColouredChapter:
    folder = tmp_path_factory.mktemp("chapter")
    colour(write_pages(folder / "in", 2), folder / "out", tiny_weights(folder))
    return open_chapter(folder / "out")


@pytest.fixture
def surfaces(chapter: ColouredChapter) -> Surfaces:
    return Surfaces.of(chapter)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Edit]]:
    """The edits that are measured, one after the other."""
    edits: list[Edit] = []

    def count(edit: Edit, *given: object) -> object:
        edits.append(edit)
        return measure_coverage(edit, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(coverage, "measure_coverage", count)
    yield edits


def anchor(chapter: ColouredChapter, point: str) -> Anchor:
    return make_anchor(chapter, PageLooks(chapter.pages.__getitem__), read_point(point, "--at"))


def edit(chapter: ColouredChapter, reach: Reach, likeness: float = 0.3) -> Edit:
    meant, wrong = anchor(chapter, f"0.png:{TONE}"), anchor(chapter, f"1.png:{TONE}")
    return Edit(1, "#2255aa", reach, (meant,), (wrong, anchor(chapter, f"0.png:{FLOOR}")), likeness)


def test_a_click_measures_once(chapter: ColouredChapter, surfaces: Surfaces, measured: list[Edit]) -> None:
    wanted = edit(chapter, Reach.ALIKE)
    surfaces.covers([wanted])
    surfaces.covers_at(wanted, LIKENESSES)
    surfaces.pages_of([replace(wanted, colour="#aa2255", likeness=0.7, locked=True, name="hair")])
    assert len(measured) == 1
    for other in (
        replace(wanted, negatives=()),
        replace(wanted, reach=Reach.PAGE),
        replace(wanted, level=Level.COARSE),
    ):
        surfaces.covers([other])
    assert len(measured) == 4


@pytest.mark.parametrize("reach", [Reach.SEGMENT, Reach.PANEL, Reach.PAGE, Reach.ALIKE])
@pytest.mark.parametrize("likeness", LIKENESSES)
def test_what_it_would_be_unopposed_is_what_it_is_without_negatives(
    chapter: ColouredChapter, surfaces: Surfaces, reach: Reach, likeness: float
) -> None:
    opposed = edit(chapter, reach, likeness)
    free = replace(opposed, negatives=())
    told, alone = surfaces.covers([opposed])[1], surfaces.covers([free])[1]
    assert told.unopposed == alone.pages
    assert alone.unopposed is None
    if reach is Reach.ALIKE and likeness == 0.3:
        assert sum(told.pages.values()) < sum(alone.pages.values())


def test_a_point_that_is_meant_after_all_is_measured_anew(
    chapter: ColouredChapter, surfaces: Surfaces
) -> None:
    """The same two points say another thing."""
    opposed = edit(chapter, Reach.ALIKE, 0.3)
    surfaces.covers([opposed])
    meant = replace(opposed, anchors=(*opposed.anchors, *opposed.negatives), negatives=())
    assert surfaces.covers([meant])[1].pages == Surfaces.of(chapter).covers([meant])[1].pages
    assert surfaces.covers([meant])[1].pages != surfaces.covers([opposed])[1].pages


def test_of_more_edits_than_are_kept_those_that_are_stay(
    chapter: ColouredChapter, surfaces: Surfaces, measured: list[Edit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A palette is gone through from its first edit to its last, again and again."""
    monkeypatch.setattr(coverage, "MEASURED", 3 * len(surfaces.segments))  # of three edits
    reaches = (Reach.SEGMENT, Reach.PANEL, Reach.PAGE, Reach.ALIKE)
    edits = [replace(edit(chapter, reach), id=at) for at, reach in enumerate(reaches)]
    surfaces.covers([replace(edits[0], negatives=())])  # of none of them: it gives its place up
    del measured[:]
    owners = [surfaces.resolve(edits).owner for _ in range(3)]
    assert [edit.reach for edit in measured] == [*reaches, Reach.ALIKE, Reach.ALIKE]
    assert all(np.array_equal(owner, owners[0]) for owner in owners)


def test_what_is_the_same_for_all_edits_is_kept_once(chapter: ColouredChapter, surfaces: Surfaces) -> None:
    edits = [replace(edit(chapter, reach), id=at) for at, reach in enumerate((Reach.PAGE, Reach.ALIKE))]
    one, other = surfaces.resolve(edits).coverage
    assert one.area is other.area and one.surface is other.surface


def test_more_edits_than_are_kept_are_measured_again(
    chapter: ColouredChapter, surfaces: Surfaces, measured: list[Edit], monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = [replace(edit(chapter, reach), id=at) for at, reach in enumerate((Reach.PAGE, Reach.ALIKE))]
    before = surfaces.resolve(edits).owner
    assert len(measured) == 2
    monkeypatch.setattr(coverage, "MEASURED", len(surfaces.segments))  # of one edit
    for _ in range(2):
        surfaces.resolve(edits[1:])
    assert len(measured) == 2
    surfaces.covers([replace(edits[0], reach=Reach.PANEL)])  # takes the place of all others
    assert np.array_equal(surfaces.resolve(edits).owner, before)
    assert len(measured) == 5
