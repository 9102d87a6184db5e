"""Many machines: the client of a Dask cluster. It hands out bundles of pages and keeps the books.

Dask does what it is good at: finding workers, carrying messages, giving a lost worker's bundle to another.
What pages need (order, resuming, memory, faults) is done by the local engine on each worker.
"""

from __future__ import annotations

import dataclasses
import queue
import secrets
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mangacolor.core.errors import OutputError, PageError, SetupError
from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.cluster import worker
from mangacolor.pipeline.cluster.bundle import Bundle, BundleResult, cut_bundles
from mangacolor.pipeline.cluster.client import Cluster, is_lost_scheduler, is_lost_worker
from mangacolor.pipeline.engine.chapter_task import ChapterTask
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.engine.tally import Tally, failure, late
from mangacolor.pipeline.engine.tasks import Begun, Tasks
from mangacolor.pipeline.engine.worker_pools import Completion, Lane
from mangacolor.pipeline.events import Listener, PageDone, PageFailed, RunResult, Warned
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.packing import Packing
from mangacolor.pipeline.store.page_output import known_lines
from mangacolor.pipeline.store.store import Store

_AHEAD = 2  # bundles a worker has: one at work and one that waits
_STOP_WITHIN = 10.0  # seconds that a stopped run waits for what is running
_AGAIN = "Run the same command again: finished pages are kept."
_LOST = "Most often such a page takes more memory than the worker has: give it more, or fewer --jobs."

_Whole = ChapterTask | Packing  # what waits for several pages: a chapter or an archive


@dataclass(frozen=True, slots=True, eq=False)
class _Token:
    """Something that was given away: a bundle, a chapter to be decided, an archive to be packed."""

    what: list[PageTask] | _Whole


class ClusterEngine:
    """Runs pages on the workers of a Dask scheduler; otherwise what ``Engine`` is.

    ``run_options.cluster`` is the scheduler's address. Only the calling thread decides anything.
    """

    def __init__(self, job: Job, emit: Listener, run_options: RunOptions, store: Store) -> None:
        self._job = job
        self._run_options = run_options
        self._store = store
        self._tally = Tally(job, emit)
        self._tasks = Tasks()
        self._run = secrets.token_hex(4)
        self._number = 0
        self._ready: deque[list[PageTask]] = deque()
        self._suspects: deque[list[PageTask]] = deque()  # pages lost with their workers, to be tried alone
        self._flying: dict[int, Bundle] = {}  # by the identity of its list of tasks
        self._away = 0  # chapters being decided and archives being packed
        self._back: queue.SimpleQueue[Completion] = queue.SimpleQueue()
        self._told_of_no_workers = False
        self._new: dict[str, Entry] = {}  # what workers have finished, even if they were lost later

    def run(self, tasks: Tasks) -> RunResult:
        """Run every page and say how it went. Emits events, but not ``RunResult`` itself.

        Raises ``SetupError`` where the scheduler or a worker is unusable, and what ``Engine.run`` raises.
        """
        self._tasks = tasks
        address = str(self._run_options.cluster)
        with Cluster(address) as self._cluster, self._lane_for_chapters() as self._lane:
            state, source = self._store.state, _some_source(tasks.pages)
            checked = self._cluster.check(self._job.graph, self._job.options, state, source)
            for message in checked.warnings:
                self._tally.emit(Warned("", "", message))
            self._release = checked.release
            state.parts.mkdir(parents=True, exist_ok=True)
            for chapter in _by_chapter(tasks.pages):
                self._ready.extend(self._cut(chapter))
            self._work_off()
        for part in sorted(state.parts.glob(f"{self._run}-*.jsonl")):
            self._store.manifest.absorb(part)  # of a bundle that did not come back in time
        return self._tally.summary(len(tasks.pages))

    def _work_off(self) -> None:
        """Until nothing is left to do, or the time is up of what is to stop."""
        deadline = 0.0
        while self._ready or self._suspects or self._flying or self._away:
            if self._tally.stopping:
                if not deadline:
                    self._ready.clear()
                    self._suspects.clear()
                    self._cluster.stop(self._run)
                    self._tally.told_to_stop()
                    deadline = time.monotonic() + _STOP_WITHIN
                if time.monotonic() > deadline:
                    break
            self._hand_out()
            self._turn()

    def _cut(self, tasks: Sequence[PageTask]) -> list[list[PageTask]]:
        """Pages of one chapter as bundles for the workers that there are now."""
        return list(cut_bundles(tasks, self._cluster.workers(), len(self._tasks.pages)))

    def _hand_out(self) -> None:
        """Keep each worker supplied, and no more: what waits, waits here."""
        workers = self._cluster.workers()
        if not workers and not self._told_of_no_workers:
            self._told_of_no_workers = True
            self._tally.emit(Warned("", "", "no worker is connected any more: waiting for one"))
        while self._ready and len(self._flying) < _AHEAD * workers:
            self._submit(self._ready.popleft())
        if workers and self._suspects and not self._flying:
            self._submit(self._suspects[0])  # it stays on the list: lost again, it is to blame

    def _submit(self, tasks: list[PageTask]) -> None:
        bundle = self._bundle(tasks)
        self._flying[id(tasks)] = bundle
        self._cluster.submit(
            worker.run_bundle,
            bundle,
            lambda result, error: self._back.put(Completion(_Token(tasks), result, error)),
        )

    @contextmanager
    def _lane_for_chapters(self) -> Iterator[Lane]:
        """Threads for what the client does itself: chapter stages, and packing."""
        lane = Lane("cpu", 2, self._back)
        try:
            yield lane
        finally:
            lane.close()
            lane.join(1.0)

    def _bundle(self, tasks: list[PageTask]) -> Bundle:
        self._number += 1
        return Bundle(
            name=f"{self._run}-{self._number}",
            run=self._run,
            out=self._store.state.out,
            options=self._job.options,
            run_options=self._run_options,
            chapter=tasks[0].spec.chapter,
            pages={task.name: _begun(task) for task in tasks},
            known=known_lines(
                self._store.manifest, ((task.name, task.spec.chapter.container) for task in tasks)
            ),
            release=self._release,
        )

    def _turn(self) -> None:
        """Wait for one thing to come back and act on it."""
        limit = self._run_options.stage_timeout
        for token in self._lane.write_off(limit, _is_chapter) if limit else ():
            self._take_back(Completion(token, error=late("it", limit)))
        try:
            self._take_back(self._back.get(timeout=0.2))
        except queue.Empty:
            self._cluster.see_that_it_is_there()

    def _take_back(self, completion: Completion) -> None:
        token, result, error = completion.token, completion.result, completion.error
        assert isinstance(token, _Token)
        if isinstance(token.what, list):
            for whole in self._bundle_back(token.what, result, error):
                self._start(whole)
            return
        self._away -= 1
        if isinstance(token.what, Packing):
            self._tally.packed(token.what, result, error)
            return
        results = self._tally.chapter_decided(token.what, result, error)
        if results is not None:
            bundles = self._cut(token.what.second_pass(results))
            self._ready.extendleft(reversed(bundles))  # finish what was begun

    def _start(self, whole: _Whole) -> None:
        """Have a chapter decided or an archive packed, here on the client."""
        if self._tally.stopping or (isinstance(whole, Packing) and not self._tally.may_pack(whole)):
            return
        self._away += 1
        work: Callable[[], Any] = whole.decide if isinstance(whole, ChapterTask) else whole.pack
        self._lane.submit(_Token(whole), (0, 0), lambda _lane: work())

    # -- what a bundle that came back leads to

    def _bundle_back(
        self, tasks: list[PageTask], result: BundleResult | None, error: BaseException | None
    ) -> list[_Whole]:
        """Book a bundle's pages; returns chapters that can be decided and archives that can be packed."""
        bundle = self._flying.pop(id(tasks))
        alone = bool(self._suspects) and tasks is self._suspects[0]
        if alone:
            self._suspects.popleft()
        self._new.update((entry.page, entry) for entry in self._store.manifest.absorb(bundle.part))
        if error is not None:
            return self._bundle_lost(tasks, error, alone)
        assert result is not None
        self._tally.stages_run += result.stages_run
        self._tally.counts += result.counts
        outcome: dict[str, str] = {}
        for event in result.events:
            if isinstance(event, PageDone):
                outcome[event.page] = event.outcome
                self._tally.page_done(self._as_new(event))
            elif isinstance(event, PageFailed):
                outcome[event.page] = "failed"
                self._tally.page_failed(event)
            else:
                self._tally.emit(event)
        complete = []
        for task in tasks:
            half = result.halfway.get(task.name)
            if half is not None:
                task.take_over(half)
            if half is not None and task.goes_on:
                complete += self._tasks.end_page(task, survived=True)
            elif task.name in outcome:
                complete += self._end(task, outcome[task.name])
            elif not self._tally.stopping:
                complete += self._fail(task, PageError("the worker stopped before this page", _AGAIN))
        return complete

    def _as_new(self, event: PageDone) -> PageDone:
        """A page that a lost worker had finished was found finished by the next: it is new all the same."""
        entry = self._new.get(event.page)
        if event.outcome != "cached" or entry is None:
            return event
        worked = round(sum(entry.seconds.values()), 3)
        return dataclasses.replace(event, outcome=entry.outcome, seconds=worked, stages=entry.seconds)  # type: ignore[arg-type]

    def _bundle_lost(self, tasks: list[PageTask], error: BaseException, alone: bool) -> list[_Whole]:
        if isinstance(error, SetupError | OutputError):
            self._tally.end_for(error)
            return []
        if self._tally.stopping:
            return []
        if is_lost_scheduler(error):
            self._ready.appendleft(tasks)
            return []
        if is_lost_worker(error) and len(tasks) > 1:
            # One of its pages must be to blame: each gets a bundle of its own.
            self._ready.extendleft([task] for task in reversed(tasks))
            return []
        if is_lost_worker(error) and not alone:
            # Dask suspects all that a lost worker had, and this page may only have waited behind another.
            self._suspects.append(tasks)
            return []
        if is_lost_worker(error):
            error = PageError("every worker that tried this page was lost", _LOST)
        return [whole for task in tasks for whole in self._fail(task, error)]

    def _fail(self, task: PageTask, error: BaseException) -> list[_Whole]:
        self._tally.page_failed(failure(task.name, "worker", error))
        return self._end(task, "failed")

    def _end(self, task: PageTask, outcome: str) -> list[_Whole]:
        """A page is over, in whichever pass."""
        task.state.outcome = outcome
        task.state.entry = None if outcome == "failed" else self._store.manifest.entry(task.name)
        return self._tasks.end_page(task, survived=False)


def _begun(task: PageTask) -> Begun:
    """What a worker must know of what was done of a page already."""
    state = task.state
    return Begun(task.spec.chapter_results, state.seconds, state.panels)


def _is_chapter(token: Hashable) -> bool:
    return isinstance(token, _Token) and isinstance(token.what, ChapterTask)


def _some_source(tasks: Sequence[PageTask]) -> Path | None:
    """Some input that is there, for workers to look for, too."""
    paths = (getattr(task.spec.page.source, "path", None) for task in tasks)
    return next((path for path in paths if path and path.exists()), None)


def _by_chapter(tasks: Sequence[PageTask]) -> list[list[PageTask]]:
    chapters: dict[int, list[PageTask]] = {}
    for task in tasks:
        chapters.setdefault(id(task.spec.chapter), []).append(task)
    return list(chapters.values())
