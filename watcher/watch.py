"""A watch from its first look to its exit status: what makes it possible is checked, OUT is held."""

from __future__ import annotations

import time

from mangacolor.core.devices import check_device_name
from mangacolor.core.errors import ExitStatus, InputError, MangacolorError, UsageError
from mangacolor.core.settings import WatchOptions
from mangacolor.core.system.files import is_same_place
from mangacolor.core.types import KnownChapters
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.registry import graph_of
from mangacolor.watcher.coloring import Job, StopWatch
from mangacolor.watcher.events import Listener, WatchDone
from mangacolor.watcher.loop import Counts, Loop
from mangacolor.watcher.notices import Notices, check_watchfiles
from mangacolor.watcher.records import Records
from mangacolor.watcher.telling.messengers import make_messengers


def watch(job: Job, settings: WatchOptions, *, emit: Listener, stop: StopWatch) -> int:
    """Colour what is in ``job.root`` and what comes, until ``stop``, or once. Returns the exit status.

    Emits every event, ``WatchDone`` last. Raises ``UsageError``, ``InputError``, ``SetupError`` or
    ``OutputError`` where it cannot begin, and ``SetupError`` where no chapter can be coloured.
    """
    began = time.monotonic()
    seen = Counts()
    status = int(ExitStatus.NOTHING_DONE)
    try:
        check_watchfiles()
        messengers = make_messengers(settings, job.out, emit, lambda: stop.requested)
        _check(job)
        state = State(job.out)
        with state.watched():
            records = Records(state.folder / "watch.jsonl", state.watch_scratch)
            with Notices(job.root, job.out.resolve(), settings.poll) as notices:
                Loop(job, settings, records, messengers, notices, emit, stop, seen).go(began)
        status = stop.status if stop.requested else seen.status
    except MangacolorError as error:
        status = error.status
        raise
    finally:
        seconds = round(time.monotonic() - began, 3)
        emit(WatchDone(int(status), seen.coloured, seen.failed, seconds, seen.unread))
    return int(status)


def _check(job: Job) -> None:
    """Raise for what would make every run fail, before any."""
    if not job.root.is_dir():
        raise InputError(f"{job.root}: no such folder", "Name the folder in which new chapters appear.")
    if is_same_place(job.root, job.out.resolve()):
        raise UsageError("--out is the watched folder itself", "Name another folder for the coloured pages.")
    check_device_name(job.options.device)
    (job.graph or graph_of(job.options)).check(job.options, KnownChapters())
