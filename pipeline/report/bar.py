"""The bar on a terminal: share of the work that is done, pages, time since the start and time left."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from mangacolor.core.wording import duration
from mangacolor.pipeline.report.remaining import Remaining


class Bar:
    """Gone from the terminal once it is stopped."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]pages"),
            TextColumn("{task.fields[counts]}"),
            BarColumn(),
            TimeElapsedColumn(),
            _TimeLeftColumn(),
            TextColumn("[dim]{task.description}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=1.0, counts="", left=None, told=0.0)

    def start(self) -> None:
        self._bar.start()

    def stop(self) -> None:
        self._bar.stop()

    def show(self, remaining: Remaining, counts: str, at_work: str) -> None:
        """``counts``: of pages; ``at_work``: what runs just now."""
        self._bar.update(
            self._task,
            completed=remaining.share_done,
            counts=escape(counts),
            description=escape(at_work),
            left=remaining.seconds_left,
            told=time.monotonic(),
        )

    def refresh(self) -> None:
        """Draw it now."""
        self._bar.refresh()


class _TimeLeftColumn(ProgressColumn):
    """``about 40 s left``; runs down by itself until something new is known."""

    max_refresh = 0.5  # seconds

    def render(self, task: Task) -> Text:
        left, told = task.fields["left"], task.fields["told"]
        if left is None:
            return Text("")
        left = max(0.0, left - (time.monotonic() - told))
        return Text(f"about {duration(left, rough=True)} left", style="progress.remaining")
