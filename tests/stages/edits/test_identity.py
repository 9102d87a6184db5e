"""Edits reach by whose a segment is, where the network says so, and by how it looks elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from mangacolor.core.types import Inputs
from mangacolor.stages.edits import changes
from mangacolor.stages.edits.model import Anchor, Reach
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import to_document
from mangacolor.stages.edits.params import PARAMS
from mangacolor.stages.edits.splitting import find_halves, is_second_half
from mangacolor.stages.edits.stage import Config, run
from mangacolor.stages.segments.chapter import gather_segments
from mangacolor.stages.segments.features import Known, SegmentFeatures, with_head
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edit_coverage import check_points, covered, edit
from mangacolor.tests.helpers.edits import FEATURES, EditContext, at, edited, page_of_windows
from mangacolor.tests.helpers.memory import Remembering

Pages = dict[str, Inputs]
# Strips 0 and 1 look alike, and are two figures'.
LOOKS, WHOSE = (0, 0, 2, 3), (0, 1, 2, 3)


def chapter(count: int, whose: tuple[int, ...] = WHOSE) -> Pages:
    return {f"{number}.png": page_of_windows(number, LOOKS, whose=whose) for number in range(count)}


def strips(pages: Pages, *kinds: int) -> set[tuple[str, int, int]]:
    return {(page, window, kind) for page in pages for window in range(2) for kind in kinds}


def look_of(pages: Pages, page: str, strip: int, *, whole: bool) -> bytes:
    """What is known of a strip of a page's first window, or its row alone."""
    window = PageColours.from_artifact(pages[page]["colorize"]).windows[0]
    identities = window.identities if whole else None
    return SegmentFeatures(window.features, identities=identities).look_of(strip)


def test_an_edit_leaves_another_figures_part_of_the_same_look() -> None:
    one = edit(Reach.ALIKE, at("1.png", 1, 0))
    assert covered(chapter(3), one) == strips(chapter(3), 0)
    assert covered(chapter(3, whose=()), one) == strips(chapter(3), 0, 1)


def test_a_page_of_which_identities_are_not_known_is_compared_as_it_looks_with_all_others() -> None:
    pages = {**chapter(2), "2.png": page_of_windows(2, LOOKS)}
    assert covered(pages, edit(Reach.ALIKE, at("1.png", 1, 0))) == strips(pages, 0, 1)


@pytest.mark.parametrize("whole", [True, False])
def test_an_anchor_on_a_page_that_is_gone_speaks_by_all_that_is_known_of_it(*, whole: bool) -> None:
    pages = chapter(3)
    gone = at("0.png", 0, 0, looks=look_of(pages, "0.png", 0, whole=whole))
    del pages["0.png"]
    assert covered(pages, edit(Reach.ALIKE, gone)) == strips(pages, *((0,) if whole else (0, 1)))


def before(pages: Pages, page: str, window: int, strip: int) -> Anchor:
    """A point that a version without identities set."""
    return at(page, window, strip, looks=look_of(pages, page, strip, whole=False))


def test_an_edit_of_an_earlier_version_covers_what_it_covered() -> None:
    pages = chapter(3)
    old = before(pages, "0.png", 0, 0)
    for given in ({}, {"negatives": (before(pages, "0.png", 0, 2),)}, {"likeness": 0.01}):
        for reach in (Reach.PANEL, Reach.PAGE, Reach.ALIKE):
            one = edit(reach, old, **given)
            assert covered(pages, one) == covered(chapter(3, whose=()), one)
    assert covered(pages, edit(Reach.ALIKE, old)) == strips(pages, 0, 1)


@pytest.mark.parametrize("mixed", [True, False])
def test_a_page_that_goes_changes_no_other_under_an_edit_of_an_earlier_version(*, mixed: bool) -> None:
    pages = chapter(3)
    anchors = [before(pages, "0.png", 0, 0), *([at("1.png", 0, 1)] if mixed else [])]
    one = edit(Reach.ALIKE, *anchors, negatives=(before(pages, "0.png", 1, 2),))
    found = {place for place in covered(pages, one) if place[0] != "0.png"}
    del pages["0.png"]
    assert covered(pages, one) == found == strips(pages, 0, 1)


def test_a_point_that_is_added_to_an_edit_of_an_earlier_version_takes_nothing_away() -> None:
    pages = chapter(3)
    one = edit(Reach.ALIKE, before(pages, "0.png", 0, 0))
    more = replace(
        one, anchors=(*one.anchors, at("1.png", 0, 2, looks=look_of(pages, "1.png", 2, whole=True)))
    )
    assert covered(pages, more) == strips(pages, 0, 1, 2)
    less = replace(more, negatives=(at("2.png", 1, 1),))  # of the look of all that the first point reaches
    assert covered(pages, less) == {("0.png", 0, 0)} | strips(pages, 2)


@pytest.mark.parametrize("gone", [True, False])
def test_what_an_earlier_version_knew_not_to_be_meant_adds_nothing(*, gone: bool) -> None:
    pages = chapter(3)
    for strip in range(4):
        for likeness in (0.0, 0.01, 0.5):
            left = dict(pages)
            one = edit(Reach.ALIKE, at("1.png", 0, 0), likeness=likeness)
            less = replace(one, negatives=(before(pages, "0.png", 0, strip),))
            if gone:
                del left["0.png"]
            found = covered(left, less)
            assert found <= covered(left, one) and (strip != 2 or strips(left, 2).isdisjoint(found))


OTHER_EMBEDDING = "ff" * 4


@pytest.mark.parametrize("size", [FEATURES, FEATURES + 8])
def test_identities_of_another_embedding_are_not_compared(size: int) -> None:
    pages = chapter(3)
    row = look_of(pages, "0.png", 0, whole=False)
    look = row + with_head(np.full((1, size), 90, np.uint8), OTHER_EMBEDDING).tobytes()
    one = edit(Reach.ALIKE, at("0.png", 0, 0, looks=look))
    assert covered(pages, one) == strips(pages, 0, 1)
    del pages["0.png"]
    assert covered(pages, one) == strips(pages, 0, 1)
    palette = json.dumps(to_document(changes.add_edit(Palette(), one)))
    config = Config(palette=palette)  # of another chapter
    assert edited(run(EditContext.of(pages, config=config), pages)) == strips(pages, 0, 1)


def test_another_networks_rows_are_not_taken_for_rows_with_identities() -> None:
    features = SegmentFeatures(np.full((1, 40), 7, np.uint8), 0, with_head(np.full((1, 8), 7, np.uint8), ""))
    assert features.can_read(features.look_of(0)) and features.can_read(bytes(40))
    for size in (*range(40), *range(41, 120)):
        look = bytes([7]) * size
        assert not features.can_read(look) and features.known_in(look) is Known.SPACING


def test_pages_of_two_embeddings_are_compared_as_they_look() -> None:
    pages = {**chapter(2), "2.png": page_of_windows(2, LOOKS, whose=WHOSE, digest=OTHER_EMBEDDING)}
    assert covered(pages, edit(Reach.ALIKE, at("1.png", 1, 0))) == strips(pages, 0, 1)


def test_a_series_knows_no_more_of_an_edit_of_an_earlier_version() -> None:
    pages, memory = chapter(2), Remembering()
    old, new = before(pages, "0.png", 0, 0), at("0.png", 0, 3)
    palette = changes.add_edit(Palette(), edit(Reach.ALIKE, old))
    palette = changes.add_edit(palette, edit(Reach.ALIKE, new))
    run(EditContext.of(pages, palette, memory=memory), pages)
    next_chapter: Pages = {"9.png": page_of_windows(9, LOOKS, whose=WHOSE)}
    found = edited(run(EditContext.of(next_chapter, memory=memory), next_chapter))
    assert found == strips(next_chapter, 0, 1, 3)


def test_points_of_one_segment_are_known_by_either_look() -> None:
    pages = chapter(1)
    now, before, other = (
        at("0.png", 0, 0, looks=look_of(pages, "0.png", strip, whole=whole))
        for strip, whole in ((0, True), (0, False), (1, True))
    )
    assert now.is_same_segment(before) and before.is_same_segment(now) and now.is_same_segment(now)
    assert not now.is_same_segment(other) and not now.is_same_segment(replace(now, looks=b""))
    assert not now.is_same_segment(replace(now, page="1.png"))


def test_points_only_ever_add_and_what_is_not_meant_only_ever_takes_away() -> None:
    rng = Random(7)
    pages: Pages = {
        f"{number}.png": page_of_windows(number, LOOKS, whose=tuple(rng.choices(range(6), k=4)))
        for number in range(3)
    }
    places = [at(page, window, strip) for page, window, strip in sorted(strips(pages, *range(4)))]
    check_points(pages, places, rng, 8)


def test_a_page_that_comes_changes_no_other() -> None:
    pages = chapter(3)
    palette = changes.add_edit(Palette(), edit(Reach.ALIKE, at("1.png", 1, 0)))
    before = run(EditContext.of(pages, palette), pages)
    more = {**pages, "3.png": page_of_windows(9, (5, 0, 6, 7), whose=(1, 0, 2, 3))}
    after = run(EditContext.of(more, palette), more)
    assert {name: after[name].data for name in pages} == {name: before[name].data for name in pages}
    assert {place for place in edited(after) if place[0] == "3.png"} == {("3.png", 0, 1), ("3.png", 1, 1)}


def test_groups_are_divided_by_rows_as_harmonize_does() -> None:
    pages = chapter(2)
    segments = gather_segments(
        (PageColours.from_artifact(page["colorize"]), page["balloons"].images["main"])
        for page in pages.values()
    )
    features = segments.features
    looks = find_halves(np.isin(segments.row % 4, (0, 1, 2)), segments, PARAMS)
    assert {len(look) for look in looks} == {features.rows.shape[1]}
    second = is_second_half(features, looks)
    assert second[segments.row % 4 == 0].all() == second[segments.row % 4 == 1].all()
    assert second[segments.row % 4 == 0].all() != second[segments.row % 4 == 2].all()


def test_identities_are_kept_with_a_page() -> None:
    page = PageColours.from_artifact(page_of_windows(1, LOOKS, whose=WHOSE)["colorize"])
    again = PageColours.segments_of(page.to_artifact())
    assert page.identities is not None and again.identities is not None
    np.testing.assert_array_equal(again.identities, page.identities)
    assert PageColours.from_artifact(page_of_windows(1, LOOKS)["colorize"]).identities is None
