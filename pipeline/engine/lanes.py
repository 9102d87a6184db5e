"""The lanes of the engine, and what its tasks do on them."""

from __future__ import annotations

import queue
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from mangacolor.core.cpu import shared_cores, use_one_core
from mangacolor.core.devices import device_kind, open_device
from mangacolor.core.errors import Cancelled
from mangacolor.core.types import Inputs
from mangacolor.pipeline.engine.context import (
    Context,
    StageRun,
    finish_stage,
    naming_device,
    prepare_stage,
    run_main_part,
)
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.worker_pools import Completion, Lane
from mangacolor.pipeline.events import Event
from mangacolor.stages.base import Lane as LaneName

T = TypeVar("T")
END_WITHIN = 1.0  # seconds that each thread has to end, which only one that hangs needs


class Step(StrEnum):
    """What a task does. A failed page tells where by these names, or by its stage's."""

    READ = "read"
    LOAD = "load"
    STARTED = "started"  # no task: tells that one has begun
    PREPARE = "prepare"
    COMPUTE = "compute"
    STAGE = "stage"
    SAVE = "save"
    COMMIT = "commit"
    CHAPTER = "chapter"
    PACK = "pack"
    FED = "fed"  # no tasks, either: a page more comes to an engine that is fed; one that is away is back;
    BACK = "back"
    NEWS = "news"  # and word from elsewhere


STAGE_TASKS = {
    Step.PREPARE,
    Step.COMPUTE,
    Step.STAGE,
    Step.SAVE,
    Step.CHAPTER,
}  # those that run a stage's own code


@dataclass(frozen=True, slots=True)
class Token:
    """A task: of a page by its index, of a chapter by that of its first page."""

    page: int
    step: Step
    stage: str = ""


class Elsewhere(Protocol):
    """Other processes of this machine, to which an engine may send pages of which something is to run.

    Only the engine's coordinator calls it. What comes from there comes through ``deliver``, as ``Step.NEWS``.
    """

    wanted: float  # whole pages' worth of work after which it is known that sending them pays
    room: int  # pages that may be at work together, with those that wait

    def begin(self, pages: Sequence[PageTask], worth: float, deliver: Callable[[Completion], None]) -> bool:
        """Make ready for pages like these; False if there is too little to do, or too little memory.

        ``worth``: how many whole pages they are by what is to be done with them.
        """

    def take(self, task: PageTask) -> None:
        """A page that is to go through its pass. It is back as ``Step.BACK``, with a ``Pass`` or an error;
        with neither where it is to be done here."""

    def hear(self, news: Any) -> tuple[list[Event], list[Completion]]:
        """What news comes to: events, and pages that are back (``Step.BACK``)."""

    def stop(self) -> list[Completion]:
        """Let what is at work end as soon as it can. Returns the pages that had not been begun."""

    def close(self) -> None:
        """End what is there."""


class Sending:
    """The pages that are to go ``elsewhere``, if there is such a place: gathered until it is known whether
    there are enough of them.

    ``begun``: they go there. ``here``: pages of which too few came together, by index.
    """

    def __init__(self, elsewhere: Elsewhere | None) -> None:
        self.elsewhere = elsewhere
        self.gathered: list[PageTask] = []
        self._worth = 0.0  # of these, in whole pages
        self.begun = False
        self.here: set[int] = set()

    @property
    def room(self) -> int:
        return self.elsewhere.room if self.elsewhere else 0

    def may_take(self, task: PageTask) -> bool:
        """Whether the page goes there if something of it is to run."""
        return self.elsewhere is not None and task.spec.index not in self.here

    def gather(self, task: PageTask) -> None:
        task.state.away = True
        task.state.busy += 1
        self.gathered.append(task)
        self._worth += 0.0 if self.begun else task.share_of_work

    def decide(self, more_come: bool, deliver: Callable[[Completion], None]) -> list[PageTask]:
        """Whether the pages that were gathered go there, or wait for more. Returns those that are done here,
        to be read again.

        ``more_come``: others may yet be gathered.
        """
        assert self.elsewhere is not None
        if self.begun or (more_come and self._worth < self.elsewhere.wanted):
            return []
        self.begun = self.elsewhere.begin(self.gathered, self._worth, deliver)
        self._worth = 0.0
        few = [] if self.begun else self.gathered
        for task in few:
            self.stay(task)
        self.gathered = [] if few else self.gathered
        return few

    def stay(self, task: PageTask) -> None:
        """A page is done here, and to be read again."""
        self.here.add(task.spec.index)
        task.begin_anew()
        task.release()
        task.state.busy = 0

    def take_all(self) -> list[PageTask]:
        """The pages that can be handed over now."""
        ready, self.gathered = (self.gathered, []) if self.begun else ([], self.gathered)
        return ready

    def hand_over(self, task: PageTask) -> None:
        assert self.elsewhere is not None
        self.elsewhere.take(task)

    def stop(self) -> list[Completion]:
        """Nothing more goes there. Returns the pages that were not begun."""
        waiting, self.gathered = self.gathered, []
        stopped = self.elsewhere.stop() if self.elsewhere and self.begun else []
        return [*(never_begun(task) for task in waiting), *stopped]

    def close(self) -> None:
        if self.elsewhere and self.begun:
            self.elsewhere.close()


def never_begun(task: PageTask) -> Completion:
    """A page that was to go elsewhere, and need not any more."""
    return Completion(Token(task.spec.index, Step.BACK), error=Cancelled("the run is over"))


class Lanes:
    """Threads: ``jobs`` for cpu stages, as many that read and write, and one that owns the device.

    ``device`` is as in ``Options``; it is looked up when the first device stage runs, and must be of the kind
    that it is now, which keys go by. ``models``: where the device lane keeps what it loads.
    """

    def __init__(
        self, stage_names: tuple[str, ...], device: str, jobs: int, models: dict[Hashable, Any] | None
    ) -> None:
        self._rank = {name: number for number, name in enumerate(stage_names, 1)}
        self._device_name, self._device_kind = device, device_kind(device)
        self._completions: queue.SimpleQueue[Completion] = queue.SimpleQueue()
        self._loaded: set[tuple[str, int]] = set()  # stages that have their networks, and for which scale
        shared_cores().widen(jobs)
        self._lanes = {
            "cpu": Lane("cpu", jobs, self._completions),
            "io": Lane("io", max(2, jobs), self._completions, computes=False),
            "device": Lane("device", 1, self._completions, models),
        }

    def wait(self, seconds: float) -> Completion | None:
        """The next task that comes back; None if none does so in time."""
        try:
            return self._completions.get(timeout=seconds)
        except queue.Empty:
            return None

    def deliver(self, completion: Completion) -> None:
        """[any thread] Have something come back that no lane did."""
        self._completions.put(completion)

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
        lane: LaneName
        lane, rank = ("cpu", 0) if step is Step.SAVE else ("io", -1)  # most of saving is packing pixels
        self._submit(task, lane, Token(task.spec.index, step, stage), rank, lambda _lane: work(task))

    def submit_whole(self, lane: LaneName, token: Token, work: Callable[[], T]) -> None:
        """Have something done with a whole chapter or archive."""
        self._lanes[lane].submit(token, (token.page, 0), lambda _lane: work())

    def load_models(self, task: PageTask) -> None:
        """Have stages that a page will come to load their networks, if no page like it was there."""
        state, graph = task.state, task.spec.job.graph
        for name in sorted(state.to_run | task.spec.later_stages()) if state.to_run else ():
            if graph.page_stage(name).load is not None and (name, state.size.scale) not in self._loaded:
                self._loaded.add((name, state.size.scale))
                self._load_model(task, name)

    def _load_model(self, task: PageTask, name: str) -> None:
        """Have a stage load what it will need, ahead of the work."""
        stage = task.spec.job.graph.page_stage(name)
        load = stage.load
        assert load is not None

        def work(lane: Lane) -> None:
            task.check()
            context = task.make_context(name, lane.resource)
            if stage.lane == "device":
                context.device = self._open_device(lane)
            with naming_device(context):
                load(context, task.state.size)

        self._submit(task, stage.lane, Token(task.spec.index, Step.LOAD, name), 0, work)

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
        """Send a stage to its lane. What comes back from ``Step.COMPUTE`` is for ``finish_stage``."""
        stage = task.spec.job.graph.page_stage(name)

        def compute(lane: Lane) -> tuple[Context, Inputs, object]:
            context = prepared or self._open_context(task, name, lane)
            context.check_cancelled()
            context.resources = lane.resource
            if stage.lane == "device":
                with lane.off_the_clock():  # importing torch is no stage's fault
                    context.device = self._open_device(lane)
            prepare_stage(stage, context, inputs)
            return context, inputs, run_main_part(stage, context, inputs)

        def run(lane: Lane) -> tuple[StageRun, Inputs]:
            context, _, result = compute(lane)
            return finish_stage(stage, context, inputs, result), inputs

        step, work = (Step.STAGE, run) if stage.finish is None else (Step.COMPUTE, compute)
        self._submit(task, stage.lane, Token(task.spec.index, step, name), self._rank[name], work)

    def finish_stage(
        self, task: PageTask, name: str, context: Context, inputs: Inputs, result: object
    ) -> None:
        """Send what a stage has computed to the cpu lane, which makes its artifact."""
        stage = task.spec.job.graph.page_stage(name)

        def finish(_lane: Lane) -> tuple[StageRun, Inputs]:
            context.check_cancelled()
            return finish_stage(stage, context, inputs, result), inputs

        self._submit(task, "cpu", Token(task.spec.index, Step.STAGE, name), self._rank[name], finish)

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
        use_one_core()
        name, kind = self._device_name, self._device_kind
        return lane.resource(("engine.device", name), lambda: open_device(name, kind))


def _is_limited(token: Hashable) -> bool:
    return isinstance(token, Token) and token.step in STAGE_TASKS
