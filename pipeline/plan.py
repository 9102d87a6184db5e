"""``mangacolor plan``: the graph, and for every page what is cached and what would run. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mangacolor.core.errors import MangacolorError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.wording import counted, printable
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.chapter_task import ChapterTask
from mangacolor.pipeline.engine.page_results import came_coloured
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.tasks import make_tasks
from mangacolor.pipeline.events import CHANGED
from mangacolor.pipeline.preparation import WorkPlan, make_job, make_plan
from mangacolor.pipeline.renaming.finding import find_renamed_pages
from mangacolor.pipeline.renaming.following import with_moved_corrections
from mangacolor.pipeline.store.last_run import Failure, known_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.outputs import Outputs
from mangacolor.pipeline.store.store import read_store
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import graph_of


@dataclass(frozen=True, slots=True)
class PagePlan:
    """What a run would do for a page. ``up_to_date``: nothing; nor for one that is ``left`` as somebody has
    changed it. ``problem``: why it would fail. ``failed``: why it failed in the last run, if it did; a run
    tries again.

    ``idle``: stages that have nothing to do with it, of which neither is said. ``scale``: the factor that
    enlarges it. ``note``: why, if the user did not say so. ``spread``: the page with the other half of its
    drawing, if it is half of one.
    """

    page: str
    cached: tuple[str, ...] = ()
    to_run: tuple[str, ...] = ()
    up_to_date: bool = False
    left: bool = False
    problem: str = ""
    failed: str = ""
    scale: int = 1
    note: str = ""
    spread: str = ""
    idle: frozenset[str] = frozenset()

    @property
    def is_settled(self) -> bool:
        """Whether nothing follows what is said here."""
        return self.up_to_date or self.left or bool(self.problem)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The pages in order, and what stands between the input and them. ``notes``: which spreads were found,
    what pages made alone are without, and what would be learnt first."""

    graph: Graph
    pages: tuple[PagePlan, ...]
    notes: tuple[str, ...] = ()

    def counts(self, stage: str) -> tuple[int, int]:
        """For how many pages a stage's artifact is there, and for how many it would run."""
        ready = sum(
            (page.up_to_date or page.left or stage in page.cached) and stage not in page.idle
            for page in self.pages
        )
        return ready, sum(stage in page.to_run for page in self.pages)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What ``--learn`` would do. ``options``: those of the run, as far as they are known. ``redone``: stages
    that would work anew, since something is learnt first. ``note``: the same in words."""

    options: Options
    redone: frozenset[str]
    note: str


Foresee = Callable[[Sequence[Path], WorkPlan, State], Foreseen]


def plan_run(
    inputs: Sequence[Path],
    out: Path,
    options: Options,
    run_options: RunOptions,
    graph: Graph | None = None,
    foresee: Foresee | None = None,
) -> RunPlan:
    """See what ``run`` would do with the same arguments, and raise what it would raise before any page.

    Where a chapter stage has yet to speak, everything that rests on it counts as to run, although some
    pages may turn out to be up to date. A page that failed is taken to fail again: the chapter's others do
    not wait for it.
    """
    plan = make_plan(inputs, out, options, run_options, graph or graph_of(options))
    store = read_store(out)
    notes = [*filter(None, [plan.note_on_pages]), *plan.spreads]
    if run_options.learn and foresee is not None:
        foreseen = foresee(inputs, plan, store.state)
        forced = plan.selection.forced | foreseen.redone
        plan = replace(plan, options=foreseen.options, selection=replace(plan.selection, forced=forced))
        notes.append(foreseen.note)
    renamed = find_renamed_pages(plan, store)
    store = replace(store, kept_under={new: old for one in renamed for new, old in one.names.items()})
    chapters = plan.chapters
    if run_options.edits is None:
        chapters = with_moved_corrections(chapters, renamed, store.state)
    tasks = make_tasks(make_job(plan, CancelToken()), chapters, store)
    tasks.check_documents()
    Outputs(store.state, store.manifest).own(plan.written, run_options.force)
    # Nothing has been worked on: what chapter stages gave a page is what they give where they are idle.
    idle = {task.spec.index: frozenset(task.spec.chapter_results) for task in tasks.pages}
    last = known_last_run(store.state)
    failures = last.failures if last is not None else {}
    plans = {task.spec.index: _look(task, failures) for task in tasks.pages}
    for chapter in tasks.waiting_chapters():
        waiting = [task for task in tasks.pages if tasks.chapters.get(task.spec.index) is chapter]
        plans.update(_look_at_second_pass(chapter, waiting, plans, failures))
    pages = tuple(_without_idle(plans[index], stages) for index, stages in idle.items())
    return RunPlan(plan.graph, pages, tuple(notes))


def _without_idle(page: PagePlan, idle: frozenset[str]) -> PagePlan:
    return replace(page, cached=tuple(stage for stage in page.cached if stage not in idle), idle=idle)


def _look(task: PageTask, failures: Mapping[str, Failure]) -> PagePlan:
    state = task.state
    try:
        state.entry = task.examine(glance=True)
        state.size = task.spec.job.size_of(state.source)
    except MangacolorError as error:
        return PagePlan(task.name, problem=error.message)
    finally:
        state.source = b""
    spread = task.spec.page.spread
    partner = spread.partner if spread else ""
    failed = _why_it_failed(task, failures)
    return replace(_work(task), scale=state.size.scale, note=task.scale_note, spread=partner, failed=failed)


def _why_it_failed(task: PageTask, failures: Mapping[str, Failure]) -> str:
    """Why a page failed whose file is as it was then, and that would fare no better now; else ""."""
    failure = failures.get(task.name)
    if failure is not None and failure.sha256 not in ("", task.state.sha256):
        return ""
    known = failure.error if failure is not None else ""
    entry = task.spec.output.manifest.entry(task.name) if task.spec.output is not None else None
    if entry is None:
        return known
    if entry.outcome != "failed" or entry.sha256 != task.state.sha256:
        return ""
    return known or "in an earlier run"


def _work(task: PageTask) -> PagePlan:
    state, graph = task.state, task.spec.job.graph
    if state.entry is not None:
        return PagePlan(task.name, up_to_date=state.left is None, left=state.left is not None)
    cached = tuple(stage for stage in graph.names if stage in state.keys and _is_there(task, stage))
    to_run = tuple(stage for stage in graph.names if stage in state.to_run)
    if state.ended:
        return PagePlan(task.name, cached)
    done = not to_run and task.spec.output is None and not task.spec.first_pass
    return PagePlan(task.name, tuple(stage for stage in cached if stage not in to_run), to_run, done)


def _is_there(task: PageTask, stage: str) -> bool:
    seen = task.state.finished | task.state.known
    return (
        stage in task.spec.chapter_results
        or stage in seen
        or task.spec.cache.holds(stage, task.state.keys[stage])
    )


def _look_at_second_pass(
    chapter: ChapterTask,
    tasks: Sequence[PageTask],
    plans: Mapping[int, PagePlan],
    failures: Mapping[str, Failure],
) -> dict[int, PagePlan]:
    """What follows the chapter stages, for the pages that get there."""
    first = {task.spec.index: plans[task.spec.index] for task in tasks}
    going_on = [task for task in tasks if not (task.state.ended or first[task.spec.index].is_settled)]
    # Pages that fail before the chapter stage speaks are no part of what it speaks of.
    lost = [task for task in going_on if first[task.spec.index].failed and first[task.spec.index].to_run]
    chapter.arrived = [task for task in going_on if task not in lost]
    chapter.coloured = [task for task in tasks if came_coloured(task)]
    unfinished = any(first[task.spec.index].to_run for task in chapter.arrived)
    results = None if unfinished else chapter.load_cached()
    if results is None:
        return {task.spec.index: _open_end(task, first[task.spec.index]) for task in going_on}
    known = {task.spec.index: _look(task, failures) for task in chapter.second_pass(results)}
    return known | {task.spec.index: _open_end(task, first[task.spec.index]) for task in lost}


def _open_end(task: PageTask, first: PagePlan) -> PagePlan:
    graph, targets = task.spec.job.graph, task.spec.job.selection.targets
    wanted = graph.with_ancestors(targets)
    early = set(first.cached) | set(first.to_run)
    later = tuple(name for name in graph.names if name in wanted and name not in early)
    order = sorted((*first.to_run, *later), key=graph.names.index)
    return replace(first, to_run=tuple(order))


# -- telling


def as_document(plan: RunPlan) -> dict[str, Any]:
    """For ``--json``: one object."""
    stages = []
    for name in plan.graph.names:
        cached, to_run = plan.counts(name)
        stages.append(
            {"stage": name, "needs": list(plan.graph[name].needs), "cached": cached, "to_run": to_run}
        )
    pages = [
        {
            "page": page.page,
            "up_to_date": page.up_to_date,
            "left": page.left,
            "cached": list(page.cached),
            "to_run": list(page.to_run),
            "problem": page.problem or None,
            "failed": page.failed or None,
            "scale": page.scale,
            **({"spread": page.spread} if page.spread else {}),
        }
        for page in plan.pages
    ]
    return {"stages": stages, "pages": pages}


def as_text(plan: RunPlan) -> str:
    """The graph as a table, then a line for each page that is not up to date."""
    lines = [f"{'stage':12}{'cached':>8}{'to run':>8}  needs"]
    for name in plan.graph.names:
        cached, to_run = plan.counts(name)
        lines.append(f"{name:12}{cached:8}{to_run:8}  {', '.join(plan.graph[name].needs) or '-'}")
    state = Counter(_state(page) for page in plan.pages)
    lines += [
        "",
        f"{counted(len(plan.pages), 'page')}: "
        + ", ".join(f"{number} {what}" for what, number in state.items()),
        *dict.fromkeys(page.note for page in plan.pages if page.note and not page.is_settled),
        *plan.notes,
    ]
    for page in plan.pages:
        if page.problem:
            lines.append(f"  {page.page}: {page.problem}")
        elif page.left:
            lines.append(f"  {page.page}: left, {CHANGED}")
        elif page.failed:
            lines.append(f"  {page.page}: once more, since it failed: {page.failed}")
        elif not page.up_to_date:
            lines.append(f"  {page.page}: {', '.join(page.to_run) or 'commit'}")
    return "\n".join(map(printable, lines))


def _state(page: PagePlan) -> str:
    if page.problem:
        return "would fail"
    if page.failed and not page.up_to_date:
        return "to try again"
    return "left" if page.left else "up to date" if page.up_to_date else "to do"


def as_dot(plan: RunPlan) -> str:
    """For Graphviz. Filled: cached for every page; dashed: to run for some."""
    lines = ["digraph mangacolor {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for name in plan.graph.names:
        cached, to_run = plan.counts(name)
        style = "dashed" if to_run else "filled"
        lines.append(f'  "{name}" [label="{name}\\n{cached} cached, {to_run} to run", style={style}];')
    lines += [f'  "{need}" -> "{name}";' for name in plan.graph.names for need in plan.graph[name].needs]
    return "\n".join([*lines, "}"])


def as_mermaid(plan: RunPlan) -> str:
    """For Markdown."""
    lines = ["flowchart LR"]
    for name in plan.graph.names:
        cached, to_run = plan.counts(name)
        lines.append(f'  {name}["{name}<br>{cached} cached, {to_run} to run"]')
    lines += [f"  {need} --> {name}" for name in plan.graph.names for need in plan.graph[name].needs]
    todo = [name for name in plan.graph.names if plan.counts(name)[1]]
    if todo:
        lines += ["  classDef todo stroke-dasharray: 4", f"  class {','.join(todo)} todo"]
    return "\n".join(lines)
