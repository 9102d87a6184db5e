"""Single pages through the stages, those that need not wait for each other side by side.

For the API, for ``mangacolor panels``, for references, and for a server, which has many of them one by one.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from mangacolor.core.cpu import shared_cores, use_one_core
from mangacolor.core.devices import DeviceChoice, notes_on_device, open_device
from mangacolor.core.errors import DeviceError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.chapter_task import FindReferences, no_references
from mangacolor.pipeline.engine.context import StageRun, finish_stage, prepare_stage, run_main_part
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.tasks import Tasks, make_tasks
from mangacolor.pipeline.series import SeriesMemory, open_series
from mangacolor.pipeline.store.cache import Cache, MemoryCache
from mangacolor.pipeline.store.store import MemoryStore
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph, Selection
from mangacolor.stages.registry import default_graph

# Loaded networks that a runner keeps, of each kind and device one: the least used goes first.
MOST_RESOURCES = 16
# Stages of one page at work at once: the graph is nowhere wider.
MOST_STAGES = 3


class PageRunner:
    """Runs pages one by one and keeps their networks. Threads may share it.

    As in a run of whole chapters, stages that need the device take turns; others run beside them. Where a
    card fails that ``--device auto`` has chosen, the next one or the processor goes on, and ``tell`` gets
    why, once.
    """

    def __init__(self, graph: Graph | None = None, tell: Callable[[str], None] = lambda _text: None) -> None:
        self.graph = graph or default_graph()
        self._tell = tell
        self._told: set[str] = set()
        self._resources: OrderedDict[Hashable, Any] = OrderedDict()
        self._making = threading.RLock()
        self._device = threading.Lock()
        self._devices: dict[tuple[str, str], str] = {}  # by name and kind

    def run(
        self,
        page: Page,
        chapter: Chapter,
        options: Options,
        *,
        until: str | Sequence[str],
        counts: Counter[str] | None = None,
        references: FindReferences = no_references,
        independent: bool = False,
        cache: Cache | None = None,
        memory: SeriesMemory | None = None,
        cancel: CancelToken | None = None,
    ) -> dict[str, Artifact]:
        """Run one page through ``until``, a stage or several, and what that rests on.

        Returns every artifact that was made, and those of ``until``, by stage; a page that is to be copied
        stops where that was decided. Chapter stages see this page alone, and ``references``; with
        ``independent`` they do nothing. ``counts`` takes what stages count. What ``cache`` holds is not made
        again. ``memory``: what is remembered of earlier pages, by which chapter stages decide and to which
        they add; by default that of ``options.series``. Raises what the stages raise, and ``Cancelled`` once
        ``cancel`` is requested.
        """
        if memory is None and options.harmonize and not independent:
            memory = open_series(options.series)
        selection = Selection((until,) if isinstance(until, str) else tuple(until), commits=False)
        job = Job(
            self.graph,
            selection,
            options,
            cancel or CancelToken(),
            independent=independent,
            hands_back=True,
            series=memory,
        )
        alone = replace(chapter, pages=(page,))
        store = MemoryStore(cache or MemoryCache())

        choice = DeviceChoice(options.device)
        while True:
            walk = _Walk(self, options.device, choice.kind)
            try:
                walk.run_passes(make_tasks(job, (alone,), store, references=references))
                break
            except DeviceError as error:
                choice.pass_over(error)
                self._forget_devices()
                self._tell_once(notes_on_device(options.device))
        if counts is not None:
            counts.update(walk.counts)
        return walk.artifacts

    def _forget_devices(self) -> None:
        """Open them anew: ``auto`` is another than it was."""
        with self._device:
            self._devices.clear()

    def _tell_once(self, notes: Sequence[str]) -> None:
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                self._tell(note)

    def resource(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """``make()`` the first time, then the same object, as long as it is among those used last."""
        with self._making:
            if key not in self._resources:
                self._resources[key] = make()
            self._resources.move_to_end(key)
            while len(self._resources) > MOST_RESOURCES:
                self._resources.popitem(last=False)
            return self._resources[key]

    @contextmanager
    def device(self, name: str, kind: str) -> Iterator[str]:
        """The device that ``name`` means, which is the calling thread's alone in here.

        Raises ``DeviceError`` where it is not of the ``kind`` that its work was prepared for.
        """
        with shared_cores().lent():  # whoever has the device computes meanwhile
            self._device.acquire()
        try:
            if (name, kind) not in self._devices:
                self._devices[name, kind] = open_device(name, kind)
            yield self._devices[name, kind]
        finally:
            self._device.release()


@dataclass(slots=True)
class _Walk:
    """The stages of one page. Those run beside each other that need nothing of each other."""

    runner: PageRunner
    device_name: str
    device_kind: str
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def run_passes(self, tasks: Tasks) -> None:
        """Run the only page of some tasks, and then again after each chapter stage that it gets to.

        Raises what the stages raise.
        """
        (task,) = tasks.pages
        self.run(task)
        for waiting in tasks.waiting_chapters():
            if waiting.page_ready(task, survived=task.goes_on) and waiting.arrived:
                decision = waiting.decide()
                self.counts.update(decision.counts)
                (task,) = waiting.second_pass(decision.results)
                self.run(task)

    def run(self, task: PageTask) -> None:
        """One pass. Raises what the stages raise."""
        task.read()
        running: dict[Future[StageRun], str] = {}
        with ThreadPoolExecutor(MOST_STAGES, "stage") as threads, shared_cores().lent():
            try:
                while True:
                    for name in task.ready():
                        task.state.submitted.add(name)
                        running[threads.submit(self._run_stage, task, name, task.inputs(name))] = name
                    if not running:
                        break
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        self._take(task, running.pop(future), future.result())
            except BaseException:
                task.state.ended = True  # so that the stages beside it stop where they can
                raise
        self.artifacts.update(task.state.artifacts)

    def _run_stage(self, task: PageTask, name: str, inputs: Inputs) -> StageRun:
        """[thread] Run a stage on a core of its own."""
        use_one_core()
        place = shared_cores().place()
        place.take()
        try:
            stage = self.runner.graph.page_stage(name)
            context = task.make_context(name, self.runner.resource)
            prepare_stage(stage, context, inputs)
            with self._device_of(stage) as device:
                context.device = device
                result = run_main_part(stage, context, inputs)
            return finish_stage(stage, context, inputs, result)
        finally:
            place.give_back()

    def _take(self, task: PageTask, name: str, run: StageRun) -> None:
        task.take(name, run)
        self.counts.update(run.counts)
        stage, key = self.runner.graph.page_stage(name), task.state.keys[name]
        task.spec.cache.save(name, key, run.artifact, version=stage.version, seconds=run.seconds)

    @contextmanager
    def _device_of(self, stage: Stage[Any]) -> Iterator[str]:
        if stage.lane != "device":
            yield "cpu"
            return
        with self.runner.device(self.device_name, self.device_kind) as device:
            yield device
