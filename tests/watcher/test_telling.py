"""What a watch tells: lines for people on stderr, objects for programs on stdout."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mangacolor.pipeline.report.json_lines import json_lines
from mangacolor.tests.helpers.fake_stages import write_page
from mangacolor.tests.helpers.watching import Watching
from mangacolor.watcher.display import WatchDisplay
from mangacolor.watcher.events import (
    ChapterFailed,
    ChapterGone,
    ChapterStarted,
    Event,
    Idle,
    Notified,
    Ready,
    Trouble,
    WatchDone,
)
from mangacolor.watcher.json_stream import watch_documents
from mangacolor.watcher.records import Failure


@pytest.fixture
def watched(tmp_path: Path) -> Watching:
    watched = Watching(tmp_path)
    watched.chapter("series/a [1]", 1, 2)
    write_page(watched.source / "series" / "a [1]" / "white.png", 3)
    (watched.source / "series" / "a [1]" / "003.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    watched.chapter("b", 4)
    return watched


def told(watched: Watching, terminal: bool = False, quiet: bool = False) -> str:
    """What ``--once`` says."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, highlight=False, soft_wrap=True, width=200)
    with WatchDisplay(quiet, console, once=True) as display:
        watched.listener = display
        watched.once()
    return stream.getvalue()


def say(*events: Event, once: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, highlight=False, soft_wrap=True, width=200)
    with WatchDisplay(console=console, once=once) as display:
        for event in events:
            display(event)
    return stream.getvalue()


def test_a_log_has_a_line_or_two_for_a_chapter(watched: Watching) -> None:
    lines = told(watched).splitlines()
    assert lines[0] == "2 chapters, 0 of them coloured; told of changes by the system"
    assert lines[1].endswith(": begun, 1 more in the queue")
    assert any(line.startswith("b: 1 page: 1 coloured, in ") for line in lines)
    assert "series/a [1]: 1 page failed; tried again by the next run that starts in 1 min or later" in lines
    assert any(line.startswith("  series/a [1]/003.png: ") for line in lines)
    assert lines[-1].startswith("watch ended: 1 chapter done, 1 failed, in ")


def test_failures_are_listed_when_a_watch_begins(watched: Watching) -> None:
    told(watched)
    again = told(watched)
    assert "series/a [1]/003.png" in again and "tried again by the next run" in again


def test_quiet_tells_only_what_went_wrong(watched: Watching) -> None:
    lines = told(watched, quiet=True).splitlines()
    assert lines[0].startswith("series/a [1]: 1 page failed")
    assert not any("coloured" in line for line in lines)


def test_a_terminal_has_the_bar_and_the_pages(watched: Watching) -> None:
    text = told(watched, terminal=True)
    assert "pages" in text and "watch ended" in text
    assert text.count("003.png: ") == 1 or "003.png" in text


def test_a_watch_that_cannot_begin_has_not_ended() -> None:
    assert say(WatchDone(2, 0, 0, 0.1)) == ""  # the command line says what is wrong


def test_folders_that_could_not_be_read_are_counted_in_the_end() -> None:
    lines = say(Ready(1, 0, 0, "told", 0.1), WatchDone(1, 1, 0, 9.9, unread=2)).splitlines()
    assert lines[-1] == "watch ended: 1 chapter done, 2 folders not read, in 9.9 s"


def test_waiting_is_shown_on_a_terminal_only() -> None:
    stream = io.StringIO()
    with WatchDisplay(console=Console(file=stream, force_terminal=True, width=80)) as display:
        display(Idle(2, 1))
    assert "watching · 2 chapters settling · 1 chapter to be tried again" in stream.getvalue()
    assert say(Idle(2, 1)) == ""


def test_a_watch_that_ends_leaves_what_failed_to_the_next_run() -> None:
    refused = Notified("komga", "", "komga at http://h answers 401", "", 30.0)
    failed = ChapterFailed("a", (), 2, 300)
    due = ChapterFailed("b", (), 1, 0)
    assert say(refused, failed, due, once=True).splitlines() == [
        "komga at http://h answers 401; told again by the next run",
        "a: failed for the 2nd time; tried again by the next run that starts in 5 min or later",
        "b: failed; tried again now",
    ]


def test_every_trouble_has_its_remedy() -> None:
    text = say(
        Ready(3, 1, 0, "told", 0.1),
        Trouble("x: the disk is full", "Free some space.", 10.0),
        Notified("komga", "", "komga at http://h answers 401", "See the key.", 30.0),
        Notified("then", "a", "exit status 7", "See it."),
        Notified("kavita", ""),
        ChapterFailed("a", (Failure("a", "broken", "Mend it."),), 3, 1800),
        WatchDone(143, 0, 1, 2.0),
    )
    assert text.splitlines() == [
        "3 chapters, 1 of them coloured; told",
        "x: the disk is full; tried again in 10 s",
        "  Free some space.",
        "komga at http://h answers 401; tried again in 30 s",
        "  See the key.",
        "then: a: exit status 7",
        "  See it.",
        "kavita: told to scan",
        "a: failed for the 3rd time; tried again in 30 min",
        "  broken",
        "    Mend it.",
        "watch ended: 0 chapters done, 1 failed, in 2.0 s",
    ]


def test_no_name_of_a_file_is_a_command_to_the_terminal() -> None:
    name = "a\x1b[2J [bold]b"
    text = say(
        ChapterStarted(name, 0),
        Trouble(f"{name}: cannot be read", f"See {name}.", None),
        ChapterFailed(name, (Failure(f"{name}/1.png", "bad\nof all", f"Mend {name}."),), 1, 60),
        ChapterGone(name),
    )
    assert text.count(r"a\x1b[2J [bold]b") == 7 and "\x1b" not in text and "bad\nof all" in text


def test_many_failures_are_counted() -> None:
    failures = tuple(Failure(f"a/{number}.png", "bad", "") for number in range(9))
    lines = say(ChapterFailed("a", failures, 1, 60)).splitlines()
    assert lines[0].startswith("a: 9 pages failed;")
    assert lines[-1] == "  and 3 more" and len(lines) == 8


def test_json_tells_all_an_object_a_line(watched: Watching) -> None:
    stream = io.StringIO()
    watched.listener = json_lines(stream, watch_documents)
    watched.once()
    documents: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    names = [document["event"] for document in documents]
    assert names[:4] == ["chapter_found", "chapter_found", "chapter_settled", "chapter_settled"]
    assert names[4] == "ready"
    assert names[-1] == "watch_done" and names.count("watch_done") == 1
    assert "run_done" not in names
    for name in ("chapter_started", "page_done", "page_failed", "chapter_failed", "chapter_coloured"):
        assert name in names
    (coloured,) = [document for document in documents if document["event"] == "chapter_coloured"]
    assert (coloured["chapter"], coloured["output"], coloured["pages"]) == ("b", "b", 1)
    (failed,) = [document for document in documents if document["event"] == "chapter_failed"]
    assert failed["failures"][0]["page"] == "series/a [1]/003.png"
    assert failed["retry_in"] == 60
    assert documents[-1] == {**documents[-1], "status": 1, "coloured": 1, "failed": 1}
