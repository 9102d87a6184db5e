"""What travels between the process that leads a run and those that work for it.

A page's file, what is known of the page, and what became of it; no pictures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.devices import refused_devices
from mangacolor.core.errors import DeviceError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.page_task import Pass
from mangacolor.pipeline.events import Event
from mangacolor.pipeline.processes.shares import Share
from mangacolor.pipeline.store.journal import Line
from mangacolor.stages.graph import Graph

MakeGraph = Callable[[Options], Graph]


@dataclass(frozen=True, slots=True)
class Setting:
    """The first message to a process: what all pages of a run share.

    ``folder``: in which relative paths begin. ``share``: what the process gets. ``refused``: devices on which
    nothing computes; see ``core.devices``.
    """

    folder: Path
    out: Path
    options: Options
    make_graph: MakeGraph
    job: Mapping[str, object]
    share: Share
    stage_timeout: float
    refused: Mapping[str, str]

    def make_job(self, cancel: CancelToken) -> Job:
        """The job as the process that leads has it, in this process."""
        graph = self.make_graph(self.options)
        return Job(graph, options=self.options, cancel=cancel, **self.job)  # type: ignore[arg-type]


# What a job has of its own in each process: made anew, or of use to the one that leads alone.
_OWN = {"graph", "cancel", "series", "options"}


def travelling(job: Job) -> dict[str, object]:
    """The fields of a job that are the same in every process."""
    return {f.name: getattr(job, f.name) for f in dataclasses.fields(job) if f.name not in _OWN}


@dataclass(frozen=True, slots=True)
class PageWork:
    """A page for one pass: of ``PageSpec`` what is the page's own, and what was done of it.

    ``chapter``: the chapter and its recipe, pickled, which many pages share. ``known``: what the manifest
    says of the page. ``part``: where the process writes what it adds to that.
    """

    index: int
    page: str
    chapter: bytes
    targets: tuple[str, ...]
    chapter_results: Mapping[str, Artifact]
    first_pass: bool
    seconds: Mapping[str, float]
    panels: int
    source: bytes
    known: tuple[Line, ...]
    part: Path


@dataclass(frozen=True, slots=True)
class Stop:
    """To a process: let what is at work end as soon as it can."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The first message of a process: it takes pages."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a page that is at work."""

    event: Event


@dataclass(frozen=True, slots=True)
class Back:
    """A page has ended its pass; its lines for the manifest are in ``part``."""

    index: int
    done: Pass
    part: Path


@dataclass(frozen=True, slots=True)
class Broken:
    """The process cannot go on, nor can the run. ``device``, ``refused``: of a card that fails."""

    error: Exception
    device: str
    refused: Mapping[str, str]


def broken(error: Exception) -> Broken:
    """What a process says of the error that ends it."""
    return Broken(error, error.device if isinstance(error, DeviceError) else "", refused_devices())


@dataclass(frozen=True, slots=True)
class Gone:
    """Said of a process whose end of the pipe is closed."""
