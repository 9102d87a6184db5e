"""What a person sees of a watch, on stderr: a line a chapter, and on a terminal what goes on just now."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from mangacolor.core.wording import counted, duration, printable_lines
from mangacolor.pipeline.events import RunResult, Stopping, Warned
from mangacolor.pipeline.report.progress import ProgressDisplay
from mangacolor.watcher.events import (
    ChapterColoured,
    ChapterFailed,
    ChapterGone,
    ChapterStarted,
    Event,
    Idle,
    Notified,
    Ready,
    Trouble,
    WatchDone,
    WatchEvent,
)
from mangacolor.watcher.records import Failure

_LISTED: Final = 6  # failures of a chapter that are told; ``--json`` has them all


class WatchDisplay:
    """A listener and a context manager. With ``quiet`` only what went wrong is told.

    ``once``: the watch ends when all is done that can be, so that what failed is left to a later run.
    """

    def __init__(self, quiet: bool = False, console: Console | None = None, once: bool = False) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._quiet, self._once = quiet, once
        self._live = self._console.is_terminal and not quiet
        self._run: ProgressDisplay | None = None
        self._status: Status | None = None
        self._ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_run()
        self._show("")

    def __call__(self, event: Event) -> None:
        if isinstance(event, WatchEvent):
            self._tell(event)
        else:
            self._follow_run(event)

    def _tell(self, event: WatchEvent) -> None:
        match event:
            case Ready(chapters=chapters, done=done, how=how):
                self._ready = True
                self._say(f"{counted(chapters, 'chapter')}, {done:,} of them coloured; {how}")
            case ChapterStarted(chapter=chapter, queued=queued):
                self._say(f"{chapter}: begun" + (f", {queued:,} more in the queue" if queued else ""))
                self._begin_run()
            case ChapterColoured():
                self._end_run()
                self._say(f"{event.chapter}: {_what_became(event)}")
            case ChapterFailed():
                listed = self._run is None or not event.failures
                self._end_run()
                self._say_failed(event, listed)
            case ChapterGone(chapter=chapter):
                self._end_run()
                self._say(f"{chapter}: went away or changed while it was coloured; looking again")
            case Notified(to=to, error="", chapter=chapter):
                self._say(f"{to}: told of {chapter}" if chapter else f"{to}: told to scan")
            case Notified(to=to, error=error, remedy=remedy, chapter=chapter, retry_in=again):
                about = f"{to}: {chapter}: " if chapter else ""
                self._warn(f"{about}{error}{self._told_again(again)}", remedy)
            case Trouble(error=error, remedy=remedy, retry_in=again):
                self._end_run()
                self._warn(f"{error}{_again(again)}", remedy)
            case Idle(settling=settling, failed=failed):
                self._show(_waiting(settling, failed))
            case WatchDone():
                self._end_run()
                self._show("")
                if self._ready:  # else it has not begun, and the error says why
                    self._say(f"watch ended: {_ends(event)}, in {duration(event.seconds)}")

    # -- a run on a terminal has its bar; in a log its chapters are enough

    def _begin_run(self) -> None:
        self._end_run()
        if self._live:
            self._show("")
            self._run = ProgressDisplay(console=self._console)
            self._run.__enter__()

    def _end_run(self) -> None:
        if self._run is not None:
            self._run.__exit__(None, None, None)
            self._run = None

    def _follow_run(self, event: Event) -> None:
        if isinstance(event, RunResult):  # the watch says what became of it
            return
        if self._run is not None:
            self._run(event)  # type: ignore[arg-type]
        elif isinstance(event, Warned):
            self._say(": ".join(filter(None, (event.page, event.stage, event.message))))
        elif isinstance(event, Stopping):
            self._say("stopping: what is being written is finished first; once more stops at once")

    # -- lines

    def _show(self, text: str) -> None:
        """What is waited for, at the bottom of a terminal."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if text and self._live:
            self._status = self._console.status(_plain(text))
            self._status.start()

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._console.print(_plain(text))

    def _warn(self, text: str, remedy: str) -> None:
        self._console.print(f"[yellow]{_plain(text)}")
        if remedy:
            self._console.print(f"  {_plain(remedy)}")

    def _say_failed(self, event: ChapterFailed, listed: bool) -> None:
        pages = [failure for failure in event.failures if failure.page != event.chapter]
        what = f"{counted(len(pages), 'page')} failed" if pages else "failed"
        times = f" for the {_ordinal(event.tries)} time" if event.tries > 1 else ""
        self._console.print(
            f"[red]{_plain(event.chapter)}[/]: {what}{times}{self._tried_again(event.retry_in)}"
        )
        for failure in event.failures[:_LISTED] if listed or not pages else ():
            self._say_failure(failure, event.chapter)
        if listed and len(event.failures) > _LISTED:
            self._console.print(f"  and {len(event.failures) - _LISTED} more")

    def _tried_again(self, seconds: float) -> str:
        """When a chapter that failed is: also a later run leaves it alone until it is due."""
        if not self._once:
            return _again(seconds)
        if seconds <= 0:
            return "; tried again now"
        return f"; tried again by the next run that starts in {duration(seconds, rough=True)} or later"

    def _told_again(self, seconds: float | None) -> str:
        if not self._once or seconds is None:
            return _again(seconds)
        return "; told again by the next run"

    def _say_failure(self, failure: Failure, chapter: str) -> None:
        page = "" if failure.page == chapter else f"{failure.page}: "
        self._console.print(f"  {_plain(page + failure.error)}")
        if failure.remedy:
            self._console.print(f"    {_plain(failure.remedy)}")


def _plain(text: str) -> str:
    """As it is, without markup and commands for terminals."""
    return escape(printable_lines(text))


def _ends(event: WatchDone) -> str:
    parts = [f"{counted(event.coloured, 'chapter')} done"]
    parts += [f"{event.failed:,} failed"] if event.failed else []
    parts += [f"{counted(event.unread, 'folder')} not read"] if event.unread else []
    return ", ".join(parts)


def _what_became(event: ChapterColoured) -> str:
    counts = [(event.done, "coloured"), (event.copied, "copied"), (event.cached, "up to date")]
    parts = ", ".join(f"{number} {word}" for number, word in counts if number) or "nothing to colour"
    return f"{counted(event.pages, 'page')}: {parts}, in {duration(event.seconds)}"


def _again(seconds: float | None) -> str:
    return "" if seconds is None else f"; tried again in {duration(seconds, rough=True)}"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number % 100 < 14 else endings.get(number % 10, 'th')}"


def _waiting(settling: int, failed: int) -> str:
    parts = ["watching"]
    parts += [f"{counted(settling, 'chapter')} settling"] if settling else []
    parts += [f"{counted(failed, 'chapter')} to be tried again"] if failed else []
    return " · ".join(parts)
