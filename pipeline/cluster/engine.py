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
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mangacolor.core.errors import OutputError, PageError, SetupError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.cluster import worker
from mangacolor.pipeline.cluster.bundle import Bundle, BundleResult, PageTask, cut, known_of
from mangacolor.pipeline.cluster.client import Cluster, is_lost_scheduler, is_lost_worker
from mangacolor.pipeline.engine.chapter_task import ChapterWork
from mangacolor.pipeline.engine.page_task import Job, PageWork
from mangacolor.pipeline.engine.tally import Ledger, failure, late
from mangacolor.pipeline.engine.worker_pools import Completion, Lane
from mangacolor.pipeline.events import Listener, PageDone, PageFailed, RunDone, Warned
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.packing import Packing

_AHEAD = 2  # bundles a worker has: one at work and one that waits
_STOP_WITHIN = 10.0  # seconds that a stopped run waits for what is running
_AGAIN = "Run the same command again: finished pages are kept."
_LOST = "Most often such a page takes more memory than the worker has: give it more, or fewer --jobs."

_Next = tuple[ChapterWork | Packing, Callable[[], Any]]  # a chapter or an archive, and what is to do


@dataclass(frozen=True, slots=True, eq=False)
class _Token:
    """Something that was given away: a bundle, a chapter to be decided, an archive to be packed."""

    what: list[PageWork] | ChapterWork | Packing


class ClusterEngine:
    """Runs pages on the workers of a Dask scheduler; otherwise what ``Engine`` is.

    ``run_options.cluster`` is the scheduler's address. Only the calling thread decides anything.
    """

    def __init__(
        self, job: Job, emit: Listener, options: Options, run_options: RunOptions, state: State
    ) -> None:
        self._job = job
        self._options = options
        self._run_options = run_options
        self._state = state
        self._ledger = Ledger(job, emit)
        self._run = secrets.token_hex(4)
        self._number = 0
        self._ready: deque[list[PageWork]] = deque()
        self._suspects: deque[list[PageWork]] = deque()  # pages lost with their workers, to be tried alone
        self._flying: dict[int, Bundle] = {}  # by the identity of its list of works
        self._away = 0  # chapters being decided and archives being packed
        self._back: queue.SimpleQueue[Completion] = queue.SimpleQueue()
        self._told_of_no_workers = False
        self._new: dict[str, Entry] = {}  # what workers have finished, even if they were lost later

    def run(self, works: Iterable[PageWork]) -> RunDone:
        """Run every page and say how it went. Emits events, but not ``RunDone`` itself.

        Raises ``SetupError`` where the scheduler or a worker is unusable, and what ``Engine.run`` raises.
        """
        all_works = list(works)
        address = str(self._run_options.cluster)
        with Cluster(address) as cluster, self._lane_for_chapters() as lane:
            found = cluster.check(self._job.graph, self._options, self._state, _a_path(all_works))
            for message in found.warnings:
                self._ledger.emit(Warned("", "", message))
            self._release = found.release
            self._state.parts.mkdir(parents=True, exist_ok=True)
            self._add(_by_chapter(all_works), cluster.workers(), len(all_works))
            deadline = 0.0
            while self._ready or self._suspects or self._flying or self._away:
                if self._ledger.stopping:
                    if not deadline:
                        self._ready.clear()
                        self._suspects.clear()
                        cluster.stop(self._run)
                        deadline = time.monotonic() + _STOP_WITHIN
                    if time.monotonic() > deadline:
                        break
                self._hand_out(cluster)
                self._turn(lane, cluster, len(all_works))
        for part in sorted(self._state.parts.glob(f"{self._run}-*.jsonl")):
            self._job.manifest.absorb(part)  # of a bundle that did not come back in time
        return self._ledger.summary(len(all_works))

    def _add(self, chapters: Iterable[Sequence[PageWork]], workers: int, pages: int) -> None:
        for works in chapters:
            self._ready.extend(cut(works, workers, pages))

    def _hand_out(self, cluster: Cluster) -> None:
        """Keep each worker supplied, and no more: what waits, waits here."""
        workers = cluster.workers()
        if not workers and not self._told_of_no_workers:
            self._told_of_no_workers = True
            self._ledger.emit(Warned("", "", "no worker is connected any more: waiting for one"))
        while self._ready and len(self._flying) < _AHEAD * workers:
            self._submit(cluster, self._ready.popleft())
        if workers and self._suspects and not self._flying:
            self._submit(cluster, self._suspects[0])  # it stays on the list: lost again, it is to blame

    def _submit(self, cluster: Cluster, works: list[PageWork]) -> None:
        bundle = self._bundle(works)
        self._flying[id(works)] = bundle
        cluster.submit(worker.run_bundle, bundle, self._receiver(works))

    def _receiver(self, works: list[PageWork]) -> Callable[[Any, BaseException | None], None]:
        return lambda result, error: self._back.put(Completion(_Token(works), result, error))

    @contextmanager
    def _lane_for_chapters(self) -> Iterator[Lane]:
        """Threads for what the client does itself: chapter stages, and packing."""
        lane = Lane("cpu", 2, self._back)
        try:
            yield lane
        finally:
            lane.close()
            lane.join(1.0)

    def _bundle(self, works: list[PageWork]) -> Bundle:
        self._number += 1
        first = works[0]
        place = {page.name: number for number, page in enumerate(first.chapter.pages)}
        return Bundle(
            name=f"{self._run}-{self._number}",
            run=self._run,
            out=self._state.out,
            options=self._options,
            run_options=self._run_options,
            chapter=first.chapter,
            tasks=tuple(PageTask(place[w.page.name], w.given, w.seconds, w.spent, w.panels) for w in works),
            targets=first.targets,
            halfway=first.fan_in is not None,
            known=known_of(self._job.manifest, works),
            release=self._release,
        )

    def _turn(self, lane: Lane, cluster: Cluster, pages: int) -> None:
        """Wait for one thing to come back and act on it."""
        limit = self._run_options.stage_timeout
        for token in lane.write_off(limit, _is_chapter) if limit else ():
            self._take_back(Completion(token, error=late("it", limit)), lane, cluster.workers(), pages)
        try:
            self._take_back(self._back.get(timeout=0.2), lane, cluster.workers(), pages)
        except queue.Empty:
            cluster.see_that_it_is_there()

    def _take_back(self, completion: Completion, lane: Lane, workers: int, pages: int) -> None:
        token, result, error = completion.token, completion.result, completion.error
        assert isinstance(token, _Token)
        if isinstance(token.what, list):
            for what, task in self._bundle_back(token.what, result, error):
                self._away += 1
                lane.submit(_Token(what), (0, 0), _on_lane(task))
            return
        self._away -= 1
        if isinstance(token.what, Packing):
            self._ledger.packed(token.what, result, error)
            return
        given = self._ledger.chapter_decided(token.what, result, error)
        if given is not None:
            bundles = list(cut(token.what.second_sweep(given), workers, pages))
            self._ready.extendleft(reversed(bundles))  # finish what was begun

    # -- what a bundle that came back leads to

    def _bundle_back(
        self, works: list[PageWork], result: BundleResult | None, error: BaseException | None
    ) -> list[_Next]:
        """Book a bundle's pages; returns chapters that can be decided and archives that can be packed."""
        bundle = self._flying.pop(id(works))
        alone = bool(self._suspects) and works is self._suspects[0]
        if alone:
            self._suspects.popleft()
        self._new.update((entry.page, entry) for entry in self._job.manifest.absorb(bundle.part))
        if error is not None:
            return self._bundle_lost(works, error, alone)
        assert result is not None
        self._ledger.stages_run += result.stages_run
        self._ledger.counts += result.counts
        outcome: dict[str, str] = {}
        for event in result.events:
            if isinstance(event, PageDone):
                outcome[event.page] = event.outcome
                self._ledger.page_done(self._as_new(event))
            elif isinstance(event, PageFailed):
                outcome[event.page] = "failed"
                self._ledger.page_failed(event)
            else:
                self._ledger.emit(event)
        ready = []
        for work in works:
            half = result.halfway.get(work.page.name)
            if half is not None:
                work.keys, work.seconds = dict(half.keys), dict(half.seconds)
                work.spent, work.panels = half.spent, half.panels
                ready += self._arrive(work, survived=True)
            elif work.page.name in outcome:
                ready += self._end(work, outcome[work.page.name])
            elif not self._ledger.stopping:
                ready += self._fail(work, PageError("the worker stopped before this page", _AGAIN))
        return ready

    def _as_new(self, event: PageDone) -> PageDone:
        """A page that a lost worker had finished was found finished by the next: it is new all the same."""
        entry = self._new.get(event.page)
        if event.outcome != "cached" or entry is None:
            return event
        return dataclasses.replace(event, outcome=entry.outcome, stages=entry.seconds)  # type: ignore[arg-type]

    def _bundle_lost(self, works: list[PageWork], error: BaseException, alone: bool) -> list[_Next]:
        if isinstance(error, SetupError | OutputError):
            self._ledger.end_for(error)
            return []
        if self._ledger.stopping:
            return []
        if is_lost_scheduler(error):
            self._ready.appendleft(works)
            return []
        if is_lost_worker(error) and len(works) > 1:
            # One of its pages must be to blame: each gets a bundle of its own.
            self._ready.extendleft([work] for work in reversed(works))
            return []
        if is_lost_worker(error) and not alone:
            # Dask suspects all that a lost worker had, and this page may only have waited behind another.
            self._suspects.append(works)
            return []
        if is_lost_worker(error):
            error = PageError("every worker that tried this page was lost", _LOST)
        return [ready for work in works for ready in self._fail(work, error)]

    def _fail(self, work: PageWork, error: BaseException) -> list[_Next]:
        self._ledger.page_failed(failure(work.page.name, "worker", error))
        return self._end(work, "failed")

    def _arrive(self, work: PageWork, *, survived: bool) -> list[_Next]:
        chapter = work.fan_in
        if chapter is not None and chapter.arrive(work, survived) and chapter.arrived:
            return [(chapter, chapter.decide)]
        return []

    def _end(self, work: PageWork, outcome: str) -> list[_Next]:
        """A page is over, in whichever sweep."""
        ready = self._arrive(work, survived=False)
        packing = work.packing
        if packing is None or not work.commits:
            return ready
        entry = None if outcome == "failed" else self._job.manifest.entry(work.page.name)
        if packing.end_page(work.page.name, entry) and not self._ledger.stopping:
            ready += [(packing, packing.pack)] if self._ledger.may_pack(packing) else []
        return ready


def _on_lane(task: Callable[[], Any]) -> Callable[[Lane], Any]:
    return lambda _lane: task()


def _is_chapter(token: Hashable) -> bool:
    return isinstance(token, _Token) and isinstance(token.what, ChapterWork)


def _a_path(works: Sequence[PageWork]) -> Path | None:
    """Some input that is there, for workers to look for, too."""
    paths = (getattr(work.page.source, "path", None) for work in works)
    return next((path for path in paths if path and path.exists()), None)


def _by_chapter(works: Sequence[PageWork]) -> list[list[PageWork]]:
    chapters: dict[int, list[PageWork]] = {}
    for work in works:
        chapters.setdefault(id(work.chapter), []).append(work)
    return list(chapters.values())
