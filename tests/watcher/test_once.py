"""``--once``: OUT becomes what the plain command makes of the folder, and what is done is not even opened."""

from __future__ import annotations

import copy
import os
import time
from pathlib import Path

import pytest

from mangacolor.core.errors import InputError, OutputError, UsageError
from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.store.clean import clean
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.archives import make_zip
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.watching import Watching, tree
from mangacolor.watcher import chapters, coloring, folder
from mangacolor.watcher.events import (
    ChapterColoured,
    ChapterFailed,
    ChapterFound,
    Ready,
    Trouble,
    WatchDone,
)


@pytest.fixture
def watched(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


def library(watched: Watching) -> None:
    """Every kind of chapter, two of them with one name in OUT, and a page of the folder itself."""
    write_page(watched.source / "loose.png", 9)
    folder = watched.chapter("series/ch1", 1, 2)
    (folder / "ComicInfo.xml").write_text("<ComicInfo><Title>One</Title></ComicInfo>")
    (watched.source / "series" / "readme.txt").write_text("carried along")
    pages = {f"{seed}.png": page_bytes(watched.source, seed) for seed in (3, 4)}
    make_zip(watched.source / "series" / "ch2.cbz", pages)
    make_zip(watched.source / "series" / "ch2.zip", pages)
    make_zip(watched.source / "named-wrongly.png", {"5.png": page_bytes(watched.source, 5)})


def page_bytes(folder: Path, seed: int) -> bytes:
    path = folder.parent / f"page-{seed}.png"
    write_page(path, seed)
    return path.read_bytes()


def test_it_makes_what_the_plain_command_makes(watched: Watching, tmp_path: Path) -> None:
    library(watched)
    assert watched.once() == 0
    go(House(), watched.source, tmp_path / "plain")
    assert tree(watched.out) == tree(tmp_path / "plain")
    assert len(tree(watched.out)) == 8
    assert sorted(watched.started) == [
        ".",
        "named-wrongly.png",
        "series",
        "series/ch1",
        "series/ch2.cbz",
        "series/ch2.zip",
    ]


def test_the_plain_command_then_finds_nothing_to_do(watched: Watching) -> None:
    library(watched)
    watched.once()
    before = tree(watched.out)
    result, _ = go(watched.house, watched.source, watched.out)
    assert (result.done, result.copied, result.failed) == (0, 0, 0)
    assert tree(watched.out) == before


def test_what_is_done_is_neither_run_nor_opened(watched: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    library(watched)
    watched.once()
    monkeypatch.setattr(coloring, "run", forbidden)
    monkeypatch.setattr(chapters, "tell_file", forbidden)
    assert watched.once() == 0
    assert watched.started == []
    (ready,) = watched.of(Ready)
    assert (ready.chapters, ready.done) == (6, 6)
    assert watched.of(ChapterFound) == []


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a chapter that is done was touched")


def test_a_thousand_done_chapters_are_looked_at_without_opening_one(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1000):
        (watched.source / f"{number}.cbz").write_bytes(b"")
    monkeypatch.setattr(coloring, "run", refuse_all)
    monkeypatch.setattr(chapters, "tell_file", lambda _path: ("container", "zip"))
    watched.once()
    assert len(watched.started) == 1000
    monkeypatch.setattr(coloring, "run", forbidden)
    monkeypatch.setattr(chapters, "tell_file", forbidden)
    began = time.process_time()
    watched.once()
    assert time.process_time() - began < 2
    (ready,) = watched.of(Ready)
    assert (ready.chapters, ready.failed) == (1000, 1000)


def refuse_all(*_: object, **__: object) -> None:
    raise InputError("no", "none")


def test_only_what_is_new_or_changed_is_run(watched: Watching) -> None:
    folder = watched.chapter("a", 1, 2)
    watched.chapter("b", 3)
    watched.once()
    assert watched.house.calls["tint"] == 3
    write_page(folder / "002.png", 7)
    watched.chapter("c", 4)
    watched.once()
    assert watched.started == ["a", "c"]
    assert watched.house.calls["tint"] == 5, "one changed page and one new one"


def test_a_file_that_was_only_touched_is_not_coloured_again(watched: Watching) -> None:
    folder = watched.chapter("a", 1)
    watched.once()
    os.utime(folder / "001.png", (1, 1))
    watched.once()
    assert watched.started == ["a"]
    (coloured,) = watched.of(ChapterColoured)
    assert (coloured.done, coloured.cached) == (0, 1)
    assert watched.house.calls["tint"] == 1
    watched.once()
    assert watched.started == []


def test_the_oldest_comes_first(watched: Watching) -> None:
    for name, age in (("a", 300), ("b", 900), ("c", 600)):
        folder = watched.chapter(name, 1)
        then = time.time() - age
        os.utime(folder / "001.png", (then, then))
    watched.once()
    assert watched.started == ["b", "c", "a"]


def test_an_archive_replaced_by_another_is_coloured_anew_where_it_differs(watched: Watching) -> None:
    old = {name: page_bytes(watched.source, seed) for name, seed in (("1.png", 1), ("2.png", 2))}
    make_zip(watched.source / "x.cbz", old)
    watched.once()
    first = tree(watched.out)["x.cbz"]
    make_zip(watched.source / "new", {**old, "2.png": page_bytes(watched.source, 5)})
    (watched.source / "new").replace(watched.source / "x.cbz")
    watched.once()
    assert watched.house.calls["tint"] == 3
    assert tree(watched.out)["x.cbz"] != first
    assert list(tree(watched.out)) == ["x.cbz"]


def test_what_is_deleted_stays_in_out(watched: Watching) -> None:
    folder = watched.chapter("a", 1, 2)
    make_zip(watched.source / "x.cbz", {"3.png": page_bytes(watched.source, 3)})
    watched.once()
    before = tree(watched.out)
    (watched.source / "x.cbz").unlink()
    (folder / "001.png").unlink()
    watched.chapter("b", 4)
    assert watched.once() == 0
    after = tree(watched.out)
    assert before.items() <= after.items()
    assert "b/004.png" in after


def test_two_versions_of_one_name_get_the_places_that_the_plain_command_gives(
    watched: Watching, tmp_path: Path
) -> None:
    pages = {"1.png": page_bytes(watched.source, 1)}
    make_zip(watched.source / "x.zip", pages)
    watched.once()
    make_zip(watched.source / "x.cbz", {"1.png": page_bytes(watched.source, 2)})
    watched.once()
    go(House(), watched.source, tmp_path / "plain")
    assert tree(watched.out) == tree(tmp_path / "plain")


def test_a_page_that_fails_is_named_and_its_chapter_tried_again(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched.chapter("a", 1, 2)
    (folder / "003.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    watched.chapter("b", 4)
    assert watched.once() == 1
    (failed,) = watched.of(ChapterFailed)
    assert [failure.page for failure in failed.failures] == ["a/003.png"]
    assert failed.failures[0].error and failed.failures[0].remedy
    assert (failed.tries, failed.retry_in) == (1, 60)
    assert watched.once() == 1, "not due yet, and not done"
    assert watched.started == []
    assert watched.of(WatchDone)[0] == WatchDone(1, 0, 1, watched.of(WatchDone)[0].seconds)
    (listed,) = watched.of(ChapterFailed)
    assert listed.failures == failed.failures
    later = time.time() + 61
    monkeypatch.setattr("mangacolor.watcher.loop.time.time", lambda: later)
    assert watched.once() == 1
    assert [event.tries for event in watched.of(ChapterFailed)] == [1, 2]
    assert watched.house.calls["tint"] == 3, "its good pages are not coloured again"
    write_page(folder / "003.png", 3)
    assert watched.once() == 0, "mended: every chapter is coloured"


def test_the_status_says_that_no_chapter_could_be_done_until_one_is(watched: Watching) -> None:
    (watched.source / "x.cbz").write_bytes(b"PK\x03\x04 broken")
    assert watched.once() == 3
    assert watched.once() == 3, "not due yet"
    watched.chapter("b", 1)
    assert watched.once() == 1
    assert watched.once() == 1
    (watched.source / "x.cbz").unlink()
    assert watched.once() == 0, "what is not there any more has not failed"


def test_a_broken_chapter_that_is_mended_is_coloured_at_once(watched: Watching) -> None:
    (watched.source / "x.cbz").write_bytes(b"PK\x03\x04 broken")
    assert watched.once() == 3
    make_zip(watched.source / "x.cbz", {"1.png": page_bytes(watched.source, 1)})
    assert watched.once() == 0
    assert "x.cbz" in tree(watched.out)


def test_a_folder_that_cannot_be_read_is_told_and_is_not_all_well(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.chapter("closed", 1)
    read = folder._read

    def deny(place: Path) -> list[os.DirEntry[str]]:
        if place.name == "closed":
            raise PermissionError(13, "Permission denied", str(place))
        return read(place)

    monkeypatch.setattr(folder, "_read", deny)
    assert watched.once() == 3, "there was nothing else"
    watched.chapter("open", 2)
    assert watched.once() == 1
    (trouble,) = watched.of(Trouble)
    assert trouble.error == f"{watched.source / 'closed'}: cannot be read (Permission denied)"
    (ended,) = watched.of(WatchDone)
    assert (ended.status, ended.coloured, ended.failed, ended.unread) == (1, 1, 0, 1)
    monkeypatch.undo()
    assert watched.once() == 0


def test_an_unknown_fault_of_one_chapter_does_not_stop_the_others(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = vars(coloring)["run"]

    def run(*given: object, **named: object) -> object:
        if "a" in {path.parent.name for path in named["part"].wanted}:  # type: ignore[attr-defined]
            raise RuntimeError("nobody thought of this")
        return real(*given, **named)

    watched.chapter("a", 1)
    watched.chapter("b", 2)
    monkeypatch.setattr(coloring, "run", run)
    assert watched.once() == 1
    (failed,) = watched.of(ChapterFailed)
    assert "nobody thought of this" in failed.failures[0].error
    assert "b/002.png" in tree(watched.out)


def test_what_cannot_begin_is_refused(watched: Watching, tmp_path: Path) -> None:
    watched.out = watched.source
    with pytest.raises(UsageError, match="--out is the watched folder"):
        watched.once()
    watched.out, watched.source = tmp_path / "out", tmp_path / "missing"
    with pytest.raises(InputError, match="no such folder"):
        watched.once()
    assert [type(event) for event in watched.events] == [WatchDone]
    assert not watched.out.exists()


def test_an_empty_folder_is_no_error(watched: Watching) -> None:
    assert watched.once() == 0


def test_out_may_lie_in_the_folder(watched: Watching) -> None:
    watched.out = watched.source / "coloured"
    watched.chapter("a", 1)
    watched.once()
    watched.once()
    assert watched.started == []
    assert list(tree(watched.out)) == ["a/001.png"]


def test_a_second_watch_of_one_out_is_refused(watched: Watching) -> None:
    watched.chapter("a", 1)
    refused: list[str] = []

    def begin_another(event: object) -> None:
        if isinstance(event, Ready):
            other = copy.copy(watched)
            other.listener = lambda event: None
            with pytest.raises(OutputError, match="another watch is writing here"):
                other.once()
            refused.append("yes")

    watched.listener = begin_another
    watched.once()
    assert refused == ["yes"]


def test_the_lock_of_a_watch_is_not_cleaned_away(watched: Watching) -> None:
    watched.chapter("a", 1)
    refused: list[str] = []

    def clean_all(event: object) -> None:
        if isinstance(event, Ready):
            with pytest.raises(OutputError, match="a watch is writing here"):
                clean(watched.out, everything=True)
            clean(watched.out)
            refused.append("yes")

    watched.listener = clean_all
    watched.once()
    assert refused == ["yes"] and watched.started
    watched.listener = lambda event: None
    clean(watched.out, everything=True)
    assert not State(watched.out).folder.exists()


def test_archives_as_folders_agree_too(watched: Watching, tmp_path: Path) -> None:
    library(watched)
    watched.once(run_options=RunOptions(output_form="folder"))
    go(House(), watched.source, tmp_path / "plain", output_form="folder")
    assert tree(watched.out) == tree(tmp_path / "plain")
