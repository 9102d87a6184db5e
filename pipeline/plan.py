"""``mangacolor plan``: the graph, and for every page what is cached and what would run. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mangacolor.core.errors import MangacolorError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.discovery import discover
from mangacolor.formats.limits import limits_of
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.chapter_task import ChapterWork
from mangacolor.pipeline.engine.page_task import Job, PageWork
from mangacolor.pipeline.page_numbers import pick_pages
from mangacolor.pipeline.run import make_works
from mangacolor.pipeline.store.corrections import with_edits
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph


@dataclass(frozen=True, slots=True)
class PagePlan:
    """What a run would do for a page. ``up_to_date``: nothing. ``problem``: why it would fail."""

    page: str
    cached: tuple[str, ...] = ()
    to_run: tuple[str, ...] = ()
    up_to_date: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The pages in order, and what stands between the input and them."""

    graph: Graph
    pages: tuple[PagePlan, ...]

    def counts(self, stage: str) -> tuple[int, int]:
        """For how many pages a stage's artifact is there, and for how many it would run."""
        ready = sum(page.up_to_date or stage in page.cached for page in self.pages)
        return ready, sum(stage in page.to_run for page in self.pages)


def plan_run(
    inputs: Sequence[Path], out: Path, options: Options, run_options: RunOptions, graph: Graph | None = None
) -> RunPlan:
    """See what ``run`` would do with the same arguments, and raise what it would raise before any page.

    Where a chapter stage has yet to speak, everything that rests on it counts as to run, although some
    pages may turn out to be up to date.
    """
    graph = graph or default_graph()
    selection = graph.select(run_options.until, run_options.start)
    found = discover(inputs, out, run_options.output_form, limits_of(options, run_options))
    state = State(out)
    chapters = pick_pages(with_edits(found.chapters, run_options.edits, state), run_options.pages)
    manifest = Manifest(state.out, state.manifest)
    job = Job(graph, selection, CancelToken(), manifest, force=run_options.force)
    works = make_works(job, chapters, options, state, apart=run_options.pages is not None)
    plans = {work.index: _look(work) for work in works}
    waiting = [work for work in works if work.fan_in is not None]
    for fan_in in {id(work.fan_in): work.fan_in for work in waiting if work.fan_in is not None}.values():
        mine = [work for work in waiting if work.fan_in is fan_in]
        plans.update(_second_sweep(fan_in, mine, plans))
    return RunPlan(graph, tuple(plans[work.index] for work in works))


def _look(work: PageWork) -> PagePlan:
    name, graph = work.page.name, work.job.graph
    try:
        entry = work.examine()
    except MangacolorError as error:
        return PagePlan(name, problem=error.message)
    finally:
        work.source = b""
    work.entry = entry
    if entry is not None:
        return PagePlan(name, up_to_date=True)
    cached = tuple(stage for stage in graph.names if stage in work.keys and _is_there(work, stage))
    to_run = tuple(stage for stage in graph.names if stage in work.to_run)
    if work.ended:
        return PagePlan(name, cached)
    done = not to_run and not work.commits and not work.fan_in
    return PagePlan(name, tuple(stage for stage in cached if stage not in to_run), to_run, done)


def _is_there(work: PageWork, stage: str) -> bool:
    return stage in work.given or work.cache.holds(stage, work.keys[stage])


def _second_sweep(
    fan_in: ChapterWork, works: Sequence[PageWork], plans: dict[int, PagePlan]
) -> dict[int, PagePlan]:
    """What follows the chapter stages, for the pages that get there."""
    going_on = [w for w in works if not (w.ended or plans[w.index].up_to_date or plans[w.index].problem)]
    settled = all(not plans[work.index].to_run for work in going_on)
    fan_in.arrived = list(going_on)
    fan_in.coloured = [work for work in works if work.came_coloured()]
    given = fan_in.recall() if settled else None
    if given is not None:
        return {work.index: _look(work) for work in fan_in.second_sweep(given)}
    return {work.index: _open_end(work, plans[work.index]) for work in going_on}


def _open_end(work: PageWork, first: PagePlan) -> PagePlan:
    graph = work.job.graph
    targets = work.job.selection.targets
    wanted = {name for target in targets for name in (*graph.ancestors(target), target)}
    early = set(first.cached) | set(first.to_run)
    later = tuple(name for name in graph.names if name in wanted and name not in early)
    order = sorted((*first.to_run, *later), key=graph.names.index)
    return PagePlan(first.page, first.cached, tuple(order))


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
            "cached": list(page.cached),
            "to_run": list(page.to_run),
            "problem": page.problem or None,
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
        f"{len(plan.pages)} pages: " + ", ".join(f"{number} {what}" for what, number in state.items()),
    ]
    for page in plan.pages:
        if page.problem:
            lines.append(f"  {page.page}: {page.problem}")
        elif not page.up_to_date:
            lines.append(f"  {page.page}: {', '.join(page.to_run) or 'commit'}")
    return "\n".join(lines)


def _state(page: PagePlan) -> str:
    return "would fail" if page.problem else "up to date" if page.up_to_date else "to do"


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
