"""The cores that this process may use, and who computes on them. Importing it imports nothing heavy.

As many threads compute at a time as there are cores. Each holds a place of ``shared_cores`` while it does,
and no library starts threads of its own beside them: pages and tiles are what is shared out, not the loops
within them.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_share: list[int] = []  # the cores that this process was given of those that there are
_planned = threading.local()  # ``cores``: those of another process, of which a thread makes plans


def use_only(cores: int) -> None:
    """Leave the other cores to other processes of the same run. To be called before anything computes."""
    _share[:] = [cores]


@contextmanager
def planning_for(cores: int) -> Iterator[None]:
    """What the calling thread asks of the machine in here is answered for a process with so many cores."""
    _planned.cores = cores
    try:
        yield
    finally:
        del _planned.cores


def usable_cores() -> int:
    """Cores that this process may use: affinity, on Linux the cgroup's quota, and its share of a run."""
    if cores := getattr(_planned, "cores", 0):
        return int(cores)
    if _share:
        return _share[0]
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, min(cores, _cgroup_cores() or cores))


def _cgroup_cores() -> int | None:
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:  # noqa: PTH123
            quota, period = file.read().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else -(-int(quota) // int(period))


class Place:
    """A place at one of the cores for one thread, which holds it or waits for it."""

    def __init__(self, free: threading.Semaphore) -> None:
        self._free = free
        self._changing = threading.Lock()
        self._held = self._lost = False

    def take(self) -> None:
        """[thread] Wait until a core is free; a place that is lost needs none."""
        if self._lost:
            return
        self._free.acquire()
        with self._changing:
            self._held = True
        if self._lost:
            self.give_back()

    def give_back(self) -> bool:
        """Let somebody else compute; whether the place was held."""
        with self._changing:
            held, self._held = self._held, False
        if held:
            self._free.release()
        return held

    def lose(self) -> None:
        """Give it back for good: its thread hangs, and whoever takes over needs the core."""
        self._lost = True
        self.give_back()


class Cores:
    """Places for ``count`` threads that compute; who finds none waits."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = threading.Semaphore(count)
        self._thread = threading.local()

    def widen(self, count: int) -> None:
        """Have at least so many places: who asks for more ``--jobs`` than there are cores gets them."""
        if count > self._count:
            self._free.release(count - self._count)
            self._count = count

    def place(self) -> Place:
        """The calling thread's own place, not held at first."""
        place: Place | None = getattr(self._thread, "place", None)
        if place is None:
            place = self._thread.place = Place(self._free)
        return place

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The calling thread's place is others' while it waits for them in here, if it holds one."""
        place = self.place()
        held = place.give_back()
        try:
            yield
        finally:
            if held:
                place.take()


@contextmanager
def keep_libraries_to_their_thread() -> Iterator[None]:
    """OpenCV computes in here on the threads that call it. Its pool, one a process, would be a further team.

    NumPy's and SciPy's pool is kept out by ``one_thread_for_blas``, before they are imported.
    """
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def one_thread_for_blas() -> None:
    """Have NumPy multiply matrices on the calling thread, unless the user has said otherwise.

    This has an effect only before NumPy is imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")  # of Apple's library, which NumPy has on macOS


_replaced = threading.local()  # how many threads torch had before it was told to use one


def use_one_core() -> None:
    """Have torch, where it is imported, compute on the calling thread alone from now on.

    OpenMP counts for each thread that calls. A team of threads in each of several threads would spin at the
    barriers of every layer, and sums would be made in another order on another machine. Who imports torch
    calls this again.
    """
    torch = sys.modules.get("torch")
    count = getattr(torch, "get_num_threads", lambda: 1)()  # of a torch that is being imported: not yet there
    if torch is not None and count > 1:
        _replaced.count = count
        torch.set_num_threads(1)


@contextmanager
def one_core() -> Iterator[None]:
    """As ``use_one_core``, but only while this lasts: for a thread that is not ours."""
    outer = getattr(_replaced, "count", 0)
    _replaced.count = 0
    use_one_core()
    try:
        yield
    finally:
        if _replaced.count:
            sys.modules["torch"].set_num_threads(_replaced.count)
        _replaced.count = outer


@cache
def shared_cores() -> Cores:
    """The places of this process."""
    return Cores(usable_cores())
