"""ComicInfo.xml is spliced, never rewritten."""

from __future__ import annotations

import re

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
