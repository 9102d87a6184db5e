"""Runs in the background: the whole command again, whose keys make it touch only what has changed."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mangacolor.core.errors import Cancelled, ExitStatus, MangacolorError
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import (
    Event,
    Listener,
    PageDone,
    PageFailed,
    PageStarted,
    RunResult,
    RunStarted,
)
from mangacolor.pipeline.report.remaining import Remaining
from mangacolor.studio.limits import BREATH, HALT

Why = Literal["first", "edit", "asked"]
State = Literal["idle", "running", "stopping", "failed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run that somebody wants: of a ``chapter``, or of all of OUT; of its ``pages`` that are named, or of
    all; from a stage on. ``force``: done again even where nothing has changed."""

    why: Why
    chapter: str | None = None
    pages: tuple[str, ...] = ()
    start: str | None = None
    force: bool = False

    @property
    def is_plain(self) -> bool:
        return not (self.pages or self.start or self.force)

    def does(self, other: Wanted) -> bool:
        """Whether another run has nothing to do when this one is done."""
        if not self.is_plain:
            return replace(self, why=other.why) == other
        return other.is_plain and self.chapter in (None, other.chapter)


# Does what is wanted, tells of it, and stops when it is asked to.
Colour = Callable[[Wanted, Listener, CancelToken], RunResult]


@dataclass(slots=True)
class Progress:
    """How far the run is. ``document`` may be asked for from any thread.

    ``working``: pages that it has in hand; those of a run that was halted stay so until it is taken up again.
    """

    state: State = "idle"
    why: str = ""
    pages: int = 0
    ended: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    working: set[str] = field(default_factory=set)
    page: str | None = None
    error: str = ""
    remedy: str = ""
    remaining: Remaining = field(default_factory=Remaining)
    _changing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, event: Event) -> None:
        """[the run's thread] Go by what has happened."""
        with self._changing:
            self.remaining(event)
        match event:
            case RunStarted(pages=pages):
                self.pages = pages
            case PageStarted(page=page):
                self.page = page
                self.working.add(page)
            case PageDone(page=page):
                self.ended.add(page)
                self.working.discard(page)
            case PageFailed(page=page):
                self.ended.add(page)
                self.failed.add(page)
                self.working.discard(page)
            case RunResult(status=status) if status != ExitStatus.INTERRUPTED:
                self.working.clear()  # one that was halted has them in hand still

    def document(self) -> dict[str, Any]:
        """What a browser is told."""
        is_running = self.state in ("running", "stopping")
        with self._changing:
            left = self.remaining.seconds_left if is_running else None
        return {
            "state": self.state,
            "why": self.why,
            "done": len(self.ended),
            "of": self.pages,
            "seconds_left": None if left is None else round(left, 1),
            "page": self.page if is_running else None,
            "error": self.error,
            "remedy": self.remedy,
            "failed": len(self.failed),
        }


class Runner:
    """One thread that colours what is wanted, one run after the other.

    ``tell``: hears every event of a run and, with None, that its state is another. Called on its thread.
    """

    def __init__(self, colour: Colour, tell: Callable[[Event | None], None]) -> None:
        self._colour, self._tell = colour, tell
        self._change = threading.Condition()
        self._wanted: deque[Wanted] = deque()
        self._held = 0
        self._cancel: CancelToken | None = None  # of the run at work
        self._stopped = False  # the run at work is not to be taken up again
        self._closed = False
        self.progress = Progress()
        self._thread = threading.Thread(target=self._work, name="studio-run", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, wanted: Wanted) -> None:
        """Have a run done, after those that are wanted already. Of those that do the same the last one is
        enough: pages that are done by themselves need a plain run after them."""
        with self._change:
            if not (self._wanted and self._wanted[-1].does(wanted)):
                self._wanted = deque(other for other in self._wanted if not wanted.does(other))
                self._wanted.append(wanted)
            self._change.notify_all()

    def document(self) -> dict[str, Any]:
        """What a browser is told, from any thread: how far the run is, and whether another ``waits``."""
        with self._change:
            return {**self.progress.document(), "waits": bool(self._wanted)}

    def stop(self) -> None:
        """Stop the run at work, and forget what else is wanted."""
        with self._change:
            self._wanted.clear()
            if self._cancel is not None:
                self._stopped = True
                self._cancel.request()
                self.progress.state = "stopping"
            else:
                self.progress.working.clear()  # of a run that was to be taken up again
        self._tell(None)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """No run meanwhile: one at work is stopped, waited for, and taken up again afterwards.

        Raises ``Cancelled`` where it does not halt in time.
        """
        with self._change:
            self._held += 1
            if self._cancel is not None:
                self._cancel.request()
            is_free = self._change.wait_for(lambda: self._cancel is None, HALT)
        try:
            if not is_free:
                raise Cancelled("the run that is at work does not halt", "Try again when it is done.")
            yield
        finally:
            with self._change:
                self._held -= 1
                self._change.notify_all()

    def close(self) -> None:
        """Stop for good, and wait for the run at work to halt."""
        with self._change:
            self._closed = True
            self._wanted.clear()
            if self._cancel is not None:
                self._cancel.request()
            self._change.notify_all()
        if self._thread.is_alive():
            self._thread.join(HALT)

    # -- on its own thread

    def _work(self) -> None:
        while (wanted := self._next()) is not None:
            self._run(wanted)

    def _next(self) -> Wanted | None:
        """What is wanted next, once it may begin; None when there is to be nothing more."""
        with self._change:
            while not self._closed:
                if self._wanted and not self._held:
                    if self._wanted[0].why == "edit" and self._change.wait(BREATH):
                        continue  # something has changed again
                    if self._wanted and not self._held and not self._closed:
                        return self._begin(self._wanted.popleft())
                else:
                    self._change.wait()
        return None

    def _begin(self, wanted: Wanted) -> Wanted:
        self._cancel, self._stopped = CancelToken(), False
        # What a run that was halted has left half written is so until this one comes to it.
        self.progress = Progress("running", wanted.why, working=set(self.progress.working))
        return wanted

    def _run(self, wanted: Wanted) -> None:
        cancel, progress = self._cancel, self.progress
        assert cancel is not None

        def listen(event: Event) -> None:
            progress.take(event)
            self._tell(event)

        self._tell(None)
        state: State = "idle"
        try:
            self._colour(wanted, listen, cancel)
        except Cancelled:
            pass
        except MangacolorError as error:
            state, progress.error, progress.remedy = "failed", error.message, error.remedy
        except Exception as error:  # a fault of ours must not end the studio
            traceback.print_exc()
            state, progress.error = "failed", f"{type(error).__name__}: {error}"
        with self._change:
            was_halted = cancel.requested and not self._stopped and not self._closed
            if was_halted and not any(other.does(wanted) for other in self._wanted):
                self._wanted.appendleft(replace(wanted, why="edit" if wanted.is_plain else wanted.why))
            progress.state = state
            if not was_halted:  # else these pages are gone on with
                progress.working.clear()
            self._cancel = None
            self._change.notify_all()
        self._tell(None)
