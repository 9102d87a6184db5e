"""A library that the plain command has coloured: what is done is known, and whatever is in doubt is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import RunStarted
from mangacolor.tests.helpers.archives import make_zip
from mangacolor.tests.helpers.fake_stages import go, write_page
from mangacolor.tests.helpers.watching import Watching, tree
from mangacolor.watcher import chapters
from mangacolor.watcher.events import ChapterColoured, Ready


@pytest.fixture
def watched(tmp_path: Path) -> Watching:
    watched = Watching(tmp_path)
    folder = watched.chapter("a", 1, 2)
    (folder / "notes.txt").write_text("carried along")
    page = (folder / "001.png").read_bytes()
    make_zip(watched.source / "x.cbz", {"1.png": page})
    make_zip(watched.source / "y.zip", {"1.png": page, "2.png": (folder / "002.png").read_bytes()})
    return watched


def test_what_the_plain_command_has_done_is_not_opened(
    watched: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(watched.house, watched.source, watched.out)
    monkeypatch.setattr(chapters, "tell_file", lambda _: pytest.fail("opened"))
    assert watched.once() == 0
    assert watched.started == []
    (ready,) = watched.of(Ready)
    assert (ready.chapters, ready.done) == (3, 3)


@pytest.mark.parametrize("form", ["cbz", "folder"])
def test_other_forms_are_known_or_checked(watched: Watching, form: str) -> None:
    go(watched.house, watched.source, watched.out, output_form=form)
    before = watched.house.calls["tint"]
    watched.once(run_options=RunOptions(output_form=form))  # type: ignore[arg-type]
    assert watched.house.calls["tint"] == before
    assert watched.started == ([] if form == "cbz" else ["x.cbz", "y.zip"])


def test_what_has_changed_since_is_coloured(watched: Watching) -> None:
    go(watched.house, watched.source, watched.out)
    write_page(watched.source / "a" / "002.png", 7)
    make_zip(watched.source / "x.cbz", {"1.png": (watched.source / "a" / "002.png").read_bytes()})
    watched.once()
    assert watched.started == ["a", "x.cbz"]
    assert [event.done for event in watched.of(ChapterColoured)] == [1, 1]


def test_another_file_of_the_same_size_and_date_is_noticed(watched: Watching) -> None:
    go(watched.house, watched.source, watched.out)
    page = watched.source / "a" / "001.png"
    stat, data = page.stat(), page.read_bytes()
    for seed in range(100, 4000):
        write_page(page, seed)
        if len(page.read_bytes()) == len(data):
            break
    assert len(page.read_bytes()) == len(data) and page.read_bytes() != data
    os.utime(page, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    watched.once()
    assert watched.started == ["a"]
    assert [event.done for event in watched.of(ChapterColoured)] == [1]


def test_what_was_only_planned_is_not_done(watched: Watching) -> None:
    """A run that was ended has claimed the new version of an archive; the old one lies in OUT."""
    go(watched.house, watched.source, watched.out)
    page = (watched.source / "a" / "002.png").read_bytes()
    make_zip(watched.source / "x.cbz", {"1.png": page})
    cancel = CancelToken()

    def end(event: object) -> None:
        if isinstance(event, RunStarted):
            cancel.request()

    old = tree(watched.out)["x.cbz"]
    go(watched.house, watched.source, watched.out, cancel=cancel, listener=end)
    assert tree(watched.out)["x.cbz"] == old
    watched.once()
    assert watched.started == ["x.cbz"]
    assert tree(watched.out)["x.cbz"] != old


def test_what_failed_or_was_changed_or_taken_away_is_run(watched: Watching) -> None:
    watched.house.trouble["a/001.png"] = ValueError("no")
    go(watched.house, watched.source, watched.out)
    watched.house.trouble.clear()
    (watched.out / "x.cbz").unlink()
    with (watched.out / "y.zip").open("ab") as file:
        file.write(b"tagged")
    watched.once()
    assert sorted(watched.started) == ["a", "x.cbz", "y.zip"]
    assert "x.cbz" in tree(watched.out)
    assert tree(watched.out)["y.zip"].endswith(b"tagged")


def test_only_the_first_look_takes_over(watched: Watching) -> None:
    watched.once()
    go(watched.house, watched.source, watched.out)
    watched.once()
    assert watched.started == []
