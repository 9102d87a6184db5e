"""One process for pages, as the one that leads sees it."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Final

from mangacolor.core.system.kind import stop_signals
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.processes import entry
from mangacolor.pipeline.processes.messages import Gone, Setting

LISTENER: Final = "process"  # the name of threads that wait for messages
_END_WITHIN: Final = 5.0  # seconds until the system has taken away a process that was killed
_starting: Final = threading.Lock()


class Process:
    """``pages``: those that it has, by index, and ``parts``: where what they leave for the manifest lies.

    ``alone``: it has one page, and gets no other meanwhile. ``needs_all``: nor does any other process.
    ``is_a_stand_in``: for one that was lost.
    Everywhere a new interpreter begins, as Windows and macOS do it: what threads of ours hold at a fork would
    be held for ever.
    """

    def __init__(self, setting: Setting) -> None:
        self.share = setting.share
        self.ready = self.alone = self.needs_all = self.is_a_stand_in = False
        self.pages: dict[int, PageTask] = {}
        self.parts: dict[int, Path] = {}
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=entry.main, args=(theirs, self.share.cores), name="mangacolor pages", daemon=True
        )
        with _signals_held_back(), _without_main():
            self._process.start()
        theirs.close()
        self._setting = setting

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def listen(self, tell: Callable[[object], None]) -> None:
        """Pass on every message, by a thread of its own; the last is ``Gone``. Raises ``OSError`` where there
        can be no thread more; the process has ended then."""

        def work() -> None:
            try:
                with suppress(OSError, EOFError):
                    self._connection.send(self._setting)
                    while True:
                        tell(self._connection.recv())
            finally:  # of a message that cannot be understood, too
                tell(Gone())

        self._listener = threading.Thread(target=work, name=LISTENER, daemon=True)
        try:
            self._listener.start()
        except RuntimeError as error:
            self._kill()
            self._connection.close()
            raise OSError(str(error)) from error

    def send(self, message: object) -> None:
        """Say something; that a process is lost, its thread sees."""
        with suppress(OSError):
            self._connection.send(message)

    def give_back(self, index: int) -> PageTask:
        """It has done with a page."""
        self.alone = self.needs_all = False
        del self.parts[index]
        return self.pages.pop(index)

    def take_pages(self) -> list[PageTask]:
        """All pages that it had, in order."""
        pages = [self.pages[index] for index in sorted(self.pages)]
        self.pages.clear()
        self.parts.clear()
        self.alone = self.needs_all = False
        return pages

    def end(self) -> None:
        """It ends here and now. What it has committed is whole, as everywhere."""
        self._kill()
        self._listener.join(_END_WITHIN)  # until all that it has said is taken in
        if not self._listener.is_alive():  # or it would read what takes the descriptor's place
            self._connection.close()

    def _kill(self) -> None:
        self._process.kill()
        self._process.join(_END_WITHIN)


@contextmanager
def _without_main() -> Iterator[None]:
    """A process that begins in here does not import the script that began ours, which would run it once more
    where that has no guard: nothing of it is needed there.

    The standard library has no other way to say so than to change what it tells a new process. Those that
    other threads begin meanwhile are told as ever.
    """
    with _starting:
        tell, ours = spawn.get_preparation_data, threading.get_ident()

        def tell_less(name: str) -> dict[str, Any]:
            told = tell(name)
            if threading.get_ident() == ours:
                for how in ("init_main_from_name", "init_main_from_path"):
                    told.pop(how, None)
            return told

        spawn.get_preparation_data = tell_less
        try:
            yield
        finally:
            spawn.get_preparation_data = tell


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """A process that begins in here gets no signal to stop: it is not ready to ignore them yet."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    from multiprocessing import resource_tracker  # not on Windows

    resource_tracker.ensure_running()  # as the first process would, which lets signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
