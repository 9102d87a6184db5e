"""A disk that fills up, turns read-only or goes away at any moment: nothing good is lost, and it is said."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mangacolor.core.errors import OutputError
from mangacolor.pipeline.events import Event, PageDone, RunResult
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.faulty_disk import FaultyDisk

MOST = 1000  # operations: far more than a run has
INFO = b"<ComicInfo><BlackAndWhite>Yes</BlackAndWhite></ComicInfo>"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree: loose pages, one of them blank, with other files; and an archive."""
    folder = tmp_path / "in"
    (folder / "ch").mkdir(parents=True)
    for number in (1, 2):
        write_page(folder / "ch" / f"{number}.png", number)
    write_page(folder / "ch" / "3.png", 3, brightest=256)
    (folder / "ch" / "notes.txt").write_bytes(b"hello")
    (folder / "ch" / "ComicInfo.xml").write_bytes(INFO)
    with zipfile.ZipFile(folder / "book.cbz", "w") as archive:
        for number in (1, 2):
            archive.write(folder / "ch" / f"{number}.png", f"{number}.png")
        archive.writestr("ComicInfo.xml", INFO)
    return folder


def found(out: Path) -> dict[str, bytes]:
    """What a user sees in OUT."""
    files = (path for path in out.rglob("*") if path.is_file() and ".mangacolor" not in path.parts)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def refused(source: Path, out: Path, words: str) -> list[Event]:
    """A run that the disk ends. Returns its events."""
    events: list[Event] = []
    with pytest.raises(OutputError, match=words) as caught:
        go(House(moody=True), source, out, listener=events.append, report=True, scale="2")
    assert caught.value.remedy and str(out) in caught.value.message
    last = events[-1]
    assert isinstance(last, RunResult) and last.status == 3
    assert last.done + last.copied + last.cached + last.failed == last.pages
    return events


def operations(source: Path, out: Path) -> int:
    """How often a run over old results touches the disk."""
    go(House(moody=True), source, out, scale="1")
    with FaultyDisk(out, MOST).attached() as disk:
        go(House(moody=True), source, out, report=True, scale="2")
    assert 50 < disk.done < MOST
    return disk.done


def check_every(source: Path, tmp_path: Path, moments: Callable[[int], range], code: int, words: str) -> None:
    """At each moment: old or new files and nothing else; a second run finishes without doing things twice."""
    go(House(moody=True), source, tmp_path / "old", scale="1")
    go(House(moody=True), source, tmp_path / "new", scale="2")
    old, new = found(tmp_path / "old"), found(tmp_path / "new")
    assert set(old) == set(new) and old["ch/1.png"] != new["ch/1.png"] and old["book.cbz"] != new["book.cbz"]
    for moment in moments(operations(source, tmp_path / "count")):
        out = tmp_path / f"out-{moment}"
        go(House(moody=True), source, out, scale="1")
        with FaultyDisk(out, moment, code).attached() as disk:
            events = refused(source, out, words)
        assert disk.failed
        for name, data in found(out).items():
            assert data in (old[name], new[name]), f"{name} is neither old nor new after {moment} operations"
        assert set(found(out)) == set(old)
        finished = {event.page for event in events if isinstance(event, PageDone)}
        result, again = go(House(moody=True), source, out, report=True, scale="2")
        assert result.status == 0 and found(out) == new
        redone = {event.page for event in again if isinstance(event, PageDone) and event.outcome != "cached"}
        assert not redone & finished
        assert list((out / ".mangacolor" / "tmp").iterdir()) == []


def test_a_full_disk(source: Path, tmp_path: Path) -> None:
    check_every(source, tmp_path, lambda count: range(3, count, count // 6), errno.ENOSPC, "disk is full")


@pytest.mark.slow
def test_a_full_disk_at_every_write(source: Path, tmp_path: Path) -> None:
    check_every(source, tmp_path, range, errno.ENOSPC, "disk is full")


def test_a_disk_that_turns_read_only(source: Path, tmp_path: Path) -> None:
    check_every(source, tmp_path, lambda count: range(5, count, count // 3), errno.EROFS, "cannot be written")


@pytest.mark.parametrize("moment", [8, 25, 60, 75])
def test_an_output_folder_that_is_taken_away_is_not_made_again(
    moment: int, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "disk" / "out"
    disk = FaultyDisk(out, moment, code=0, before=lambda: out.rename(tmp_path / "elsewhere"))
    with disk.attached():
        refused(source, out, "vanished")
    assert not out.exists()
    (tmp_path / "elsewhere").rename(out)
    assert go(House(moody=True), source, out, scale="2")[0].status == 0


def test_a_folder_of_out_may_be_another_disk(source: Path, tmp_path: Path) -> None:
    """Pages, files beside them, archives, and what is moved aside of them."""
    (source / "book.cbz").rename(source / "ch" / "book.cbz")
    go(House(), source, tmp_path / "one")
    out, real = tmp_path / "out", Path.replace

    def replace(self: Path, target: Path) -> Path:
        if len({path.is_relative_to(out / "ch") for path in (self, target)}) > 1:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        assert go(House(), source, out)[0].status == 0
        assert found(out) == found(tmp_path / "one")
        (source / "ch" / "1.png").unlink()
        assert go(House(), source, out)[0].status == 0
    assert (out / ".mangacolor/removed/ch/1.png").read_bytes() == (tmp_path / "one/ch/1.png").read_bytes()
    assert sorted(path.name for path in (out / "ch").iterdir()) == sorted(
        path.name for path in (source / "ch").iterdir()
    )


def test_a_name_that_the_disk_does_not_take_fails_its_page_only(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target == out / "ch" / "2.png":
            raise OSError(errno.ENAMETOOLONG, "File name too long")
        return real(self, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        result, _ = go(House(), source, out)
    assert result.status == 1 and [failure.page for failure in result.failures] == ["ch/2.png"]
    assert "Rename" in result.failures[0].remedy


def test_a_name_that_the_disk_says_is_not_there_fails_its_page_only(source: Path, tmp_path: Path) -> None:
    """As drivers for exFAT say of a name with a question mark, while the folder is there."""
    out, real = tmp_path / "out", Path.mkdir

    def mkdir(self: Path, *rest: Any, **named: Any) -> None:
        if (self.parent.name, self.name) == ("ch", "2.png"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        real(self, *rest, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "mkdir", mkdir)
        result, _ = go(House(), source, out)
    assert result.status == 1 and [failure.page for failure in result.failures] == ["ch/2.png"]
    assert "does not take this name" in result.failures[0].error


def test_a_page_that_a_viewer_of_windows_has_open_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for number in (1, 2, 3):
        write_page(tmp_path / "in" / f"{number}.png", number)
    house, out = House(), tmp_path / "out"
    go(house, tmp_path / "in", out)
    before = found(out)
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if target == out / "2.png":
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(target))
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr("mangacolor.core.system.kind.NAME", "nt")
        patch.setattr("mangacolor.core.system.files._WAITS", (0.0,))
        patch.setattr(Path, "replace", replace)
        result, _ = go(house, tmp_path / "in", out, scale="2")
    assert (result.status, result.done, result.failed) == (1, 2, 1)
    assert [(failure.page, "Close the program" in failure.remedy) for failure in result.failures] == [
        ("2.png", True)
    ]
    after = found(out)
    assert after["2.png"] == before["2.png"] and after["1.png"] != before["1.png"]
    result, _ = go(house, tmp_path / "in", out, scale="2")
    assert (result.status, result.done, result.cached) == (0, 1, 2)
