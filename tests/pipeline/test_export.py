"""A chapter taken out of OUT as one file: its finished pages in reading order, whatever form OUT has."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from mangacolor.core.errors import InputError, OutputError
from mangacolor.core.types import PageSource
from mangacolor.formats.discovery import discover
from mangacolor.formats.outputs.book_forms import BookForm
from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.export import Exported, export_chapter, title_of
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.store import read_store
from mangacolor.tests.helpers.fake_stages import House, go, write_page

NOWHERE = Path()
INFO = b"<ComicInfo><Manga>YesAndRightToLeft</Manga><PageCount>3</PageCount></ComicInfo>"


def pages_of(source: Path, out: Path) -> dict[str, PageSource]:
    (chapter,) = discover([source], out).chapters
    return {page.name: page.source for page in chapter.pages}


def export(out: Path, chapter: str, pages: Mapping[str, PageSource], form: BookForm) -> tuple[Exported, Path]:
    """What was told, without the place, and the file."""
    numbers = {page: number for number, page in enumerate(pages, 1)}
    told = export_chapter(read_store(out), ChapterPages(chapter, pages, numbers), form)
    return replace(told, file=NOWHERE), told.file


def read(target: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    folder = tmp_path / "My chapter"
    folder.mkdir()
    for number in (1, 2, 10):
        write_page(folder / f"{number}.png", number)
    (folder / "ComicInfo.xml").write_bytes(INFO)
    (folder / "notes.txt").write_bytes(b"of the scan")
    return folder


def test_a_folder_is_taken_out_as_it_lies_there_and_as_a_book(chapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(House(), chapter, out)
    pages = pages_of(chapter, out)
    finished = {name: (out / name).read_bytes() for name in ("1.png", "2.png", "10.png")}
    told, target = export(out, ".", pages, "zip")
    assert told == Exported(NOWHERE, 3)
    assert read(target) == finished | {
        name: (out / name).read_bytes() for name in ("ComicInfo.xml", "notes.txt")
    }
    told, target = export(out, ".", pages, "cbz")
    assert told == Exported(NOWHERE, 3)
    book = read(target)
    assert list(book) == ["1.png", "2.png", "10.png", "ComicInfo.xml"]
    assert {name: book[name] for name in finished} == finished
    assert book["ComicInfo.xml"] == (out / "ComicInfo.xml").read_bytes()
    _, again = export(out, ".", pages, "cbz")
    assert again != target and again.read_bytes() == target.read_bytes()
    go(House(), chapter, out)
    assert target.is_file()  # a run that begins leaves it to whoever takes it
    told, target = export(out, ".", pages, "pdf")
    assert told == Exported(NOWHERE, 3) and len(pypdfium2.PdfDocument(target)) == 3


def test_pages_of_an_archive_are_taken_from_where_they_wait(chapter: Path, tmp_path: Path) -> None:
    book, out = tmp_path / "Book 1.cbz", tmp_path / "out"
    with zipfile.ZipFile(book, "w") as archive:
        for file in sorted(chapter.iterdir()):
            archive.write(file, file.name)
        archive.writestr("extra/read me", b"thanks")
        archive.writestr("empty/", b"")
    go(House(), book, out)
    with zipfile.ZipFile(out / "Book 1.cbz") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    told, target = export(out, "Book 1.cbz", pages_of(book, out), "zip")
    assert told == Exported(NOWHERE, 3) and read(target) == {
        name: data for name, data in packed.items() if name != "empty/"
    }
    assert list(read(target)) == ["1.png", "2.png", "10.png", "ComicInfo.xml", "notes.txt", "extra/read me"]
    assert b"Coloured by mangacolor" in read(target)["ComicInfo.xml"]
    _, target = export(out, "Book 1.cbz", pages_of(book, out), "cbz")
    assert list(read(target)) == ["1.png", "2.png", "10.png", "ComicInfo.xml"]
    (out / "Book 1.cbz").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"Book 1\.cbz: not a readable archive") as raised:
        export(out, "Book 1.cbz", pages_of(book, out), "cbz")
    assert "packed anew" in raised.value.remedy
    (out / "Book 1.cbz").unlink()  # the pages wait in the state folder
    _, target = export(out, "Book 1.cbz", pages_of(book, out), "cbz")
    assert list(read(target)) == ["1.png", "2.png", "10.png"]


@pytest.mark.parametrize("on_error", ["skip", "fail"])
def test_what_an_archive_says_of_its_pages_is_told_of_those_of_the_book(
    chapter: Path, tmp_path: Path, on_error: str
) -> None:
    listed = "".join(f'<Page Image="{n}" ImageSize="7" Key="{n}"/>' for n in range(3)).encode()
    info = INFO.replace(b"</Manga>", b"</Manga><Pages>" + listed + b"</Pages>")
    book, out = tmp_path / "Book 1.cbz", tmp_path / "out"
    sound = {name: (chapter / name).read_bytes() for name in ("1.png", "2.png", "10.png")}

    def write(pages: Mapping[str, bytes]) -> None:
        with zipfile.ZipFile(book, "w") as archive:
            for name, data in {**pages, "ComicInfo.xml": info}.items():
                archive.writestr(name, data)

    if on_error == "fail":  # an archive of an earlier run, with a page more and one less
        write({**{name: sound[name] for name in ("1.png", "10.png")}, "0.png": sound["1.png"]})
        go(House(), book, out)
    write({**sound, "2.png": sound["2.png"][:60]})
    go(House(), book, out, on_error=on_error)
    told, target = export(out, "Book 1.cbz", pages_of(book, out), "cbz")
    assert told == Exported(NOWHERE, 3, ("Book 1.cbz/2.png",))
    fitted = read(target)["ComicInfo.xml"]
    sizes = {key: read(target)[name] for key, name in ((0, "1.png"), (2, "10.png"))}
    keys = {0: 0, 2: 2} if on_error == "skip" else {0: 1, 2: 2}  # by which it knew them
    for number, data in sizes.items():
        line = f'<Page Image="{number}" ImageSize="{len(data)}" Key="{keys[number]}"/>'
        assert line.encode() in fitted
    assert fitted.count(b"<Page ") == 2 and b"<PageCount>3<" in fitted


def test_a_page_that_is_not_finished_goes_in_as_it_came(chapter: Path, tmp_path: Path) -> None:
    out, house = tmp_path / "out", House()
    pages = pages_of(chapter, out)
    with pytest.raises(InputError, match="no page of it is finished"):
        export(out, ".", pages, "cbz")
    (chapter / "2.png").write_bytes(b"torn")
    house.trouble["10.png"] = ValueError("broken")
    go(house, chapter, out, on_error="skip")
    told, target = export(out, ".", pages, "cbz")
    assert told == Exported(NOWHERE, 3, ("2.png", "10.png"))
    assert read(target)["10.png"] == (chapter / "10.png").read_bytes()
    (chapter / "2.png").unlink()
    told, target = export(out, ".", pages, "cbz")
    assert told == Exported(NOWHERE, 2, ("10.png",), ("2.png",))
    assert list(read(target)) == ["1.png", "10.png", "ComicInfo.xml"]
    assert b"<PageCount>2<" in read(target)["ComicInfo.xml"]
    told, target = export(out, ".", pages, "pdf")
    assert told.left_out == ("2.png",) and len(pypdfium2.PdfDocument(target)) == 2


def test_names_that_are_in_no_reading_order_are_numbered(chapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(House(), chapter, out)
    pages = pages_of(chapter, out)
    spine = {name: pages[name] for name in ("10.png", "1.png", "2.png")}
    _, target = export(out, ".", spine, "cbz")
    assert list(read(target))[:3] == ["1 10.png", "2 1.png", "3 2.png"]
    assert read(target)["1 10.png"] == (out / "10.png").read_bytes()


def test_an_epub_is_read_again_as_the_chapter_that_it_was(chapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(House(), chapter, out)
    _, target = export(out, ".", pages_of(chapter, out), "epub")
    (book,) = discover([target.rename(tmp_path / "book.epub")], tmp_path / "again").chapters
    finished = [(out / name).read_bytes() for name in ("1.png", "2.png", "10.png")]
    assert [page.source.read() for page in book.pages] == finished and book.direction == "rtl"


def test_a_file_that_is_named_is_whole_or_as_it_was(
    chapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, target = tmp_path / "out", tmp_path / "books" / "one.cbz"
    go(House(), chapter, out)
    pages = pages_of(chapter, out)
    whole = ChapterPages(".", pages, dict.fromkeys(pages, 1))
    assert export_chapter(read_store(out), whole, "cbz", target) == Exported(target, 3)
    before = target.read_bytes()
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OutputError, match="disk is full"):
        export_chapter(read_store(out), whole, "cbz", target)
    assert target.read_bytes() == before and list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("chapter_name", "title"),
    [
        (".", "out"),
        ("vol. 1/ch. 2", "ch. 2"),
        ("a/b.CBZ", "b"),
        ("c.epub", "c"),
        ("d.zip", "d"),
        ("e.pdf", "e"),
        ("x.tar", "x.tar"),  # a folder: such an archive comes out as CBZ
    ],
)
def test_titles(chapter_name: str, title: str, tmp_path: Path) -> None:
    assert title_of(State(tmp_path / "out"), chapter_name) == title


def test_a_disk_that_is_full_leaves_nothing(
    chapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    go(House(), chapter, out)

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(OutputError, match="disk is full"):
        export(out, ".", pages_of(chapter, out), "cbz")
    assert not list(State(out).scratch.glob("*.export"))


@pytest.mark.parametrize("most", [3, 4])
def test_the_own_archive_of_out_is_read_by_the_limits_that_the_run_was_given(
    chapter: Path, tmp_path: Path, most: int
) -> None:
    book, out = tmp_path / "book.cbz", tmp_path / "out"
    with zipfile.ZipFile(book, "w") as archive:
        archive.write(chapter / "1.png", "1.png")
        archive.writestr("notes.txt", b"of the scan")
    pages = pages_of(book, out)
    go(House(), book, out, max_entries=most)
    with zipfile.ZipFile(out / "book.cbz", "a") as archive:
        archive.writestr("more.txt", b"by somebody")
        archive.writestr("still more.txt", b"by somebody")
    if most < 4:
        with pytest.raises(InputError, match="holds more than 3 entries"):
            export(out, "book.cbz", pages, "zip")
    else:
        _, target = export(out, "book.cbz", pages, "zip")
        assert read(target)["more.txt"] == b"by somebody"
