"""The studio behind its routes: what lies open, what runs, and who is told of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import InputError, MangacolorError, OutputError, UsageError
from mangacolor.core.settings import Options
from mangacolor.pipeline.editing.session import Session
from mangacolor.pipeline.editing.wishes import Wishes
from mangacolor.pipeline.editing.wording import edit_id
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import (
    Announced,
    Event,
    Listener,
    PageDone,
    PageFailed,
    PageStarted,
    RunDone,
    RunResult,
    RunStarted,
    Warned,
)
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.last_run import Failure, LastRun, read_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.server.http.refusal import Refusal
from mangacolor.stages.registry import graph_of
from mangacolor.studio.desk import Desk, OpenChapter, known_page, revision_of, same_decisions, why_no_run
from mangacolor.studio.hub import Hub
from mangacolor.studio.pages import ChapterPages, PageRows, kept_chapters, planned_chapters
from mangacolor.studio.painting import changed_pages
from mangacolor.studio.palette_documents import document_of
from mangacolor.studio.pictures import PictureCache
from mangacolor.studio.runner import Runner, Wanted
from mangacolor.studio.settings import StudioSettings

# A file in the state folder: pages are without decisions that have been kept.
PENDING = "studio.pending"
# Events after which a browser is told how far the run is.
STEP_EVENTS = (RunStarted, PageStarted, PageDone, PageFailed)


class Studio:
    """OUT as it is worked on. Its methods may be called from any thread, but for what says otherwise."""

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.state = State(settings.out)
        self.hub = Hub()
        self.pictures = PictureCache()
        self.work, self.why_not_run = _find_work(settings, self.state)
        self.failures: Mapping[str, Failure] = dict(self.work.failures) if self.work else {}
        self.options = self.work.options if self.work else Options()
        self.last_run: RunDone | None = None
        self.runner = Runner(self._colour, self._hear)
        self._pending = self.state.folder / PENDING
        self.desk = Desk(self.state, self.options, self._counted)
        self.chapters = self._find_chapters()
        self.desk.open(self._chosen(settings.chapter))

    def start(self) -> None:
        """Begin what goes on in the background: colouring what is not coloured yet, counting surfaces."""
        self.runner.start()
        if self.settings.work is not None:
            self.runner.ask(Wanted("first"))
        elif self._pending.exists():  # what was decided when a studio was killed
            self.run_again()
        self.prepare()

    def close(self) -> None:
        self.runner.close()
        self.desk.close()

    def prepare(self) -> None:
        """Have the surfaces of the chapter gathered while nobody waits for them."""
        if self.desk.now.chapter is not None:
            self.desk.submit(self._gather)

    # -- what there is

    def choose(self, name: str | None) -> OpenChapter:
        """The chapter that a browser asks about; another than the open one is opened."""
        if name and name != self.desk.now.name:
            self.desk.open(self._chosen(name))
            self.prepare()
        return self.desk.now

    def document(self) -> dict[str, Any]:
        """All that a browser has to know of the chapter."""
        opened = self.desk.now
        palette = self.palette_document() if opened.chapter is not None else None
        look = palette.pop("look") if palette else {"saturation": 1.0, "warmth": 0.0}
        return {
            "out": self.state.out.name,
            "chapter": opened.name,
            "chapters": list(self.chapters),
            "direction": opened.pages.direction or "rtl",
            "editable": opened.chapter is not None,
            "why_not": opened.why_not,
            "can_run": not self.why_not_run,
            "why_not_run": self.why_not_run,
            "pages": self.rows().all(),
            "run": self.runner.progress.document(),
            "palette": palette,
            "look": look,
            "presets": PRESETS,
            "stages": list(self.stages),
        }

    def palette_document(self) -> dict[str, Any]:
        """The palette; how much each edit covers, once that is known."""
        palette, revision = self.desk.palette()
        surfaces = self.desk.counted
        return {"revision": revision, **document_of(palette, surfaces)}

    def rows(self) -> PageRows:
        opened = self.desk.now
        stale = self.desk.stale
        revision = revision_of(opened.chapter) if opened.chapter is not None and stale else ""
        working = set(self.runner.progress.working)
        return PageRows(self.state, opened.pages, opened.chapter, self.failures, working, stale, revision)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages that a page goes through."""
        return graph_of(self.options).names

    @property
    def corrections(self) -> Path | None:
        """The folder of ``--edits``; None for OUT's own."""
        return self.work.run_options.edits if self.work is not None else None

    def page(self, name: object) -> str:
        """A page of the chapter that a browser names. Raises ``UsageError`` for another name."""
        return known_page(self.desk.now, name)

    def coloured_page(self, name: object) -> str:
        """The same of one that has colours. Raises ``Refusal`` or ``InputError`` where it has none."""
        page = self.page(name)
        if page not in self.desk.now.coloured().names:
            raise Refusal(422, f"{page}: it has no colours", "It was copied, has failed, or waits.")
        return page

    # -- changes

    def commit(self, wishes: Wishes, revision: object) -> dict[str, Any]:
        """Change the palette and have its pages coloured again. On the desk's thread, with the run halted.

        Raises ``Refusal`` where somebody else has changed it since ``revision``, and as ``Session.change``.
        """
        chapter = self.desk.now.coloured()
        before, now = self.desk.palette()
        if revision is not None and not same_decisions(revision, now):
            raise Refusal(409, "the colours have been changed elsewhere", "Look at them, and choose again.")
        session = Session(chapter, self.desk.surfaces)
        session.change(wishes)
        after, _ = self.desk.palette()
        pages = changed_pages(self.desk.surfaces(), before, after)
        self.desk.stale |= set(pages)
        self._note_pending()
        self.hub.tell("palette", {"revision": revision_of(chapter)})
        document = self.palette_document()
        return {
            "look": document.pop("look"),
            "palette": document,
            "changes": session.changes,
            "touched": [edit_id(edit) for edit in session.touched],
            "pages": pages,
        }

    def change_panels(self, page: str, change: Callable[[], None]) -> None:
        """Write or remove a correction while no run is at work. Raises ``OutputError``."""
        with self.runner.halted(), self.state.locked():
            change()
            self._note_pending()
        self.desk.stale |= {page}
        self._tell_page(page)

    def _note_pending(self) -> None:
        """Leave word that pages are without the last decisions, until a run has shown them."""
        with contextlib.suppress(OutputError):  # the decision itself has been kept
            write_atomic(self._pending, b"", scratch=self.state.scratch)

    def run_again(self) -> None:
        """Have what has changed coloured, where that can be done from here."""
        if not self.why_not_run:
            self.runner.ask(Wanted("edit"))

    # -- the run

    def _colour(self, wanted: Wanted, emit: Listener, cancel: CancelToken) -> RunResult:
        assert self.work is not None
        run_options = replace(
            self.work.run_options,
            start=wanted.start,
            pages=",".join(map(str, wanted.numbers)) or None,
            force=wanted.force,
        )
        return run(
            self.work.inputs,
            self.state.out,
            self.work.options,
            run_options,
            emit=emit,
            cancel=cancel,
            learner=self.settings.learner_of(run_options),
        )

    def _hear(self, event: Event | None) -> None:
        """On the run's thread."""
        match event:
            case PageDone(page=page):
                self.failures = {name: why for name, why in self.failures.items() if name != page}
                self.desk.stale -= {page}
            case PageFailed(page=page, error=error, remedy=remedy):
                self.failures = {**self.failures, page: Failure(error, remedy)}
            case Warned(page=page, message=message):
                text = f"{page}: {message}" if page else message
                self.hub.tell("notice", {"text": text, "kind": "warning"})
            case Announced(message=message):
                self.hub.tell("notice", {"text": message, "kind": "info"})
            case RunDone():
                self._run_done(event)
        if isinstance(event, PageStarted | PageDone | PageFailed):
            self._tell_page(event.page)
        if event is None or isinstance(event, STEP_EVENTS):
            self.hub.tell("run", self.runner.progress.document())

    def _run_done(self, event: RunDone) -> None:
        self.last_run = event
        if event.status in (0, 1):  # 1: pages have failed, and all others are as the edits say
            self.desk.stale = frozenset()
            self._pending.unlink(missing_ok=True)
        self.desk.open(self.desk.now.pages)
        self.prepare()
        self.hub.tell("chapter", {})

    def _tell_page(self, page: str) -> None:
        if page in self.desk.now.pages.sources:
            self.hub.tell("page", self.rows().one(page))

    # -- surfaces

    def _gather(self) -> None:
        try:
            self.desk.surfaces()
        except MangacolorError as error:
            self.hub.tell("notice", {"text": f"{error.message}. {error.remedy}", "kind": "warning"})

    def _counted(self) -> None:
        """The surfaces have been gathered: what edits cover can be told."""
        chapter = self.desk.now.chapter
        if chapter is not None:
            self.hub.tell("palette", {"revision": revision_of(chapter)})

    # -- chapters

    def _find_chapters(self) -> dict[str, ChapterPages]:
        if self.work is not None and not self.why_not_run:
            try:
                return planned_chapters(self.work, self.state.out)
            except (InputError, UsageError) as error:
                if self.settings.work is not None:
                    raise
                self.why_not_run = why_no_run(self.work, error)
        return kept_chapters(self.state)

    def _chosen(self, name: str | None) -> ChapterPages:
        if name is None:
            return next(iter(self.chapters.values()))
        if name not in self.chapters:
            there = ", ".join(self.chapters)
            raise UsageError(f"--chapter {name}: there is no such chapter", f"There are: {there}.")
        return self.chapters[name]


def _find_work(settings: StudioSettings, state: State) -> tuple[LastRun | None, str]:
    """What OUT is coloured from, and why it cannot be coloured from here, if so."""
    if settings.work is not None:
        return settings.work, ""
    try:
        work = read_last_run(state)
    except InputError as error:
        return None, why_no_run(None, error)
    return work, why_no_run(work, None)


# Colours that are often sought, light to dark.
PRESETS = {
    "skin": ["#fbe3d3", "#f4cfb5", "#e2b08f", "#c68a62", "#96603f", "#6b4027"],
    "hair": ["#f2d98b", "#c9934a", "#8c5a33", "#5a3825", "#33262a", "#8a2f2a", "#b9bcc4", "#5b6fae"],
    "sky": ["#d8ecf8", "#a9d4f0", "#6fb0e0", "#f6c9a0", "#d9837a", "#33457a", "#1e2a4d"],
    "plants": ["#cfe3a4", "#9cc46a", "#6a9a4a", "#3f6f3d", "#2b4d33"],
    "cloth": ["#f4f1ea", "#c0392b", "#2a6fd0", "#2f7d6b", "#d9a441", "#6b4c8a", "#3a3f4a"],
    "wood and metal": ["#d7b48a", "#a97b4f", "#6d4a30", "#c8ccd2", "#8b929b", "#5a6068"],
}
