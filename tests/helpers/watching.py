"""A watch over a folder of small pages, with the fake stages: run once, or alive on a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mangacolor.core.settings import Options, RunOptions, WatchOptions
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, write_page
from mangacolor.watcher.coloring import Job, StopWatch
from mangacolor.watcher.events import ChapterStarted, Event, WatchDone
from mangacolor.watcher.watch import watch

E = TypeVar("E")
PATIENCE = 100.0  # seconds that a test waits for what takes a fraction of one


class Watching:
    """The folder ``source``, watched into ``out``. ``events``: of the last watch, or of one that is alive."""

    def __init__(self, tmp_path: Path) -> None:
        self.source, self.out = tmp_path / "in", tmp_path / "out"
        self.source.mkdir()
        self.house = House()
        self.graph: Graph | None = None
        self.options = Options(device="cpu")
        self.events: list[Event] = []
        self.stop = StopWatch()
        self.listener: Callable[[Event], None] = lambda event: None

    def once(self, *, settle: float = 0, run_options: RunOptions | None = None, **settings: Any) -> int:
        return self._run(WatchOptions(settle=settle, once=True, **settings), run_options or RunOptions())

    @contextmanager
    def alive(self, *, settle: float = 0.3, **settings: Any) -> Iterator[None]:
        given = (WatchOptions(settle=settle, **settings), RunOptions())
        thread = threading.Thread(target=self._run, args=given, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop.request()
            thread.join(PATIENCE)
            assert not thread.is_alive()
            assert isinstance(self.events[-1], WatchDone)

    def _run(self, settings: WatchOptions, run_options: RunOptions) -> int:
        self.events, self.stop = [], StopWatch()
        job = Job(self.source, self.out, self.options, run_options, self.graph or self.house.graph())
        return watch(job, settings, emit=self._note, stop=self.stop)

    def _note(self, event: Event) -> None:
        self.events.append(event)
        self.listener(event)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def started(self) -> list[str]:
        """The chapters that were run, in order."""
        return [event.chapter for event in self.of(ChapterStarted)]

    def wait_for(self, kind: type[E], count: int = 1) -> list[E]:
        """Wait until so many events of a kind have come."""
        wait_until(lambda: len(self.of(kind)) >= count, f"{count} {kind.__name__}")
        return self.of(kind)

    def chapter(self, name: str, *seeds: int) -> Path:
        """A folder of pages."""
        folder = self.source / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            write_page(folder / f"{seed:03}.png", seed)
        return folder


class StandingClock:
    """For ``Settling``: a clock that stands until it is set forward, so that no pause of a busy machine
    counts; from ``run`` on it goes. ``day`` makes every file new."""

    def __init__(self) -> None:
        self._now, self._looks = 1000.0, 0
        self._running_since: float | None = None

    def __call__(self) -> float:
        gone = 0.0 if self._running_since is None else time.monotonic() - self._running_since
        return self._now + gone

    def day(self) -> float:
        """Asked once whenever the folder is looked through."""
        self._looks += 1
        return 0.0

    def forward(self, seconds: float) -> None:
        """Once the folder has been looked through again: what is known of it is never older than one step."""
        before = self._looks
        wait_until(lambda: self._looks > before, "a look at the folder")
        self._now += seconds

    def run(self) -> None:
        self._running_since = time.monotonic()


def wait_until(is_so: Callable[[], bool], what: str = "it") -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of OUT but the state, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".mangacolor" not in path.parts
    }
