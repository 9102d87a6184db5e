"""A whole run: chapters in, files and a summary out. What the command line and the Python API call."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.core.devices import check_device_name
from mangacolor.core.errors import MangacolorError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Chapter
from mangacolor.formats.discovery import Plan, discover
from mangacolor.formats.limits import limits_of
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.chapter_task import ChapterWork
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.memory import page_budget, weigh
from mangacolor.pipeline.engine.page_task import Job, PageWork
from mangacolor.pipeline.engine.references import References
from mangacolor.pipeline.events import (
    ChapterDone,
    Event,
    Listener,
    PageDone,
    PageFailed,
    RunDone,
    RunResult,
    RunStarted,
    Warned,
)
from mangacolor.pipeline.page_numbers import pick_pages
from mangacolor.pipeline.report.run_report import Failure, Summary, write_report
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.corrections import with_edits
from mangacolor.pipeline.store.extras import copy_extras
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.packing import make_packing
from mangacolor.stages.base import ChapterStage
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph

if TYPE_CHECKING:
    from mangacolor.pipeline.cluster.engine import ClusterEngine

_PATHS = ("weights", "upscaler", "palette", "reference", "hints")  # options that may name a file


def run(
    inputs: Sequence[Path],
    out: Path,
    options: Options,
    run_options: RunOptions,
    *,
    emit: Listener,
    graph: Graph | None = None,
    cancel: CancelToken | None = None,
) -> RunResult:
    """Colour ``inputs`` into ``out``. Emits every event of the run, ``RunDone`` last.

    Raises ``UsageError``, ``InputError``, ``SetupError`` or ``OutputError`` where the run as a whole
    cannot go on; pages that fail are counted in the result.
    """
    started = time.perf_counter()
    progress = _Progress(emit)
    try:
        graph = graph or default_graph()
        selection = graph.select(run_options.until, run_options.start)
        check_device_name(options.device)
        if run_options.cluster:
            options = _for_any_folder(options)
        plan = discover(inputs, out, run_options.output_form, limits_of(options, run_options))
        graph.check(options, plan.chapters)
        state = State(out)
        chapters = pick_pages(with_edits(plan.chapters, run_options.edits, state), run_options.pages)
        progress.begin(plan, chapters)
        with state.locked():
            manifest = Manifest(state.out, state.manifest, state.scratch)
            for part in sorted(state.parts.glob("*.jsonl")):  # of a run on a cluster that was killed
                manifest.absorb(part)
            job = Job(
                graph,
                selection,
                cancel or CancelToken(),
                manifest,
                frozenset(page.name for chapter in plan.chapters for page in chapter.pages),
                run_options.keep,
                run_options.force,
                run_options.on_error == "copy",
                lambda source: weigh(source, options, run_options.memory),
            )
            works = make_works(job, chapters, options, state, apart=run_options.pages is not None)
            progress(RunStarted(len(works), len(chapters), sum(work.fan_in is not None for work in works)))
            result = _make_engine(job, progress, options, run_options, state).run(works)
            if selection.commits and run_options.pages is None and not job.cancel.requested:
                copy_extras(plan.extras, manifest, state, force=job.force, emit=progress)
        if run_options.report:
            _write_report(state, result, works, graph)
    except Exception as error:
        status = error.status if isinstance(error, MangacolorError) else MangacolorError.status
        emit(progress.cut_short(status, time.perf_counter() - started))
        raise
    emit(result)
    return result


def _make_engine(
    job: Job, emit: Listener, options: Options, run_options: RunOptions, state: State
) -> Engine | ClusterEngine:
    if run_options.cluster:
        from mangacolor.pipeline.cluster.engine import ClusterEngine

        return ClusterEngine(job, emit, options, run_options, state)
    budget = page_budget(run_options.memory)
    return Engine(job, emit, options.device, run_options.jobs, budget, run_options.stage_timeout)


def _for_any_folder(options: Options) -> Options:
    """The options with absolute paths: a worker's working folder is another."""
    given = {name: getattr(options, name) for name in _PATHS}
    absolute: dict[str, Any] = {
        name: str(Path(path).absolute()) for name, path in given.items() if path and Path(path).exists()
    }
    return dataclasses.replace(options, **absolute)


class _Progress:
    """Passes events on and counts pages: says when a chapter has ended, and sums up a run cut short."""

    def __init__(self, emit: Listener) -> None:
        self._emit = emit
        self._pages = 0
        self._outcomes: Counter[str] = Counter()
        self._chapter_of: dict[str, Chapter] = {}
        self._failed: Counter[str] = Counter()  # by chapter, as is the next
        self._ended: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        if isinstance(event, PageDone):
            self._outcomes[event.outcome] += 1
        self._emit(event)
        if isinstance(event, PageDone | PageFailed):
            chapter = self._chapter_of[event.page]
            self._ended[chapter.name] += 1
            self._failed[chapter.name] += isinstance(event, PageFailed)
            if self._ended[chapter.name] == len(chapter.pages):
                self._emit(ChapterDone(chapter.name, len(chapter.pages), self._failed[chapter.name]))

    def begin(self, plan: Plan, chapters: Sequence[Chapter]) -> None:
        self._chapter_of = {page.name: chapter for chapter in chapters for page in chapter.pages}
        self._pages = len(self._chapter_of)
        for note in plan.notes:
            self(Warned("", "", note))

    def cut_short(self, status: int, seconds: float) -> RunDone:
        """What to say of a run that an error ended: pages that were not finished have failed."""
        done, copied, cached = (self._outcomes[outcome] for outcome in ("done", "copied", "cached"))
        failed = self._pages - done - copied - cached
        return RunDone(status, self._pages, done, copied, cached, failed, round(seconds, 3), 0, 0)


def make_works(
    job: Job, chapters: Sequence[Chapter], options: Options, state: State, *, apart: bool
) -> list[PageWork]:
    """A work for each page. ``apart``: only some pages were asked for, so none waits for the others."""
    works: list[PageWork] = []
    for chapter in chapters:
        recipe = make_recipe(job.graph, options, chapter, job.selection.targets, apart=apart)
        stages = _chapter_stages(job)
        given = {stage.name: stage.neutral() for stage in stages if stage.name in recipe.neutral}
        active = tuple(stage for stage in stages if stage.name not in recipe.neutral)
        fan_in: ChapterWork | None = None
        if active:
            references = References(job.graph, options, state)
            fan_in = ChapterWork(
                job, chapter, recipe, state, active, len(works), len(chapter.pages), references
            )
            fan_in.check_documents()
        packing = make_packing(chapter, state, job.manifest, whole=not apart, fill_in=job.fill_in)
        targets = tuple(dict.fromkeys(need for stage in active for need in stage.needs))
        for page in chapter.pages:
            cache = PageCache(state.page_folder(page.name), state.scratch)
            wanted = targets or job.selection.targets
            works.append(
                PageWork(job, page, chapter, recipe, cache, len(works), wanted, dict(given), fan_in, packing)
            )
    return works


def _chapter_stages(job: Job) -> list[ChapterStage[Any]]:
    """The chapter stages that this run's targets rest on, or are."""
    graph = job.graph
    wanted = {name for target in job.selection.targets for name in (*graph.ancestors(target), target)}
    return [stage for stage in graph.chapter_stages if stage.name in wanted]


def _write_report(state: State, result: RunDone, works: Sequence[PageWork], graph: Graph) -> None:
    pages = {work.page.name: work.page for work in works}
    failures = tuple(Failure(f.page, f.stage, f.error, f.remedy) for f in result.failures)
    write_report(
        state.out,
        state.folder / "report.html",
        summary=Summary(result.seconds, result.done, failures),
        read_source=lambda entry: pages[entry.page].source.read() if entry.page in pages else None,
        graph=graph,
    )
