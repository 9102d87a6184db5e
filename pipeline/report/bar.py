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
from rich.table import Column
from rich.text import Text

from mangacolor.core.wording import duration
from mangacolor.pipeline.report.remaining import Remaining

# Characters: in 80 columns there is room left for what is at work.
BAR_WIDTH = 16


def bar_columns(title: str) -> list[ProgressColumn]:
    """What any bar shows: a ``title`` in rich's markup, counts (a field of the task), the share that is done,
    time and time left."""
    return [
        SpinnerColumn(),
        TextColumn(title, table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[counts]}", table_column=Column(no_wrap=True)),
        BarColumn(BAR_WIDTH),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TimeLeftColumn(table_column=Column(no_wrap=True)),
    ]


class Bar:
    """Gone from the terminal once it is stopped."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            *bar_columns("[bold]pages"),
            TextColumn("[dim]{task.description}", table_column=Column(no_wrap=True, ratio=1)),
            console=console,
            transient=True,
            expand=True,
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


class TimeLeftColumn(ProgressColumn):
    """``about 40 s left``; runs down by itself until something new is known."""

    max_refresh = 0.5  # seconds

    def render(self, task: Task) -> Text:
        left, told = task.fields["left"], task.fields["told"]
        if left is None:
            return Text("")
        left = max(0.0, left - (time.monotonic() - told))
        return Text(f"about {duration(left, rough=True)} left", style="progress.remaining")
