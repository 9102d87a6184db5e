"""The lanes of the engine, and what its tasks do on them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from mangacolor.core.devices import resolve_device, set_torch_threads
from mangacolor.core.types import Artifact
from mangacolor.pipeline.engine.context import Context, StageRun, prepare_stage, run_stage
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.worker_pools import Completion, Lane
from mangacolor.stages.base import Lane as LaneName

T = TypeVar("T")
Inputs = dict[str, Artifact]
END_WITHIN = 1.0  # seconds that each thread has to end, which only one that hangs needs


class Step(StrEnum):
    """What a task does. A failed page tells where by these names, or by its stage's."""

    READ = "read"
    STARTED = "started"  # no task: tells that one has begun
    PREPARE = "prepare"
    STAGE = "stage"
    SAVE = "save"
    COMMIT = "commit"
    CHAPTER = "chapter"
    PACK = "pack"


STAGE_TASKS = {Step.PREPARE, Step.STAGE, Step.SAVE, Step.CHAPTER}  # those that run a stage's own code


@dataclass(frozen=True, slots=True)
class Token:
    """A task: of a page by its index, of a chapter by that of its first page."""

    page: int
    step: Step
    stage: str = ""


class Lanes:
    """Threads: ``jobs`` for cpu stages, as many that read and write, and one that owns the device.

    ``device`` is as in ``Options``; it is looked up when the first device stage runs. ``models``: where the
    device lane keeps what it loads.
    """

    def __init__(
        self, stage_names: tuple[str, ...], device: str, jobs: int, models: dict[Hashable, Any] | None
    ) -> None:
        self._rank = {name: number for number, name in enumerate(stage_names, 1)}
        self._device_name = device
        self._completions: queue.SimpleQueue[Completion] = queue.SimpleQueue()
        self._lanes = {
            "cpu": Lane("cpu", jobs, self._completions),
            "io": Lane("io", max(2, jobs), self._completions),
            "device": Lane("device", 1, self._completions, models),
        }
        self._thread = threading.local()

    def wait(self, seconds: float) -> Completion | None:
        """The next task that comes back; None if none does so in time."""
        try:
            return self._completions.get(timeout=seconds)
        except queue.Empty:
            return None

    def give_up_late(self, limit: float) -> list[Token]:
        """Write off tasks with code of stages that have run for more than ``limit`` seconds."""
        late = [token for lane in self._lanes.values() for token in lane.write_off(limit, _is_limited)]
        return [token for token in late if isinstance(token, Token)]

    def close(self) -> None:
        """End the threads that have nothing to do any more."""
        for lane in self._lanes.values():
            lane.close()
        # A thread that leaves torch while the interpreter shuts down aborts the process.
        for lane in self._lanes.values():
            lane.join(END_WITHIN)

    def submit(self, task: PageTask, step: Step, work: Callable[[PageTask], T], *, stage: str = "") -> None:
        """Have something done with a page's files."""
        rank = 0 if step is Step.SAVE else -1
        self._submit(task, "io", Token(task.spec.index, step, stage), rank, lambda _lane: work(task))

    def submit_whole(self, lane: LaneName, token: Token, work: Callable[[], T]) -> None:
        """Have something done with a whole chapter or archive."""
        self._lanes[lane].submit(token, (token.page, 0), lambda _lane: work())

    def start_stage(self, task: PageTask, name: str) -> None:
        """Send a stage to its lane; one that has something to prepare takes the cpu lane first.

        What comes back from ``Step.PREPARE`` is for ``run_stage``.
        """
        stage, inputs = task.spec.job.graph.page_stage(name), task.inputs(name)
        if stage.prepare is None:
            self.run_stage(task, name, None, inputs)
            return

        def prepare(lane: Lane) -> tuple[Context, Inputs]:
            context = self._open_context(task, name, lane)
            prepare_stage(stage, context, inputs)
            return context, inputs

        self._submit(task, "cpu", Token(task.spec.index, Step.PREPARE, name), self._rank[name], prepare)

    def run_stage(self, task: PageTask, name: str, prepared: Context | None, inputs: Inputs) -> None:
        """Send a stage to its lane."""
        stage = task.spec.job.graph.page_stage(name)

        def run(lane: Lane) -> tuple[StageRun, Inputs]:
            context = prepared or self._open_context(task, name, lane)
            context.check_cancelled()
            context.resources = lane.resource
            if stage.lane == "device":
                with lane.off_the_clock():  # importing torch is no stage's fault
                    context.device = self._open_device(lane)
            return run_stage(stage, context, inputs), inputs

        self._submit(task, stage.lane, Token(task.spec.index, Step.STAGE, name), self._rank[name], run)

    def _submit(
        self, task: PageTask, lane: LaneName, token: Token, rank: int, work: Callable[[Lane], Any]
    ) -> None:
        task.state.busy += 1
        self._lanes[lane].submit(token, (token.page, rank), work)

    def _open_context(self, task: PageTask, name: str, lane: Lane) -> Context:
        """[lane] What a stage is about to see; tells that it begins."""
        task.check()
        self._completions.put(Completion(Token(task.spec.index, Step.STARTED, name)))
        return task.make_context(name, lane.resource)

    def _open_device(self, lane: Lane) -> str:
        if not hasattr(self._thread, "ready"):  # torch counts its threads in each of ours
            set_torch_threads()
            self._thread.ready = True
        return lane.resource(("engine.device", self._device_name), lambda: resolve_device(self._device_name))


def _is_limited(token: Hashable) -> bool:
    return isinstance(token, Token) and token.step in STAGE_TASKS
