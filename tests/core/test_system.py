"""What other systems do otherwise, where Linux can pretend it; ``tests/other_systems`` has whole commands."""

from __future__ import annotations

import errno
import os
import signal
import stat
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mangacolor.core.atomic import output_error, write_atomic
from mangacolor.core.errors import OutputError, PageError
from mangacolor.core.system import files, kind
from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
from mangacolor.pipeline.store.user_documents import read_document


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The system says that it is Windows, and waiting takes no time: the seconds that were waited."""
    waited: list[float] = []
    monkeypatch.setattr(kind, "NAME", "nt")
    monkeypatch.setattr(files, "time", SimpleNamespace(sleep=waited.append))
    return waited


def busy(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> None:
    """``Path.replace`` or ``Path.unlink`` finds the file open so many times."""
    real, left = getattr(Path, name), [times]

    def act(path: Path, *rest: Any, **named: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return real(path, *rest, **named)

    monkeypatch.setattr(Path, name, act)


def test_a_file_that_a_scanner_has_open_is_replaced_in_a_moment(
    windows: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.png").write_bytes(b"old")
    busy(monkeypatch, "replace", 3)
    write_atomic(tmp_path / "page.png", b"new")
    assert (tmp_path / "page.png").read_bytes() == b"new"
    assert len(windows) == 3 and sum(windows) < 1
    assert list(tmp_path.iterdir()) == [tmp_path / "page.png"]


def test_a_file_that_stays_open_is_told_with_what_to_do(
    windows: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(monkeypatch, "replace", 10**6)
    with pytest.raises(OutputError) as told:
        write_atomic(tmp_path / "page.png", b"new")
    assert "Close the program that has it open" in told.value.remedy
    assert 5 < sum(windows) < 10


def test_a_file_that_is_just_replaced_is_read_in_a_moment(
    windows: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "palette.json").write_bytes(b"{}")
    busy(monkeypatch, "read_bytes", 2)
    assert read_document(tmp_path / "palette.json") == {}
    assert len(windows) == 2
    assert read_document(tmp_path / "nothing.json") is None


def test_elsewhere_nothing_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(monkeypatch, "unlink", 1)
    with pytest.raises(PermissionError):
        files.remove_file(tmp_path / "page.png")
    files.remove_file(tmp_path / "page.png")


def test_paths_and_names_that_windows_does_not_take(windows: list[float]) -> None:
    long = Path("/out", "x" * 150, "y" * 120)
    told = output_error(long, OSError(errno.ENOENT, "The system cannot find the path"))
    assert isinstance(told, PageError) and "276 characters" in told.message and "shorter" in told.remedy
    gone = output_error(Path("/out/x"), OSError(errno.ENOENT, "The system cannot find the path"))
    assert isinstance(gone, OutputError) and "vanished" in gone.message
    told = output_error(Path("/out/what?.png"), OSError(errno.EINVAL, "The filename is incorrect"))
    assert isinstance(told, PageError) and "does not take this name" in told.message


def test_junctions_are_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert files.is_link(tmp_path / "link") and not files.is_link(tmp_path)
    assert not files.is_link(tmp_path / "nothing")
    junction = SimpleNamespace(st_mode=stat.S_IFDIR | 0o777, st_reparse_tag=0xA0000003)
    monkeypatch.setattr(Path, "lstat", lambda _path: junction)
    assert files.is_link(tmp_path)


def test_files_that_have_no_number_are_told_by_their_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.touch()
    os.link(one, other)
    assert files.is_same_file(one, other) and not files.is_same_file(one, tmp_path / "nothing")
    assert files.is_same_place(tmp_path / "none", tmp_path / "none")
    monkeypatch.setattr(Path, "stat", lambda _path, **_: SimpleNamespace(st_dev=7, st_ino=0, st_mode=0))
    assert not files.is_same_file(one, other)
    assert files.is_same_file(one, tmp_path / "." / "one")


def test_a_file_in_other_letters_is_the_same_where_its_folder_lists_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As drivers for exFAT have it: both names lead to it, each with a number of its own."""
    for name in ("Page é.png", "PAGE É.PNG", "page e.png"):
        (tmp_path / name).touch()
    one, other, third = (tmp_path / name for name in ("Page é.png", "PAGE É.PNG", "page e.png"))
    assert not files.is_same_file(one, other)  # this disk tells them apart
    monkeypatch.setattr(Path, "iterdir", lambda _folder: iter([one, third]))
    assert files.is_same_file(one, other) and files.is_same_file(other, one)
    assert (
        files.is_same_file(one, tmp_path / unicodedata.normalize("NFD", "Page é.png")) is False
    )  # not there
    assert not files.is_same_file(one, third)


def test_a_file_that_the_explorer_is_copying_is_held(
    windows: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.cbz").touch()
    assert not files.is_held(tmp_path / "a.cbz")
    assert not files.is_held(tmp_path / "nothing")

    def refuse(_path: Path, _mode: str) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file")

    monkeypatch.setattr(Path, "open", refuse)
    assert files.is_held(tmp_path / "a.cbz")
    monkeypatch.setattr(kind, "NAME", "posix")
    assert not files.is_held(tmp_path / "a.cbz")


def test_closing_the_console_of_windows_stops_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    token = CancelToken()
    with cancel_on_signals(token):
        signal.raise_signal(signal.SIGUSR1)
    assert token.requested and token.status == 143


def test_windows_tells_of_a_folder_since_when_its_files_have_their_names(
    tmp_path: Path, windows: list[float]
) -> None:
    page = tmp_path / "in" / "1.png"
    page.parent.mkdir()
    page.touch()
    os.utime(page, (10, 10))
    os.utime(page.parent, (20, 20))
    assert files.named_since(page) == 20 * 10**9
    os.utime(page, (30, 30))
    assert files.named_since(page) == 30 * 10**9


@pytest.fixture
def two_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Folders on disks of their own."""
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return folders


def test_a_link_stays_one_on_another_disk(two_disks: tuple[Path, Path]) -> None:
    one, two = two_disks
    (one / "page.png").symlink_to("gone.png")
    files.move_file(one / "page.png", two / "page.png")
    assert (two / "page.png").readlink() == Path("gone.png")
    assert list(one.iterdir()) == []


@pytest.mark.parametrize("there", [False, True])
def test_what_cannot_be_taken_away_is_not_moved_either(
    two_disks: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """Or each try would leave one more of it on the other disk."""
    one, two = two_disks
    (one / "page.png").write_bytes(b"new")
    if there:
        (two / "page.png").write_bytes(b"old")
    real = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self.parent == one:
            raise OSError(errno.EROFS, "Read-only file system")
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(OSError, match="Read-only"):
        files.move_file(one / "page.png", two / "page.png")
    assert [path.name for path in two.iterdir()] == ["page.png"] * there
    assert (one / "page.png").read_bytes() == b"new"
