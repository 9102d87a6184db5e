"""Archives through the engine: packed when whole, packed again only when something changed."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from mangacolor.core.types import Artifact, Page
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.events import Event, PageDone, PageFailed, Warned
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.page_output import PageOutput
from mangacolor.pipeline.store.store import open_store
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page


@pytest.fixture(params=[False, True], ids=["one pass", "two passes"])
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


def told(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


def test_a_failed_page_stands_in_the_archive_as_it_came(house: House, book: Path, tmp_path: Path) -> None:
    break_page(book)
    result, events = go(house, book, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert [event.page for event in events if isinstance(event, PageFailed)] == ["x.cbz/2.png"]
    assert told(events) == ["holds failed pages as they came: 2.png"]
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as packed, zipfile.ZipFile(book) as source:
        assert packed.namelist() == source.namelist()
        assert packed.read("2.png") == source.read("2.png")
        assert packed.read("1.png") != source.read("1.png")


def test_a_page_that_is_mended_takes_its_place_in_the_archive(
    house: House, book: Path, tmp_path: Path
) -> None:
    whole, out = book.read_bytes(), tmp_path / "out"
    break_page(book)
    go(house, book, out)
    before = (out / "x.cbz").stat()
    result, events = go(house, book, out)  # tried again, told again, and nothing written
    assert (result.status, result.cached, result.failed) == (1, 2, 1)
    assert told(events) == ["holds failed pages as they came: 2.png"]
    assert (out / "x.cbz").stat().st_ino == before.st_ino
    book.write_bytes(whole)
    result, events = go(house, book, out)
    assert (result.status, result.cached + result.done, result.failed) == (0, 3, 0) and not told(events)
    with zipfile.ZipFile(out / "x.cbz") as packed, zipfile.ZipFile(book) as source:
        assert packed.read("2.png") != source.read("2.png")


def test_on_error_skip_leaves_the_page_out(house: House, book: Path, tmp_path: Path) -> None:
    break_page(book)
    go(house, book, tmp_path / "out")
    for _ in range(2):
        result, events = go(house, book, tmp_path / "out", on_error="skip")
        assert (result.status, result.failed) == (1, 1)
        assert told(events) == ["left out (--on-error skip): 2.png"]
        with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as packed:
            assert packed.namelist() == ["1.png", "3.png"]


def test_on_error_fail_writes_no_archive(house: House, book: Path, tmp_path: Path) -> None:
    break_page(book)
    result, events = go(house, book, tmp_path / "out", on_error="fail")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert files(tmp_path / "out") == {}
    assert told(events) == ["not written, because 1 page failed (--on-error fail)"]


def test_an_archive_of_which_nothing_can_be_done_is_not_written(house: House, tmp_path: Path) -> None:
    book = tmp_path / "x.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("1.png", b"no picture")
    result, events = go(house, book, tmp_path / "out")
    assert (result.status, files(tmp_path / "out")) == (3, {})
    assert told(events) == ["not written, because none of its pages could be done"]


def test_a_page_that_cannot_even_be_read_is_left_out_and_named(
    house: House, book: Path, tmp_path: Path
) -> None:
    data = bytearray(book.read_bytes())
    data[data.index(b"2.png") + 40] ^= 0xFF  # its checksum is wrong now
    book.write_bytes(data)
    result, events = go(house, book, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert told(events) == ["left out (it cannot go in as it came): 2.png"]
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as packed:
        assert packed.namelist() == ["1.png", "3.png"]


def test_a_cut_archive_gives_an_archive_of_what_is_left(house: House, book: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(book) as archive, tarfile.open(tmp_path / "y.cbt", "w") as tar:
        for name in archive.namelist():
            info = tarfile.TarInfo(name)
            info.size = archive.getinfo(name).file_size
            tar.addfile(info, io.BytesIO(archive.read(name)))
    cut = tmp_path / "y.cbt"
    cut.write_bytes(cut.read_bytes()[: 2 * (512 + 512)])
    result, events = go(house, cut, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert [event.page for event in events if isinstance(event, PageFailed)] == ["y.cbz/lost pages"]
    with zipfile.ZipFile(tmp_path / "out" / "y.cbz") as packed:
        assert packed.namelist() == ["1.png", "2.png"]


def test_some_pages_only_are_not_packed(house: House, book: Path, tmp_path: Path) -> None:
    result, events = go(house, book, tmp_path / "out", pages="2")
    assert (result.status, result.done) == (0, 1)
    assert files(tmp_path / "out") == {}
    assert (State(tmp_path / "out").finished / "x.cbz" / "2.png").is_file()
    assert any("not all of its pages" in event.message for event in events if isinstance(event, Warned))


def test_pages_that_are_all_named_are_packed(house: House, book: Path, tmp_path: Path) -> None:
    result, events = go(house, book, tmp_path / "out", pages="1-3")
    assert (result.status, result.done) == (0, 3)
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as packed, zipfile.ZipFile(book) as source:
        assert packed.namelist() == source.namelist()
    assert not any(isinstance(event, Warned) for event in events)


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


@pytest.mark.parametrize("on_error", ["copy", "skip", "fail"])
def test_failed_pages_of_a_folder(house: House, tmp_path: Path, on_error: str) -> None:
    source, out = tmp_path / "pages", tmp_path / "out"
    source.mkdir()
    write_page(source / "1.png", 1)
    for name, data in {"2.png": b"no picture", "3.png": b"no picture", "4.png": b""}.items():
        (source / name).write_bytes(data)
    out.mkdir()
    (out / "3.png").write_bytes(b"mine")
    result, _ = go(house, source, out, on_error=on_error)
    assert (result.status, result.done, result.failed) == (1, 1, 3)
    kept = {"2.png": b"no picture", "4.png": b""} if on_error == "copy" else {}
    assert {name: data for name, data in files(out).items() if name != "1.png"} == {"3.png": b"mine", **kept}
    write_page(source / "2.png", 2)
    result, _ = go(house, source, out, on_error=on_error)
    assert (result.done + result.cached, result.failed) == (2, 2)
    assert (out / "2.png").read_bytes() != b"no picture"


def test_the_stand_in_of_a_page_goes_when_it_is_not_wanted(house: House, tmp_path: Path) -> None:
    source, out = tmp_path / "pages", tmp_path / "out"
    source.mkdir()
    write_page(source / "1.png", 1)
    (source / "2.png").write_bytes(b"no picture")
    go(house, source, out)
    assert list(files(out)) == ["1.png", "2.png"]
    go(house, source, out, on_error="skip")
    assert list(files(out)) == ["1.png"]
    go(house, source, out)
    (out / "2.png").write_bytes(b"somebody else's")
    go(house, source, out, on_error="skip")
    assert (out / "2.png").read_bytes() == b"somebody else's"


def test_the_stand_in_of_a_page_that_changes_its_suffix_goes(tmp_path: Path) -> None:
    page = Page("2.gif", 1, FileSource(tmp_path / "2.gif"))
    with open_store(tmp_path) as store:
        output = PageOutput(page, None, store.manifest)
        output.commit_failed(b"as it came")
        assert (tmp_path / "2.gif").read_bytes() == b"as it came"
        done = Artifact({"suffix": ".png", "renamed": True}, blob=b"in colour")
        output.commit(done, "key", panels=0, seconds={})
    assert files(tmp_path) == {"2.png": b"in colour"}
