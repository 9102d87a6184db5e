"""A whole run: chapters in, files and a summary out. What the command line and the Python API call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.references import References
from mangacolor.pipeline.engine.tasks import make_tasks
from mangacolor.pipeline.events import Listener, RunDone, RunResult, RunStarted
from mangacolor.pipeline.preparation import WorkPlan, make_job, make_plan
from mangacolor.pipeline.report.run_report import Failure, Summary, write_report
from mangacolor.pipeline.run_progress import RunProgress
from mangacolor.pipeline.store.extras import copy_extras
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.store import Store, open_store
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph

if TYPE_CHECKING:
    from mangacolor.pipeline.cluster.engine import ClusterEngine


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
    with RunProgress(emit) as progress:
        plan = make_plan(inputs, out, options, run_options, graph or default_graph())
        job = make_job(plan, cancel or CancelToken())
        progress.begin(plan)
        with open_store(out) as store:
            references = References(plan.graph, plan.options, store.state)
            tasks = make_tasks(job, plan.chapters, store, references=references.find)
            tasks.check_documents()
            progress(RunStarted(len(tasks.pages), len(plan.chapters), halfway=len(tasks.chapters)))
            result = _make_engine(plan, job, store, progress).run(tasks)
            _copy_extras(plan, job, store, progress)
        if run_options.report:
            _write_report(plan, result, store.state)
    emit(result)
    return result


def _make_engine(plan: WorkPlan, job: Job, store: Store, emit: Listener) -> Engine | ClusterEngine:
    settings = plan.run_options
    if settings.cluster:
        from mangacolor.pipeline.cluster.engine import ClusterEngine

        return ClusterEngine(job, emit, settings, store)
    return Engine(job, emit, plan.options.device, settings.jobs, settings.stage_timeout)


def _copy_extras(plan: WorkPlan, job: Job, store: Store, emit: Listener) -> None:
    """Copy the files that are no pictures, once a whole run has come to its end."""
    if job.selection.commits and not job.independent and not job.cancel.requested:
        copy_extras(plan.extras, store.manifest, store.state, force=job.force, emit=emit)


def _write_report(plan: WorkPlan, result: RunDone, state: State) -> None:
    pages = {page.name: page for chapter in plan.chapters for page in chapter.pages}
    failures = tuple(Failure(f.page, f.stage, f.error, f.remedy) for f in result.failures)
    write_report(
        state.out,
        state.folder / "report.html",
        summary=Summary(result.seconds, result.done, failures),
        read_source=lambda entry: pages[entry.page].source.read() if entry.page in pages else None,
        graph=plan.graph,
    )
