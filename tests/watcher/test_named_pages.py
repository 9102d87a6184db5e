"""Hints and corrections name pages: those of a chapter that the watch runs, of another, or of none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.inputs import Found
from mangacolor.stages.edits.elsewhere.hints import check_hints
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.watching import Watching, wait_until
from mangacolor.watcher.coloring import Job, check_names
from mangacolor.watcher.events import ChapterColoured, Idle, Trouble


@pytest.fixture
def watched(tmp_path: Path) -> Watching:
    """Two chapters of a page each, coloured by stages of which the last sees whether hints are of a page."""
    watched = Watching(tmp_path)
    watched.chapter("a", 1)
    watched.chapter("b", 2)
    graph = watched.house.graph()
    stages = [graph[name] for name in graph.names]
    watched.graph = Graph([*stages[:-1], dataclasses.replace(stages[-1], check=check_hints)])
    return watched


def hints(folder: Path, *pages: str) -> Options:
    """Options with a hint on each of these pages."""
    rows = [{"page": page, "x": 1, "y": 1, "colour": "red"} for page in pages]
    (folder / "hints.json").write_text(json.dumps(rows))
    return Options(device="cpu", hints=str(folder / "hints.json"))


def corrections(folder: Path, *pages: str) -> RunOptions:
    """Run options with a correction of each of these pages."""
    for page in pages:
        file = (folder / "mine" / page).with_suffix(".json")
        file.parent.mkdir(parents=True)
        file.write_text("{}")
    return RunOptions(edits=folder / "mine")


def test_what_is_decided_of_some_chapters_is_no_fault_of_the_others(
    watched: Watching, tmp_path: Path
) -> None:
    watched.options = hints(tmp_path, "a/001.png")
    assert watched.once(run_options=corrections(tmp_path, "a/001.png")) == 0
    assert len(watched.of(ChapterColoured)) == 2
    assert not watched.of(Trouble)
    (tmp_path / "hints.json").write_text("[7]")
    with pytest.raises(UsageError, match="hint 1"):
        watched.once()


def test_a_page_that_is_in_no_chapter_is_told_of(watched: Watching, tmp_path: Path) -> None:
    watched.options = hints(tmp_path, "b/002.png", "c/001.png")
    assert watched.once() == 0
    (trouble,) = watched.of(Trouble)
    assert trouble.error == "--hints: there is no page 'c/001.png'"
    assert "yet to come" not in trouble.remedy and trouble.retry_in is None
    assert len(watched.of(ChapterColoured)) == 2


def test_corrections_of_no_page_are_told_of(watched: Watching, tmp_path: Path) -> None:
    assert watched.once(run_options=corrections(tmp_path, "c/001.png")) == 0
    (trouble,) = watched.of(Trouble)
    assert "no file in it is named after a page" in trouble.error


def test_an_empty_folder_has_no_pages_to_be_named(tmp_path: Path) -> None:
    watched = Watching(tmp_path)
    assert watched.once(run_options=corrections(tmp_path, "c/001.png")) == 0
    assert not watched.of(Trouble)


def test_a_watch_that_goes_on_tells_once_and_that_the_page_may_come(
    watched: Watching, tmp_path: Path
) -> None:
    watched.options = hints(tmp_path, "c/003.png", "d/001.png")
    with watched.alive(settle=0.1):
        watched.wait_for(Trouble)
        watched.chapter("c", 3)
        watched.wait_for(ChapterColoured, 3)
        watched.chapter("e", 4)
        watched.wait_for(ChapterColoured, 4)
        watched.wait_for(Trouble, 2)
    assert [trouble.error.split()[-1] for trouble in watched.of(Trouble)] == ["'c/003.png'", "'d/001.png'"]
    assert all(trouble.remedy.endswith("yet to come.") for trouble in watched.of(Trouble))


def test_archives_are_not_opened_again_once_all_names_are_found(
    watched: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()

    def ask(job: Job, found: tuple[Found, ...]) -> None:
        asked.append(len(found))
        check_names(job, found)

    monkeypatch.setattr("mangacolor.watcher.loop.check_names", ask)
    watched.options = hints(tmp_path, "a/001.png", "c/003.png")
    with watched.alive(settle=0.1):
        watched.wait_for(Trouble)
        for number, name in ((3, "c"), (4, "e")):
            watched.chapter(name, number)
            watched.wait_for(ChapterColoured, number)
            wait_until(lambda: isinstance(watched.events[-1], Idle))
    assert asked == [2, 3]
