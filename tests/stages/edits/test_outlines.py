"""What an outline covers, between which other edits, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Artifact, Chapter, Inputs, Page, Spread
from mangacolor.stages.edits import changes
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.edits.enclosing import fill_outline
from mangacolor.stages.edits.model import Edit, Reach, page_digest
from mangacolor.stages.edits.page_edits import AreaEdits, PageEdits
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import from_document, read_locked_palette, to_document
from mangacolor.stages.edits.stage import run
from mangacolor.stages.segments.features import LUMA, TONE
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edits import (
    HIGH,
    WIDE,
    EditContext,
    at,
    chapter_of_windows,
    digest_of,
    edited,
    page_of_windows,
    painted,
)
from mangacolor.tests.helpers.stages import Bytes

RED, BLUE = "#c0392b", "#2255aa"
PAGE = "1.png"


def outline(top: float, bottom: float, left: int = 0, right: int = WIDE - 1, colour: str = RED) -> Edit:
    """An outline of a page from a strip of its first window to another: 1.5 is the middle of the second."""
    first, last = round(top * HIGH), round(bottom * HIGH) - 1
    corners = ((left, first), (right, first), (right, last), (left, last))
    anchor = replace(at(PAGE, 0, 0), x=(left + right) // 2, y=(first + last) // 2)
    return Edit(0, colour, Reach.OUTLINE, (anchor,), outline=corners)


def strip(window: int, kind: int, colour: str = BLUE) -> Edit:
    return Edit(0, colour, Reach.SEGMENT, (at(PAGE, window, kind),))


def decide(pages: Mapping[str, Inputs], *edits: Edit, **given: Any) -> dict[str, Artifact]:
    palette = Palette()
    for one in edits:
        palette = changes.add_edit(palette, one)
    return run(EditContext.of(pages, palette, **given), pages)


def areas(made: Mapping[str, Artifact], page: str = PAGE) -> list[tuple[set[tuple[int, int]], str]]:
    """Of each outline of a page the window and strip of what it holds in part, and its colour."""
    names = {tuple(np.rint(from_hex(colour)[1:]).astype(int).tolist()): colour for colour in (RED, BLUE)}
    found = []
    for area in PageEdits.from_artifact(made[page]).areas:
        held = {(w, int(kind)) for w, own in enumerate(area.windows) for kind in np.nonzero(own.chosen)[0]}
        (window, kind), *_ = held
        found.append((held, names[tuple(area.windows[window].chroma[kind].tolist())]))
    return found


def test_what_lies_inside_is_covered_wholly_in_part_or_not_at_all() -> None:
    made = decide(chapter_of_windows(3), outline(1, 2.5))
    assert edited(made) == {(PAGE, 0, 1)} and areas(made) == [({(0, 2)}, RED)]
    assert painted(made, PAGE, 0, 1) == tuple(np.rint(from_hex(RED)[1:]))
    nearly = decide(chapter_of_windows(3), outline(1, 1.94))
    assert edited(nearly) == {(PAGE, 0, 1)} and areas(nearly) == []
    sliver = outline(1, 2)
    notched = (*sliver.outline[:2], (63, 31), (63, 33), (55, 33), (55, 31), (0, 31))
    grazing = decide(chapter_of_windows(3), replace(sliver, outline=notched))
    assert edited(grazing) == {(PAGE, 0, 1)} and areas(grazing) == []
    inside_one = decide(
        chapter_of_windows(3), outline(1.4, 1.7, 20, 24)
    )  # 3 % of the strip, and all of the outline
    assert edited(inside_one) == set() and areas(inside_one) == [({(0, 1)}, RED)]


def test_light_and_shade_stay_what_they_are_to_each_other() -> None:
    pages = chapter_of_windows(3)
    features = PageColours.from_artifact(pages[PAGE]["colorize"]).windows[0].features
    features[:2, LUMA] = 160, 80
    features[2, [TONE, LUMA]] = 20  # solid ink says nothing of how light the rest is
    (first, *_) = PageEdits.from_artifact(decide(pages, outline(0, 3, colour="#8080ff"))[PAGE]).windows
    light = from_hex("#8080ff")[0]
    assert first.chosen[:3].all()
    assert first.luma[:2] == pytest.approx([light * 160 / 120, light * 80 / 120], abs=1)


def test_of_edits_that_cover_the_same_the_later_one_counts() -> None:
    later = decide(chapter_of_windows(3), outline(1, 2.5), strip(0, 2), strip(0, 1))
    assert edited(later) == {(PAGE, 0, 1), (PAGE, 0, 2)} and areas(later) == []
    assert painted(later, PAGE, 0, 1) == painted(later, PAGE, 0, 2) == tuple(np.rint(from_hex(BLUE)[1:]))
    earlier = decide(chapter_of_windows(3), strip(0, 2), outline(1, 2.5))
    assert painted(earlier, PAGE, 0, 2) == tuple(np.rint(from_hex(BLUE)[1:]))
    assert areas(earlier) == [({(0, 2)}, RED)]  # what lies outside of it stays blue
    two = decide(chapter_of_windows(3), outline(1, 2.5), outline(1.5, 4, colour=BLUE))
    assert areas(two) == [({(0, 1)}, BLUE)] and edited(two) == {(PAGE, 0, kind) for kind in (1, 2, 3)}
    beside = decide(chapter_of_windows(3), outline(1.5, 2.5), outline(2.2, 2.8, colour=BLUE))
    assert areas(beside) == [({(0, 1), (0, 2)}, RED), ({(0, 2)}, BLUE)]


def test_a_later_edit_takes_nothing_from_a_locked_outline() -> None:
    locked = replace(outline(1, 2.5), locked=True)
    made = decide(chapter_of_windows(3), locked, strip(0, 1), strip(0, 2), outline(1.5, 2.5, colour=BLUE))
    assert painted(made, PAGE, 0, 1) == tuple(np.rint(from_hex(RED)[1:]))
    assert areas(made)[-1] == ({(0, 2)}, RED)


def test_it_is_of_its_page_alone_by_the_hash_of_the_file() -> None:
    pages, one = chapter_of_windows(3), outline(1, 2.5)
    made = decide(pages, one)
    assert {page for page, *_ in edited(made)} == {PAGE} and not areas(made, "0.png")
    renamed = {"7.png": pages[PAGE], **{name: pages[name] for name in ("0.png", "2.png")}}
    sources = {"7.png": digest_of(PAGE), "0.png": digest_of("0.png"), "2.png": digest_of("2.png")}
    assert decide(renamed, one, sources=sources)["7.png"].data == made[PAGE].data
    sources["7.png"] = digest_of("another")
    context = EditContext.of(renamed, changes.add_edit(Palette(), one), sources=sources)
    gone = run(context, renamed)
    assert all(artifact.data == {"windows": []} for artifact in gone.values())
    assert context.warnings == [(PAGE, "the outline of edit 1 has no effect: its page is gone")]


def test_an_outline_of_nothing_that_takes_a_colour_is_said() -> None:
    pages = chapter_of_windows(3)
    pages[PAGE]["balloons"].images["main"][: 2 * HIGH] = 255
    context = EditContext.of(pages, changes.add_edit(Palette(), outline(0.5, 1.5)))
    assert run(context, pages)[PAGE].data == {"windows": []}
    ((_, told),) = context.warnings
    assert "nothing inside it takes a colour" in told


def test_an_outline_lies_on_the_drawing_whichever_half_it_is_of() -> None:
    drawing, half = page_of_windows(1), WIDE // 2
    names = ("1.png", "2.png")
    boxes = ((0, 0, half, 8 * HIGH), (half, 0, half, 8 * HIGH))
    listed = tuple(
        Page(name, number, Bytes(b""), spread=Spread(other, Bytes(b""), (WIDE, 8 * HIGH), own, its))
        for number, (name, other, own, its) in enumerate(
            zip(names, names[::-1], boxes, boxes[::-1], strict=True), 1
        )
    )
    pages = dict.fromkeys(names, drawing)
    one = outline(1, 2.5, 4, 20)
    second = page_digest(digest_of("2.png"))
    on_second = replace(one, anchors=(replace(one.anchors[0], page="2.png", digest=second),))
    context = EditContext.of(pages, changes.add_edit(Palette(), on_second))
    context.chapter = Chapter(".", listed)
    made = run(context, pages)
    (area,) = PageEdits.from_artifact(made["1.png"]).areas
    assert area.outline[0] == (half + 4, HIGH)
    assert made["1.png"].data == made["2.png"].data


def test_corners_beyond_the_page_are_taken_to_its_edge() -> None:
    far = tuple((10**12 if x else -(10**12), y) for x, y in outline(1, 2.5).outline)
    made = decide(chapter_of_windows(3), replace(outline(1, 2.5), outline=far))
    assert edited(made) == {(PAGE, 0, 1)} and areas(made) == [({(0, 2)}, RED)]


def test_a_line_that_crosses_itself_holds_all_it_goes_around() -> None:
    twice = np.array([(0, 0), (20, 0), (20, 20), (0, 20), (0, 0), (20, 0), (20, 20), (0, 20)], np.float64)
    loop = np.array([(2, 0), (2, 20), (12, 20), (12, 5), (0, 5), (0, 12), (20, 12), (20, 0)], np.float64)
    assert fill_outline(twice)[0].all()
    filled, corner = fill_outline(loop)
    assert corner == (0, 0) and filled[8, 6] and filled[8, 1] and not filled[18, 18]


def test_it_is_kept_in_the_log_and_of_a_page(tmp_path: Any) -> None:
    palette = changes.add_edit(Palette(), replace(outline(1, 2.5), locked=True))
    document = json.loads(json.dumps(to_document(palette)))
    assert document["log"][0]["outline"] == "0,16 63,16 63,39 0,39"
    assert from_document(document) == palette
    plain = to_document(changes.add_edit(Palette(), strip(0, 1)))
    assert "outline" not in plain["log"][0]
    (tmp_path / "palette.json").write_text(json.dumps(document))
    assert "outline" in read_locked_palette(str(tmp_path / "palette.json"))
    for wrong in ({"outline": "1,2 3,4"}, {"outline": ""}, {"reach": "page"}):
        broken = {**document, "log": [{**document["log"][0], **wrong}]}
        with pytest.raises(UsageError, match="3 corners or more"):
            from_document(broken)
    for count in (0, 2):
        own = document["log"][0]
        broken = {**document, "log": [{**own, "anchors": count * own["anchors"]}]}
        with pytest.raises(UsageError, match="an outline has one anchor"):
            from_document(broken)
    page = PageEdits.from_artifact(decide(chapter_of_windows(3), outline(1, 2.5))[PAGE])
    back = PageEdits.from_artifact(Artifact(json.loads(json.dumps(page.to_artifact().data))))
    assert [area.outline for area in back.areas] == [area.outline for area in page.areas]
    assert isinstance(back.areas[0], AreaEdits)
    assert back.to_artifact().data == page.to_artifact().data


def test_undone_it_leaves_nothing() -> None:
    pages, before = chapter_of_windows(3), decide(chapter_of_windows(3), strip(0, 1))
    palette = changes.add_edit(changes.add_edit(Palette(), strip(0, 1)), outline(1, 2.5))
    after = run(EditContext.of(pages, changes.undo(palette)), pages)
    assert {name: made.data for name, made in after.items()} == {n: made.data for n, made in before.items()}


def test_pages_that_come_change_nothing() -> None:
    pages = chapter_of_windows(3)
    made = decide(pages, outline(1, 2.5))
    more = {"00.png": page_of_windows(9), **pages}
    assert decide(more, outline(1, 2.5))[PAGE].data == made[PAGE].data
