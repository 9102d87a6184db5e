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
    RunDone,
    RunStarted,
    StageDone,
    StageStarted,
    Warned,
)
from mangacolor.pipeline.report.progress import ProgressDisplay, duration
from mangacolor.tests.helpers.fake_stages import House, go, write_page

EVENTS: list[Event] = [
    RunStarted(4, 2),
    StageStarted("a/1.png", "colorize"),
    StageDone("a/1.png", "colorize", 0.5),
    PageDone("a/1.png", 1.0, 3, {}, "done"),
    Warned("a/2.png", "encode", "written as 2.png"),
    PageFailed("a/2.png", "decode", "torn [bold]", "scan it again"),
    ChapterDone("a", 2, 1),
    StageStarted("b/1.png", "panels"),
]
LAST = RunDone(1, 4, 3, 0, 0, 1, 65.0, 9, 2)


def shown(terminal: bool, quiet: bool = False, last: bool = True) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=140, soft_wrap=True)
    with ProgressDisplay(quiet, console) as display:
        for event in (*EVENTS, *([LAST] if last else [])):
            display(event)
        if terminal and not last:
            display._bar.refresh()
    return stream.getvalue()


def test_a_terminal_shows_pages_chapters_and_what_is_at_work() -> None:
    text = shown(terminal=True, last=False)
    assert "2/4, chapters 1/2" in text
    assert "1 failed" in text and "b/1.png panels" in text


def test_elsewhere_only_what_matters_is_said() -> None:
    lines = shown(terminal=False).splitlines()
    assert lines == [
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


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.21, "3.2 s"), (250, "4 min 10 s"), (7500, "2 h 5 min"), (59.99, "60.0 s")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


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
