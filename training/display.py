"""What a person sees of work that takes a while, on stderr: how far it is, and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from mangacolor.core.wording import duration
from mangacolor.pipeline.report.bar import bar_columns

LINES = 10  # in a log, of each piece of work
Item = TypeVar("Item")
Tell = Callable[[str, int, int], None]  # what is at work, how much of it is done, of how much


def silent(_what: str, _done: int, _of: int) -> None:
    """Tells nobody."""


class Pace:
    """The lines of a log: ``lines`` of each piece of work, evenly spread over it."""

    def __init__(self, lines: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = lines
        self._clock = clock
        self._what, self._told, self._begun = "", 0, 0.0

    def left(self, what: str, done: int, of: int) -> float | None:
        """Seconds that the rest of this work takes; None where nothing is done yet."""
        now = self._clock()
        if what != self._what:
            self._what, self._told, self._begun = what, 0, now
        return (now - self._begun) * (of - done) / done if done else None

    def line(self, what: str, done: int, of: int) -> str:
        """The line that is due; "" for none."""
        left = self.left(what, done, of)
        step = done * self._lines // max(1, of)
        if step <= self._told:
            return ""
        self._told = step
        tail = f", about {duration(left, rough=True)} left" if left else ""
        return f"{what}: {done} of {of}{tail}"


def tell_lines(items: Iterable[Item], what: str, of: int, say: Callable[[str], None]) -> Iterator[Item]:
    """The items, so many ``of`` them; ``say`` takes a line now and then of how much of ``what`` is done."""
    pace = Pace(LINES)
    pace.line(what, 0, of)
    for done, item in enumerate(items, 1):
        yield item
        if line := pace.line(what, done, of):
            say(line)


class WorkDisplay:
    """Called with what is at work, how much of it is done and of how much; a context manager.

    A terminal shows a bar, a log gets a line now and then, and with ``quiet`` nothing is shown.
    """

    def __init__(
        self,
        quiet: bool = False,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._pace = Pace(LINES, clock)
        terminal = self._console.is_terminal
        self._lines = not quiet and not terminal
        self._bar = self._make_bar() if terminal and not quiet else None

    def _make_bar(self) -> Progress:
        return Progress(
            *bar_columns("[bold]{task.description}"),
            console=self._console,
            transient=True,
        )

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0, counts="", left=None, told=0.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, what: str, done: int, of: int) -> None:
        if self._bar:
            self._bar.update(
                self._task,
                completed=done / max(1, of),
                description=escape(what),
                counts=f"{done}/{of}",
                left=self._pace.left(what, done, of),
                told=time.monotonic(),
            )
        elif self._lines and (line := self._pace.line(what, done, of)):
            self._console.print(escape(line))
