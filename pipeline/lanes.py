"""Lanes: threads that run tasks, those of earlier pages first."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

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


class Lane:
    """``threads`` daemon threads over one priority queue; results go to ``completions``.

    A lane owns its resources (loaded models): they are made once and shared by its threads.
    """

    def __init__(self, name: str, threads: int, completions: queue.SimpleQueue[Completion]) -> None:
        self.name = name
        self._completions = completions
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._sequence = itertools.count()
        self._resources: dict[Hashable, Any] = {}
        self._making = threading.RLock()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{_PREFIX}{name}-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, token: Hashable, priority: Priority, work: Callable[[Lane], Any]) -> None:
        self._jobs.put(_Job(priority, next(self._sequence), token, work))

    def resource(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()`` the first time, then the same object."""
        with self._making:
            if key not in self._resources:
                self._resources[key] = make()
            found: T = self._resources[key]
            return found

    def close(self) -> None:
        """Let the threads end once they have done what is queued."""
        last = 1 << 62
        for _ in self._threads:
            self._jobs.put(_Job((last, 0), next(self._sequence), None, None))

    def join(self, timeout: float) -> bool:
        """Whether every thread ended within ``timeout`` seconds."""
        for thread in self._threads:
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            if job.work is None:
                return
            try:
                completion = Completion(job.token, job.work(self))
            except BaseException as error:  # a thread must report whatever happened
                completion = Completion(job.token, error=error)
            self._completions.put(completion)
