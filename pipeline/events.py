"""What happens in a run, as one typed stream. Progress display, ``--json``, report and tests read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

CHANGED: Final = "changed since mangacolor wrote it"  # why a file of OUT is left as it is
Outcome = Literal["done", "copied", "cached", "left"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The inputs are known and work begins. ``halfway``: pages that will send ``PageHalfway``."""

    pages: int
    chapters: int
    halfway: int = 0


@dataclass(frozen=True, slots=True)
class PageStarted:
    """A page has been read and something is to be done with it; sent again for its second pass.

    ``now`` maps the stages that run in this pass to the seconds that each is expected to take, and ``later``
    those of the second pass, if one follows. Only the ratios of these seconds are worth anything.
    ``note``: what the user should know of how it will come out.
    """

    page: str
    now: Mapping[str, float]
    later: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True, slots=True)
class StageStarted:
    page: str
    stage: str


@dataclass(frozen=True, slots=True)
class StageDone:
    """One stage ran for one page. Stages taken from the cache send nothing."""

    page: str
    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about a page that the user should know and that is no error."""

    page: str
    stage: str
    message: str


@dataclass(frozen=True, slots=True)
class SeriesWarned(Warned):
    """The same of the memory of a series (``--series``): its file was put aside, and it is begun anew."""


@dataclass(frozen=True, slots=True)
class Announced:
    """Something about the run as a whole that the user is told, and need not do anything about."""

    message: str


@dataclass(frozen=True, slots=True)
class PageHalfway:
    """A page has ended the first of two passes and waits for the others of its chapter."""

    page: str


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page is finished: made, copied from its source, found finished, or left as somebody changed it.

    ``reason`` says why a page was copied (blank, in colour already, asked for) or left. ``spread`` is the
    page with the other half of its drawing, if it is half of one; ``panels`` are then the whole drawing's.
    ``stages`` maps each stage that ran to its seconds; ``seconds`` is their sum: the page's own work, without
    what it waited for other pages. ``renamed`` is its output path where that has another suffix.
    """

    page: str
    seconds: float
    panels: int
    stages: Mapping[str, float]
    outcome: Outcome
    reason: str = ""
    spread: str = ""
    renamed: str = ""


@dataclass(frozen=True, slots=True)
class PageFailed:
    """A page could not be made. ``stage`` is where: a stage's name, ``read`` or ``commit``."""

    page: str
    stage: str
    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class FileRemoved:
    """A file of OUT that the input gives no more. It was moved to ``moved_to``, or kept for a ``reason``."""

    file: str
    moved_to: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run was asked to stop: what is being written is finished, and nothing else is begun."""


@dataclass(frozen=True, slots=True)
class ChapterDone:
    """Every page of a chapter is done or has failed. An archive is packed after that."""

    chapter: str
    pages: int
    failed: int


@dataclass(frozen=True, slots=True)
class Detail:
    """What has become of some pages or files: ``what`` in words, ``remedy`` if there is something to do."""

    what: str
    names: tuple[str, ...]
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The pages of a run lie in OUT: ``place`` is ``out`` as it was named, or the only archive of the run.

    ``chapters``: how many there are. ``changeable``: there is a palette, so that colours can be changed.
    """

    out: Path
    place: Path
    chapters: int
    changeable: bool


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run went: what it returns, and always its last event.

    ``done + copied + cached + failed == pages`` unless it was cut short.
    ``left``: how many of the ``cached`` ones are not ours any more, since somebody has changed them.
    ``details``: which pages were copied and why, which failed, what was left or moved aside.
    """

    status: int
    pages: int
    done: int
    copied: int
    cached: int
    failed: int
    seconds: float
    stages_run: int
    network_calls: int
    failures: tuple[PageFailed, ...] = ()
    left: int = 0
    details: tuple[Detail, ...] = ()


Event = (
    RunStarted
    | PageStarted
    | StageStarted
    | StageDone
    | Warned
    | Announced
    | PageHalfway
    | PageDone
    | PageFailed
    | FileRemoved
    | Stopping
    | ChapterDone
    | Placed
    | RunResult
)
Listener = Callable[[Event], None]
Told = TypeVar("Told")


def tell_each(listeners: Iterable[Callable[[Told], None]]) -> Callable[[Told], None]:
    """A listener that passes what it is told on to each of these, in order."""
    everybody = tuple(listeners)

    def tell(event: Told) -> None:
        for listener in everybody:
            listener(event)

    return tell
