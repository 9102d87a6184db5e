"""The parts of a watch, one by one: names, looking, settling, telling, remembering, choosing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mangacolor.core.errors import InputError
from mangacolor.formats import inputs
from mangacolor.tests.helpers.archives import make_zip, png
from mangacolor.watcher import chapters, folder
from mangacolor.watcher.chapters import Chapter, Chapters
from mangacolor.watcher.folder import Seen, look_through
from mangacolor.watcher.mounts import needs_polling
from mangacolor.watcher.names import is_passed_over, is_unfinished
from mangacolor.watcher.records import Failure, Record, Records
from mangacolor.watcher.settling import Settling
from mangacolor.watcher.turns import RETRY_AFTER, due_in, take_turns


@pytest.mark.parametrize(
    "name", ["x.cbz.part", "x.CRDOWNLOAD", "x.tmp", "x.cbz.!qB", ".x.cbz", "~$x", "x.cbz~", "x.aria2"]
)
def test_a_name_says_that_a_file_is_not_whole(name: str) -> None:
    assert is_unfinished(name)


@pytest.mark.parametrize("name", ["x.cbz", "part.cbz", "tmp.png", "Chapter 1.5", "x.part.cbz"])
def test_an_ordinary_name_says_nothing(name: str) -> None:
    assert not is_unfinished(name)


@pytest.mark.parametrize("name", [".git", "Chapter 3_tmp", "_UNPACK_x", "@eaDir", "x.tmp"])
def test_folders_at_work_are_passed_over(name: str) -> None:
    assert is_passed_over(name)
    assert not is_passed_over("Chapter 3")


def look(root: Path) -> dict[str, bool]:
    """The files of a folder, and whether they are unfinished."""
    seen = look_through(root, root / "out").files
    return {file.path.relative_to(root).as_posix(): file.unfinished for file in seen}


def test_looking_passes_over_what_is_no_readers_business(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/Thumbs.db", ".hidden/1.png", "out/1.png", "b_tmp/1.png", ".mangacolor/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert look(tmp_path) == {"a/1.png": False}


def test_a_stand_in_waits_for_the_part_beside_it(tmp_path: Path) -> None:
    for name in ("x.cbz", "x.cbz.part", "y.cbz", "Y.cbz.aria2", "z.cbz"):
        (tmp_path / name).write_bytes(b"")
    whole = {name for name, unfinished in look(tmp_path).items() if not unfinished}
    assert whole == {"z.cbz"}


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        look_through(tmp_path / "gone", tmp_path / "out")


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_that_goes_away_while_it_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    root = tmp_path / "in"
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        (root / name / "1.png").write_bytes(b"x")
    read = folder._read

    def take_away_then_read(place: Path) -> list[os.DirEntry[str]]:
        if place == root / "a":
            (root if whole else place).rename(tmp_path / "away")
        return read(place)

    monkeypatch.setattr(folder, "_read", take_away_then_read)
    if whole:
        with pytest.raises(InputError, match=f"{root}: cannot be read"):
            look_through(root, tmp_path / "out")
    else:
        seen = look_through(root, tmp_path / "out")
        assert [file.path for file in seen.files] == [root / "b" / "1.png"]
        assert seen.unreadable == []


# -- settling, by clocks that go when they are told to


class Clocks:
    now = 1000.0
    today = 1_700_000_000.0

    def go(self, seconds: float) -> None:
        self.now += seconds
        self.today += seconds

    def settling(self, seconds: float = 10, trust_age: bool = True) -> Settling:
        return Settling(seconds, trust_age, lambda: self.now, lambda: self.today)

    def file(self, age: float, size: int = 1, name: str = "x.cbz") -> Seen:
        written = int((self.today - age) * 1e9)
        return Seen(Path(name), size, written, written)


def test_a_file_settles_when_it_has_not_changed_for_so_long() -> None:
    clocks = Clocks()
    settling = clocks.settling()
    for size in range(5):
        file = clocks.file(0, size)
        settling.look([file])
        assert settling.wait(file) == pytest.approx(10)
        clocks.go(6)
    settling.look([file])
    assert settling.wait(file) == pytest.approx(4)
    clocks.go(5)
    settling.look([file])
    assert settling.wait(file) == 0


def test_an_old_file_has_settled_at_first_sight() -> None:
    clocks = Clocks()
    settling = clocks.settling()
    settling.look([clocks.file(60)])
    assert settling.wait(clocks.file(60)) == 0


def test_a_copy_with_an_old_date_has_not() -> None:
    clocks = Clocks()
    settling = clocks.settling()
    copied = Seen(Path("x.cbz"), 1, 0, int((clocks.today - 2) * 1e9))
    settling.look([copied])
    assert settling.wait(copied) == pytest.approx(8)


def test_the_clock_of_a_share_is_not_believed() -> None:
    clocks = Clocks()
    settling = clocks.settling(trust_age=False)
    settling.look([clocks.file(60)])
    assert settling.wait(clocks.file(60)) == pytest.approx(10)


def test_a_file_from_the_future_settles_too() -> None:
    clocks = Clocks()
    settling = clocks.settling()
    file = clocks.file(-3600)
    settling.look([file])
    assert settling.wait(file) == pytest.approx(10)
    clocks.go(11)
    settling.look([file])
    assert settling.wait(file) == 0


# -- telling what files are


def gather(root: Path, told: Chapters, known: set[str], settled: bool = True) -> dict[str, Chapter]:
    files = look_through(root, root / "out").files
    found = told.gather(files, lambda chapter: chapter.mark in known, lambda _: settled)
    return {chapter.name: chapter for chapter in found}


def test_archives_and_loose_pages_are_chapters(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("1.png", "a/2.png", "a/3.png", "a/info.txt"):
        (tmp_path / name).write_bytes(png())
    make_zip(tmp_path / "a" / "x.cbz", {"1.png": png()})
    found = gather(tmp_path, Chapters(tmp_path, {}), set())
    assert {name: len(chapter.files) for name, chapter in found.items()} == {".": 1, "a": 3, "a/x.cbz": 1}


def test_first_bytes_go_before_a_suffix_and_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_zip(tmp_path / "page.png", {"1.png": png()})
    (tmp_path / "book.cbz").write_bytes(png())
    told = Chapters(tmp_path, {})
    assert gather(tmp_path, told, set(), settled=False).keys() == {".", "book.cbz"}, "by their names"
    found = gather(tmp_path, told, set())
    assert found.keys() == {".", "page.png"}
    surprises = {key: value for chapter in found.values() for key, value in told.surprises(chapter).items()}
    assert {key: what for key, (_, what) in surprises.items()} == {
        "page.png": ("container", "zip"),
        "book.cbz": ("image", ""),
    }
    monkeypatch.setattr(chapters, "tell_file", lambda _: pytest.fail("opened again"))
    again = gather(tmp_path, Chapters(tmp_path, surprises), {chapter.mark for chapter in found.values()})
    assert again.keys() == found.keys()


def test_nothing_is_opened_before_it_has_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.cbz").write_bytes(b"half")
    monkeypatch.setattr(chapters, "tell_file", lambda _: pytest.fail("opened"))
    assert gather(tmp_path, Chapters(tmp_path, {}), set(), settled=False).keys() == {"x.cbz"}


def test_any_change_gives_another_mark(tmp_path: Path) -> None:
    marks = set()
    for content in (b"1", b"2", b"22"):
        (tmp_path / "x.cbz").write_bytes(content)
        marks.add(gather(tmp_path, Chapters(tmp_path, {}), set())["x.cbz"].mark)
    times = (tmp_path / "x.cbz").stat()
    (tmp_path / "y").write_bytes(b"23")
    os.utime(tmp_path / "y", ns=(times.st_atime_ns, times.st_mtime_ns))
    (tmp_path / "y").replace(tmp_path / "x.cbz")  # of the same size and date
    marks.add(gather(tmp_path, Chapters(tmp_path, {}), set())["x.cbz"].mark)
    assert len(marks) == 4


def test_names_that_are_no_text_are_kept_apart(tmp_path: Path) -> None:
    for name in (b"\xff.cbz", b"\xfe.cbz"):
        Path(str(tmp_path) + "/" + name.decode("utf-8", "surrogateescape")).write_bytes(b"x")
    names = gather(tmp_path, Chapters(tmp_path, {}), set()).keys()
    assert len(names) == 2
    json.dumps([*names], ensure_ascii=False).encode()


def test_the_kind_is_told_as_a_run_tells_it() -> None:
    assert vars(chapters)["tell_file"] is inputs.tell_file


# -- records


def records(folder: Path) -> Records:
    return Records(folder / "watch.jsonl", folder)


def test_the_last_word_is_remembered(tmp_path: Path) -> None:
    failed = Record("a", "1", "a", 2, 5.0, (Failure("a/1.png", "why", "what"),), ("then",), True)
    odd = Record("b", "2", told={"b": ("stamp", ("image", ""))})
    kept = records(tmp_path)
    kept.keep(Record("a", "0"), odd)
    kept.keep(failed)
    assert [records(tmp_path).of(name) for name in "abc"] == [failed, odd, None]
    assert records(tmp_path).told() == odd.told


def test_a_torn_line_loses_only_itself(tmp_path: Path) -> None:
    records(tmp_path).keep(Record("a", "1"))
    with (tmp_path / "watch.jsonl").open("a") as file:
        file.write('{"chapter": "b", "ma')
    again = records(tmp_path)
    assert len(again) == 1
    again.keep(Record("c", "3"))
    assert {record.chapter for record in records(tmp_path).all()} == {"a", "c"}


def test_lines_of_another_version_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "watch.jsonl").write_text('{"chapter": "a", "mark": "1", "mood": "good"}\n{"x": 1}\n[]\n')
    assert len(records(tmp_path)) == 0


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(100):
        records(tmp_path).keep(Record("a", str(number)))
    assert len((tmp_path / "watch.jsonl").read_text().splitlines()) <= 10
    assert records(tmp_path).of("a") == Record("a", "99")


# -- turns


def chapter(name: str, modified: int = 0, mark: str = "m") -> Chapter:
    return Chapter(name, mark, (), modified, loose=False)


def test_the_oldest_is_first_and_what_failed_last(tmp_path: Path) -> None:
    kept = records(tmp_path)
    kept.keep(Record("done", "m"), Record("failed", "m", tries=1, failed_at=100.0), Record("new", "other"))
    kept.keep(Record("waits", "m", tries=1, failed_at=990.0))
    given = [chapter(name, age) for age, name in enumerate(["failed", "done", "waits", "new", "b2", "b1"])]
    given += [chapter("b10", 4), chapter("grows", 0)]
    settles = {"grows": 3.0}
    turns = take_turns(given, kept, lambda one: settles.get(one.name, 0.0), 1000.0)
    assert [one.name for one in turns.ready] == ["new", "b2", "b10", "b1", "failed"]
    assert [(one.name, wait) for one, wait in turns.settling] == [("grows", 3.0)]
    assert [(one.name, wait) for one, wait in turns.failed] == [("waits", 50.0)]
    assert turns.next_in == 3.0


def test_delays_grow_and_a_clock_set_back_does_no_harm() -> None:
    delays = [due_in(Record("a", "m", tries=tries, failed_at=0.0), 0.0) for tries in range(1, 9)]
    assert delays == [*RETRY_AFTER, *[RETRY_AFTER[-1]] * (8 - len(RETRY_AFTER))]
    assert delays == sorted(delays)
    assert due_in(Record("a", "m", tries=1, failed_at=5e9), 0.0) == 0, "it would wait till then"


# -- file systems


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", ""),
        ("/pool/manga/a", "nfs4"),
        ("/pool/manga-local", ""),
        ("/pool/with space/x", "cifs"),
        ("/remote", "fuse.sshfs"),
        ("/pool/manga/local", ""),
        ("/over", "cifs"),
    ],
)
def test_shares_are_known_by_their_file_system(tmp_path: Path, folder: str, kind: str) -> None:
    (tmp_path / "mounts").write_text(
        "/dev/sda / ext4 rw 0 0\nnas:/x /pool/manga nfs4 rw 0 0\n//nas/y /pool/with\\040space cifs rw 0 0\n"
        "me@host: /remote fuse.sshfs rw 0 0\n/dev/sdb /pool/manga/local xfs rw 0 0\nbad\n"
        "/dev/sdc /over ext4 rw 0 0\n//nas/z /over cifs rw 0 0\n"
    )
    assert needs_polling(Path(folder), tmp_path / "mounts") == kind


def test_without_a_list_of_mounts_nothing_is_assumed(tmp_path: Path) -> None:
    assert needs_polling(tmp_path, tmp_path / "none") == ""
