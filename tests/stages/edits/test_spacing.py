"""Edits reach by how far apart things lie that look as a segment does, and old edits by what they keep."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from mangacolor.core.types import Inputs
from mangacolor.stages.edits import changes
from mangacolor.stages.edits.model import Anchor, Reach
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.stage import run
from mangacolor.stages.segments.chapter import gather_segments
from mangacolor.stages.segments.features import Known, SegmentFeatures
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edit_coverage import check_points, covered, edit
from mangacolor.tests.helpers.edits import EditContext, at, edited, page_of_windows
from mangacolor.tests.helpers.memory import Remembering

Pages = dict[str, Inputs]
# Strips 0 and 1 have one look, and whose they are lies near each other: kinds of identities are the same.
LOOKS, WHOSE = (0, 0, 2, 3), (0, 0, 2, 3)
USUAL, CROWDED, ALONE = (1.0,) * 4, (0.02, 0.02, 1.0, 1.0), (1.0, 1.0, 2.5, 2.5)
LOW = 1e-6  # a likeness that what is far away has, too


def chapter(count: int, spacing: tuple[float, ...] = USUAL, cohort: str = "cd" * 4) -> Pages:
    return {
        f"{number}.png": page_of_windows(number, LOOKS, whose=WHOSE, spacing=spacing, cohort=cohort)
        for number in range(count)
    }


def look_of(pages: Pages, page: str, strip: int, known: Known) -> bytes:
    """What is known of a strip of a page's first window, or less."""
    window = PageColours.from_artifact(pages[page]["colorize"]).windows[0]
    features = SegmentFeatures(window.features, identities=window.identities)
    return features.limited_to(known).look_of(strip)


def strips(pages: Pages, *kinds: int) -> set[tuple[str, int, int]]:
    return {(page, window, kind) for page in pages for window in range(2) for kind in kinds}


def test_among_many_alike_an_edit_reaches_less_far_than_among_few() -> None:
    one = edit(Reach.ALIKE, at("1.png", 1, 0))
    assert covered(chapter(3), one) == strips(chapter(3), 0, 1)
    assert covered(chapter(3, CROWDED), one) == {("1.png", 1, 0), ("1.png", 1, 1)}
    far = edit(Reach.ALIKE, at("1.png", 1, 2), likeness=0.1)
    assert covered(chapter(3), far) < covered(chapter(3, ALONE), far)


def test_spacing_says_nothing_within_a_panel() -> None:
    for spacing in (USUAL, CROWDED, ALONE):
        for likeness in (LOW, 0.1, 0.5):
            one = edit(Reach.PANEL, at("1.png", 1, 2), likeness=likeness)
            assert covered(chapter(2, spacing), one) == covered(chapter(2), one)


def before(pages: Pages, page: str, strip: int) -> Anchor:
    """A point that a version without spacing set."""
    return at(page, 0, strip, looks=look_of(pages, page, strip, Known.IDENTITY))


@pytest.mark.parametrize("gone", [True, False])
def test_an_edit_of_an_earlier_version_covers_what_it_covered(*, gone: bool) -> None:
    pages = chapter(3, CROWDED)
    plain = {f"{number}.png": page_of_windows(number, LOOKS, whose=WHOSE) for number in range(3)}
    for given in ({}, {"negatives": (before(pages, "0.png", 2),)}, {"likeness": 0.01}):
        for reach in (Reach.PANEL, Reach.PAGE, Reach.ALIKE):
            one = edit(reach, before(pages, "0.png", 0), **given)
            left, plain_left = dict(pages), dict(plain)
            if gone:
                del left["0.png"], plain_left["0.png"]
            assert covered(left, one) == covered(plain_left, one)


def test_a_cohort_that_was_drawn_anew_leaves_an_edit_its_identities() -> None:
    pages = chapter(3, CROWDED, cohort="99" * 4)
    look = look_of(chapter(1, CROWDED), "0.png", 0, Known.SPACING)
    assert covered(pages, edit(Reach.ALIKE, at("0.png", 0, 0, looks=look))) == strips(pages, 0, 1)


def test_a_page_that_comes_and_one_that_goes_change_no_other() -> None:
    pages = chapter(3, CROWDED)
    looks = look_of(pages, "0.png", 0, Known.SPACING)
    one = edit(Reach.ALIKE, at("0.png", 0, 0, looks=looks), negatives=(at("1.png", 0, 2),), likeness=LOW)
    found = covered(pages, one)
    more = {**pages, "3.png": page_of_windows(9, LOOKS, whose=WHOSE, spacing=ALONE)}
    assert {place for place in covered(more, one) if place[0] in pages} == found
    del pages["0.png"]
    assert covered(pages, one) == {place for place in found if place[0] in pages}


def test_points_only_ever_add_and_what_is_not_meant_only_ever_takes_away() -> None:
    rng = Random(3)
    pages: Pages = {
        f"{number}.png": page_of_windows(
            number, LOOKS, whose=rng.choices(range(6), k=4), spacing=rng.choices((0.3, 0.7, 1.0, 1.4), k=4)
        )
        for number in range(3)
    }
    everywhere = sorted(strips(pages, *range(4)))
    places = [at(page, window, strip) for page, window, strip in everywhere]
    check_points(pages, places, rng, 8)
    old = [before(pages, page, strip) for page, window, strip in everywhere if window == 0]
    mixed = [replace(place, x=place.x - 1) for place in places]
    check_points(pages, [*mixed, *old], rng, 8)


def test_a_chapter_with_a_page_of_another_cohort_is_compared_without_spacing() -> None:
    pages = {
        **chapter(2, CROWDED),
        "2.png": page_of_windows(2, LOOKS, whose=WHOSE, spacing=CROWDED, cohort="99" * 4),
    }
    assert covered(pages, edit(Reach.ALIKE, at("1.png", 1, 0))) == strips(pages, 0, 1)
    mixed = {**chapter(2, CROWDED), "2.png": page_of_windows(2, LOOKS, whose=WHOSE)}
    read = (
        (PageColours.from_artifact(page["colorize"]), page["balloons"].images["main"])
        for page in mixed.values()
    )
    segments = gather_segments(read)
    assert segments.features.spacing is None and segments.features.identities is not None
    assert covered(mixed, edit(Reach.ALIKE, at("1.png", 1, 0))) == strips(mixed, 0, 1)


def test_a_series_knows_no_more_of_an_edit_than_it_keeps() -> None:
    pages, memory = chapter(2, CROWDED), Remembering()
    palette = changes.add_edit(Palette(), edit(Reach.ALIKE, before(pages, "0.png", 0)))
    run(EditContext.of(pages, palette, memory=memory), pages)
    following: Pages = {"9.png": page_of_windows(9, LOOKS, whose=WHOSE, spacing=CROWDED)}
    found = edited(run(EditContext.of(following, memory=memory), following))
    assert found == strips(following, 0, 1)
    memory = Remembering()
    palette = changes.add_edit(Palette(), edit(Reach.ALIKE, at("0.png", 0, 0)))
    run(EditContext.of(pages, palette, memory=memory), pages)
    assert not edited(run(EditContext.of(following, memory=memory), following))
