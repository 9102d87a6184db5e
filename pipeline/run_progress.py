"""What a run tells besides what its engine does: notes, ends of chapters, a sum where it is cut short."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType
from typing import Self

from mangacolor.core.devices import notes_on_device
from mangacolor.core.errors import Cancelled, ExitStatus, MangacolorError
from mangacolor.core.types import Chapter
from mangacolor.pipeline.events import (
    ChapterDone,
    Detail,
    Event,
    FileRemoved,
    Listener,
    PageDone,
    PageFailed,
    PageStarted,
    RunResult,
    SeriesWarned,
    Warned,
)
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.report.details import find_details


class RunProgress:
    """Passes events on and counts pages. A context manager: it sums up a run that an error ends."""

    def __init__(self, emit: Listener) -> None:
        self._emit = emit
        self._started = time.perf_counter()
        self._forget()

    def _forget(self) -> None:
        """No page is known yet."""
        self._outcomes: Counter[str] = Counter()
        self._chapters: tuple[Chapter, ...] = ()
        self._chapter_of: dict[str, Chapter] = {}
        self._told: list[PageDone | PageFailed | FileRemoved] = []
        self._failed: Counter[str] = Counter()  # by chapter, as is the next
        self._ended: Counter[str] = Counter()
        self._scale_notes: dict[str, str] = {}  # by page
        self._enlarged: dict[str, None] = {}

    def begin(self, plan: WorkPlan) -> None:
        """The pages are known; of a run that begins again, nothing else is."""
        self._forget()
        self._chapters = plan.chapters
        self._chapter_of = {page.name: chapter for chapter in plan.chapters for page in chapter.pages}
        for note in (*plan.notes, *filter(None, [plan.note_on_pages]), *plan.spreads):
            self(Warned("", "", note))

    def tell_of_device(self, plan: WorkPlan) -> None:
        """What has been found out of the device since the plan was made."""
        for note in notes_on_device(plan.options.device):
            if note not in plan.notes:
                self(Warned("", "", note))

    def tell_of_series(self, plan: WorkPlan) -> None:
        """Once it is known which network the run has."""
        for note in plan.series.take_notes() if plan.series else ():
            self(SeriesWarned("", "", note))

    def __call__(self, event: Event) -> None:
        if isinstance(event, PageStarted):
            self._scale_notes[event.page] = event.note
        if isinstance(event, PageDone):
            self._outcomes[event.outcome] += 1
            if event.outcome == "done":  # one that is copied keeps its size
                self._enlarged[self._scale_notes.get(event.page, "")] = None
        if isinstance(event, PageDone | PageFailed | FileRemoved):
            self._told.append(event)
        self._emit(event)
        if isinstance(event, PageDone | PageFailed):
            chapter = self._chapter_of[event.page]
            self._ended[chapter.name] += 1
            self._failed[chapter.name] += isinstance(event, PageFailed)
            if self._ended[chapter.name] == len(chapter.pages):
                self._emit(ChapterDone(chapter.name, len(chapter.pages), self._failed[chapter.name]))

    def details(self) -> tuple[Detail, ...]:
        """What has become of pages that were not simply coloured."""
        return find_details(self._told, self._chapters)

    @property
    def scale_notes(self) -> tuple[str, ...]:
        """What ``--scale auto`` came to for the pages that were made, each of these sentences once."""
        return tuple(filter(None, self._enlarged))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            status = error.status if isinstance(error, MangacolorError) else ExitStatus.NOTHING_DONE
            self._emit(self._cut_short(status, stopped=isinstance(error, Cancelled)))

    def _cut_short(self, status: int, stopped: bool) -> RunResult:
        """What to say of a run that an error ended: pages that were not finished have failed, but not in one
        that somebody has ``stopped``."""
        refused = status == ExitStatus.WRONG_USE and not self._ended  # before any page
        pages = 0 if refused else len(self._chapter_of)
        seconds = round(time.perf_counter() - self._started, 3)
        done, copied, left = (self._outcomes[outcome] for outcome in ("done", "copied", "left"))
        cached = self._outcomes["cached"] + left
        failed = self._failed.total() if stopped else pages - done - copied - cached
        return RunResult(int(status), pages, done, copied, cached, failed, seconds, 0, 0, left=left)
