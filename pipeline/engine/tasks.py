"""The one preparation of work: a task for each page, and what brings the pages of a chapter together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mangacolor.core.types import Artifact, Chapter, Page
from mangacolor.pipeline.engine.chapter_task import ChapterTask, FindReferences, no_references
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.page_spec import PageSpec
from mangacolor.pipeline.engine.page_task import PageState, PageTask
from mangacolor.pipeline.store.keys import Recipe, make_recipe
from mangacolor.pipeline.store.packing import Packing
from mangacolor.pipeline.store.store import AnyStore
from mangacolor.stages.base import ChapterStage


@dataclass(frozen=True, slots=True)
class Begun:
    """What was done of a page elsewhere. ``seconds``: by stage."""

    chapter_results: Mapping[str, Artifact] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    panels: int = 0


@dataclass(frozen=True, slots=True)
class Tasks:
    """The pages of a run in order, its chapters, and by a page's index the chapter and the archive that wait
    for it."""

    pages: list[PageTask] = field(default_factory=list)
    all_chapters: list[ChapterTask] = field(default_factory=list)
    chapters: dict[int, ChapterTask] = field(default_factory=dict)
    packings: dict[int, Packing] = field(default_factory=dict)

    def waiting_chapters(self) -> list[ChapterTask]:
        """Each chapter that waits for its pages, once."""
        return list({id(chapter): chapter for chapter in self.chapters.values()}.values())

    def end_page(self, task: PageTask, *, survived: bool) -> list[ChapterTask | Packing]:
        """A page has ended a pass; ``survived``: another follows. Returns what waited for it alone."""
        complete: list[ChapterTask | Packing] = []
        if task.spec.first_pass:
            chapter = self.chapters[task.spec.index]
            if chapter.page_ready(task, survived) and chapter.arrived:
                complete.append(chapter)
        packing = self.packings.get(task.spec.index)
        is_over = not survived and task.state.outcome != "cancelled"
        if packing is not None and is_over and packing.end_page(task.name, task.state.entry):
            complete.append(packing)
        return complete

    def check_documents(self) -> None:
        """Raise ``UsageError`` for a document that somebody has damaged, before any page is read."""
        for chapter in self.waiting_chapters():
            chapter.check_documents()


def make_tasks(
    job: Job,
    chapters: Iterable[Chapter],
    store: AnyStore,
    *,
    references: FindReferences = no_references,
    begun: Mapping[str, Begun] | None = None,
) -> Tasks:
    """A task for each page of the chapters, as a run, a plan, a single page and a cluster's worker need it.

    ``begun``: the only pages that are wanted, by name, and what was done of them elsewhere. Raises
    ``UsageError`` or ``SetupError`` where a stage cannot be configured.
    """
    tasks = Tasks()
    for chapter in chapters:
        _add_chapter(tasks, job, chapter, store, references, begun)
    return tasks


def _add_chapter(
    tasks: Tasks,
    job: Job,
    chapter: Chapter,
    store: AnyStore,
    references: FindReferences,
    begun: Mapping[str, Begun] | None,
) -> None:
    waiting = _make_chapter_task(job, chapter, len(tasks.pages), store, references)
    tasks.all_chapters.append(waiting)
    whole, commits = not job.independent, job.selection.commits
    packing = store.packing(chapter, whole=whole, on_error=job.on_error, force=job.force) if commits else None
    for page in chapter.pages:
        if begun is not None and page.name not in begun:
            continue
        task = _make_page_task(waiting, page, len(tasks.pages), store, begun[page.name] if begun else Begun())
        tasks.pages.append(task)
        if task.spec.first_pass:
            tasks.chapters[task.spec.index] = waiting
        if packing is not None:
            tasks.packings[task.spec.index] = packing


def _make_chapter_task(
    job: Job, chapter: Chapter, index: int, store: AnyStore, references: FindReferences
) -> ChapterTask:
    """A chapter that waits for its pages, with the stages that have something to do with it."""
    recipe = make_recipe(job.graph, job.options, chapter, job.selection.targets, independent=job.independent)
    task = ChapterTask(
        job,
        chapter,
        recipe,
        tuple(_chapter_stages(job)),
        index=index,
        missing=len(chapter.pages),
        documents=store.chapter_documents(chapter),
        references=references,
    )
    task.drop_idle_stages()
    return task


def _make_page_task(waiting: ChapterTask, page: Page, index: int, store: AnyStore, begun: Begun) -> PageTask:
    """A page of a chapter that waits for it: in its first pass if a stage of the chapter has yet to speak."""
    job, chapter = waiting.job, waiting.chapter
    active = {stage.name for stage in waiting.stages}
    neutral = {stage.name: stage.neutral() for stage in _chapter_stages(job) if stage.name not in active}
    results = {**neutral, **begun.chapter_results}
    first_pass = bool(active - results.keys())
    targets = waiting.needs if first_pass else job.selection.targets
    spec = make_page_spec(
        job,
        page,
        chapter,
        waiting.recipe,
        index,
        store,
        targets=targets,
        chapter_results=results,
        first_pass=first_pass,
    )
    return PageTask(spec, PageState(seconds=dict(begun.seconds), panels=begun.panels))


def make_page_spec(
    job: Job,
    page: Page,
    chapter: Chapter,
    recipe: Recipe,
    index: int,
    store: AnyStore,
    *,
    targets: tuple[str, ...],
    chapter_results: Mapping[str, Artifact],
    first_pass: bool,
) -> PageSpec:
    """What a page's pass is given, with the places in a store where it keeps and writes."""
    return PageSpec(
        job,
        page,
        chapter,
        recipe,
        store.page_cache(page),
        index,
        targets=targets,
        chapter_results=chapter_results,
        first_pass=first_pass,
        output=store.page_output(page, chapter, job.planned, job.force) if job.selection.commits else None,
    )


def _chapter_stages(job: Job) -> Sequence[ChapterStage[Any]]:
    """The chapter stages that the targets rest on, or are."""
    graph = job.graph
    wanted = graph.with_ancestors(job.selection.targets)
    return [stage for stage in graph.chapter_stages if stage.name in wanted]
