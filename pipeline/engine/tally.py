"""What has become of a run so far: told as events, page by page, and summed up in the end."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable

from mangacolor.core.errors import (
    Cancelled,
    ExitStatus,
    MangacolorError,
    OutputError,
    PageError,
    SetupError,
    UsageError,
)
from mangacolor.pipeline.engine.chapter_task import ChapterResults, ChapterTask, Decision
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.events import Listener, PageDone, PageFailed, RunResult, StageDone, Stopping, Warned
from mangacolor.pipeline.store.packing import Packing

BUG = "Look at the page; if it is sound, this is a bug: please report it with the page and this message."


class Tally:
    """Kept by one thread. ``fatal`` is the error that ends the run, if there is one."""

    def __init__(self, job: Job, emit: Listener) -> None:
        self.emit = emit
        self.counts: Counter[str] = Counter()
        self.stages_run = 0
        self.fatal: MangacolorError | None = None
        self._job = job
        self._outcomes: Counter[str] = Counter()
        self._failures: list[PageFailed] = []
        self._started = time.perf_counter()

    @property
    def stopping(self) -> bool:
        return self._job.cancel.requested or self.fatal is not None

    def end_for(self, error: MangacolorError) -> None:
        """The run cannot go on; the first reason is the one that is told."""
        self.fatal = self.fatal or error

    def told_to_stop(self) -> None:
        """Say that nothing else is begun, unless an error says more."""
        if self._job.cancel.requested:
            self.emit(Stopping())

    def page_done(self, event: PageDone) -> None:
        if event.outcome == "copied" and not self._job.selection.commits:
            event = dataclasses.replace(event, outcome="done")
        self._outcomes[event.outcome] += 1
        self.emit(event)

    def page_failed(self, event: PageFailed) -> None:
        self._failures.append(event)
        self._outcomes["failed"] += 1
        self.emit(event)

    def chapter_decided(
        self, chapter: ChapterTask, decision: Decision | None, error: BaseException | None
    ) -> ChapterResults | None:
        """What the chapter stages give to a chapter's pages; None if the run ends here."""
        if isinstance(error, UsageError | SetupError | OutputError):
            self.end_for(error)
        if isinstance(error, Cancelled | UsageError | SetupError | OutputError):
            return None
        if error is not None:
            # Pages without a chapter's last touch are better than no pages.
            names = ", ".join(stage.name for stage in chapter.stages)
            self.emit(Warned(chapter.chapter.name, names, f"left out, because it failed: {error}"))
        if error is not None or decision is None:
            chapter.undecided = True
            return chapter.neutral()
        self.counts += decision.counts
        for name, seconds in decision.seconds.items():
            self.stages_run += 1
            self.emit(StageDone(chapter.chapter.name, name, seconds))
        for page, name, message in decision.warnings:
            self.emit(Warned(page, name, message))
        return decision.results

    def may_pack(self, packing: Packing) -> bool:
        """Whether an archive whose pages have all ended is to be written; says so if it cannot."""
        if packing.is_left:
            return False
        if packing.obstacle:
            self.emit(Warned(packing.container.name, "", packing.obstacle))
        return not packing.obstacle

    def packed(self, packing: Packing, left_out: Iterable[str] | None, error: BaseException | None) -> None:
        name = packing.container.name
        if isinstance(error, MangacolorError):
            self.end_for(error)
        elif error is not None:
            self.end_for(OutputError(f"{name}: cannot be packed: {error}", BUG))
        for sentence in packing.told(tuple(left_out or ())) if error is None else ():
            self.emit(Warned(name, "", sentence))

    def summary(self, pages: int) -> RunResult:
        """How it went. Raises the error that ended the run."""
        if self.fatal is not None:
            raise self.fatal
        outcomes = self._outcomes
        if self._job.cancel.requested:
            status: int = self._job.cancel.status
        elif not outcomes["failed"]:
            status = ExitStatus.DONE
        else:
            status = ExitStatus.SOME_FAILED if outcomes["failed"] < pages else ExitStatus.NOTHING_DONE
        return RunResult(
            status=int(status),
            pages=pages,
            done=outcomes["done"],
            copied=outcomes["copied"],
            cached=outcomes["cached"] + outcomes["left"],
            failed=outcomes["failed"],
            seconds=round(time.perf_counter() - self._started, 3),
            stages_run=self.stages_run,
            network_calls=self.counts["network_calls"],
            failures=tuple(self._failures),
            left=outcomes["left"],
        )


def failure(page: str, stage: str, error: BaseException) -> PageFailed:
    """The event for an error of any kind on a page."""
    if isinstance(error, MangacolorError):
        return PageFailed(page, stage, error.message, error.remedy)
    return PageFailed(page, stage, f"{type(error).__name__}: {error}", BUG)


def late(what: str, limit: float) -> PageError:
    """The error of a stage that was given up after ``limit`` seconds."""
    return PageError(
        f"{what} took longer than {limit:g} seconds",
        "Give it more time with --stage-timeout (0 is no limit), or see what is special about the page.",
    )
