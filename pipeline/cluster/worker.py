"""What runs on a cluster's workers: the local engine, on a few pages.

Dask finds these functions by their module's name, so that a worker imports them, and what they keep, once:
the networks stay loaded from bundle to bundle.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
from collections.abc import Hashable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mangacolor.core.cpu import usable_cores
from mangacolor.core.devices import device_kind
from mangacolor.core.errors import SetupError
from mangacolor.core.installed import version_of
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, KnownChapters
from mangacolor.pipeline.cluster.bundle import Bundle, BundleResult, Release
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.tasks import Tasks, make_tasks
from mangacolor.pipeline.events import Event, StageStarted, Stopping
from mangacolor.pipeline.preparation import WorkPlan, make_job
from mangacolor.pipeline.store.keys import digest, make_recipe
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.store import Store
from mangacolor.stages import registry
from mangacolor.stages.graph import Graph

LIBRARIES = (
    "torch",
    "ncnn",
    "opencv",
    "numpy",
    "pillow",
    "simplejpeg",
)

_AT_WORK = threading.Lock()  # one bundle at a time: the engine uses the whole machine
_MODELS: dict[Hashable, Any] = {}
_RUNNING: dict[str, CancelToken] = {}
_STOPPED: set[str] = set()


@dataclasses.dataclass(frozen=True, slots=True)
class Introduction:
    """What a worker says of itself. ``problem``: why it cannot work, if so."""

    release: Release
    libraries: tuple[tuple[str, str], ...]
    problem: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """What a worker is to see of the client's files: ``file``, just written to OUT with ``secret`` in it, and
    ``source``, the path of an input, if there is one."""

    file: Path
    secret: str
    source: Path | None


def introduce(options: Options, probe: Probe) -> Introduction:
    """See whether this process can take part in a run."""
    problem = ""
    try:
        release = make_release(options, registry.graph_of(options))
    except Exception as error:  # whatever is wrong here, the client must tell
        release, problem = Release("", ""), f"{error}"
    try:
        sees_out = probe.file.read_text("ascii") == probe.secret
    except OSError:
        sees_out = False
    if not sees_out:
        problem = problem or f"does not see the output folder {probe.file.parents[2]}"
    if probe.source and not probe.source.exists():
        problem = problem or f"does not see the input {probe.source}"
    return Introduction(release, libraries(), problem)


def make_release(options: Options, graph: Graph) -> Release:
    """The same on two machines only if both make the same pages from the same options."""
    plain = dataclasses.replace(options, device="cpu")
    recipe = make_recipe(graph, plain, Chapter("", ()), graph.sinks())
    return Release(digest([version("mangacolor"), *recipe.marks.values()]), device_kind(options.device))


def libraries() -> tuple[tuple[str, str], ...]:
    return tuple((name, version_of(name) or "missing") for name in LIBRARIES)


def stop(run: str) -> None:
    """[by the client, beside a running bundle] Let bundles of this run end as soon as they can."""
    _STOPPED.add(run)
    token = _RUNNING.get(run)
    if token is not None:
        token.request()


def run_bundle(bundle: Bundle) -> BundleResult:
    """Run the pages of a bundle with the local engine. Raises what ends a run."""
    if make_release(bundle.options, registry.graph_of(bundle.options)) != bundle.release:
        raise SetupError(
            "a worker has another mangacolor, other stages or weights, or another kind of device",
            "Give all machines the same installation, and start the run again.",
        )
    with _AT_WORK:
        token = _RUNNING[bundle.run] = CancelToken()
        if bundle.run in _STOPPED:
            token.request()
        try:
            return _run(bundle, token)
        finally:
            del _RUNNING[bundle.run]


def _run(bundle: Bundle, token: CancelToken) -> BundleResult:
    if "torch" not in sys.modules:
        # Dask allows its workers one thread; the sums of one machine must be those of another.
        os.environ["OMP_NUM_THREADS"] = str(usable_cores())
    state, settings = State(bundle.out), bundle.run_options
    graph = registry.graph_of(bundle.options)
    store = Store(state, Manifest(state.out, bundle.part, state.scratch, bundle.known))
    selection = graph.select(settings.until, settings.start)
    chapters = (bundle.chapter,)
    known = KnownChapters(chapters)
    job = make_job(WorkPlan(graph, selection, bundle.options, settings, chapters, known), token)
    tasks = make_tasks(job, chapters, store, begun=bundle.pages)
    _leave_ends_to_the_client(tasks)
    events: list[Event] = []
    device, limit = bundle.options.device, settings.stage_timeout
    engine = Engine(job, events.append, device, settings.jobs, limit, _MODELS)
    result = engine.run(tasks)
    return BundleResult(
        events=tuple(event for event in events if not isinstance(event, StageStarted | Stopping)),
        stages_run=result.stages_run,
        counts=engine.counts,
        halfway={task.name: task.describe_pass() for task in _halfway(tasks)},
    )


def _leave_ends_to_the_client(tasks: Tasks) -> None:
    """Let no chapter and no archive ever be complete here: the client decides for them, and packs."""
    for chapter in tasks.waiting_chapters():
        chapter.missing += 1
    for packing in tasks.packings.values():
        packing.missing += 1


def _halfway(tasks: Tasks) -> list[PageTask]:
    """Pages that have ended their first pass, and of which a chapter stage is to know."""
    chapters = tasks.waiting_chapters()
    return [task for chapter in chapters for task in (*chapter.arrived, *chapter.coloured)]
