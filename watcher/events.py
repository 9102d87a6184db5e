"""What happens in a watch, as one typed stream, between the events of its runs (``pipeline.events``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mangacolor.pipeline.events import Event as RunEvent
from mangacolor.watcher.records import Failure


@dataclass(frozen=True, slots=True)
class Ready:
    """The folder has been looked through. ``how``: told by the system, or by looking every few seconds.

    ``failed``: chapters that failed in earlier runs and are to be tried again.
    """

    chapters: int
    done: int
    failed: int
    how: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ChapterFound:
    """A chapter is new, or not as it was coloured; it has to settle first."""

    chapter: str


@dataclass(frozen=True, slots=True)
class ChapterSettled:
    """A chapter has not changed for long enough and stands in the queue."""

    chapter: str


@dataclass(frozen=True, slots=True)
class ChapterStarted:
    """The run of a chapter begins. ``queued``: how many wait behind it."""

    chapter: str
    queued: int


@dataclass(frozen=True, slots=True)
class ChapterColoured:
    """A chapter is as it should be. ``output``: where it lies, relative to OUT.

    ``pages`` = ``done`` (coloured now) + ``copied`` + ``cached`` (coloured before).
    """

    chapter: str
    output: str
    pages: int
    done: int
    copied: int
    cached: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ChapterFailed:
    """A chapter could not be done, or not all of its pages; it is tried again after ``retry_in`` seconds."""

    chapter: str
    failures: tuple[Failure, ...]
    tries: int
    retry_in: float


@dataclass(frozen=True, slots=True)
class ChapterGone:
    """A chapter's files went away or changed while it was being coloured; what lies in OUT stays."""

    chapter: str


@dataclass(frozen=True, slots=True)
class Notified:
    """A program or a library server was told. ``error``: why it could not be, and ``remedy``.

    ``to``: ``then``, ``komga`` or ``kavita``. ``retry_in``: seconds, if it will be tried again.
    """

    to: str
    chapter: str
    error: str = ""
    remedy: str = ""
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing can be done for now, or not all; it is tried again after ``retry_in`` seconds."""

    error: str
    remedy: str
    retry_in: float | None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is to be done just now. ``settling``, ``failed``: chapters that will be, later."""

    settling: int
    failed: int


@dataclass(frozen=True, slots=True)
class WatchDone:
    """Always the last event. Chapters: ``coloured`` in this watch, ``failed`` those that are there as it ends
    and have to be tried again. ``unread``: folders that could not be read, whatever lies in them."""

    status: int
    coloured: int
    failed: int
    seconds: float
    unread: int = 0


WatchEvent = (
    Ready
    | ChapterFound
    | ChapterSettled
    | ChapterStarted
    | ChapterColoured
    | ChapterFailed
    | ChapterGone
    | Notified
    | Trouble
    | Idle
    | WatchDone
)
Event = RunEvent | WatchEvent
Listener = Callable[[Event], None]
