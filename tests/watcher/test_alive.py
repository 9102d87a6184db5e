"""A watch that goes on: what comes is waited for, coloured once, and nothing is lost whatever goes away."""

from __future__ import annotations

import shutil
import threading
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from mangacolor.core.errors import PageError
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.archives import make_zip
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.faulty_disk import FaultyDisk
from mangacolor.tests.helpers.watching import StandingClock, Watching, tree, wait_until
from mangacolor.watcher import loop
from mangacolor.watcher.events import (
    ChapterColoured,
    ChapterFailed,
    ChapterGone,
    ChapterStarted,
    Idle,
    Ready,
    Trouble,
)
from mangacolor.watcher.settling import Settling

# Seconds for which nothing may change, more than two pauses between two steps of what grows; there are so
# many steps that it takes longer than that from the first one to the last.
SETTLE, PAUSE, STEPS = 2.0, 0.9, 9


@pytest.fixture
def watched(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """By which files settle."""
    clock = StandingClock()
    monkeypatch.setattr(loop, "Settling", partial(Settling, clock=clock, today=clock.day))
    return clock


def archive(tmp_path: Path, *seeds: int) -> bytes:
    for seed in seeds:
        write_page(tmp_path / f"{seed}.png", seed)
    entries = {f"{seed}.png": (tmp_path / f"{seed}.png").read_bytes() for seed in seeds}
    return make_zip(tmp_path / "made.zip", entries).read_bytes()


def test_a_file_that_grows_is_taken_once_it_is_whole(
    watched: Watching, tmp_path: Path, clock: StandingClock
) -> None:
    data = archive(tmp_path, 1, 2, 3)
    with watched.alive(settle=SETTLE):
        watched.wait_for(Idle)
        with (watched.source / "x.cbz").open("wb", buffering=0) as file:
            for start in range(0, len(data), len(data) // STEPS):
                assert watched.started == [], "it is still growing"
                file.write(data[start : start + len(data) // STEPS])
                clock.forward(PAUSE)
        clock.run()
        (coloured,) = watched.wait_for(ChapterColoured)
    assert (coloured.pages, coloured.done, coloured.output) == (3, 3, "x.cbz")
    assert watched.started == ["x.cbz"]
    assert watched.of(ChapterFailed) == []


def test_a_part_is_passed_over_until_it_is_renamed(watched: Watching, tmp_path: Path) -> None:
    part = watched.source / "x.cbz.part"
    with watched.alive(settle=0.2):
        watched.wait_for(Idle)
        part.write_bytes(archive(tmp_path, 1))
        time.sleep(1.5)
        assert watched.started == []
        part.rename(watched.source / "x.cbz")
        watched.wait_for(ChapterColoured)
    assert watched.started == ["x.cbz"]
    assert list(tree(watched.out)) == ["x.cbz"]


def test_pages_that_come_one_by_one_are_one_chapter(watched: Watching, clock: StandingClock) -> None:
    with watched.alive(settle=SETTLE):
        watched.wait_for(Idle)
        for seed in range(STEPS):
            watched.chapter("a", seed)
            clock.forward(PAUSE)
        clock.run()
        (coloured,) = watched.wait_for(ChapterColoured)
    assert coloured.done == STEPS
    assert watched.started == ["a"]


def test_pages_wait_for_one_beside_them_that_still_grows(watched: Watching, clock: StandingClock) -> None:
    folder = watched.chapter("a", 1)
    with watched.alive(settle=SETTLE):
        for _ in range(STEPS):
            with (folder / "002.png.part").open("ab") as file:
                file.write(b"more")
            clock.forward(PAUSE)
        assert watched.started == []
        write_page(folder / "p.png", 2)
        (folder / "p.png").replace(folder / "002.png")
        (folder / "002.png.part").unlink()
        clock.run()
        watched.wait_for(ChapterColoured)
    assert watched.started == ["a"]
    assert sorted(tree(watched.out)) == ["a/001.png", "a/002.png"]


def test_what_comes_while_another_is_coloured_is_next(watched: Watching) -> None:
    watched.house.slow = 0.5
    watched.chapter("a", 1)
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterStarted)
        watched.chapter("b", 2)
        watched.wait_for(ChapterColoured, 2)
    assert watched.started == ["a", "b"]


def test_an_archive_deleted_in_the_middle_leaves_what_was_there(watched: Watching, tmp_path: Path) -> None:
    file = watched.source / "x.cbz"
    file.write_bytes(archive(tmp_path, 1))
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterColoured)
        before = tree(watched.out)
        watched.house.slow = 0.4
        file.write_bytes(archive(tmp_path, *range(1, 12)))
        watched.wait_for(ChapterStarted, 2)
        file.unlink()
        watched.wait_for(ChapterGone)
        watched.wait_for(Idle)
    assert tree(watched.out) == before, "no archive with pages missing takes the place of a whole one"
    assert watched.of(ChapterFailed) == []


def test_a_chapter_deleted_in_the_middle_comes_back(watched: Watching, tmp_path: Path) -> None:
    folder = watched.chapter("a", *range(1, 12))
    watched.house.slow = 0.3
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterStarted)
        shutil.copytree(folder, tmp_path / "kept")
        shutil.rmtree(folder)
        watched.wait_for(ChapterGone)
        watched.house.slow = 0
        (tmp_path / "kept").rename(folder)  # all at once: half of it may settle while a busy machine copies
        watched.wait_for(ChapterColoured)
    assert len(tree(watched.out)) == 11


@pytest.mark.parametrize("moment", [1, 4, 10])
def test_an_archive_replaced_in_the_middle_is_coloured_as_it_is_now(
    watched: Watching, tmp_path: Path, moment: int
) -> None:
    file = watched.source / "x.cbz"
    file.write_bytes(archive(tmp_path, *range(1, 12)))
    new = tmp_path / "new"
    new.write_bytes(archive(tmp_path, *range(21, 36)))
    watched.house.slow = 0.1
    with watched.alive(settle=0.1):
        wait_until(lambda: watched.house.calls["tint"] >= moment)
        new.replace(file)
        wait_until(lambda: len(watched.started) > 1 and isinstance(watched.events[-1], Idle))
    assert set(watched.started) == {"x.cbz"} and watched.of(ChapterFailed) == []
    with zipfile.ZipFile(watched.out / "x.cbz") as packed:
        assert packed.namelist() == [f"{seed}.png" for seed in range(21, 36)]
    assert watched.once() == 0 and watched.started == []
    go(House(), watched.source, tmp_path / "plain")
    assert tree(watched.out) == tree(tmp_path / "plain")


@pytest.mark.parametrize("loose", [True, False], ids=["folder", "archive"])
def test_a_chapter_renamed_in_the_middle_is_coloured_under_its_new_name(
    watched: Watching, tmp_path: Path, loose: bool
) -> None:
    if loose:
        before, after = watched.chapter("a", *range(1, 12)), watched.source / "b"
    else:
        before, after = watched.source / "a.cbz", watched.source / "b.cbz"
        before.write_bytes(archive(tmp_path, *range(1, 12)))
    watched.house.slow = 0.1
    with watched.alive(settle=0.1):
        wait_until(lambda: watched.house.calls["tint"] >= 2)
        before.rename(after)
        wait_until(lambda: after.name in [event.chapter for event in watched.of(ChapterColoured)])
    assert watched.started == [before.name, after.name] and watched.of(ChapterFailed) == []
    go(House(), watched.source, tmp_path / "plain")
    made, left = tree(watched.out), f"{before.name}/"
    assert {name: data for name, data in made.items() if not name.startswith(left)} == tree(
        tmp_path / "plain"
    ), "of an archive nothing is left under the old name, of a folder the pages that were done"
    assert watched.once() == 0 and watched.started == []


def test_a_page_replaced_in_the_middle_is_coloured_again_and_no_other(watched: Watching) -> None:
    folder = watched.chapter("a", *range(1, 8))
    watched.house.slow = 0.15
    with watched.alive(settle=0.1):
        wait_until(lambda: watched.house.calls["tint"] >= 5)
        write_page(watched.out.parent / "other.png", 30)
        (watched.out.parent / "other.png").replace(folder / "001.png")
        watched.wait_for(ChapterColoured, 2)
    assert watched.started == ["a", "a"]
    assert watched.house.calls["tint"] == 8
    assert watched.of(ChapterColoured)[1].done == 1


def test_a_clock_that_is_set_back_keeps_nothing_waiting(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = time.time()
    monkeypatch.setattr("mangacolor.watcher.loop.time.time", lambda: today)
    folder = watched.chapter("a", 1)
    watched.house.trouble = {"a/001.png": PageError("not today", "Wait.")}
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterFailed)
        watched.house.trouble = {}
        monkeypatch.setattr("mangacolor.watcher.loop.time.time", lambda: today - 400 * 86400)
        write_page(watched.source / "b.png", 2)  # new, and dated from the future
        wait_until(lambda: len(watched.of(ChapterColoured)) == 2)
    assert sorted(watched.started) == [".", "a", "a"]
    assert (folder / "001.png").exists()


def test_a_folder_that_goes_away_is_waited_for(
    watched: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FIRST_WAIT", 0.2)
    monkeypatch.setattr(loop, "LOOK_ANYWAY", 0.5)
    watched.chapter("a", 1)
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterColoured)
        watched.source.rename(tmp_path / "away")
        (trouble, *_) = watched.wait_for(Trouble)
        (tmp_path / "away").rename(watched.source)
        watched.chapter("b", 2)
        watched.wait_for(ChapterColoured, 2)
    assert "cannot be read" in trouble.error and "share" in trouble.remedy
    assert watched.started == ["a", "b"], "a is not coloured twice"


def test_a_full_disk_is_told_and_waited_for(watched: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FIRST_WAIT", 0.2)
    watched.chapter("a", 1, 2, 3)
    make_zip(watched.source / "x.cbz", {"1.png": (watched.source / "a" / "001.png").read_bytes()})
    disk = FaultyDisk(watched.out, 30)
    with disk.attached(), watched.alive(settle=0.1):
        (trouble, *_) = watched.wait_for(Trouble)
        assert "the disk is full" in trouble.error and "Free some space" in trouble.remedy
        watched.wait_for(Trouble, 2)
        for name in tree(watched.out):
            assert (watched.out / name).stat().st_size > 0
        disk.code = 0  # from here on it takes everything
        watched.wait_for(ChapterColoured, 2)
    assert sorted(tree(watched.out)) == ["a/001.png", "a/002.png", "a/003.png", "x.cbz"]
    assert watched.of(ChapterFailed) == []


@pytest.mark.parametrize("good", [8, 14, 20, 26, 45])
def test_whatever_a_full_disk_interrupts_is_whole_later(watched: Watching, good: int) -> None:
    watched.chapter("a", 1, 2, 3)
    with FaultyDisk(watched.out, good).attached(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "FIRST_WAIT", 0.05)
        with watched.alive(settle=0):
            watched.wait_for(Trouble)
    assert watched.once() == 0
    assert sorted(tree(watched.out)) == ["a/001.png", "a/002.png", "a/003.png"]


def test_an_output_folder_that_is_taken_away_is_not_made_anew(
    watched: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FIRST_WAIT", 0.2)
    watched.chapter("a", 1)
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterColoured)
        watched.out.rename(tmp_path / "elsewhere")
        watched.chapter("b", 2)
        (trouble, *_) = watched.wait_for(Trouble)
        assert "the output folder has vanished" in trouble.error
        assert not watched.out.exists()
        (tmp_path / "elsewhere").rename(watched.out)
        watched.wait_for(ChapterColoured, 2)
    assert sorted(tree(watched.out)) == ["a/001.png", "b/002.png"]


def test_another_run_in_out_is_waited_for(watched: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FIRST_WAIT", 0.2)
    watched.chapter("a", 1)
    with State(watched.out).locked(), watched.alive(settle=0.1):
        (trouble, *_) = watched.wait_for(Trouble)
    assert "another run of mangacolor is writing here" in trouble.error
    assert watched.of(ChapterFailed) == [], "it is no fault of the chapter"
    assert watched.once() == 0
    assert list(tree(watched.out)) == ["a/001.png"]


def test_a_page_that_fails_is_tried_again_by_itself(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mangacolor.watcher.turns.RETRY_AFTER", (0.4,))
    watched.chapter("a", 1)
    watched.house.trouble["a/001.png"] = PageError("the share was away", "Wait.")
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterFailed, 2)
        del watched.house.trouble["a/001.png"]
        watched.wait_for(ChapterColoured)
    first, second = watched.of(ChapterFailed)[:2]
    assert (first.tries, second.tries) == (1, 2)
    assert first.failures[0].error == "the share was away"


def test_a_stop_ends_the_run_and_the_next_watch_goes_on(watched: Watching) -> None:
    watched.house.slow = 0.2
    watched.chapter("a", *range(1, 10))
    with watched.alive(settle=0):
        wait_until(lambda: watched.house.calls["encode"] >= 2)
        watched.stop.request(143)
    assert watched.of(ChapterColoured) == []
    watched.house.slow = 0
    assert watched.once() == 0
    (coloured,) = watched.of(ChapterColoured)
    assert coloured.cached >= 2 and coloured.done + coloured.cached == 9


def test_idle_is_told_once(watched: Watching) -> None:
    watched.chapter("a", 1)
    with watched.alive(settle=0.1):
        watched.wait_for(ChapterColoured)
        time.sleep(1)
    assert watched.of(Idle)[-1] == Idle(0, 0)
    assert len(watched.of(Idle)) <= 2
    assert len(watched.of(Ready)) == 1


def test_a_folder_is_looked_through_though_nothing_was_told(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOOK_ANYWAY", 0.3)
    monkeypatch.setattr("mangacolor.watcher.notices.Notices._watch", lambda *_: threading.Event().wait(5))
    with watched.alive(settle=0.1):
        watched.wait_for(Idle)
        watched.chapter("a", 1)
        watched.wait_for(ChapterColoured)


def test_polling_finds_what_comes(watched: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.watcher.notices.POLL_EVERY", 200)
    with watched.alive(settle=0.1, poll=True):
        (ready,) = watched.wait_for(Ready)
        assert "looking every" in ready.how
        watched.wait_for(Idle)
        watched.chapter("a", 1)
        watched.wait_for(ChapterColoured)


def test_where_the_system_does_not_tell_it_says_so_and_polls(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles

    real = watchfiles.watch

    def watch(*paths: Path, **given: object) -> object:
        if not given["force_polling"]:
            raise OSError("OS file watch limit reached")
        return real(*paths, **given)  # type: ignore[arg-type]

    monkeypatch.setattr("mangacolor.watcher.notices.POLL_EVERY", 200)
    monkeypatch.setattr(watchfiles, "watch", watch)
    threads: set[threading.Thread] = set()
    watched.listener = lambda event: threads.add(threading.current_thread())
    with watched.alive(settle=0.1):
        (trouble,) = watched.wait_for(Trouble)
        assert "limit reached" in trouble.error and trouble.remedy
        watched.chapter("a", 1)
        watched.wait_for(ChapterColoured)
    assert len(threads) == 1, "displays are not made to be called from several"


def test_a_link_is_a_chapter_by_its_file(watched: Watching, tmp_path: Path) -> None:
    (tmp_path / "x.cbz").write_bytes(archive(tmp_path, 1))
    (watched.source / "x.cbz").symlink_to(tmp_path / "x.cbz")
    assert watched.once() == 0
    assert list(tree(watched.out)) == ["x.cbz"]
