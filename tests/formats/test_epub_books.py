"""Whole books: every shown picture is a page in the order of the spine, and nothing else changes a byte."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from mangacolor.tests.helpers.archives import finish, make_zip, only, plan_of
from mangacolor.tests.helpers.epubs import WAYS, make_epub


def check_book(seed: int, folder: Path) -> None:
    book = make_epub(seed)
    plan = plan_of(make_zip(folder / "x.epub", book.entries))
    chapter = only(plan)
    assert [page.name for page in chapter.pages] == [f"x.epub/{name}" for name in book.shown]
    assert [page.source.read() for page in chapter.pages] == [book.entries[name] for name in book.shown]
    assert chapter.direction == "rtl" and plan.notes == ()
    assert chapter.container is not None
    files = finish(chapter, folder / "done")
    assert chapter.container.pack(files, folder / "packed") == ()
    with zipfile.ZipFile(folder / "packed") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert list(packed) == list(book.entries)
    for name, data in packed.items():
        if name in book.shown:
            assert data == files[f"x.epub/{name}"].read_bytes()
        else:
            assert data == book.entries[name]


@pytest.mark.parametrize("seed", range(15))
def test_a_book_of_pages_shown_in_all_ways(seed: int, tmp_path: Path) -> None:
    check_book(seed, tmp_path)


@pytest.mark.slow
def test_120_books_of_pages_shown_in_all_ways(tmp_path: Path) -> None:
    for seed in range(15, 135):
        folder = tmp_path / str(seed)
        folder.mkdir()
        check_book(seed, folder)


def test_every_way_occurs_among_the_books() -> None:
    text = b"".join(b"".join(make_epub(seed).entries.values()) for seed in range(15))
    marks = [b"<img alt=", b"image ", b'style="', b"::before", b"<object", b"<picture", b"@import", b"<link"]
    assert len(WAYS) == 6 and all(mark in text for mark in marks)
