"""One page through the stages, in this thread: for the API, for ``mangacolor panels``, and for references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mangacolor.core.cpu import one_core
from mangacolor.core.devices import resolve_device
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Page
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.chapter_task import FindReferences, no_references
from mangacolor.pipeline.engine.context import run_stage
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.tasks import make_tasks
from mangacolor.pipeline.store.cache import Cache, MemoryCache
from mangacolor.pipeline.store.store import MemoryStore
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph, Selection
from mangacolor.stages.registry import default_graph


def run_page(
    page: Page,
    chapter: Chapter,
    options: Options,
    *,
    until: str | Sequence[str],
    graph: Graph | None = None,
    counts: Counter[str] | None = None,
    references: FindReferences = no_references,
    independent: bool = False,
    cache: Cache | None = None,
) -> dict[str, Artifact]:
    """Run one page through ``until``, a stage or several, and what that rests on.

    Returns every artifact that was made, and those of ``until``, by stage; a page that is to be copied stops
    where that was decided. Chapter stages see this page alone, and ``references``; with ``independent`` they
    do nothing. ``counts`` takes what stages count. What ``cache`` holds is not made again.
    """
    graph = graph or default_graph()
    selection = Selection((until,) if isinstance(until, str) else tuple(until), commits=False)
    job = Job(graph, selection, options, CancelToken(), independent=independent, hands_back=True)
    alone = replace(chapter, pages=(page,))
    tasks = make_tasks(job, (alone,), MemoryStore(cache or MemoryCache()), references=references)
    (task,) = tasks.pages
    walk = _Walk(graph, options.device)
    walk.run(task)
    for waiting in tasks.waiting_chapters():
        if waiting.page_ready(task, survived=task.goes_on) and waiting.arrived:
            decision = waiting.decide()
            walk.counts.update(decision.counts)
            (task,) = waiting.second_pass(decision.results)
            walk.run(task)
    if counts is not None:
        counts.update(walk.counts)
    return walk.artifacts


@dataclass(slots=True)
class _Walk:
    """Stages one after the other. Models are loaded once."""

    graph: Graph
    device_name: str
    device: str = ""
    models: dict[Hashable, Any] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, task: PageTask) -> None:
        """Raises what the stages raise."""

        task.read()
        with one_core():
            self._run(task)

    def _run(self, task: PageTask) -> None:
        while ready := task.ready():
            name = ready[0]
            task.state.submitted.add(name)
            stage = self.graph.page_stage(name)
            context = task.make_context(name, self._resource, self._device_of(stage))
            run = run_stage(stage, context, task.inputs(name))
            task.take(name, run)
            self.counts.update(run.counts)
            key = task.state.keys[name]
            task.spec.cache.save(name, key, run.artifact, version=stage.version, seconds=run.seconds)
        self.artifacts.update(task.state.artifacts)

    def _device_of(self, stage: Stage[Any]) -> str:
        if stage.lane != "device":
            return "cpu"
        if not self.device:
            self.device = resolve_device(self.device_name)
        return self.device

    def _resource(self, key: Hashable, make: Any) -> Any:
        if key not in self.models:
            self.models[key] = make()
        return self.models[key]
