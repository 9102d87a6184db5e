"""Archives through the engine: packed when whole, packed again only when something changed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from mangacolor.pipeline.events import PageDone, PageFailed, Warned
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page


@pytest.fixture(params=[False, True], ids=["one sweep", "two sweeps"])
def house(request: pytest.FixtureRequest) -> House:
    return House(moody=request.param)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "x.cbz", "w") as archive:
        for number in range(1, 4):
            write_page(tmp_path / f"{number}.png", number)
            archive.write(tmp_path / f"{number}.png", f"{number}.png")
    return tmp_path / "x.cbz"


def break_page(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["2.png"] = content["2.png"][:40]
    with zipfile.ZipFile(book, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def test_archive_is_packed_once_all_pages_are_done(house: House, book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result, events = go(house, book, out)
    assert (result.status, result.pages, result.done) == (0, 3, 3)
    assert {event.page for event in events if isinstance(event, PageDone)} == {
        f"x.cbz/{n}.png" for n in (1, 2, 3)
    }
    assert list(files(out)) == ["x.cbz"]
    assert [path for path in out.iterdir() if path.name not in ("x.cbz", ".mangacolor")] == []
    with zipfile.ZipFile(out / "x.cbz") as packed, zipfile.ZipFile(book) as source:
        assert packed.namelist() == source.namelist()
        assert packed.read("1.png") != source.read("1.png")


def test_second_run_leaves_the_archive_alone(house: House, book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(house, book, out)
    before = (out / "x.cbz").stat()
    result, _ = go(house, book, out)
    assert (result.cached, result.stages_run) == (3, 0)
    assert (out / "x.cbz").stat().st_ino == before.st_ino
    data = (out / "x.cbz").read_bytes()
    (out / "x.cbz").unlink()
    result, _ = go(house, book, out)
    assert (result.cached, result.stages_run) == (3, 0)
    assert (out / "x.cbz").read_bytes() == data


def test_archive_with_a_failed_page_is_not_written(house: House, book: Path, tmp_path: Path) -> None:
    break_page(book)
    result, events = go(house, book, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert files(tmp_path / "out") == {}
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert any("--on-error copy" in message for message in warned)


def test_on_error_copy_packs_the_page_as_it_came(house: House, book: Path, tmp_path: Path) -> None:
    break_page(book)
    result, events = go(house, book, tmp_path / "out", on_error="copy")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert [event.page for event in events if isinstance(event, PageFailed)] == ["x.cbz/2.png"]
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as packed, zipfile.ZipFile(book) as source:
        assert packed.read("2.png") == source.read("2.png")
        assert packed.read("1.png") != source.read("1.png")


def test_some_pages_only_are_not_packed(house: House, book: Path, tmp_path: Path) -> None:
    result, events = go(house, book, tmp_path / "out", pages="2")
    assert (result.status, result.done) == (0, 1)
    assert files(tmp_path / "out") == {}
    assert (State(tmp_path / "out").finished / "x.cbz" / "2.png").is_file()
    assert any("not all of its pages" in event.message for event in events if isinstance(event, Warned))


def test_foreign_archive_is_not_overwritten(house: House, book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "x.cbz").write_bytes(b"mine")
    result, _ = go(house, book, out)
    assert (result.status, result.failed) == (3, 3)
    assert not house.calls
    assert (out / "x.cbz").read_bytes() == b"mine"
    result, _ = go(house, book, out, force=True)
    assert (result.status, zipfile.is_zipfile(out / "x.cbz")) == (0, True)


def test_on_error_copy_in_a_folder(house: House, book: Path, tmp_path: Path) -> None:
    source = tmp_path / "pages"
    source.mkdir()
    write_page(source / "1.png", 1)
    (source / "2.png").write_bytes(b"no picture")
    (source / "3.png").write_bytes(b"no picture")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "3.png").write_bytes(b"mine")
    result, _ = go(house, source, tmp_path / "out", on_error="copy")
    assert (result.status, result.done, result.failed) == (1, 1, 2)
    assert (tmp_path / "out" / "2.png").read_bytes() == b"no picture"
    assert (tmp_path / "out" / "3.png").read_bytes() == b"mine"
    write_page(source / "2.png", 2)
    result, _ = go(house, source, tmp_path / "out", on_error="copy")
    assert (result.done + result.cached, result.failed) == (2, 1)
    assert (tmp_path / "out" / "2.png").read_bytes() != b"no picture"
