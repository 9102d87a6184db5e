"""What runs in a process for pages: the local engine, fed page after page, so that it never drains."""

from __future__ import annotations

import dataclasses
import os
import pickle
import threading
import traceback
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from mangacolor.core.devices import refuse_devices
from mangacolor.core.types import Chapter
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.chapter_task import ChapterTask
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.page_task import PageState, PageTask
from mangacolor.pipeline.engine.tasks import Tasks, make_page_spec
from mangacolor.pipeline.events import Event, PageFailed, StageDone, StageStarted, Warned
from mangacolor.pipeline.processes.messages import (
    Back,
    Broken,
    PageWork,
    Ready,
    Setting,
    Stop,
    Told,
    broken,
)
from mangacolor.pipeline.store.keys import Recipe
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.packing import Packing
from mangacolor.pipeline.store.store import Store

_CHAPTERS: Final = 8  # that are kept unpacked: pages of one follow each other
_ALONE: Final = 1  # exit status of a process whose run is over without a word


@dataclass(frozen=True, slots=True)
class _Handed(Tasks):
    """Pages that another process has handed over: it alone knows of chapters and archives."""

    ended: Callable[[PageTask], None] = field(kw_only=True)

    def end_page(self, task: PageTask, *, survived: bool) -> list[ChapterTask | Packing]:
        self.ended(task)
        return []


class Worker:
    """One process's work. Messages are sent by the engine's coordinator alone, and read by a thread."""

    def __init__(self, connection: Connection, setting: Setting) -> None:
        self._connection = connection
        self._setting, self._cancel = setting, CancelToken()
        refuse_devices(setting.refused)
        # Which pages are too large the memory of all processes says, and the gate goes by this one's.
        self._job = setting.make_job(self._cancel)
        own = dataclasses.replace(self._job, memory=setting.share.memory)
        self._parts: dict[int, Path] = {}  # where the lines of each page at work go
        self._failures: dict[str, PageFailed] = {}
        self._counted: Counter[str] = Counter()
        self._chapters: OrderedDict[bytes, tuple[Chapter, Recipe]] = OrderedDict()
        device, jobs = setting.options.device, setting.share.jobs
        self._engine = Engine(own, self._tell, device, jobs, setting.stage_timeout)

    def run(self) -> None:
        """Do pages until it is told to stop. Raises what ends a run."""
        threading.Thread(target=self._read, name="messages", daemon=True).start()
        self._connection.send(Ready())
        self._engine.run(_Handed(ended=self._page_ended), fed=True)

    def _read(self) -> None:
        """[thread] Take in what comes. Where nobody is left at the other end, the process ends at once."""
        try:
            while True:
                message = self._connection.recv()
                if isinstance(message, Stop):
                    self._cancel.request()
                else:
                    self._engine.feed(self._make_task(message))
        except (EOFError, OSError):
            os._exit(_ALONE)
        except BaseException:  # what is not taken in must not leave the other end waiting
            traceback.print_exc()
            os._exit(_ALONE)

    def _make_task(self, work: PageWork) -> PageTask:
        chapter, recipe = self._open_chapter(work.chapter)
        page = next(page for page in chapter.pages if page.name == work.page)
        state = State(self._setting.out)
        store = Store(state, Manifest(state.out, work.part, state.scratch, work.known))
        spec = make_page_spec(
            self._job,
            page,
            chapter,
            recipe,
            work.index,
            store,
            targets=work.targets,
            chapter_results=work.chapter_results,
            first_pass=work.first_pass,
        )
        self._parts[work.index] = work.part
        return PageTask(spec, PageState(source=work.source, seconds=dict(work.seconds), panels=work.panels))

    def _open_chapter(self, packed: bytes) -> tuple[Chapter, Recipe]:
        if packed not in self._chapters:
            self._chapters[packed] = pickle.loads(packed)
            while len(self._chapters) > _CHAPTERS:
                self._chapters.popitem(last=False)
        self._chapters.move_to_end(packed)
        return self._chapters[packed]

    def _tell(self, event: Event) -> None:
        """Pass on what is told of pages at work. How a page ends is said in one word, when it has ended."""
        if isinstance(event, PageFailed):
            self._failures[event.page] = event
        elif isinstance(event, StageStarted | StageDone | Warned):
            self._connection.send(Told(event))

    def _page_ended(self, task: PageTask) -> None:
        counts = self._engine.counts - self._counted
        self._counted += counts
        failure = self._failures.pop(task.name, None)
        done = dataclasses.replace(task.describe_pass(), failure=failure, counts=counts)
        self._connection.send(Back(task.spec.index, done, self._parts.pop(task.spec.index)))


def work(connection: Connection) -> None:
    """Do what comes by ``connection``; what ends the run is said there, too."""
    try:
        setting = connection.recv()
        assert isinstance(setting, Setting)
        os.chdir(setting.folder)
        _say_how_it_ends(connection, setting)
    except (EOFError, OSError):
        os._exit(_ALONE)


def _say_how_it_ends(connection: Connection, setting: Setting) -> None:
    try:
        Worker(connection, setting).run()
    except Exception as error:
        connection.send(sendable(error))


def sendable(error: Exception) -> Broken:
    """The error as far as it can travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever a library put into it
        return broken(RuntimeError(f"{type(error).__name__}: {error}"))
    return broken(error)
