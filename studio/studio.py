"""The studio behind its routes: what lies open, what runs, and who is told of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from mangacolor.core.errors import InputError, MangacolorError, UsageError, in_one_line
from mangacolor.core.settings import Options
from mangacolor.core.system.files import remove_file
from mangacolor.core.wording import chapter_names, first_few, without_halves
from mangacolor.pipeline.chapter_pages import ChapterPages, kept_chapters, planned_chapters
from mangacolor.pipeline.decisions import find_waiting
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.session import Session
from mangacolor.pipeline.editing.wishes.options import Wishes
from mangacolor.pipeline.editing.wording import edit_id
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import (
    Announced,
    Event,
    Listener,
    PageDone,
    PageFailed,
    PageStarted,
    RunResult,
    RunStarted,
    Warned,
)
from mangacolor.pipeline.page_names import same_name
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.last_run import Failure, LastRun, read_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.store import read_store
from mangacolor.server.http.refusal import Refusal
from mangacolor.stages.registry import graph_of
from mangacolor.studio.desk import Desk, Painters, revision_of, same_decisions
from mangacolor.studio.desks import Desks
from mangacolor.studio.hub import Hub
from mangacolor.studio.limits import PICTURE_THREADS
from mangacolor.studio.pages import PageRows, StalePages
from mangacolor.studio.painting import changed_pages
from mangacolor.studio.palette_documents import PRESETS, document_of
from mangacolor.studio.pictures import PictureCache
from mangacolor.studio.runner import Runner, Wanted
from mangacolor.studio.settings import StudioSettings

# A file in the state folder: pages are without decisions that have been kept, since a studio was killed.
PENDING = "studio.pending"
UNKNOWN_SOURCE = "OUT does not say what it was coloured from: begin with mangacolor studio INPUT --out OUT."
# Chapters that are named where one is asked for that there is not.
MOST_TOLD = 12
# Events after which a browser is told how far the run is.
STEP_EVENTS = (RunStarted, PageStarted, PageDone, PageFailed)


class Studio:
    """OUT as it is worked on: its chapters, each as a browser asks for it by name. Its methods may be called
    from any thread, but for what says otherwise."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.state = State(settings.out)
        self.hub = Hub()
        self.pictures = PictureCache()
        self.work, self.why_not_run = _find_work(settings, self.state)
        self.failures: Mapping[str, Failure] = dict(self.work.failures) if self.work else {}
        self.options = self.work.options if self.work else Options()
        self.runner = Runner(self._colour, self._hear)
        self.stale = StalePages()
        self._pending = self.state.folder / PENDING
        self._telling = threading.Lock()  # so that nothing is told before what it comes after
        self._deciding = threading.Lock()  # of windows that decide at once, one waits and none is refused
        self.chapters = self._find_chapters()
        self._is_behind = self._pending.exists() or self._has_waiting_edits()
        self._chapter_of = {page: name for name, own in self.chapters.items() for page in own.sources}
        self._desk_thread = ThreadPoolExecutor(1, thread_name_prefix="studio-desks")
        self.pictures_pool = ThreadPoolExecutor(PICTURE_THREADS, thread_name_prefix="studio-pictures")
        self._painters = Painters()
        self.desks = Desks(self._open)
        self._first = self.chapter_named(settings.chapter) if settings.chapter else next(iter(self.chapters))
        self.desks.of(self._first)

    def start(self) -> None:
        """Begin to colour what is not coloured yet."""
        self.runner.start()
        if self.settings.work is not None:
            self.runner.ask(Wanted("first"))
        elif self._is_behind:
            self.run_again()

    def close(self) -> None:
        self.runner.close()
        for threads in (self._desk_thread, self.pictures_pool):
            threads.shutdown(wait=False, cancel_futures=True)

    def _open(self, name: str) -> Desk:
        """A chapter on a desk, its surfaces gathered while nobody waits for them."""
        pages = self.chapters[name]
        desk = Desk(self.state, self.work, pages, self._desk_thread, self._painters, self._counted)
        self._prepare(desk)
        return desk

    def _prepare(self, desk: Desk) -> None:
        if desk.now.chapter is not None:
            desk.submit(self._gather, desk)

    # -- what there is

    def chapter_named(self, name: str | None) -> str:
        """The chapter that a browser asks about: the first one where it names none. Raises ``UsageError``."""
        if not name:
            return self._first
        called = same_name(name, self.chapters)
        if called is None:
            there = first_few(chapter_names(self.chapters), MOST_TOLD)
            raise UsageError(f"there is no chapter {name[:80]!r}", f"There are: {there}.")
        return called

    def document(self, desk: Desk, surfaces: Surfaces | None) -> dict[str, Any]:
        """All that a browser has to know of a chapter. ``surfaces``: as of ``palette_document``."""
        opened = desk.now
        palette = self.palette_document(desk, surfaces) if opened.chapter is not None else None
        look = palette.pop("look") if palette else {"saturation": 1.0, "warmth": 0.0}
        return {
            "out": without_halves(self.state.out.name),
            "chapter": opened.name,
            "chapters": list(self.chapters),
            "direction": opened.pages.direction or "rtl",
            "editable": opened.chapter is not None,
            "why_not": opened.why_not,
            "can_run": not self.why_not_run,
            "why_not_run": self.why_not_run,
            "pages": self.rows(desk).all(),
            "run": self.runner.document(),
            "palette": palette,
            "look": look,
            "presets": PRESETS,
            "stages": list(self.stages),
        }

    def palette_document(self, desk: Desk, surfaces: Surfaces | None) -> dict[str, Any]:
        """The palette. ``surfaces``: of the chapter, where how much each edit covers is to be told, which the
        desks' thread alone may ask."""
        palette, revision = desk.palette()
        return {"revision": revision, **document_of(palette, surfaces)}

    def rows(self, desk: Desk) -> PageRows:
        """What there is to tell of the pages of a chapter."""
        opened = desk.now
        stale = self.stale.among(opened.pages.sources)
        revision = revision_of(opened.chapter) if opened.chapter is not None and stale else ""
        working = set(self.runner.progress.working)
        return PageRows(self.state, opened.pages, opened.chapter, self.failures, working, stale, revision)

    def has_in_hand(self, pages: Collection[str]) -> bool:
        """Whether a run makes any of some pages anew: until such a page is told of again, what is kept of it
        may be partly gone, or not fit together."""
        return any(page in self.runner.progress.working for page in pages)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages that a page goes through."""
        return graph_of(self.options).names

    @property
    def corrections(self) -> Path | None:
        """The folder of ``--edits``; None for OUT's own."""
        return self.work.run_options.edits if self.work is not None else None

    # -- changes

    def commit(self, desk: Desk, wishes: Wishes, revision: object) -> dict[str, Any]:
        """Change the palette and have its pages coloured again. On the desks' thread, with the run halted.

        Raises ``Refusal`` where somebody else has changed it since ``revision``, and as ``Session.change``.
        """
        chapter, surfaces = desk.now.coloured(), desk.surfaces()
        session = Session(chapter, lambda: surfaces, desk.looks)
        with self._deciding:
            before, now = desk.palette()
            if revision is not None and not same_decisions(revision, now):
                raise Refusal(
                    409, "the colours have been changed elsewhere", "Look at them, and choose again."
                )
            session.change(wishes)
            after, _ = desk.palette()
            pages = changed_pages(surfaces, before, after)
            self.stale.add(pages)
            self._note_pending()
        self.hub.tell("palette", {"revision": revision_of(chapter)}, desk.name)
        document = self.palette_document(desk, surfaces)
        return {
            "look": document.pop("look"),
            "palette": document,
            "changes": session.changes,
            "touched": [edit_id(edit) for edit in session.touched],
            "pages": pages,
            "rows": self.rows(desk).some(pages),
        }

    def change_panels(self, page: str, change: Callable[[], None]) -> None:
        """Write or remove a correction while no run is at work. Raises ``OutputError``."""
        with self.runner.halted(), self._deciding, self.state.locked():
            change()
            self._note_pending()
            self.stale.add([page])
        self._tell_page(page)

    def check_correction(self, page: str) -> None:
        """Raise ``UsageError`` where a run would not know whose a correction is."""
        file = correction_file(self.state, self.corrections, page)
        for other in self._chapter_of:
            if other != page and correction_file(self.state, self.corrections, other) == file:
                raise UsageError(
                    f"{page}: its panels cannot be corrected: {other} has the same name but for its end",
                    "Rename one of the two files in the input.",
                )

    def _note_pending(self) -> None:
        """Leave word that pages are without the last decisions, until a run has shown them."""
        with contextlib.suppress(OSError):  # the decision itself has been kept
            self._pending.touch()

    def _has_waiting_edits(self) -> bool:
        """Whether pages are without what was decided elsewhere, as by ``mangacolor palette``: not where a run
        has failed with that, as it would again at each start."""
        if self.settings.work is not None:  # all is coloured in any case
            return False
        waiting, _ = find_waiting(read_store(self.state.out), self.chapters.values(), untried=True)
        return bool(waiting)

    def run_again(self, chapter: str | None = None) -> None:
        """Have what has changed in a chapter, or anywhere, coloured, where that can be done from here."""
        if not self.why_not_run:
            self.runner.ask(Wanted("edit", chapter))

    # -- the run

    def _colour(self, wanted: Wanted, emit: Listener, cancel: CancelToken) -> RunResult:
        assert self.work is not None
        pages = self._pages_of(wanted)
        numbers = sorted(self.chapters[self._chapter_of[page]].numbers[page] for page in wanted.pages)
        run_options = replace(
            self.work.run_options,
            start=wanted.start,
            pages=",".join(map(str, numbers)) or None,
            force=wanted.force,
        )
        try:
            result = run(
                self.work.inputs,
                self.state.out,
                self.work.options,
                run_options,
                emit=emit,
                cancel=cancel,
                only=pages,
                learner=self.settings.learner_of(run_options),
            )
        finally:  # a run that fails may have made pages before
            for desk in self.desks.all:
                desk.refresh()
                self._prepare(desk)
        self._run_done(wanted, result)
        return result

    def _pages_of(self, wanted: Wanted) -> frozenset[str] | None:
        """The pages that a run is of; None for all of OUT."""
        if wanted.pages:
            return frozenset(wanted.pages)
        if wanted.chapter is None or len(self.chapters) == 1:
            return None
        return frozenset(self.chapters[wanted.chapter].sources)

    def _hear(self, event: Event | None) -> None:
        """On the run's thread."""
        match event:
            case PageDone(page=page):
                self.failures = {name: why for name, why in self.failures.items() if name != page}
                self.stale.discard([page])
            case PageFailed(page=page, error=error, remedy=remedy):
                self.failures = {**self.failures, page: Failure(error, remedy)}
            case Warned(page=page, message=message):
                text = f"{page}: {message}" if page else message
                self.hub.tell("notice", {"text": text, "kind": "warning"}, self._chapter_of.get(page or ""))
            case Announced(message=message):
                self.hub.tell("notice", {"text": message, "kind": "info"})
        if isinstance(event, PageStarted | PageDone | PageFailed):
            self._tell_page(event.page)
        if event is None or isinstance(event, STEP_EVENTS):
            with self._telling:
                told = self.runner.document()
                self.hub.tell("run", told)
            # Not before: who asks while the run still has pages in hand would be shown that for good.
            if event is None and told["state"] in ("idle", "failed"):
                self.hub.tell("chapter", {})

    def _run_done(self, wanted: Wanted, result: RunResult) -> None:
        if result.status in (0, 1):  # 1: pages have failed, and all others are as the edits say
            pages = self._pages_of(wanted)
            self.stale.discard(self._chapter_of if pages is None else pages)
            self._is_behind &= pages is not None
            if not self.stale and not self._is_behind:
                remove_file(self._pending)

    def _tell_page(self, page: str) -> None:
        chapter = self._chapter_of.get(page)
        if chapter is not None and self.hub.is_heard(chapter):
            with self._telling:
                self.hub.tell("page", self.rows(self.desks.of(chapter)).one(page), chapter)

    # -- surfaces

    def _gather(self, desk: Desk) -> None:
        try:
            desk.surfaces()
        except MangacolorError as error:
            told = {"text": in_one_line(error), "kind": "warning"}
            self.hub.tell("notice", told, desk.name)

    def _counted(self, chapter: ColouredChapter) -> None:
        """The surfaces have been gathered: how much edits cover can be told to who has asked before."""
        self.hub.tell("chapter", {}, chapter.chapter.name)

    # -- chapters

    def _find_chapters(self) -> dict[str, ChapterPages]:
        if self.work is not None and not self.why_not_run:
            try:
                return planned_chapters(self.work, self.state.out)
            except (InputError, UsageError) as error:
                if self.settings.work is not None:
                    raise
                self.why_not_run = in_one_line(error)
        return kept_chapters(read_store(self.state.out))


def _find_work(settings: StudioSettings, state: State) -> tuple[LastRun | None, str]:
    """What OUT is coloured from, and why it cannot be coloured from here, if so."""
    if settings.work is not None:
        return settings.work, ""
    try:
        work = read_last_run(state)
    except InputError as error:
        return None, in_one_line(error)
    return work, UNKNOWN_SOURCE if work is None else ""
