"""The local engine: one coordinator, lanes of threads, pages streaming through the graph.

The coordinator is the only thread that decides anything. It admits pages, gives ready stages to lanes
and takes back what became of them, so that no state needs a lock.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from mangacolor.core.cpu import usable_cores
from mangacolor.core.devices import resolve_device, set_torch_threads
from mangacolor.core.errors import Cancelled, OutputError, SetupError
from mangacolor.core.types import Artifact
from mangacolor.pipeline.engine.chapter_task import ChapterWork
from mangacolor.pipeline.engine.context import Context, StageRun, prepare_stage, run_stage
from mangacolor.pipeline.engine.page_task import Job, PageWork
from mangacolor.pipeline.engine.tally import Ledger, failure, late
from mangacolor.pipeline.engine.worker_pools import Completion, Lane
from mangacolor.pipeline.events import (
    Listener,
    PageDone,
    PageHalfway,
    RunDone,
    StageDone,
    StageStarted,
    Warned,
)
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.packing import Packing

_READ, _STARTED, _PREPARE, _STAGE, _SAVE, _COMMIT = "read", "started", "prepare", "stage", "save", "commit"
_CHAPTER, _PACK = "chapter", "pack"
_FOREIGN = {_PREPARE, _STAGE, _SAVE, _CHAPTER}  # those that run a stage's own code
_STOP_WITHIN = 5.0  # seconds that a stopped run waits for what is running
_END_WITHIN = 1.0  # seconds that each thread has to end, which only one that hangs needs


_Prepared = tuple[Context, dict[str, Artifact]]
_Ran = tuple[StageRun, dict[str, Artifact]]


@dataclass(frozen=True, slots=True)
class _Token:
    page: int  # for a chapter, its first page
    kind: str
    stage: str = ""


class Engine:
    """Runs pages through a graph on this machine.

    ``jobs`` is the number of threads for cpu stages and, with a few more, of pages in flight; 0 takes
    one a core. ``device`` is as in ``Options``; it is looked up when the first device stage runs.
    ``budget``: bytes that the pages in flight may take together; a single page may always go on.
    ``stage_timeout``: seconds that a stage may take for a page; 0 is no limit. ``models``: where the
    device lane keeps what it loads, for engines that follow each other in one process.
    """

    def __init__(
        self,
        job: Job,
        emit: Listener,
        device: str = "auto",
        jobs: int = 0,
        budget: int = 0,
        stage_timeout: float = 0,
        models: dict[Hashable, Any] | None = None,
    ) -> None:
        self._job = job
        self._ledger = Ledger(job, emit)
        self._emit = emit
        self._device_name = device
        self._budget = budget or 1 << 62
        self._inside = 0
        self._jobs = jobs or usable_cores()
        self._completions: queue.SimpleQueue[Completion] = queue.SimpleQueue()
        self._lanes = {
            "cpu": Lane("cpu", self._jobs, self._completions),
            "io": Lane("io", max(2, self._jobs), self._completions),
            "device": Lane("device", 1, self._completions, models),
        }
        self._stage_timeout = stage_timeout
        self._thread = threading.local()
        self._pending: deque[PageWork] = deque()
        self._works: dict[int, PageWork] = {}
        self._chapters: dict[int, ChapterWork] = {}  # those whose chapter stages are at work
        self._packings: dict[int, Packing] = {}  # those being written

    def run(self, works: Iterable[PageWork]) -> RunDone:
        """Run every page and say how it went. Emits events, but not ``RunDone`` itself.

        Raises ``SetupError`` or ``OutputError`` where going on makes no sense.
        """
        self._pending.extend(works)
        pages = len(self._pending)
        deadline = 0.0
        try:
            while self._pending or self._works or self._chapters or self._packings:
                if self._ledger.stopping:
                    self._pending.clear()
                    deadline = deadline or time.monotonic() + _STOP_WITHIN
                    if time.monotonic() > deadline:
                        break
                self._admit()
                self._turn()
                self._give_up_on_late_stages()
        finally:
            for lane in self._lanes.values():
                lane.close()
            # A thread that leaves torch while the interpreter shuts down aborts the process.
            for lane in self._lanes.values():
                lane.join(_END_WITHIN)
        return self._ledger.summary(pages)

    @property
    def counts(self) -> Counter[str]:
        """What stages have counted, such as ``network_calls``."""
        return self._ledger.counts

    def _admit(self) -> None:
        while self._pending and len(self._works) < self._jobs + 2:
            work = self._pending.popleft()
            self._works[work.index] = work
            self._submit("io", _Token(work.index, _READ), -1, _read_task(work))

    def _turn(self) -> None:
        """Wait for one task to come back and act on it."""
        try:
            completion = self._completions.get(timeout=0.2)
        except queue.Empty:
            return
        self._take_back(completion)

    def _give_up_on_late_stages(self) -> None:
        """Fail the pages of stages over their time limit; stages of a chapter are left out."""
        limit = self._stage_timeout
        if not limit:
            return
        for lane in self._lanes.values():
            for token in lane.write_off(limit, _is_limited):
                assert isinstance(token, _Token)
                what = f"stage {token.stage}" if token.stage else "it"
                self._take_back(Completion(token, error=late(what, limit)))

    def _take_back(self, completion: Completion) -> None:
        token = completion.token
        assert isinstance(token, _Token)
        if token.kind == _CHAPTER:
            self._chapter_done(self._chapters.pop(token.page), completion)
            return
        if token.kind == _PACK:
            self._ledger.packed(self._packings.pop(token.page), completion.result, completion.error)
            return
        if token.kind == _STARTED:
            if token.page in self._works:  # or the stage has been given up before this was read
                self._emit(StageStarted(self._works[token.page].page.name, token.stage))
            return
        work = self._works[token.page]
        work.busy -= 1
        if completion.error is not None:
            self._failed(work, token, completion.error)
        elif token.kind == _READ:
            self._read(work, completion.result)
        elif token.kind == _PREPARE:
            self._submit_stage(work, token.stage, *completion.result)
        elif token.kind == _STAGE:
            self._stage_done(work, token.stage, *completion.result)
        elif token.kind == _COMMIT and work.outcome != "failed":
            work.entry = completion.result
            self._page_done(work)
        self._advance(work)

    # -- what a finished task leads to

    def _read(self, work: PageWork, entry: Any) -> None:
        if entry is not None:
            work.panels, work.entry = entry.panels, entry
            work.ended, work.outcome = True, "cached"
            self._page_done(work)
        elif not work.to_run and not work.commits and not work.fan_in:
            work.ended, work.outcome = True, "done" if work.seconds else "cached"
            self._page_done(work)
            work.submitted.add(_COMMIT)

    def _stage_done(self, work: PageWork, name: str, run: StageRun, inputs: dict[str, Artifact]) -> None:
        self._ledger.stages_run += 1
        self._ledger.counts += run.counts
        self._emit(StageDone(work.page.name, name, run.seconds))
        for message in run.warnings:
            self._emit(Warned(work.page.name, name, message))
        if work.ended:
            return
        work.take(name, run)
        if work.should_keep(name):
            self._submit("io", _Token(work.index, _SAVE, name), 0, lambda _lane: work.save(name, run, inputs))
        work.forget()

    def _advance(self, work: PageWork) -> None:
        """Give a page's ready stages to their lanes, or bring it to its end."""
        if not self._ledger.stopping and self._pass_gate(work):
            for name in work.ready():
                work.submitted.add(name)
                self._start_stage(work, name)
        if work.busy or self._waits(work):
            return
        going_on = work.fan_in is not None and work.outcome == "done"
        if (
            work.outcome in ("done", "copied")
            and work.complete
            and not going_on
            and _COMMIT not in work.submitted
        ):
            work.submitted.add(_COMMIT)
            self._submit("io", _Token(work.index, _COMMIT), -1, lambda _lane: work.commit())
            return
        if work.outcome == "failed" and self._job.fill_in and work.commits and _COMMIT not in work.submitted:
            work.submitted.add(_COMMIT)
            if work.source and work.packing is None:  # an archive takes failed pages from its source
                self._submit("io", _Token(work.index, _COMMIT), -1, lambda _lane: work.commit_source())
                return
        del self._works[work.index]
        work.let_go()
        self._leave_gate(work)
        survived = going_on and work.complete
        if work.fan_in is not None:
            self._arrive(work.fan_in, work, survived)
        if work.packing is not None and work.commits and not survived:
            self._end_packed_page(work.packing, work)

    def _end_packed_page(self, packing: Packing, work: PageWork) -> None:
        """A page of an archive has ended; the last one has the archive written."""
        if (
            work.outcome == "cancelled"
            or not packing.end_page(work.page.name, work.entry)
            or self._ledger.stopping
        ):
            return
        if not self._ledger.may_pack(packing):
            return
        self._packings[work.index] = packing
        self._lanes["io"].submit(_Token(work.index, _PACK), (work.index, 0), lambda _lane: packing.pack())

    def _pass_gate(self, work: PageWork) -> bool:
        """Whether a page may take its memory: it fits, or no other page is at work."""
        fits = not self._inside or self._inside + work.cost <= self._budget
        if fits and work.keys and not work.inside and not work.ended:
            work.inside = True
            self._inside += work.cost
        return work.inside

    def _waits(self, work: PageWork) -> bool:
        return bool(work.keys) and not (work.inside or work.ended or self._ledger.stopping)

    def _leave_gate(self, work: PageWork) -> None:
        """Give a page's memory back, and let the earliest that wait go on."""
        if work.inside:
            self._inside -= work.cost
        for index in sorted(self._works):
            waiting = self._works.get(index)
            if waiting is not None and waiting.keys and not waiting.inside and not waiting.busy:
                self._advance(waiting)

    def _arrive(self, chapter: ChapterWork, work: PageWork, survived: bool) -> None:
        """A page has ended its first sweep; the last one sets the chapter stages to work."""
        if survived:
            self._emit(PageHalfway(work.page.name))
        if chapter.arrive(work, survived) and chapter.arrived and not self._ledger.stopping:
            self._chapters[chapter.index] = chapter
            token = _Token(chapter.index, _CHAPTER)
            self._lanes["cpu"].submit(token, (chapter.index, 0), lambda _lane: chapter.decide())

    def _chapter_done(self, chapter: ChapterWork, completion: Completion) -> None:
        """Send the pages into their second sweep, with what the chapter stages gave them."""
        given = self._ledger.chapter_decided(chapter, completion.result, completion.error)
        if given is not None:
            self._pending.extendleft(reversed(chapter.second_sweep(given)))

    def _start_stage(self, work: PageWork, name: str) -> None:
        """Send a stage to its lane; one that has something to prepare takes the cpu lane first."""
        stage = self._job.graph.page_stage(name)
        inputs = {need: work.artifacts[need] for need in stage.needs}
        if stage.prepare is None:
            self._submit_stage(work, name, None, inputs)
            return

        def prepare(lane: Lane) -> _Prepared:
            context = self._open_context(work, name, lane)
            prepare_stage(stage, context, inputs)
            return context, inputs

        self._submit("cpu", _Token(work.index, _PREPARE, name), self._rank(name), prepare)

    def _submit_stage(
        self, work: PageWork, name: str, prepared: Context | None, inputs: dict[str, Artifact]
    ) -> None:
        stage = self._job.graph.page_stage(name)

        def run(lane: Lane) -> _Ran:
            context = prepared or self._open_context(work, name, lane)
            context.resources = lane.resource
            if lane.name == "device":
                context.check_cancelled()
                with lane.off_the_clock():  # importing torch is no stage's fault
                    context.device = self._open_device(lane)
            return run_stage(stage, context, inputs), inputs

        self._submit(stage.lane, _Token(work.index, _STAGE, name), self._rank(name), run)

    def _open_context(self, work: PageWork, name: str, lane: Lane) -> Context:
        """[lane] What a stage is about to see; tells that it begins."""
        work.check()
        self._completions.put(Completion(_Token(work.index, _STARTED, name)))
        return work.context(name, "cpu", lane.resource)

    def _rank(self, name: str) -> int:
        return self._job.graph.names.index(name) + 1

    def _open_device(self, lane: Lane) -> str:
        if not hasattr(self._thread, "ready"):  # torch counts its threads in each of ours
            set_torch_threads()
            self._thread.ready = True
        return lane.resource(("engine.device", self._device_name), lambda: resolve_device(self._device_name))

    def _submit(self, lane: str, token: _Token, rank: int, task: Callable[[Lane], Any]) -> None:
        self._works[token.page].busy += 1
        self._lanes[lane].submit(token, (token.page, rank), task)

    # -- how a page ends

    def _page_done(self, work: PageWork) -> None:
        seconds = round(work.spent_so_far, 3)
        stages = {name: round(value, 4) for name, value in work.seconds.items()}
        self._ledger.page_done(PageDone(work.page.name, seconds, work.panels, stages, work.outcome))  # type: ignore[arg-type]

    def _failed(self, work: PageWork, token: _Token, error: BaseException) -> None:
        if isinstance(error, Cancelled):
            # Either the whole run is stopping, or the page ended while this task waited its turn.
            work.outcome = work.outcome if work.ended else "cancelled"
        elif isinstance(error, SetupError | OutputError):
            work.outcome = "cancelled"
            self._ledger.end_for(error)
        elif work.outcome != "failed":
            work.outcome = "failed"
            self._ledger.page_failed(failure(work.page.name, token.stage or token.kind, error))
        work.ended = True


def _read_task(work: PageWork) -> Callable[[Lane], Entry | None]:
    return lambda _lane: work.prepare()


def _is_limited(token: Hashable) -> bool:
    return isinstance(token, _Token) and token.kind in _FOREIGN
