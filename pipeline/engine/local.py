"""The local engine: one coordinator, lanes of threads, pages streaming through the graph.

The coordinator is the only thread that decides anything. It admits pages, gives ready stages to lanes
and takes back what became of them, so that no state needs a lock.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Hashable
from functools import partial
from typing import Any

from mangacolor.core.cpu import keep_libraries_to_their_thread, usable_cores
from mangacolor.core.errors import Cancelled, OutputError, SetupError
from mangacolor.core.types import Inputs
from mangacolor.pipeline.engine.chapter_task import ChapterTask
from mangacolor.pipeline.engine.context import StageRun
from mangacolor.pipeline.engine.gate import MemoryGate
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.lanes import Elsewhere, Lanes, Sending, Step, Token
from mangacolor.pipeline.engine.page_results import (
    commit_failed_page,
    commit_page,
    look_at_page,
    read_page,
    save_artifact,
    should_save,
)
from mangacolor.pipeline.engine.page_task import PageTask, Pass
from mangacolor.pipeline.engine.tally import Tally, failure, late
from mangacolor.pipeline.engine.tasks import Tasks
from mangacolor.pipeline.engine.worker_pools import Completion
from mangacolor.pipeline.events import (
    CHANGED,
    Listener,
    PageDone,
    PageHalfway,
    RunResult,
    StageDone,
    StageStarted,
    Warned,
)
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.packing import Packing

STOP_WITHIN = 5.0  # seconds that a stopped run waits for what is running
MORE_AWAY = 2.0  # seconds beside these, for other processes that wait so long
FILES_HELD = 100 * 2**20  # bytes of files of pages that wait to go elsewhere
TURN = 0.2  # seconds after which the coordinator looks up though nothing has come back
MORE_PAGES = 2  # in flight than there are threads for cpu stages, so that none of these is idle


class Engine:
    """Runs pages through a graph on this machine.

    ``jobs`` is the number of threads for cpu stages and, with a few more, of pages in flight; 0 takes
    one a core. ``device`` is as in ``Options``; it is looked up when the first device stage runs.
    ``stage_timeout``: seconds that a stage may take for a page; 0 is no limit. ``models``: where the
    device lane keeps what it loads, for engines that follow each other in one process. ``elsewhere``: where
    pages go of which something is to run, if there are enough of them.
    """

    def __init__(
        self,
        job: Job,
        emit: Listener,
        device: str = "auto",
        jobs: int = 0,
        stage_timeout: float = 0,
        models: dict[Hashable, Any] | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._job = job
        self._tally = Tally(job, emit)
        self._emit = emit
        self._jobs = jobs or usable_cores()
        self._lanes = Lanes(job.graph.names, device, self._jobs, models)
        self._gate = MemoryGate(job.memory)
        self._stage_timeout = stage_timeout
        self._tasks = Tasks()
        self._pending: deque[PageTask] = deque()
        self._at_work: dict[int, PageTask] = {}
        self._chapters: dict[int, ChapterTask] = {}  # those whose chapter stages are at work
        self._packings: dict[int, Packing] = {}  # those being written
        self._fed = False  # pages come while it runs
        self._reading = 0  # pages that lanes read just now
        self._sending = Sending(elsewhere)

    def run(self, tasks: Tasks, *, fed: bool = False) -> RunResult:
        """Run every page and say how it went. Emits events, but not ``RunResult`` itself.

        ``fed``: pages come while it runs, by ``feed``, so that it ends when it is stopped. Raises
        ``SetupError`` or ``OutputError`` where going on makes no sense.
        """
        self._tasks, self._fed = tasks, fed
        self._pending.extend(tasks.pages)
        with keep_libraries_to_their_thread():
            self._run_all()
        return self._tally.summary(len(tasks.pages))

    def _run_all(self) -> None:
        deadline = 0.0
        try:
            while self._may_be_fed or self._pending or self._at_work or self._chapters or self._packings:
                if self._tally.stopping:
                    if not deadline:
                        self._pending.clear()
                        self._tally.told_to_stop()
                        deadline = time.monotonic() + STOP_WITHIN + (MORE_AWAY if self._sending.begun else 0)
                        for page in self._sending.stop():
                            self._take_back(page)
                    if time.monotonic() > deadline:
                        break
                self._send()
                self._admit()
                completion = self._lanes.wait(TURN)
                if completion is not None:
                    self._take_back(completion)
                self._give_up_on_late_stages()
        finally:
            self._sending.close()
            self._lanes.close()

    @property
    def _may_be_fed(self) -> bool:
        return self._fed and not self._tally.stopping

    def feed(self, task: PageTask) -> None:
        """[any thread] A page more, for an engine that is fed."""
        self._lanes.deliver(Completion(Token(-1, Step.FED), task))

    @property
    def counts(self) -> Counter[str]:
        """What stages have counted, such as ``network_calls``."""
        return self._tally.counts

    def _admit(self) -> None:
        while self._pending and self._has_room():
            task = self._pending.popleft()
            self._at_work[task.spec.index] = task
            self._start_reading(task)

    def _has_room(self) -> bool:
        """Whether one more page may be at work: here, as long as nobody knows that it goes elsewhere."""
        own = self._jobs + MORE_PAGES
        if len(self._at_work) >= max(own, self._sending.room):
            return False
        return len(self._at_work) < own or sum(not task.state.away for task in self._at_work.values()) < own

    def _start_reading(self, task: PageTask) -> None:
        self._reading += 1
        self._lanes.submit(task, Step.READ, look_at_page if self._sending.may_take(task) else read_page)

    def _send(self) -> None:
        """Hand over the pages of which something is to run, once there are enough; few are done here."""
        if not self._sending.gathered or self._tally.stopping:
            return
        more_fit = self._pending and len(self._at_work) < self._sending.room
        more_come = bool(more_fit or self._reading or self._chapters)
        for task in reversed(self._sending.decide(more_come, self._lanes.deliver)):
            self._do_here(task)
        for task in self._sending.take_all():
            self._emit(task.forecast())
            self._sending.hand_over(task)

    def _do_here(self, task: PageTask) -> None:
        """A page that was to go elsewhere is the next to be taken on again."""
        del self._at_work[task.spec.index]
        self._pending.appendleft(task)

    def _give_up_on_late_stages(self) -> None:
        """Fail the pages of stages over their time limit; do without chapter stages that are."""
        limit = self._stage_timeout
        for token in self._lanes.give_up_late(limit) if limit else ():
            what = f"stage {token.stage}" if token.stage else "it"
            self._take_back(Completion(token, error=late(what, limit)))

    def _take_back(self, completion: Completion) -> None:
        token = completion.token
        assert isinstance(token, Token)
        if token.step is Step.CHAPTER:
            self._chapter_done(self._chapters.pop(token.page), completion)
        elif token.step is Step.PACK:
            self._tally.packed(self._packings.pop(token.page), completion.result, completion.error)
        elif token.step is Step.FED:
            self._pending.append(completion.result)
        elif token.step is Step.NEWS:
            self._hear(completion.result)
        elif token.step is Step.STARTED:
            if token.page in self._at_work:  # or the stage has been given up before this was read
                self._emit(StageStarted(self._at_work[token.page].name, token.stage))
        else:
            task = self._at_work[token.page]
            task.state.busy -= 1
            self._page_step_done(task, token, completion)
            if token.page in self._at_work:
                self._advance(task)

    def _hear(self, news: Any) -> None:
        """Word from elsewhere: of stages, and of pages that are back."""
        assert self._sending.elsewhere is not None
        events, back = self._sending.elsewhere.hear(news)
        for event in events:
            self._tally.stages_run += isinstance(event, StageDone)
            self._emit(event)
        for completion in back:
            self._take_back(completion)

    # -- what a finished task leads to

    def _page_step_done(self, task: PageTask, token: Token, completion: Completion) -> None:
        self._reading -= token.step is Step.READ
        if completion.error is not None:
            self._failed(task, token, completion.error)
        elif token.step is Step.BACK:
            self._came_back(task, completion.result)
        elif token.step is Step.READ:
            self._read(task, completion.result)
        elif token.step is Step.PREPARE and not self._tally.stopping:
            self._lanes.run_stage(task, token.stage, *completion.result)
        elif token.step is Step.COMPUTE and not self._tally.stopping:
            self._lanes.finish_stage(task, token.stage, *completion.result)
        elif token.step is Step.STAGE:
            self._stage_done(task, token.stage, *completion.result)
        elif token.step is Step.COMMIT and task.state.outcome != "failed":
            task.state.entry = completion.result
            if task.state.entry is not None:
                task.state.reason = task.state.entry.reason
            self._page_done(task)

    def _read(self, task: PageTask, entry: Entry | None) -> None:
        state = task.state
        if entry is not None:
            state.panels, state.entry = entry.panels, entry
            state.ended, state.outcome = True, "left" if state.left else "cached"
            state.reason = CHANGED if state.left else ""
            self._page_done(task)
        elif not state.to_run and task.spec.output is None and not task.spec.first_pass:
            state.ended, state.outcome = True, "done" if state.seconds else "cached"
            self._page_done(task)
            state.committing = True
        elif self._sending.may_take(task) and state.to_run and not state.ended:
            self._sending.gather(task)
            if sum(len(away.state.source) for away in self._at_work.values() if away.state.away) > FILES_HELD:
                state.source = b""  # who does the page reads it again
        else:
            self._emit(task.forecast())
            self._lanes.load_models(task)

    def _came_back(self, task: PageTask, done: Pass | None) -> None:
        """Another process has done a page's pass, or there is none that could."""
        if done is None:
            self._sending.stay(task)
            self._do_here(task)
            return
        task.take_over(done)
        self._tally.counts += done.counts
        if done.failure is not None:
            self._tally.page_failed(done.failure)
        elif done.outcome != "cancelled" and not task.goes_on:
            self._page_done(task)

    def _stage_done(self, task: PageTask, name: str, run: StageRun, inputs: Inputs) -> None:
        self._tally.stages_run += 1
        self._tally.counts += run.counts
        self._emit(StageDone(task.name, name, run.seconds))
        for message in run.warnings:
            self._emit(Warned(task.name, name, message))
        if task.state.ended:
            return
        task.take(name, run)
        if should_save(task, name, run.artifact):
            save = partial(save_artifact, name=name, run=run, inputs=inputs)
            self._lanes.submit(task, Step.SAVE, save, stage=name)
        task.forget()

    def _advance(self, task: PageTask) -> None:
        """Give a page's ready stages to their lanes, or bring it to its end."""
        if not task.state.away and not self._tally.stopping and self._gate.enter(task):
            for name in task.ready():
                task.state.submitted.add(name)
                self._lanes.start_stage(task, name)
        if task.state.busy or self._waits(task) or self._commit(task):
            return
        del self._at_work[task.spec.index]
        task.release()
        self._leave_gate(task)
        self._end_pass(task)

    def _waits(self, task: PageTask) -> bool:
        """Whether a page stands before the memory gate."""
        state = task.state
        return bool(state.keys) and not (state.inside or state.away or state.ended or self._tally.stopping)

    def _commit(self, task: PageTask) -> bool:
        """Have a page written once its time has come. Whether there is something to wait for."""
        state = task.state
        if state.committing:
            return False
        if state.outcome in ("done", "copied") and task.complete and not task.goes_on:
            state.committing = True
            if state.left is not None:
                state.entry, state.outcome, state.reason = state.left, "left", CHANGED
                self._page_done(task)
                return False
            self._lanes.submit(task, Step.COMMIT, commit_page)
            return True
        if state.outcome == "failed" and task.spec.output is not None:
            state.committing = True
            if not task.spec.chapter.container:  # an archive takes such pages from its source
                self._lanes.submit(task, Step.COMMIT, commit_failed_page)
                return True
        return False

    def _leave_gate(self, task: PageTask) -> None:
        """Give a page's memory back, and let the earliest that wait go on."""
        self._gate.leave(task)
        for index in sorted(self._at_work):
            other = self._at_work.get(index)
            if other is not None and other.state.keys and not other.state.inside and not other.state.busy:
                self._advance(other)

    def _end_pass(self, task: PageTask) -> None:
        """A page has ended a pass: what waited for it alone can go on."""
        survived = task.goes_on and task.complete
        self._sending.here.discard(task.spec.index)
        if survived:
            self._emit(PageHalfway(task.name))
        for whole in self._tasks.end_page(task, survived=survived):
            if self._tally.stopping:
                continue
            if isinstance(whole, ChapterTask):
                self._chapters[whole.index] = whole
                self._lanes.submit_whole("cpu", Token(whole.index, Step.CHAPTER), whole.decide)
            elif self._tally.may_pack(whole):
                self._packings[task.spec.index] = whole
                self._lanes.submit_whole("io", Token(task.spec.index, Step.PACK), whole.pack)

    def _chapter_done(self, chapter: ChapterTask, completion: Completion) -> None:
        """Send the pages into their second pass, with what the chapter stages gave them."""
        results = self._tally.chapter_decided(chapter, completion.result, completion.error)
        if results is not None:
            self._pending.extendleft(reversed(chapter.second_pass(results)))

    # -- how a page ends

    def _page_done(self, task: PageTask) -> None:
        state = task.state
        stages = {name: round(value, 4) for name, value in state.seconds.items()}
        spread = task.spec.page.spread
        partner = spread.partner if spread else ""
        self._tally.page_done(
            PageDone(
                task.name,
                task.worked,
                state.panels,
                stages,
                state.outcome,  # type: ignore[arg-type]
                state.reason,
                partner,
                task.renamed,
            )
        )

    def _failed(self, task: PageTask, token: Token, error: BaseException) -> None:
        state = task.state
        if isinstance(error, Cancelled):
            # Either the whole run is stopping, or the page ended while this task waited its turn.
            state.outcome = state.outcome if state.ended else "cancelled"
        elif isinstance(error, SetupError | OutputError):
            state.outcome = "cancelled"
            self._tally.end_for(error)
        elif state.outcome != "failed":
            state.outcome = "failed"
            self._tally.page_failed(failure(task.name, token.stage or token.step, error))
        state.ended = True
