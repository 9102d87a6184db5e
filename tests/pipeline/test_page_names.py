"""Which page of OUT people mean, however they call it."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal, get_args

import pytest

from mangacolor.pipeline.page_names import find_pages, same_name

Form = Literal["NFC", "NFD"]
OUT = Path("/somewhere/colored")
NAMES = ("ch1/001.png", "ch1/002.png", "ch2/001.png", "x.cbz/in it/cover.png")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ch1/002.png", ("ch1/002.png",)),
        (" ch1\\002.png ", ("ch1/002.png",)),
        ("colored/ch2/001.png", ("ch2/001.png",)),
        ("/somewhere/colored/ch2/001.png", ("ch2/001.png",)),
        ("3", ("ch2/001.png",)),
        ("cover.png", ("x.cbz/in it/cover.png",)),
        ("in it/cover.png", ("x.cbz/in it/cover.png",)),
        ("in it\\cover.png", ("x.cbz/in it/cover.png",)),
        (" 3 ", ("ch2/001.png",)),
        ("001.png", ("ch1/001.png", "ch2/001.png")),
        ("01.png", ()),
        ("0", ()),
        ("5", ()),
        ("²", ()),
        ("9" * 5000, ()),
    ],
)
def test_a_page_is_found(text: str, found: tuple[str, ...]) -> None:
    assert find_pages(text, NAMES, OUT) == found


@pytest.mark.parametrize(
    "text", ["series/colored/ch1/002.png", "./series/colored/ch1/002.png", "series/x/../colored//ch1/002.png"]
)
def test_a_path_from_where_one_is_leads_to_a_page(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_pages(text, NAMES, tmp_path / "series" / "colored") == ("ch1/002.png",)
    assert find_pages(text, NAMES, tmp_path / "x" / ".." / "series" / "colored") == ("ch1/002.png",)
    assert find_pages("./ch1/002.png", NAMES, tmp_path / "colored") == ("ch1/002.png",)


def test_the_chapter_decides_where_several_are_called_so() -> None:
    assert find_pages("001.png", NAMES, OUT, "ch2") == ("ch2/001.png",)


@pytest.mark.parametrize(("theirs", "ours"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_may_be_written_either_way(theirs: Form, ours: Form) -> None:
    """macOS takes them apart in archives; a keyboard gives them whole."""
    names = [unicodedata.normalize(ours, name) for name in ("é/ガイド.png", "é/ば.png", "ö.png")]
    given = [
        unicodedata.normalize(theirs, name) for name in ("é/ガイド.png", "colored/é/ば.png", "ガイド.png")
    ]
    assert [find_pages(text, names, OUT) for text in given] == [(names[0],), (names[1],), (names[0],)]


def test_what_is_written_exactly_so_comes_first() -> None:
    both = [unicodedata.normalize(form, "é.png") for form in get_args(Form)]
    assert [find_pages(name, both, OUT) for name in both] == [(name,) for name in both]
    assert same_name("e.png", both) is None


def test_spaces_around_a_name_count_only_between_two_pages() -> None:
    names = (" lead.png", "ch/ in.png", "end.png ", "both.png", " both.png")
    assert find_pages(" lead.png", names, OUT) == find_pages("lead.png", names, OUT) == (" lead.png",)
    assert find_pages("end.png", names, OUT) == ("end.png ",)
    assert find_pages("ch/ in.png", names, OUT) == find_pages(" in.png", names, OUT) == ("ch/ in.png",)
    assert find_pages(" both.png", names, OUT) == (" both.png",)
    assert find_pages("both.png", names, OUT) == ("both.png",)
