"""``--pages``, ``--color-pages`` and ``--copy-pages``: which pages are meant, and what a wish costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Chapter, Page
from mangacolor.pipeline.events import PageDone, Warned
from mangacolor.pipeline.page_numbers import keep_named, pick_pages, with_wishes
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.stages import Bytes

OUT = Path("/somewhere/colored")


def chapter(pages: int) -> Chapter:
    return Chapter(".", tuple(Page(f"{n}.png", n, Bytes(b"")) for n in range(1, pages + 1)))


def test_numbers_and_ranges_count_from_one_in_each_chapter() -> None:
    short, long = pick_pages([chapter(2), chapter(6)], "2, 4-5", OUT)
    assert [[page.number for page in each.pages] for each in (short, long)] == [[2], [2, 4, 5]]
    (only,) = pick_pages([chapter(2), chapter(6)], "3", OUT)
    assert only.pages[0].number == 3


def test_pages_are_picked_by_names_too_alone_or_in_every_chapter() -> None:
    one = chapter(3)
    two = Chapter("two", tuple(Page(f"two/{n}.png", n, Bytes(b"")) for n in (1, 2)))
    picked = pick_pages([one, two], "2.png, 3", OUT)
    assert [[page.name for page in each.pages] for each in picked] == [["2.png", "3.png"], ["two/2.png"]]
    (only,) = pick_pages([one, two], "two/1.png", OUT)
    assert [page.name for page in only.pages] == ["two/1.png"]
    (wished, _) = with_wishes([one, two], "1", "3.png", OUT)
    assert [page.wanted for page in wished.pages] == ["colour", None, "copy"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("22.png", r"'22\.png' is not a page or a range\n  Did you mean 2\.png\? Write numbers"),
        ("two/3.png", r"'two/3\.png' is not .*\n  Did you mean two/[12]\.png\? Write numbers from 1"),
        ("in/2.png", r"Did you mean 2\.png\?"),
        ("zzzzzzzz", r"'zzzzzzzz' is not a page or a range\n  Write numbers from 1, as in 3,5-9, or names"),
        ("1,,2", "'' is not a page"),
        ("9-3", "'9-3' is not a page"),
        ("9" * 5000, "'9+' is not a page"),
    ],
)
def test_a_name_of_no_page_is_told_with_the_nearest(text: str, said: str) -> None:
    two = Chapter("two", tuple(Page(f"two/{n}.png", n, Bytes(b"")) for n in (1, 2)))
    with pytest.raises(UsageError, match=said):
        pick_pages([chapter(2), two], text, OUT)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("colored/two/2.png", ["two/2.png"]),
        ("/somewhere/colored/two/2.png", ["two/2.png"]),
        ("two\\2.png", ["two/2.png"]),
        ("3-5.png", ["3-5.png"]),
        ("a, b.png", ["a, b.png", "Vol. 1, 2/a, b.png"]),
        ("2, Vol. 1, 2/a, b.png ,3-5.png", ["3-5.png", "two/2.png", "Vol. 1, 2/a, b.png"]),
        ("2.png", ["two/2.png"]),
        ("colored/1.png", ["colored/1.png"]),
    ],
)
def test_pages_are_called_as_for_other_options_and_may_have_commas(text: str, found: list[str]) -> None:
    names = ["1.png", "3-5.png", "a, b.png"], ["two/1.png", "two/2.png"]
    more = ["Vol. 1, 2/a, b.png"], ["colored/1.png"]
    chapters = [
        Chapter(str(n), tuple(Page(name, number, Bytes(b"")) for number, name in enumerate(some, 1)))
        for n, some in enumerate((*names, *more))
    ]
    picked = pick_pages(chapters, text, OUT)
    assert [page.name for each in picked for page in each.pages] == found


def test_pages_are_kept_by_their_names() -> None:
    one = chapter(2)
    two = Chapter("two", tuple(Page(f"two/{n}.png", n, Bytes(b"")) for n in (1, 2)))
    (kept,) = keep_named([one, two], {"two/2.png"})
    assert (kept.name, [page.name for page in kept.pages]) == ("two", ["two/2.png"])
    assert keep_named([one, two], None) == (one, two)


def test_wishes_are_set_on_their_pages_only() -> None:
    short, long = with_wishes([chapter(2), chapter(4)], "1,4", "2-3", OUT)
    assert [page.wanted for page in short.pages] == ["colour", "copy"]
    assert [page.wanted for page in long.pages] == ["colour", "copy", "copy", "colour"]
    assert with_wishes([chapter(2)], None, None, OUT) == (chapter(2),)


@pytest.mark.parametrize(
    ("colour", "copy", "said"),
    [
        ("5", None, "--color-pages 5: there is no page 5"),
        (None, "0", "--copy-pages: '0' is not a page"),
        ("x", None, "--color-pages: 'x' is not a page"),
        ("1-3", "3", "page 3 cannot be both"),
    ],
)
def test_what_cannot_be_meant_is_refused(colour: str | None, copy: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        with_wishes([chapter(4)], colour, copy, OUT)


def test_pages_made_alone_are_told_of_where_the_chapter_has_common_colours(tmp_path: Path) -> None:
    house, source, out = House(), tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in (1, 2, 3):
        write_page(source / f"{number}.png", number)

    def told(**options: Any) -> list[str]:
        _, events = go(house, source, out, **options)
        return [event.message for event in events if isinstance(event, Warned) and "--pages" in event.message]

    assert told(pages="2") == []  # there are no common colours yet
    (out / ".mangacolor/palette.json").write_text("{}")
    (note,) = told(pages="2-3")
    assert note.startswith("--pages 2-3: 2 pages made alone") and "without --pages brings all in line" in note
    assert told() == told(pages="2", harmonize=False) == told(pages="2", until="decode") == []


@pytest.mark.parametrize("moody", [False, True])
def test_a_wish_changes_its_own_page_only(moody: bool, tmp_path: Path) -> None:
    house, source, out = House(moody=moody), tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in (1, 2, 3):
        write_page(source / f"{number}.png", number)
    cv2.imwrite(str(source / "4.png"), np.full((8, 8, 3), 255, np.uint8))  # judge has it copied
    result, _ = go(house, source, out)
    assert (result.done, result.copied) == (3, 1)
    house.calls.clear()
    result, events = go(house, source, out, color_pages="4")
    assert house.calls["judge"] == house.calls["tint"] == 1 and result.done >= 1
    done = {event.page: event.outcome for event in events if isinstance(event, PageDone)}
    assert done["4.png"] == "done" and (out / "4.png").read_bytes() != (source / "4.png").read_bytes()
    house.calls.clear()
    result, events = go(house, source, out, copy_pages="2")
    reasons = {event.page: event.reason for event in events if isinstance(event, PageDone)}
    assert reasons["2.png"] == "as asked" and (out / "2.png").read_bytes() == (source / "2.png").read_bytes()
    assert house.calls["judge"] == 2 and house.calls["tint"] == 0  # 2.png, and 4.png as it was


def test_a_name_may_begin_with_a_space_or_hold_a_line_break() -> None:
    pages = [Page(name, n, Bytes(b"")) for n, name in enumerate((" a.png", "b\nc.png", "d.png"), 1)]
    (picked,) = pick_pages([Chapter(".", tuple(pages))], " a.png, b\nc.png", OUT)
    assert [page.number for page in picked.pages] == [1, 2]
    (picked,) = pick_pages([Chapter(".", tuple(pages))], "a.png , 3", OUT)
    assert [page.number for page in picked.pages] == [1, 3]
