"""What travels between the client of a cluster and its workers: paths and small facts, never pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Chapter
from mangacolor.pipeline.engine.page_task import PageTask, Pass
from mangacolor.pipeline.engine.tasks import Begun
from mangacolor.pipeline.events import Event
from mangacolor.pipeline.store.journal import Line
from mangacolor.pipeline.store.layout import State

LARGEST = 8  # pages of a bundle: what a lost worker has to do again at most
BUNDLES_A_WORKER = 4  # so that no worker is idle for long when the others end
MOST_OF_A_CHAPTER = 64  # bundles of one chapter: each carries the list of all its pages


@dataclass(frozen=True, slots=True)
class Release:
    """What must be the same everywhere: mangacolor, its stages, their weights; and the kind of device."""

    mark: str
    device: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some pages of one chapter, for one call of the local engine on a worker.

    ``pages``: their names, and what an earlier pass left of each. ``known``: what the manifest says of them.
    ``release``: what the worker must be.
    """

    name: str
    run: str
    out: Path
    options: Options
    run_options: RunOptions
    chapter: Chapter
    pages: Mapping[str, Begun]
    known: tuple[Line, ...]
    release: Release

    @property
    def part(self) -> Path:
        """The worker's manifest. Every attempt at a bundle goes on with the same one."""
        return State(self.out).parts / f"{self.name}.jsonl"


@dataclass(frozen=True, slots=True)
class BundleResult:
    """What a worker did with a bundle. ``halfway``: the pages that a chapter stage can look at, by name."""

    events: tuple[Event, ...]
    stages_run: int
    counts: Counter[str]
    halfway: Mapping[str, Pass]


def cut_bundles(tasks: Sequence[PageTask], workers: int, pages_in_all: int) -> Iterator[list[PageTask]]:
    """The pages of one chapter as bundles that keep ``workers`` busy, each a run of pages in order."""
    size = min(LARGEST, -(-pages_in_all // (BUNDLES_A_WORKER * max(1, workers))))
    size = max(1, size, -(-len(tasks) // MOST_OF_A_CHAPTER))
    return (list(tasks[start : start + size]) for start in range(0, len(tasks), size))
