"""Asking a run to stop, from a signal or from code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mangacolor.core.errors import Cancelled, ExitStatus
from mangacolor.core.system.kind import stop_signals


class CancelToken:
    """Set once, read by everybody. ``status`` is the exit status that the stop asks for."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.status = Cancelled.status

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self, status: int = Cancelled.status) -> None:
        if not self.requested:
            self.status = status
            self._event.set()

    def check(self) -> None:
        if self.requested:
            stopped = Cancelled("stopped on request", "Run the same command again to go on where it stopped.")
            stopped.status = self.status
            raise stopped


@contextmanager
def cancel_on_signals(token: CancelToken) -> Iterator[None]:
    """SIGINT and SIGTERM, or what stands for them, ask ``token`` to stop the run; a second one ends the
    process as usual."""
    previous = {number: signal.getsignal(number) for number in stop_signals()}

    def stop(number: int, _frame: FrameType | None) -> None:
        token.request(ExitStatus.INTERRUPTED if number == signal.SIGINT else ExitStatus.TERMINATED)
        signal.signal(number, signal.SIG_DFL)

    for number in previous:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
