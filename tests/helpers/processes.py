"""Fake stages that processes of a run can make for themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mangacolor.pipeline.run
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Event, Listener, RunResult
from mangacolor.pipeline.run import run
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House


@dataclass(frozen=True)
class FakeStages:
    """Makes the graph of a house in whichever process; ``House`` says what the fields mean."""

    moody: bool = True
    slow: float = 0.0
    deadly: frozenset[str] = frozenset()
    trouble: tuple[tuple[str, Exception], ...] = ()
    weight: int = 0

    def __call__(self, _options: Options) -> Graph:
        house = House(self.moody)
        house.slow, house.deadly, house.trouble = self.slow, set(self.deadly), dict(self.trouble)
        house.weight = self.weight
        return house.graph()


def split(
    stages: Callable[[Options], Graph],
    source: Path,
    out: Path,
    processes: int,
    *,
    cancel: CancelToken | None = None,
    listener: Listener | None = None,
    scale: str = "auto",
    run_options: RunOptions | None = None,
    may_split: bool = False,
) -> tuple[RunResult, list[Event]]:
    """A run with fake stages in so many processes, and its events."""
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if listener is not None:
            listener(event)

    options = Options(device="cpu", scale=scale)  # type: ignore[arg-type]
    settings = run_options or RunOptions(processes=processes)
    module: Any = mangacolor.pipeline.run
    before, module.graph_of = module.graph_of, stages
    try:
        result = run([source], out, options, settings, emit=emit, cancel=cancel, may_split=may_split)
    finally:
        module.graph_of = before
    return result, events
