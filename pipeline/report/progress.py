"""What a person sees of a run, on stderr: how far it is, warnings, failures, a summary.

A terminal shows a bar with a time left; elsewhere, in a log, each page gets a line when it has been analysed
and when it is done.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape

from mangacolor.core.errors import ExitStatus
from mangacolor.core.installed import STUDIO, has_packages, quoted
from mangacolor.core.wording import counted, duration, printable
from mangacolor.pipeline.events import (
    Announced,
    ChapterDone,
    Event,
    PageDone,
    PageFailed,
    PageHalfway,
    PageStarted,
    Placed,
    RunResult,
    RunStarted,
    StageDone,
    StageStarted,
    Stopping,
    Warned,
)
from mangacolor.pipeline.report.bar import Bar
from mangacolor.pipeline.report.details import detail_lines
from mangacolor.pipeline.report.remaining import Remaining


class ProgressDisplay:
    """A listener and a context manager. With ``quiet`` failures alone are told.

    ``advise``: whether it ends with where the pages lie and what can be done with them.
    """

    def __init__(self, quiet: bool = False, console: Console | None = None, advise: bool = True) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._remaining = Remaining()
        self._bar = Bar(self._console) if self._console.is_terminal and not quiet else None
        self._lines = not quiet and self._bar is None
        self._pages = self._ended = self._failed = 0
        self._chapters = self._chapters_ended = 0
        self._two_passes = False
        self._analysed: set[str] = set()
        self._idle: set[str] = set()  # pages with nothing to do in their pass
        self._running: dict[tuple[str, str], None] = {}
        self._notes: dict[str, str] = {}  # of pages that are not known yet to be coloured
        self._noted: set[str] = set()
        self._place: Placed | None = None
        self._advises = advise
        self._warned: set[Warned] = set()  # a stage that runs in both passes warns twice

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        self._remaining(event)
        self._count(event)
        self._tell(event)
        if self._bar:
            self._show(self._bar)

    def _count(self, event: Event) -> None:
        """Keep the books."""
        match event:
            case RunStarted(pages=pages, halfway=halfway, chapters=chapters):
                self._pages, self._two_passes, self._chapters = pages, halfway > 0, chapters
                self._ended = self._failed = self._chapters_ended = 0  # it may begin a second time
            case ChapterDone():
                self._chapters_ended += 1
            case PageStarted(page=page, now=now, note=note):
                self._notes[page] = note
                (self._idle.discard if now else self._idle.add)(page)
            case StageStarted(page=page, stage=stage):
                self._running[page, stage] = None
            case StageDone(page=page, stage=stage):
                self._running.pop((page, stage), None)
            case PageHalfway(page=page):
                self._analysed.add(page)
            case PageDone(page=page) | PageFailed(page=page):
                self._ended += 1
                self._failed += isinstance(event, PageFailed)
                self._running = {key: None for key in self._running if key[0] != page}

    def _tell(self, event: Event) -> None:
        """Print what is to be read later, too."""
        match event:
            case PageHalfway(page=page) if page not in self._idle:  # or an earlier run analysed it
                self._say_note(page)
                self._say_page(len(self._analysed), "analysed", page)
            case PageDone(page=page, outcome="done"):
                self._say_note(page)
                panels = counted(event.panels, "panel") if event.panels else ""  # none were looked for
                details = ", ".join(filter(None, (panels, duration(event.seconds))))
                self._say_page(self._ended, "done", page, details)
            case PageDone(page=page, outcome="copied", reason=reason):
                self._say_page(self._ended, f"copied, {reason}" if reason else "copied as it is", page)
            case PageFailed():
                self._say_failure(event)
            case Warned() if event not in self._warned:
                self._warned.add(event)
                parts = filter(None, (event.page, event.stage, event.message))
                self._say(f"[yellow]{_plain(': '.join(parts))}")
            case Announced(message=message):
                self._say(_plain(message))
            case Stopping():
                self._say("stopping: what is being written is finished first; once more stops at once")
            case Placed():
                self._place = event
            case RunResult(pages=pages) if pages:  # without pages an error says why
                self._end_run(event)

    def _end_run(self, event: RunResult) -> None:
        if self._bar:
            self._bar.stop()
        begun = bool(self._pages)
        self._pages = self._pages or event.pages  # that were known, where it ended before work began
        if event.status in (ExitStatus.INTERRUPTED, ExitStatus.TERMINATED):
            self._say(f"stopped: {self._what_is_kept()}: run the same command again to go on")
        elif event.failed > self._failed:  # an error that is told next has ended the run
            if begun:
                self._say(f"ended before its time: {self._what_is_kept()}, in {duration(event.seconds)}")
        else:
            self._say(_plain(summary(event)))
        for line in detail_lines(event.details):
            self._say(_plain(line))
        if self._place and self._advises:
            self._say(_plain(advice(self._place)))

    def _what_is_kept(self) -> str:
        """Of a run that was cut short: what has been analysed need not be analysed again, either."""
        pages, done = counted(self._pages, "page"), self._ended - self._failed
        if self._two_passes:
            return f"{len(self._analysed)} of {pages} analysed, {done} done"
        return f"{done} of {pages} done"

    def _show(self, bar: Bar) -> None:
        now = ", ".join(f"{stage} {page}" for page, stage in list(self._running)[:2])
        at_work = f"{self._failed} failed · {now}" if self._failed else now
        bar.show(self._remaining, self._counts(), at_work)

    def _counts(self) -> str:
        parts = [f"{self._ended}/{self._pages}"]
        if self._two_passes and self._ended < self._pages:
            parts.append(f"analysed {len(self._analysed)}")
        if self._chapters > 1:
            parts.append(f"chapters {self._chapters_ended}/{self._chapters}")
        return ", ".join(parts)

    # -- what is printed for good

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._console.print(text)

    def _say_note(self, page: str) -> None:
        """What is to be known of a page and others like it, once."""
        note = self._notes.pop(page, "")
        if note and note not in self._noted:
            self._noted.add(note)
            self._say(_plain(note))

    def _say_page(self, number: int, what: str, page: str, details: str = "") -> None:
        if not self._lines:
            return
        left = self._remaining.seconds_left if self._ended < self._pages else None
        more = [details, f"about {duration(left, rough=True)} left" if left else ""]
        tail = ", ".join(filter(None, more))
        self._say(_plain(f"{number}/{self._pages} {what}: {page}" + (f" ({tail})" if tail else "")))

    def _say_failure(self, event: PageFailed) -> None:
        self._console.print(f"[red]{_plain(event.page)}[/]: {_plain(_reason(event))}")
        if event.remedy:
            self._console.print(f"  {_plain(event.remedy)}")


def _plain(text: str) -> str:
    """As it is, without markup and commands for terminals."""
    return escape(printable(text))


def _reason(event: PageFailed) -> str:
    """Why a page failed, without its own path, which stands before that; else the stage, if it was one."""
    folder, named, reason = event.error.partition(f"{event.page}: ")
    if named and folder.endswith(("/", os.sep)):
        return reason
    return event.error if event.stage == "read" else f"{event.stage}: {event.error}"


def summary(event: RunResult) -> str:
    """One line about a finished run."""
    counts = [
        (event.done, "done"),
        (event.copied, "copied"),
        (event.cached - event.left, "up to date"),
        (event.left, "left"),
        (event.failed, "failed"),
    ]
    parts = ", ".join(f"{number} {word}" for number, word in counts if number) or "nothing done"
    return f"{counted(event.pages, 'page')}: {parts}, in {duration(event.seconds)}"


def advice(event: Placed) -> str:
    """One line: where the pages of a run are, and how their colours are changed, if they can be."""
    are = "the pages are" if event.chapters == 1 else f"{event.chapters:,} chapters are"
    if not event.changeable:
        return f"{are} in {event.place}"
    command = "studio" if has_packages(STUDIO) else "palette"
    return f"{are} in {event.place}; to change colours: mangacolor {command} {quoted(str(event.out))}"
