"""What a person sees of a run, on stderr: a bar with pages and time left, warnings, failures, a summary."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mangacolor.pipeline.events import (
    ChapterDone,
    Event,
    PageDone,
    PageFailed,
    PageHalfway,
    RunDone,
    RunStarted,
    StageDone,
    StageStarted,
    Warned,
)
from mangacolor.pipeline.report.details import detail_lines


class ProgressDisplay:
    """A listener and a context manager. The bar is shown on a terminal only; failures always."""

    def __init__(self, quiet: bool = False, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._running: dict[tuple[str, str], None] = {}
        self._failed = 0
        self._pages = 0
        self._ended = 0
        self._chapters = self._chapters_ended = 0
        self._halves = 0  # pages that take two passes
        self._waiting: set[str] = set()  # pages between their passes
        self._task: TaskID | None = None
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]pages"),
            BarColumn(),
            TextColumn("{task.fields[pages]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.description}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted(pages=pages, halfway=halfway, chapters=chapters):
                self._pages, self._halves, self._chapters = pages, halfway, chapters
                self._task = self._bar.add_task("", total=pages + halfway, pages=self._count())
            case ChapterDone():
                self._chapters_ended += 1
                self._advance(0)
            case StageStarted(page=page, stage=stage):
                self._running[page, stage] = None
                self._describe()
            case StageDone(page=page, stage=stage):
                self._running.pop((page, stage), None)
                self._describe()
            case PageHalfway(page=page):
                self._waiting.add(page)
                self._advance(1)
            case PageDone(page=page):
                self._end_page(page)
            case PageFailed(page=page, stage=stage):
                self._running.pop((page, stage), None)
                self._failed += 1
                self._say_failure(event)
                self._end_page(page)
            case Warned() if not self._quiet:
                where = ": ".join(part for part in (event.page, event.stage) if part)
                self._console.print(f"[yellow]{escape(': '.join(filter(None, (where, event.message))))}")
            case RunDone(pages=pages) if pages and not self._quiet:  # without pages an error says why
                self._bar.stop()
                self._console.print(summary(event))
                for line in detail_lines(event.details):
                    self._console.print(escape(line))

    def _describe(self) -> None:
        if self._task is not None:
            now = ", ".join(f"{page} {stage}" for page, stage in list(self._running)[:2])
            failed = f"{self._failed} failed · " if self._failed else ""
            self._bar.update(self._task, description=escape(failed + now))

    def _end_page(self, page: str) -> None:
        # A page that never went halfway (copied, failed) takes that step off the bar together with it.
        skipped = self._halves > 0 and page not in self._waiting
        self._waiting.discard(page)
        self._ended += 1
        self._advance(1 + skipped)

    def _advance(self, steps: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, advance=steps, pages=self._count())

    def _count(self) -> str:
        pages = f"{self._ended}/{self._pages}"
        return f"{pages}, chapters {self._chapters_ended}/{self._chapters}" if self._chapters > 1 else pages

    def _say_failure(self, event: PageFailed) -> None:
        self._console.print(f"[red]{escape(event.page)}[/]: {event.stage}: {escape(event.error)}")
        if event.remedy:
            self._console.print(f"  {escape(event.remedy)}")


def summary(event: RunDone) -> str:
    """One line about a finished run."""
    counts = [
        (event.done, "done"),
        (event.copied, "copied"),
        (event.cached - event.left, "up to date"),
        (event.left, "left"),
        (event.failed, "failed"),
    ]
    parts = ", ".join(f"{number} {word}" for number, word in counts if number) or "nothing done"
    pages = "1 page" if event.pages == 1 else f"{event.pages} pages"
    return f"{pages}: {parts}, in {duration(event.seconds)}"


def duration(seconds: float) -> str:
    """``3.2 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
