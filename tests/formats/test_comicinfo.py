"""ComicInfo.xml is spliced, never rewritten."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.formats import comicinfo

NOTE = b"<Notes>Coloured by mangacolor.</Notes>"


def info(inner: str) -> bytes:
    return f"<?xml version='1.0'?>\n<ComicInfo>{inner}</ComicInfo>\n".encode()


@pytest.mark.parametrize(
    ("word", "direction"), [("YesAndRightToLeft", "rtl"), ("No", "ltr"), ("Yes", None), ("Unknown", None)]
)
def test_direction(word: str, direction: str | None) -> None:
    assert comicinfo.direction(info(f"<Series>a</Series><Manga> {word}\n</Manga>")) == direction


def test_a_note_is_added_in_the_place_that_the_schema_gives_it() -> None:
    changed = comicinfo.update(info("<Title>a</Title><Series>b</Series><Year>2001</Year>"), {})
    assert changed == info(f"<Title>a</Title><Series>b</Series>\n  {NOTE.decode()}<Year>2001</Year>")


def test_a_note_that_is_there_is_kept_and_never_added_twice() -> None:
    once = comicinfo.update(info("<Notes>Scanned by X</Notes>"), {})
    assert once == info("<Notes>Scanned by X Coloured by mangacolor.</Notes>")
    assert comicinfo.update(once, {}) == once
    assert comicinfo.update(info("<Notes/>"), {}) == info(NOTE.decode())


def test_sizes_change_only_where_they_were_present() -> None:
    pages = (
        '<Pages><Page Image="0" ImageWidth="1"/><Page Image="1"/><Page ImageHeight=\'2\' Image="2"/></Pages>'
    )
    changed = comicinfo.update(info(pages), {0: (10, 20, 30), 1: (10, 20, 30), 2: (11, 21, 31)}).decode()
    assert '<Page Image="0" ImageWidth="10"/><Page Image="1"/><Page ImageHeight="21" Image="2"/>' in changed


def test_what_stands_in_comments_and_text_is_no_element() -> None:
    text = "<!-- <BlackAndWhite>Yes</BlackAndWhite> --><Summary>&lt;Notes&gt;<![CDATA[<Notes>]]></Summary>"
    assert comicinfo.update(info(text), {}) == info(text + "\n  " + NOTE.decode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<ComicInfo>",
        b"<Other><BlackAndWhite>Yes</BlackAndWhite></Other>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><ComicInfo><BlackAndWhite>Yes</BlackAndWhite></ComicInfo>',
        "<ComicInfo><Manga>No</Manga></ComicInfo>".encode("utf-16"),
        b"<ComicInfo>" + b"<a>" * 100_000,
    ],
)
def test_what_cannot_be_understood_is_left_alone(data: bytes) -> None:
    assert comicinfo.update(data, {}) == data
    assert comicinfo.direction(data) is None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(["Title", "Series", "Year", "Web", "Tags"]), st.text(max_size=30)))
def test_all_other_bytes_stay(elements: dict[str, str]) -> None:
    kept = {key: re.sub(r"[^\w ]", "", value) for key, value in elements.items()}
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in kept.items())
    data = info(inner + "<BlackAndWhite>Yes</BlackAndWhite>")
    changed = comicinfo.update(data, {})
    assert changed.replace(b"\n  " + NOTE, b"").replace(b">No<", b">Yes<") == data


# The published order of ComicInfo 2.0 (anansi-project.github.io/docs/comicinfo), a sequence of optional
# elements, and what some of them may hold.
ORDER = """
Title Series Number Count Volume AlternateSeries AlternateNumber AlternateCount Summary Notes
Year Month Day Writer Penciller Inker Colorist Letterer CoverArtist Editor Publisher Imprint
Genre Web PageCount LanguageISO Format BlackAndWhite Manga Characters Teams Locations
ScanInformation StoryArc SeriesGroup AgeRating Pages CommunityRating MainCharacterOrTeam Review
""".split()  # noqa: SIM905
NUMBERS = {"Count", "Volume", "AlternateCount", "Year", "Month", "Day", "PageCount"}
PAGE_NUMBERS = {"Image", "ImageSize", "ImageWidth", "ImageHeight"}
PAGE_TEXTS = {"Type", "DoublePage", "Key", "Bookmark"}


def check_schema(data: bytes) -> dict[str, str | None]:
    """Whether a parser of its own takes the file for a ComicInfo 2.0. Returns the elements' texts."""
    root = ElementTree.fromstring(data)
    assert root.tag == "ComicInfo" and not (root.text or "").strip()
    names = [element.tag for element in root]
    assert names == sorted(set(names), key=ORDER.index)
    for element in root:
        assert not (element.tail or "").strip()
        if element.tag in NUMBERS:
            int(element.text or "")
        elif element.tag == "BlackAndWhite":
            assert element.text in ("Unknown", "No", "Yes")
        elif element.tag == "Pages":
            for page in element:
                assert page.tag == "Page" and "Image" in page.attrib and len(page) == 0
                assert set(page.attrib) <= PAGE_NUMBERS | PAGE_TEXTS
                assert all(int(value) >= 0 for name, value in page.attrib.items() if name in PAGE_NUMBERS)
    return {element.tag: element.text for element in root}


FULL = {
    "Title": "R&#233;sum&#xE9; &amp; more",
    "Series": "<![CDATA[A <b> & c]]>",
    "Count": "3",
    "Summary": "line\none > two\t&#10;",
    "Notes": "Scanned by X",
    "Year": "2001",
    "Writer": "長谷川　町子",
    "BlackAndWhite": "Yes",
    "Manga": "YesAndRightToLeft",
    "Pages": "<!-- two --><Page Image='0' Type=\"FrontCover\" ImageWidth='8'\n ImageSize = '7'/>"
    "<Page Image='1'></Page>",
}


@pytest.mark.parametrize("without", [(), ("Notes",), ("Notes", "Summary", "Count"), tuple(FULL)[:5]])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="utf-8"?>\r\n'])
@pytest.mark.parametrize("black", ["Yes", "Unknown", "", None])
def test_the_result_is_a_comicinfo_and_all_other_elements_are_byte_equal(
    without: tuple[str, ...], start: bytes, black: str | None
) -> None:
    parts = {name: f"<{name}>{text}</{name}>" for name, text in FULL.items() if name not in without}
    parts["BlackAndWhite"] = f"<BlackAndWhite>{black}</BlackAndWhite>" if black else "<BlackAndWhite/>"
    if black is None:
        del parts["BlackAndWhite"]
    data = start + ("<ComicInfo>\n  " + "\r\n  ".join(parts.values()) + "\n</ComicInfo>").encode()
    changed = comicinfo.update(data, {0: (1600, 2400, 123_456), 1: (1, 2, 3)})
    texts = check_schema(changed)
    assert texts.get("BlackAndWhite") == ("No" if black is not None else None)
    assert str(texts["Notes"]).endswith("Coloured by mangacolor.")
    for name, part in parts.items():
        if name not in ("BlackAndWhite", "Notes", "Pages"):
            assert changed.count(part.encode()) == 1, name
    assert b'ImageWidth="1600"\n ImageSize = "123456"/><Page Image=\'1\'></Page>' in changed


def test_pages_behind_one_that_is_left_out_count_from_a_smaller_number() -> None:
    pages = [b'<Page Image="%d" ImageSize="%d"/>' % (n, n + 1) for n in range(3)]
    frame = b"<ComicInfo><PageCount>%d</PageCount><Pages>%s</Pages>"
    frame += b"<Notes>Coloured by mangacolor.</Notes></ComicInfo>"
    changed = comicinfo.update(frame % (3, b"".join(pages)), {0: (1, 1, 10), 2: (1, 1, 30)}, gone=[1])
    assert changed == frame % (2, b'<Page Image="0" ImageSize="10"/><Page Image="1" ImageSize="30"/>')


def test_another_selection_of_the_pages_is_counted_and_numbered_anew() -> None:
    pages = '<Page Image="0"/><Page Image="1" Bookmark="a"><b/></Page><Page Image="2" Type="Story"/>'
    before = info(f"<PageCount>3</PageCount><Pages>{pages}</Pages>")
    changed = comicinfo.rearrange(before, {0: 1, 2: 3}, 2)
    assert changed == info(
        '<PageCount>5</PageCount><Pages><Page Image="1"/><Page Image="3" Type="Story"/></Pages>'
    )
    assert comicinfo.rearrange(before, {0: 0, 1: 1, 2: 2}, 0) == before
    assert comicinfo.rearrange(b"torn", {}, 1) == b"torn"


def test_numbers_without_an_end_are_none() -> None:
    endless = "9" * 5000
    pages = f'<Pages><Page Image="{endless}"/><Page Image="0"/></Pages>'
    data = f"<ComicInfo><PageCount>{endless}</PageCount>{pages}</ComicInfo>".encode()
    assert comicinfo.update(data, {}, [0]).count(b"<Page ") == 1
    moved = comicinfo.rearrange(data, {0: 4}, 1)
    assert moved.count(b"<Page ") == 1 and b'Image="4"' in moved and endless.encode() in moved
