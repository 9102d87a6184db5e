"""Edits cover what they name and what is like it within their reach, whoever comes and goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.stages.edits import changes
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.edits.elsewhere.hints import Hint
from mangacolor.stages.edits.freezing import freeze_group
from mangacolor.stages.edits.locating import PageIndex
from mangacolor.stages.edits.model import Anchor, Edit, Level, Reach
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import to_document
from mangacolor.stages.edits.stage import Config, configure, is_idle, neutral, run
from mangacolor.stages.segments.chapter import gather_segments
from mangacolor.stages.segments.features import COLUMNS
from mangacolor.stages.spreads.drawings import Drawings
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edits import (
    KINDS,
    EditContext,
    at,
    chapter_of_windows,
    digest_of,
    edited,
    page_of_windows,
    painted,
)
from mangacolor.tests.helpers.memory import Remembering

RED, BLUE = "#c0392b", "#2255aa"
Pages = dict[str, Inputs]


def edit(reach: Reach, *anchors: Anchor, colour: str = RED, **given: Any) -> Edit:
    return Edit(0, colour, reach, anchors, **given)


def palette_of(*edits: Edit) -> Palette:
    palette = Palette()
    for one in edits:
        palette = changes.add_edit(palette, one)
    return palette


def decide(pages: Mapping[str, Inputs], *edits: Edit, **given: Any) -> dict[str, Artifact]:
    return run(EditContext.of(pages, palette_of(*edits), **given), pages)


def data_of(artifacts: Mapping[str, Artifact]) -> dict[str, str]:
    return {name: json.dumps(artifact.data) for name, artifact in artifacts.items()}


ALL = {(f"{page}.png", window) for page in range(4) for window in range(2)}


@pytest.mark.parametrize(
    ("reach", "where"),
    [
        (Reach.SEGMENT, {("1.png", 1)}),
        (Reach.PANEL, {("1.png", 1)}),
        (Reach.PAGE, {("1.png", 0), ("1.png", 1)}),
        (Reach.ALIKE, ALL),
    ],
)
def test_an_edit_reaches_as_far_as_it_says(reach: Reach, where: set[tuple[str, int]]) -> None:
    made = decide(chapter_of_windows(), edit(reach, at("1.png", 1, 2)))
    assert edited(made) == {(page, window, 2) for page, window in where}
    assert painted(made, "1.png", 1, 2) == tuple(np.rint(from_hex(RED)[1:]))


def test_a_panel_is_searched_for_what_is_alike() -> None:
    pages: Pages = {"0.png": page_of_windows(0, kinds=(0, 1, 0, 1)), "1.png": page_of_windows(1)}
    made = decide(pages, edit(Reach.PANEL, at("0.png", 0, 2)))
    assert edited(made) == {("0.png", 0, 0), ("0.png", 0, 2)}


def test_likeness_is_how_like_an_anchor_a_segment_must_be() -> None:
    exact = decide(chapter_of_windows(), edit(Reach.ALIKE, at("1.png", 1, 2), likeness=1.0))
    assert edited(exact) == {("1.png", 1, 2)}
    everything = decide(chapter_of_windows(), edit(Reach.ALIKE, at("1.png", 1, 2), likeness=0.0))
    assert len(edited(everything)) == 4 * 2 * KINDS


def test_further_anchors_and_what_is_not_meant() -> None:
    both = decide(chapter_of_windows(), edit(Reach.ALIKE, at("1.png", 1, 2), at("0.png", 0, 3)))
    assert edited(both) == {(page, window, kind) for page, window in ALL for kind in (2, 3)}
    loose = edit(Reach.ALIKE, at("1.png", 1, 2), likeness=0.0, negatives=(at("3.png", 0, 0),))
    assert not any(kind == 0 for _, _, kind in edited(decide(chapter_of_windows(), loose)))
    assert {(page, window, 2) for page, window in ALL} <= edited(decide(chapter_of_windows(), loose))
    this_one = edit(Reach.ALIKE, at("1.png", 1, 2), negatives=(at("3.png", 0, 2),))
    assert ("3.png", 0, 2) not in edited(decide(chapter_of_windows(), this_one))
    assert ("1.png", 1, 2) in edited(decide(chapter_of_windows(), this_one))


def test_of_two_edits_the_later_one_counts_unless_the_other_is_locked() -> None:
    first, second = edit(Reach.ALIKE, at("1.png", 1, 2)), edit(Reach.PAGE, at("2.png", 0, 2), colour=BLUE)
    made = decide(chapter_of_windows(), first, second)
    assert painted(made, "2.png", 1, 2) == tuple(np.rint(from_hex(BLUE)[1:]))
    assert painted(made, "1.png", 1, 2) == tuple(np.rint(from_hex(RED)[1:]))
    held = decide(chapter_of_windows(), replace(first, locked=True), second)
    assert painted(held, "2.png", 1, 2) == tuple(np.rint(from_hex(RED)[1:]))


def test_light_and_shade_stay_to_each_other_what_they_are() -> None:
    from mangacolor.stages.edits.page_edits import PageEdits
    from mangacolor.stages.segments.features import LUMA

    pages = chapter_of_windows(2)
    colours = PageColours.from_artifact(pages["1.png"]["colorize"])
    colours.windows[0].features[2, LUMA] = 90  # half as light as the anchor
    made = decide(pages, edit(Reach.ALIKE, at("0.png", 0, 2), colour="#f0c0a0"))
    light = from_hex("#f0c0a0")[0]
    luma = [PageEdits.from_artifact(made[name]).windows[0].luma[2] for name in ("0.png", "1.png")]
    assert np.abs(np.array(luma) - (light, light / 2)).max() <= 1


@pytest.mark.parametrize("reach", [Reach.SEGMENT, Reach.PAGE, Reach.ALIKE])
def test_pages_added_removed_renamed_and_reordered_change_no_byte_of_others(reach: Reach) -> None:
    pages = chapter_of_windows()
    edits = [edit(reach, at("1.png", 1, 2)), edit(reach, at("2.png", 0, 3), at("3.png", 1, 1), colour=BLUE)]
    edits = [with_looks(one, pages) for one in edits]
    before = data_of(decide(pages, *edits))
    added = {"00.png": page_of_windows(9), **pages, "x.png": page_of_windows(8, kinds=(5, 6, 7, 2))}
    after = data_of(decide(added, *edits))
    assert {name: after[name] for name in pages} == before
    assert (after["x.png"] != json.dumps(neutral().data)) == (reach is Reach.ALIKE)
    fewer = {name: page for name, page in pages.items() if name != "0.png"}
    assert data_of(decide(fewer, *edits)) == {name: before[name] for name in fewer}
    # Every page has the name that was the one's before it.
    renamed = {f"{number + 1}.png": pages[f"{number}.png"] for number in range(4)}
    sources = {f"{number + 1}.png": digest_of(f"{number}.png") for number in range(4)}
    moved = data_of(decide(renamed, *edits, sources=sources))
    assert list(moved.values()) == list(before.values())


def with_looks(one: Edit, pages: Pages) -> Edit:
    """The edit with what its anchors look like, as the command that makes it notes it."""

    def looks(anchor: Anchor) -> Anchor:
        window, strip = divmod(anchor.y // 16, KINDS)
        rows = PageColours.from_artifact(pages[anchor.page]["colorize"]).windows[window].features
        return replace(anchor, looks=rows[strip].tobytes())

    return replace(one, anchors=tuple(map(looks, one.anchors)), negatives=tuple(map(looks, one.negatives)))


def test_an_edit_outlives_the_page_of_its_anchor() -> None:
    pages = chapter_of_windows()
    one = with_looks(edit(Reach.ALIKE, at("1.png", 1, 2)), pages)
    before = data_of(decide(pages, one))
    del pages["1.png"]
    assert data_of(decide(pages, one)) == {name: before[name] for name in pages}
    # Another file under the page's name is another page: the point says nothing of it.
    pages["1.png"] = page_of_windows(7, kinds=(3, 2, 1, 0))
    sources = {name: digest_of("another" if name == "1.png" else name) for name in pages}
    made = decide(pages, one, sources=sources)
    assert {where for where in edited(made) if where[0] == "1.png"} == {("1.png", 0, 1), ("1.png", 1, 1)}


def test_an_anchor_whose_page_is_gone_without_a_trace_says_so() -> None:
    context = EditContext.of(chapter_of_windows(), palette_of(edit(Reach.ALIKE, at("9.png", 0, 0))))
    assert edited(run(context, chapter_of_windows())) == set()
    assert context.warnings == [("9.png", "the point of edit 1 at 32, 8 has no effect: its page is gone")]


def frozen(pages: Pages, kind: int) -> Edit:
    """The edit of a group that holds this kind of the first window of each page."""
    context = EditContext.of(pages)
    segments = gather_segments(
        (PageColours.from_artifact(page["colorize"]), page["balloons"].images["main"])
        for page in pages.values()
    )
    members = (segments.row == kind) & np.isin(segments.window % 2, [0])
    index, drawings = PageIndex(context.sources), Drawings.of(context.chapter, pages)
    return freeze_group(7, BLUE, members, segments, index, drawings)


def test_a_frozen_group_keeps_its_members_and_new_pages_join_by_likeness() -> None:
    pages = chapter_of_windows()
    one = frozen(pages, 2)
    before = decide(pages, one)
    assert edited(before) == {(name, 0, 2) for name in pages}
    more: Pages = {**pages, "4.png": page_of_windows(4), "5.png": page_of_windows(5, kinds=(5, 6, 7, 8))}
    after = decide(more, one)
    assert {name: data_of(after)[name] for name in pages} == data_of(before)
    assert edited(after) - edited(before) == {("4.png", 0, 2), ("4.png", 1, 2)}
    del more["0.png"]
    fewer = data_of(decide(more, one))
    assert fewer == {name: data_of(after)[name] for name in more}


def test_what_is_not_meant_leaves_a_frozen_group() -> None:
    pages = chapter_of_windows()
    one = replace(frozen(pages, 2), negatives=(at("3.png", 0, 2),))
    assert ("3.png", 0, 2) not in edited(decide(pages, one))


def test_hints_reach_what_is_alike_unless_they_say_otherwise() -> None:
    pages = chapter_of_windows()
    point = at("1.png", 1, 2)
    context = EditContext.of(pages, config=Config(hints=(Hint("1.png", point.x, point.y, RED),)))
    assert edited(run(context, pages)) == {(page, window, 2) for page, window in ALL}
    context.config = Config(hints=(Hint(2, point.x, point.y, RED, Reach.SEGMENT),))  # its number
    assert edited(run(context, pages)) == {("1.png", 1, 2)}


def test_an_edit_of_the_palette_counts_before_a_hint() -> None:
    pages = chapter_of_windows()
    point = at("1.png", 1, 2)
    config = Config(hints=(Hint("1.png", point.x, point.y, RED),))
    made = decide(pages, edit(Reach.PAGE, at("0.png", 0, 2), colour=BLUE), config=config)
    assert painted(made, "0.png", 0, 2) == tuple(np.rint(from_hex(BLUE)[1:]))
    assert painted(made, "2.png", 0, 2) == tuple(np.rint(from_hex(RED)[1:]))


def test_a_hint_that_meets_nothing_says_so_and_the_others_count() -> None:
    pages = chapter_of_windows()
    pages["1.png"]["balloons"].images["main"][:16] = 255
    pages["2.png"]["panels"].images["ground"][:16] = 255
    (window, *_) = PageColours.from_artifact(pages["3.png"]["colorize"]).windows
    window.descreened[:16] = 20
    places = [("0.png", 4000, 5), ("1.png", 10, 5), ("2.png", 10, 5), ("3.png", 10, 5), ("3.png", 10, 40)]
    hints = tuple(Hint(name, x, y, RED, Reach.SEGMENT) for name, x, y in places)
    context = EditContext.of(pages, config=Config(hints=hints))
    assert edited(run(context, pages)) == {("3.png", 0, 2)}
    why = [
        ("0.png", "the hint at 4000, 5 has no effect: the page has 64×128 pixels; move the point"),
        ("1.png", "the hint at 10, 5 has no effect: it lies in a balloon, which stays white; move the point"),
        ("2.png", "the hint at 10, 5 has no effect: it lies on paper, which stays as it is; move the point"),
        ("3.png", "the hint at 10, 5 has no effect: it lies on ink, which keeps its colour; move the point"),
    ]
    assert context.warnings == why


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("{}", "must be a list"),
        ('[{"page": "a.png"}]', "must have page, x, y and colour"),
        ('[{"page": "a.png", "x": -1, "y": 0, "colour": "#000000"}]', "pixels from 0"),
        ('[{"page": "a.png", "x": 1, "y": 0, "colour": "bluish"}]', "'bluish' is no colour"),
        ('[{"page": 1, "x": 1, "y": 0, "colour": "red", "reach": "group"}]', "there is no reach 'group'"),
        ('[{"page": 1, "x": 1, "y": 0, "colour": "red", "likeness": 7}]', "likeness 7 is no number from 0"),
    ],
)
def test_hints_that_cannot_be_read_are_refused(text: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "hints.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError, match=message):
        configure(Options(hints=str(file)), Chapter("", ()))


def test_hints_may_say_how_far_they_reach(tmp_path: Path) -> None:
    file = tmp_path / "hints.json"
    file.write_text('[{"page": 1, "x": 1, "y": 2, "colour": "#fff", "reach": "panel", "likeness": 0.7}]')
    (hint,) = configure(Options(hints=str(file)), Chapter("", ())).hints
    assert hint == Hint(1, 1, 2, "#ffffff", Reach.PANEL, 0.7)


def test_nobody_waits_where_nothing_was_decided() -> None:
    assert is_idle(Config(), None, None)
    assert is_idle(Config(), to_document(Palette()), None)
    assert not is_idle(Config(), to_document(palette_of(edit(Reach.PAGE, at("1.png", 0, 0)))), None)
    assert not is_idle(Config(hints=(Hint(1, 0, 0, RED),)), None, None)


def test_200_random_edits_undone_in_random_order_leave_nothing() -> None:
    random, pages = Random(5), chapter_of_windows(3)
    start = Palette()
    palette = start
    for _ in range(200):
        anchors = tuple(
            at(f"{random.randrange(3)}.png", random.randrange(2), random.randrange(KINDS)) for _ in "ab"
        )
        one = edit(
            random.choice(list(Reach)[:4]), anchors[0], negatives=anchors[1:] if random.random() < 0.3 else ()
        )
        palette = changes.add_edit(
            palette, replace(one, colour=random.choice([RED, BLUE]), likeness=random.random())
        )
    seen = [data_of(run(EditContext.of(pages, palette), pages))]
    numbers = [operation.id for operation in palette.log]
    random.shuffle(numbers)
    for count, number in enumerate(numbers, 1):
        palette = changes.undo(palette, number)
        if count % 50 == 0:
            seen.append(data_of(run(EditContext.of(pages, palette), pages)))
    assert to_document(palette) == to_document(start)
    assert seen[0] != seen[-1] == dict.fromkeys(pages, json.dumps(neutral().data))


def test_what_was_decided_in_a_chapter_is_remembered_for_the_next() -> None:
    memory = Remembering()
    first, next_one = chapter_of_windows(2), {"n.png": page_of_windows(11)}
    decide(first, edit(Reach.ALIKE, at("0.png", 0, 2)), edit(Reach.PAGE, at("0.png", 0, 1)), memory=memory)
    assert not is_idle(Config(), None, memory)
    made = decide(next_one, memory=memory)
    assert edited(made) == {("n.png", 0, 2), ("n.png", 1, 2)}
    assert painted(made, "n.png", 0, 2) == tuple(np.rint(from_hex(RED)[1:]))
    own = decide(next_one, edit(Reach.ALIKE, at("n.png", 0, 2), colour=BLUE), memory=memory)
    assert painted(own, "n.png", 0, 2) == tuple(np.rint(from_hex(BLUE)[1:]))
    # What is undone in the first chapter is forgotten.
    decide(first, memory=memory)
    assert edited(decide({"m.png": page_of_windows(12)}, memory=memory)) == {("m.png", 0, 2), ("m.png", 1, 2)}
    decide(next_one, memory=memory)
    assert is_idle(Config(), None, memory)


def test_locked_edits_of_another_chapter_are_kept(tmp_path: Path) -> None:
    pages = chapter_of_windows(2)
    palette = palette_of(
        with_looks(edit(Reach.ALIKE, at("0.png", 0, 2)), pages), edit(Reach.PAGE, at("0.png", 0, 1))
    )
    palette = changes.set_locks(palette, locked=True, edits=[1])
    file = tmp_path / "palette.json"
    file.write_text(json.dumps(to_document(palette)))
    config = configure(Options(palette=str(file)), Chapter("", ()))
    other: Pages = {"n.png": page_of_windows(11)}
    assert edited(decide(other, config=config)) == {("n.png", 0, 2), ("n.png", 1, 2)}
    strange = changes.add_edit(Palette(), edit(Reach.ALIKE, at("0.png", 0, 2, looks=b"short"), locked=True))
    file.write_text(json.dumps(to_document(strange)))
    config = configure(Options(palette=str(file)), Chapter("", ()))
    with pytest.raises(UsageError, match="another colour network"):
        decide(other, config=config)


def with_parents(inputs: Inputs, parents: tuple[int, ...]) -> Inputs:
    """A page whose segments are parts of these coarse ones."""
    colours = PageColours.from_artifact(inputs["colorize"])
    parts = tuple(replace(window, parents=parents) for window in colours.windows)
    return {**inputs, "colorize": replace(colours, windows=parts).to_artifact()}


@pytest.mark.parametrize("reach", [Reach.PANEL, Reach.PAGE, Reach.ALIKE])
def test_an_edit_covers_all_of_a_surface_that_is_mostly_like_its_anchor(reach: Reach) -> None:
    pages: Pages = {"0.png": with_parents(page_of_windows(0, (2, 2, 1, 1, 2), windows=1), (0, 0, 0, 1, 1))}
    whole = edit(reach, at("0.png", 0, 1))
    assert edited(decide(pages, whole)) == {("0.png", 0, row) for row in (0, 1, 2, 4)}
    but = replace(whole, negatives=(at("0.png", 0, 3),))  # what is like it is not meant, either
    assert edited(decide(pages, but)) == {("0.png", 0, row) for row in (0, 1, 4)}
    exact = edit(Reach.SEGMENT, at("0.png", 0, 1), at("0.png", 0, 0))
    assert edited(decide(pages, exact)) == {("0.png", 0, 0), ("0.png", 0, 1)}


def test_a_coarse_point_means_all_that_is_part_of_the_same_thing() -> None:
    pages = chapter_of_windows(2)
    pages["0.png"] = with_parents(pages["0.png"], (0, 1, 1, 2))
    fine = edit(Reach.SEGMENT, at("0.png", 1, 2))
    assert edited(decide(pages, fine)) == {("0.png", 1, 2)}
    coarse = replace(fine, level=Level.COARSE)
    assert edited(decide(pages, coarse)) == {("0.png", 1, 1), ("0.png", 1, 2)}
    but = replace(coarse, negatives=(at("0.png", 1, 1),))
    assert edited(decide(pages, but)) == {("0.png", 1, 2)}


@pytest.mark.parametrize("reach", [Reach.PANEL, Reach.PAGE])
def test_on_one_page_only_what_is_more_like_what_is_not_meant_is_left_out(reach: Reach) -> None:
    pages: Pages = {"0.png": page_of_windows(0, (2, 3, 1, 1), windows=1)}
    (window,) = PageColours.from_artifact(pages["0.png"]["colorize"]).windows
    rows = window.features[:, len(COLUMNS) :]
    for row, share in ((2, 0.52), (3, 0.48)):
        rows[row] = rows[0].astype(int) * share + rows[1].astype(int) * (1 - share)
    loose = edit(reach, at("0.png", 0, 0), likeness=0.01, negatives=(at("0.png", 0, 1),))
    assert edited(decide(pages, loose)) == {("0.png", 0, 0), ("0.png", 0, 2)}
