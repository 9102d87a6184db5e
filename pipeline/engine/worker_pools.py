"""Lanes: threads that run tasks, those of earlier pages first."""

from __future__ import annotations

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mangacolor.core.cpu import Place, shared_cores

T = TypeVar("T")
Priority = tuple[int, int]  # page, position in the graph
_PREFIX = "mangacolor-"


def at_work() -> bool:
    """Whether a thread of any lane is still alive."""
    return any(thread.name.startswith(_PREFIX) for thread in threading.enumerate())


@dataclass(frozen=True, slots=True)
class Completion:
    """What became of a task: its result, or the exception it raised."""

    token: Hashable
    result: Any = None
    error: BaseException | None = None


@dataclass(order=True, slots=True)
class _Job:
    priority: Priority
    sequence: int
    token: Hashable = field(compare=False)
    work: Callable[[Lane], Any] | None = field(compare=False)


@dataclass(slots=True)
class _Task:
    """What a thread is at, since when, and its place at a core."""

    token: Hashable
    since: float
    place: Place


class Lane:
    """``threads`` daemon threads over one priority queue; results go to ``completions``.

    A lane owns its ``resources`` (loaded models): they are made once and shared by its threads. Lanes that
    are given the same dictionary, one after the other, share them too. ``computes``: its threads hold a core
    while they work (see ``core.cpu``); those of others mostly wait for a disk.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        completions: queue.SimpleQueue[Completion],
        resources: dict[Hashable, Any] | None = None,
        *,
        computes: bool = True,
    ) -> None:
        self.name = name
        self._computes = computes
        self._completions = completions
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._sequence = itertools.count()
        self._resources: dict[Hashable, Any] = {} if resources is None else resources
        self._making = threading.RLock()
        self._changing = threading.Lock()  # guards what threads are at, and which of them count
        self._at: dict[threading.Thread, _Task] = {}
        self._threads: set[threading.Thread] = set()
        for _ in range(threads):
            self._add_thread()

    def submit(self, token: Hashable, priority: Priority, work: Callable[[Lane], Any]) -> None:
        self._jobs.put(_Job(priority, next(self._sequence), token, work))

    def resource(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()`` the first time, then the same object."""
        with self._making:
            if key not in self._resources:
                self._resources[key] = make()
            resource: T = self._resources[key]
            return resource

    def write_off(self, limit: float, limited: Callable[[Hashable], bool]) -> list[Hashable]:
        """Give up tasks at work for more than ``limit`` seconds, of those whose token is ``limited``.

        A thread cannot be stopped from outside: it is left to itself, whatever it still brings is
        dropped, and a new one takes its place. Returns the tokens.
        """
        latest = time.monotonic() - limit
        with self._changing:
            late = [
                thread for thread, task in self._at.items() if task.since < latest and limited(task.token)
            ]
            given_up = [self._at.pop(thread) for thread in late]
            self._threads.difference_update(late)
        if late:
            self._making = threading.RLock()  # the old one may be held by a thread that hangs
        for task in given_up:
            task.place.lose()
            self._add_thread()
        return [task.token for task in given_up]

    @contextmanager
    def off_the_clock(self) -> Iterator[None]:
        """[lane] What the calling thread does in here, and did before, does not count against its task."""
        me = threading.current_thread()

        def set_clock(since: float) -> None:
            with self._changing:
                if me in self._at:
                    self._at[me].since = since

        set_clock(math.inf)
        try:
            yield
        finally:
            set_clock(time.monotonic())

    def close(self) -> None:
        """Let the threads end once they have done what is queued."""
        last = 1 << 62
        for _ in self._threads:
            self._jobs.put(_Job((last, 0), next(self._sequence), None, None))

    def join(self, timeout: float) -> bool:
        """Whether every thread that counts ended within ``timeout`` seconds."""
        for thread in self._threads:
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads)

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._serve, name=f"{_PREFIX}{self.name}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _serve(self) -> None:
        me, place = threading.current_thread(), shared_cores().place()
        while True:
            job = self._jobs.get()
            if job.work is None:
                return
            if self._computes:
                place.take()
            with self._changing:
                self._at[me] = _Task(job.token, time.monotonic(), place)
            try:
                completion = Completion(job.token, job.work(self))
            except BaseException as error:  # a thread must report whatever happened
                completion = Completion(job.token, error=error)
            place.give_back()
            with self._changing:
                if self._at.pop(me, None) is None:
                    return  # written off
                self._completions.put(completion)
