"""``mangacolor export``: what is coloured as files to take away, and what is said where it cannot be."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from mangacolor import cli
from mangacolor.core.installed import quoted
from mangacolor.core.settings import OnError
from mangacolor.formats.discovery import discover
from mangacolor.formats.outputs.book_forms import BOOK_FORMS
from mangacolor.pipeline.store import manifest
from mangacolor.pipeline.store.journal import read_journal
from mangacolor.tests.helpers.fake_stages import House, go, write_page


def export(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["export", *map(str, arguments)])
    return int(ended.value.code or 0)


def pages(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True)
    for number in numbers:
        write_page(folder / f"{number}.png", number)


def pages_in(book: Path) -> list[str]:
    (chapter,) = discover([book], book.parent / "again").chapters
    return [Path(page.name).name for page in chapter.pages]


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One coloured chapter of three pages, in the working folder."""
    pages(tmp_path / "chapter", 1, 2, 10)
    monkeypatch.chdir(tmp_path)
    go(House(), Path("chapter"), Path("my out"))
    return Path("my out")


@pytest.mark.parametrize("form", BOOK_FORMS)
def test_a_chapter_lies_beside_out_or_where_it_is_told_to(
    form: str, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(out, "--format", form) == 0
    said = capsys.readouterr()
    assert said.out == f"my out.{form}\n" and "3 pages" in said.err
    whole = (tmp_path / f"my out.{form}").read_bytes()
    assert len(pages_in(tmp_path / f"my out.{form}")) == 3
    assert export(out, "--to", f"books/a.{form}") == 0  # its name says the form
    assert (tmp_path / f"books/a.{form}").read_bytes() == whole
    (tmp_path / "there").mkdir()
    assert export(out, "--to", "there", "--format", form) == 0
    assert (tmp_path / f"there/my out.{form}").read_bytes() == whole


def test_out_may_be_the_working_folder(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(out)
    assert export(".") == 0
    assert pages_in(tmp_path / "my out.cbz") == ["1.png", "2.png", "10.png"]


def test_nothing_is_written_over_unless_it_is_said(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "my out.cbz"
    mine.write_bytes(b"mine")
    assert export(out) == 2 and mine.read_bytes() == b"mine"
    said = capsys.readouterr().err
    assert "my out.cbz: there already" in said and "--force" in said and "--to" in said
    assert export(out, "--force") == 0 and zipfile.is_zipfile(mine)


@pytest.mark.parametrize("to", ["my out", "my out/book.epub", "my out/new/book.zip", "link/book.pdf"])
def test_no_book_lies_among_the_pages(out: Path, capsys: pytest.CaptureFixture[str], to: str) -> None:
    Path("link").symlink_to("my out")
    before = sorted(out.rglob("*"))
    assert export(out, "--to", to, "--force") == 2
    said = capsys.readouterr().err
    assert "lies in my out, among its pages" in said and f"in {Path.cwd()}." in said
    assert sorted(out.rglob("*")) == before


def test_a_name_of_another_form_is_refused(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(out, "--to", "a.pdf", "--format", "epub") == 2
    assert "--to a.pdf: its name says pdf, and --format epub" in capsys.readouterr().err
    assert not Path("a.pdf").exists()


def test_several_chapters_need_a_folder_or_a_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("vol 1/ch 1", "vol 2/ch 1"):
        pages(Path("series") / name, 1)
    go(House(), Path("series"), Path("out"))
    for told in ((), ("--to", "all.cbz")):
        assert export("out", *told) == 2
        said = capsys.readouterr().err
        assert "holds 2 chapters" in said and "vol 1/ch 1" in said and "--to" in said
    assert export("out", "--to", "books", "--format", "epub") == 0
    assert sorted(str(file.relative_to("books")) for file in Path("books").rglob("*.epub")) == [
        "vol 1/ch 1.epub",
        "vol 2/ch 1.epub",
    ]
    assert export("out", "--chapter", "vol 2/ch 1", "--to", "two.pdf") == 0
    assert export("out", "--chapter", "vol 3") == 2
    assert "There are: vol 1/ch 1, vol 2/ch 1." in capsys.readouterr().err


@pytest.mark.parametrize("on_error", ["copy", "skip"])
def test_pages_that_failed_go_in_as_they_came_and_are_named(
    on_error: OnError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    house = House()
    pages(Path("in"), 1, 2)
    house.trouble["2.png"] = ValueError("broken")
    go(house, Path("in"), Path("out"), on_error=on_error)
    assert export("out", "--json") == 1
    (told,) = json.loads(capsys.readouterr().out)["files"]
    assert told == {"file": "out.cbz", "pages": 2, "as_they_came": ["2.png"], "left_out": []}
    assert export("out", "--force") == 1
    assert "1 page not coloured: 2.png" in capsys.readouterr().err
    with zipfile.ZipFile("out.cbz") as book:
        assert book.read("2.png") == Path("in/2.png").read_bytes()


def test_chapters_of_earlier_runs_and_archives_with_folders_are_whole(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile("book.cbz", "w") as archive:
        for name in ("a/1.png", "a/2.png", "b/1.png"):
            archive.write("chapter/1.png", name)
    go(House(), Path("book.cbz"), out)  # the last run knows of this chapter alone
    assert export(out, "--to", "all") == 0
    assert sorted(file.name for file in Path("all").iterdir()) == ["book.cbz", "my out.cbz"]
    Path("book.cbz").rename("elsewhere.cbz")  # from here on the manifest alone knows it
    assert export(out, "--to", "again") == 0
    for name in ("book.cbz", "my out.cbz"):
        assert len(pages_in(Path("all") / name)) == 3
        assert (Path("again") / name).read_bytes() == (Path("all") / name).read_bytes()


def test_a_folder_that_was_never_coloured_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(tmp_path) == 3
    said = capsys.readouterr().err
    assert f"{tmp_path}: no folder that mangacolor has written to" in said
    assert f"mangacolor {tmp_path} --out OUT" in said
    assert export(tmp_path / "nowhere") == 3
    assert f"{tmp_path / 'nowhere'}: no such file or folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_pages_of_an_earlier_run_stay_in_the_chapter(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One page is coloured again by itself, or the input holds others by now."""
    go(House(), Path("chapter/2.png"), out)
    assert export(out, "--to", "one.cbz") == 0
    assert pages_in(Path("one.cbz")) == ["1.png", "2.png", "10.png"]
    go(House(), Path("chapter"), out)
    Path("chapter/2.png").unlink()
    write_page(Path("chapter/3.png"), 3)
    assert export(out, "--to", "two.cbz") == 1
    assert pages_in(Path("two.cbz")) == ["1.png", "2.png", "3.png", "10.png"]
    assert "1 page not coloured: 3.png" in capsys.readouterr().err


def test_what_failed_is_named_when_the_input_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    house = House()
    pages(Path("in"), 1, 2)
    house.trouble["2.png"] = ValueError("broken")
    go(house, Path("in"), Path("out"), on_error="skip")
    Path("in").rename("elsewhere")
    assert export("out", "--json") == 1
    (told,) = json.loads(capsys.readouterr().out)["files"]
    assert told["pages"] == 1 and told["left_out"] == ["2.png"]


def test_chapters_that_would_be_one_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pages(Path("series/ch1"), 1, 2)
    with zipfile.ZipFile("series/ch1.cbz", "w") as archive:
        archive.write("series/ch1/1.png", "1.png")
    go(House(), Path("series"), Path("out"))
    assert export("out", "--to", "books") == 2
    said = capsys.readouterr().err
    assert "ch1 and ch1.cbz would both be this file" in said and "--chapter NAME --to FILE" in said
    assert not Path("books").exists()
    assert export("out", "--chapter", "ch1", "--to", "books/folder.cbz") == 0


def test_a_source_is_never_written_over(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile("book.cbz", "w") as archive:
        archive.write("chapter/1.png", "1.png")
    scan = Path("book.cbz").read_bytes()
    go(House(), Path("book.cbz"), Path("colored"))
    assert export("colored") == 0 and len(pages_in(tmp_path / "colored.cbz")) == 1
    assert export("colored", "--format", "epub") == 0
    assert Path("book.epub").is_file()  # which is nobody's, so it is called as the chapter
    for told in (("--to", "book.cbz"), ("--to", "."), ("--to", ".", "--chapter", "book.cbz")):
        assert export("colored", *told, "--force") == 2
        assert "book.cbz was made from this file" in capsys.readouterr().err
    assert Path("book.cbz").read_bytes() == scan


@pytest.mark.parametrize("name", ["my.cbr", "k9.tar", ".cbz", "page.png", "for my Kindle.azw3"])
def test_a_name_that_no_book_has_is_refused(name: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(out, "--to", name) == 2
    assert "books are written as cbz, pdf, epub, zip" in capsys.readouterr().err
    assert not Path(name).exists()
    for folder in ("vol. 1", "pdf"):
        assert export(out, "--to", folder) == 0 and Path(folder, "my out.cbz").is_file()


def test_a_chapter_that_is_not_there_is_answered_with_those_that_are(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(out, "--chapter", "ch 1") == 2
    assert "There are: . (OUT itself)." in capsys.readouterr().err
    assert export(out, "--chapter", ".") == 0


def test_a_file_of_out_is_no_out(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(out / "1.png") == 2
    said = capsys.readouterr().err
    assert f"1.png: lies in the output folder {out}\n" in said
    assert f"mangacolor export {quoted(str(out))}?" in said


def test_a_book_keeps_its_direction_when_the_input_is_gone(out: Path) -> None:
    Path("chapter/ComicInfo.xml").write_bytes(b"<ComicInfo><Manga>No</Manga></ComicInfo>")
    go(House(), Path("chapter"), out)
    assert export(out, "--to", "one.epub") == 0
    Path("chapter").rename("elsewhere")
    assert export(out, "--to", "two.epub") == 0
    assert Path("one.epub").read_bytes().count(b"ltr") == Path("two.epub").read_bytes().count(b"ltr") == 1


def test_a_title_that_xml_cannot_hold_makes_a_book_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pages(Path("chapter"), 1)
    go(House(), Path("chapter"), Path("out\ufffe\udcff"))
    assert export("out\ufffe\udcff", "--to", "book.epub") == 0
    assert pages_in(Path("book.epub")) == ["0001.png"]


def test_from_within_out_books_lie_beside_it(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = out.absolute()
    for folder, name in ((".", "."), ("inside", "..")):
        (place / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(place / folder)
        assert export(name) == 0
        place.with_name("my out.cbz").unlink()


def test_no_name_of_a_page_is_a_command_to_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pages(Path("chapter"), 1)
    Path("chapter/\x1b2.png").write_bytes(b"no picture")
    go(House(), Path("chapter"), Path("out"))
    assert export("out") == 1
    assert r"\x1b2.png" in capsys.readouterr().err


def test_the_manifest_is_read_once_for_all_chapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(1, 5):
        pages(Path(f"series/ch {number}"), 1)
    go(House(), Path("series"), Path("out"))
    read: list[Path] = []

    def counted(path: Path) -> object:
        read.append(path)
        return read_journal(path)

    monkeypatch.setattr(manifest, "read_journal", counted)
    assert export("out", "--to", "books") == 0 and len(list(Path("books").iterdir())) == 4
    assert len(read) == 1
