"""What a person sees of a run: pages, chapters, what is at work, what went wrong; little off a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from mangacolor.pipeline.events import (
    ChapterDone,
    Event,
    PageDone,
    PageFailed,
    PageHalfway,
    PageStarted,
    RunResult,
    RunStarted,
    StageDone,
    StageStarted,
    Stopping,
    Warned,
)
from mangacolor.pipeline.report.progress import ProgressDisplay
from mangacolor.tests.helpers.fake_stages import House, go, write_page

EVENTS: list[Event] = [
    RunStarted(4, 2),
    PageStarted("a/1.png", {"colorize": 1.0}, {}, "a/1.png comes out [large]"),
    StageStarted("a/1.png", "colorize"),
    StageDone("a/1.png", "colorize", 0.5),
    PageDone("a/1.png", 1.0, 3, {}, "done"),
    PageStarted("a/0.png", {"colorize": 1.0}, {}, "a/0.png comes out small"),
    PageDone("a/0.png", 0.1, 0, {}, "copied"),
    Warned("a/2.png", "encode", "written as 2.png"),
    PageFailed("a/2.png", "decode", "torn [bold]", "scan it again"),
    ChapterDone("a", 2, 1),
    StageStarted("b/1.png", "panels"),
]
LAST = RunResult(1, 4, 3, 0, 0, 1, 65.0, 9, 2)


def shown(terminal: bool, quiet: bool = False, last: bool = True) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=140, soft_wrap=True)
    with ProgressDisplay(quiet, console) as display:
        for event in (*EVENTS, *([LAST] if last else [])):
            display(event)
        if terminal and not last:
            assert display._bar is not None
            display._bar.refresh()
    return stream.getvalue()


def test_a_terminal_shows_pages_chapters_and_what_is_at_work() -> None:
    text = shown(terminal=True, last=False)
    assert "3/4, chapters 1/2" in text
    assert "1 failed" in text and "panels b/1.png" in text


def test_elsewhere_each_page_gets_a_line() -> None:
    lines = shown(terminal=False).splitlines()
    assert lines == [
        "a/1.png comes out [large]",
        "1/4 done: a/1.png (3 panels, 1.0 s, about 1 s left)",
        "2/4 copied as it is: a/0.png (about 1 s left)",
        "a/2.png: encode: written as 2.png",
        "a/2.png: decode: torn [bold]",
        "  scan it again",
        "4 pages: 3 done, 1 failed, in 1 min 5 s",
    ]


def test_quiet_says_only_what_went_wrong() -> None:
    assert shown(terminal=False, quiet=True).splitlines() == [
        "a/2.png: decode: torn [bold]",
        "  scan it again",
    ]


def told(*events: Event) -> list[str]:
    stream = io.StringIO()
    with ProgressDisplay(console=Console(file=stream, width=200, soft_wrap=True)) as display:
        for event in events:
            display(event)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("/scans/a/2.png: the file is empty (0 bytes)", "a/2.png: the file is empty (0 bytes)"),
        ("/scans/other.png: torn", "a/2.png: decode: /scans/other.png: torn"),
        ("/scans/ba/2.png: torn", "a/2.png: decode: /scans/ba/2.png: torn"),
        ("ValueError: boom", "a/2.png: decode: ValueError: boom"),
    ],
)
def test_a_failed_page_is_named_once(error: str, line: str) -> None:
    assert told(PageFailed("a/2.png", "decode", error, "")) == [line]


def test_a_page_that_could_not_be_read_is_told_without_a_stage() -> None:
    torn = "/scans/b: cannot be read (Permission denied)"
    assert told(PageFailed("b/unreadable folder", "read", torn, "")) == [f"b/unreadable folder: {torn}"]


def test_a_warning_of_both_passes_is_told_once() -> None:
    first, other = (
        Warned("1.gif", "decode", "holds 3 pictures"),
        Warned("2.gif", "decode", "holds 3 pictures"),
    )
    assert told(first, other, first) == ["1.gif: decode: holds 3 pictures", "2.gif: decode: holds 3 pictures"]


def test_names_command_no_terminal() -> None:
    done = PageDone("a\n\x1b[31mb\u202e.png", 1.0, 0, {}, "done")
    assert told(RunStarted(1, 1), done) == [r"1/1 done: a\n\x1b[31mb\u202e.png (1.0 s)"]


TWO_PASSES: list[Event] = [
    RunStarted(3, 1, 3),
    PageStarted("1.png", {"colorize": 1.0}, {"encode": 1.0}),
    PageStarted("2.png", {"colorize": 1.0}, {"encode": 1.0}),
    PageHalfway("1.png"),
    PageHalfway("2.png"),
]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_run_that_was_stopped_says_what_is_kept(quiet: bool) -> None:
    stream = io.StringIO()
    done = PageDone("1.png", 1.0, 1, {}, "done")
    with ProgressDisplay(quiet, Console(file=stream, width=140, soft_wrap=True)) as display:
        for event in (*TWO_PASSES, done, Stopping(), RunResult(130, 3, 1, 0, 0, 0, 9.0, 4, 2)):
            display(event)
    lines = stream.getvalue().splitlines()
    assert lines == (
        []
        if quiet
        else [
            "1/3 analysed: 1.png",
            "2/3 analysed: 2.png",
            "1/3 done: 1.png (1 panel, 1.0 s)",
            "stopping: what is being written is finished first; once more stops at once",
            "stopped: 2 of 3 pages analysed, 1 done: run the same command again to go on",
        ]
    )


def test_a_run_that_an_error_ends_does_not_call_its_pages_failed() -> None:
    stream = io.StringIO()
    with ProgressDisplay(console=Console(file=stream, width=140, soft_wrap=True)) as display:
        for event in (*TWO_PASSES, RunResult(3, 3, 0, 0, 0, 3, 9.0, 0, 0)):
            display(event)
    assert (
        stream.getvalue().splitlines()[-1] == "ended before its time: 2 of 3 pages analysed, 0 done, in 9.0 s"
    )


def test_of_a_run_that_never_began_the_error_alone_is_told() -> None:
    stream = io.StringIO()
    with ProgressDisplay(console=Console(file=stream, width=140, soft_wrap=True)) as display:
        display(RunResult(3, 3, 0, 0, 0, 3, 0.0, 0, 0))
    assert stream.getvalue() == ""


def test_a_terminal_shows_work_before_any_page_is_done() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=140, soft_wrap=True)
    with ProgressDisplay(console=console) as display:
        for event in TWO_PASSES:
            display(event)
        assert display._bar is not None
        display._bar.refresh()
    assert "0/3, analysed 2" in stream.getvalue()


def test_every_chapter_is_told_once_with_its_failures(tmp_path: Path) -> None:
    for chapter in ("a", "b"):
        (tmp_path / "in" / chapter).mkdir(parents=True)
        for number in range(3):
            write_page(tmp_path / "in" / chapter / f"{number}.png", number)
    house = House(moody=True)
    house.trouble["b/1.png"] = ValueError("boom")
    _, events = go(house, tmp_path / "in", tmp_path / "out")
    told = [event for event in events if isinstance(event, ChapterDone)]
    assert sorted(told, key=lambda event: event.chapter) == [ChapterDone("a", 3, 0), ChapterDone("b", 3, 1)]
