"""A whole run: chapters in, files and a summary out. What the command line and the Python API call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.core.devices import DeviceChoice, check_device
from mangacolor.core.errors import DeviceError, PageError, UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.discovery import Part
from mangacolor.formats.outputs.planned import Output
from mangacolor.pipeline.decisions import note_decisions, note_undone
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.references import KeptReferences, References
from mangacolor.pipeline.engine.tasks import Tasks, make_tasks
from mangacolor.pipeline.events import Announced, FileRemoved, Listener, RunResult, RunStarted
from mangacolor.pipeline.guest_pages import GuestPages
from mangacolor.pipeline.placed import find_place
from mangacolor.pipeline.preparation import WorkPlan, make_job, make_plan, with_absolute_paths
from mangacolor.pipeline.processes.shares import most_for
from mangacolor.pipeline.renaming.following import finish_renaming, follow_renamed_pages
from mangacolor.pipeline.report.run_report import Summary, write_report
from mangacolor.pipeline.run_progress import RunProgress
from mangacolor.pipeline.store.extras import copy_extras
from mangacolor.pipeline.store.last_run import Failure, LastRun, absolute_inputs, write_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.outputs import Outputs
from mangacolor.pipeline.store.removed import drop_unpacked, set_aside_former, set_aside_orphans
from mangacolor.pipeline.store.store import Store, open_store
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import graph_of

if TYPE_CHECKING:
    from mangacolor.pipeline.cluster.engine import ClusterEngine
    from mangacolor.pipeline.engine.lanes import Elsewhere
    from mangacolor.pipeline.processes.messages import MakeGraph


# What ``--learn`` is done by: from the inputs, and what is to be done of them, come the options of the run.
Learner = Callable[[Sequence[Path], WorkPlan, State, Listener, CancelToken], Options]


def run(
    inputs: Sequence[Path],
    out: Path,
    options: Options,
    run_options: RunOptions,
    *,
    emit: Listener,
    graph: Graph | None = None,
    cancel: CancelToken | None = None,
    part: Part | None = None,
    only: Collection[str] | None = None,
    learner: Learner | None = None,
    may_split: bool = False,
) -> RunResult:
    """Colour ``inputs`` into ``out``. Emits every event of the run, ``RunResult`` last.

    With a ``part`` only that is coloured, into the places that it has in the whole; whatever else lies in
    ``out`` stays. ``only``: the output names of pages, whole chapters where ``run_options`` name no pages;
    others are left as they are. ``learner``: what learns the series before, where ``run_options`` ask for it.
    ``may_split``: whether pages may go to other processes where ``run_options`` do not say to how many. A
    ``graph`` of the caller's own stays in this process.

    Where a card fails that ``--device auto`` has chosen, the run begins again with the next one, or the
    processor, finds what is done, and says why.

    Raises ``UsageError``, ``InputError``, ``SetupError`` or ``OutputError`` where the run as a whole
    cannot go on; pages that fail are counted in the result.
    """
    token = cancel or CancelToken()
    with RunProgress(emit) as progress:
        stages = graph or graph_of(options)
        _check_device(stages, options, run_options)
        choice = DeviceChoice(options.device)

        if (graph is not None or not may_split) and not run_options.processes:
            run_options = replace(run_options, processes=1)

        def plan_anew() -> WorkPlan:
            return make_plan(inputs, out, options, run_options, stages, part, token, only)

        make_graph = None if graph is not None else graph_of
        asked = _Asked(inputs, out, plan_anew, progress, token, learner, make_graph)
        while True:
            try:
                plan, result = _attempt(asked)
                break
            except DeviceError as error:
                choice.pass_over(error)
    if place := find_place(plan, result, out):
        emit(place)
    emit(result)
    return result


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a run, however often it begins again. ``make_plan``: plans it by what lies there now.
    ``make_graph``: what makes a plan's graph from its options in other processes, too; None where that cannot
    be said."""

    inputs: Sequence[Path]
    out: Path
    make_plan: Callable[[], WorkPlan]
    progress: RunProgress
    cancel: CancelToken
    learner: Learner | None
    make_graph: MakeGraph | None


def _attempt(asked: _Asked) -> tuple[WorkPlan, RunResult]:
    """Do what is planned, and say how it went and by which plan."""
    plan, progress = asked.make_plan(), asked.progress
    run_options = plan.run_options
    progress.begin(plan)
    with open_store(asked.out) as store:
        if finish_renaming(store.state):
            plan = asked.make_plan()
        if follow_renamed_pages(plan, store):
            plan = asked.make_plan()
        if run_options.learn:
            plan = _learnt(asked, plan, store.state)
            progress.tell_of_device(plan)
        work = _take_on(asked, plan, store)
        result = _colour(work)
        _tidy(work, result)
        if run_options.until and not plan.selection.commits:
            progress(_announce_no_page(run_options.until, store.state))
        guests = GuestPages(plan, work.tasks)
        for warning in guests.warnings():
            progress(warning)
    result = replace(result, details=(*progress.details(), *guests.details()))
    if run_options.report:
        _write_report(plan, result, progress.scale_notes, store.state)
    return plan, result


@dataclass(frozen=True, slots=True)
class _Work:
    """What a run has taken on. ``own``: the files of OUT that it has claimed."""

    asked: _Asked
    plan: WorkPlan
    store: Store
    job: Job
    tasks: Tasks
    outputs: Outputs
    own: Sequence[Output]


def _check_device(graph: Graph, options: Options, run_options: RunOptions) -> None:
    """Raise ``SetupError`` for a device that is not there, if this run may need it here."""
    stages = graph.with_ancestors(graph.select(run_options.until, run_options.start).targets)
    needs_it = any(isinstance(stage := graph[name], Stage) and stage.lane == "device" for name in stages)
    if needs_it and not run_options.cluster:  # a cluster's workers have devices of their own
        check_device(options.device)


def _take_on(asked: _Asked, plan: WorkPlan, store: Store) -> _Work:
    """The tasks of a plan, once its documents are seen to be sound and its places in OUT are claimed."""
    job = make_job(plan, asked.cancel)
    kept = KeptReferences(store.state.references, store.state.scratch)
    references = References(plan.graph, plan.options, kept)
    tasks = make_tasks(job, plan.chapters, store, references=references.find)
    tasks.check_documents()
    asked.progress.tell_of_series(plan)
    outputs = Outputs(store.state, store.manifest)
    own = outputs.own(plan.written, job.force)
    outputs.claim(own, plan.layout)
    return _Work(asked, plan, store, job, tasks, outputs, own)


def _colour(work: _Work) -> RunResult:
    """Do the tasks, and note what a whole run was told."""
    noted, tasks = _note_run(work.asked.inputs, work.plan, work.store.state), work.tasks
    work.asked.progress(RunStarted(len(tasks.pages), len(work.plan.chapters), halfway=len(tasks.chapters)))
    result = _make_engine(work).run(tasks)
    if noted is not None and result.failures:
        _note_failures(noted, result, work)
    return result


def _tidy(work: _Work, result: RunResult) -> None:
    """Bring what lies beside the pages, and set aside what belongs to no page any more.

    A run does so that writes pages to the end and was not stopped; one of some pages leaves alone what lies
    beside them.
    """
    job = work.job
    if not job.selection.commits or job.independent or job.cancel.requested:
        return
    if not work.plan.omits_pages:
        _copy_extras(work)
    _set_aside(work)
    _note_decisions(work, result)


def _note_decisions(work: _Work, result: RunResult) -> None:
    """Leave word in each chapter, all of whose pages were asked for, whether people's decisions are in them:
    not where a page or a stage of the chapter failed."""
    whole = {chapter.name: len(chapter.pages) for chapter in work.plan.known.chapters}
    failed = {failure.page for failure in result.failures}
    for task in work.tasks.all_chapters:
        chapter, documents = task.chapter, task.documents
        if documents is None or len(chapter.pages) != whole[chapter.name]:
            continue
        if task.undecided or any(page.name in failed for page in chapter.pages):
            note_undone(documents, task.decisions())
        else:
            note_decisions(documents, task.decisions())


def _announce_no_page(until: str, state: State) -> Announced:
    return Announced(
        f"up to {until}, so no page was written; what each stage left lies in {state.folder / 'pages'}"
    )


def _note_run(inputs: Sequence[Path], plan: WorkPlan, state: State) -> LastRun | None:
    """Keep what a whole run was told; None for one of a part or of some pages, or up to some stage."""
    if not (plan.selection.commits and plan.known.are_all) or plan.omits_pages:
        return None
    noted = LastRun(absolute_inputs(inputs), with_absolute_paths(plan.options), plan.run_options)
    write_last_run(state, noted)
    return noted


def _note_failures(noted: LastRun, result: RunResult, work: _Work) -> None:
    hashes = {task.name: task.state.sha256 for task in work.tasks.pages}
    failures = {page.page: Failure(page.error, page.remedy, hashes[page.page]) for page in result.failures}
    write_last_run(work.store.state, replace(noted, failures=failures))


def _learnt(asked: _Asked, plan: WorkPlan, state: State) -> WorkPlan:
    """The plan with the weights that its series' coloured pages teach."""
    if asked.learner is None:
        raise UsageError("--learn is not offered here", "Use `mangacolor learn`, and name its file.")
    return replace(plan, options=asked.learner(asked.inputs, plan, state, asked.progress, asked.cancel))


def _make_engine(work: _Work) -> Engine | ClusterEngine:
    settings, device, emit = work.plan.run_options, work.plan.options.device, work.asked.progress
    if settings.cluster:
        from mangacolor.pipeline.cluster.engine import ClusterEngine

        return ClusterEngine(work.job, emit, settings, work.store)
    elsewhere = _other_processes(work)
    return Engine(work.job, emit, device, settings.jobs, settings.stage_timeout, elsewhere=elsewhere)


def _other_processes(work: _Work) -> Elsewhere | None:
    """Where pages go if there are enough for several processes; None where this one can do as much."""
    settings, make_graph = work.plan.run_options, work.asked.make_graph
    if make_graph is None or most_for(work.plan.options, settings) < 2:
        return None
    from mangacolor.pipeline.processes.crew import Crew

    return Crew(work.job, settings, work.store, make_graph)


def _copy_extras(work: _Work) -> None:
    """Copy the files that lie beside the pages, unless another input's file of their name lies there."""
    plan, store, emit = work.plan, work.store, work.asked.progress
    names = {output.name for output in work.own if output.kind == "extra"}
    force = plan.run_options.force
    copy_extras(plan.extras, names, store.manifest, store.state, force=force, emit=emit)


def _set_aside(work: _Work) -> None:
    """Move aside what the input of a whole run does not give any more, or what a page was called before."""
    plan, state, manifest = work.plan, work.store.state, work.store.manifest
    keep = plan.run_options.keep_removed
    archives = [output.name for output in plan.outputs if output.kind == "archive"]
    removed: list[Iterator[FileRemoved]] = []
    if plan.known.are_all:  # of a part nobody can say what has no source
        outputs = work.outputs
        removed.append(set_aside_orphans(state, manifest, outputs, plan.outputs, plan.layout, keep))
    if not keep:
        removed.append(set_aside_former(state, manifest, plan.outputs))
    for event in chain(*removed):
        archives += [] if event.moved_to is None else [event.file]
        work.asked.progress(event)
    drop_unpacked(state, manifest, archives, plan.planned)


def _write_report(plan: WorkPlan, result: RunResult, enlarged: tuple[str, ...], state: State) -> None:
    pages = {page.name: page for chapter in plan.chapters for page in chapter.pages}

    def read_source(entry: Entry) -> bytes | None:
        try:
            return pages[entry.page].source.read() if entry.page in pages else None
        except PageError:  # as its failure tells
            return None

    write_report(
        state.out,
        state.folder / "report.html",
        summary=Summary(
            result.seconds, result.done, result.failures, plan.notes, enlarged, details=result.details
        ),
        read_source=read_source,
        graph=plan.graph,
    )
