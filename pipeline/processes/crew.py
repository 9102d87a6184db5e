"""The processes that do a run's pages: started, supplied, and done without where one is lost.

All that decides runs on the engine's coordinator. A thread for each process waits for its messages, takes in
what it wrote to its manifest, and passes them on.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import pickle
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from mangacolor.core.cpu import planning_for, usable_cores
from mangacolor.core.devices import refuse_devices, refused_devices
from mangacolor.core.errors import DeviceError, OutputError, PageError, SetupError
from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.lanes import Step, Token, never_begun
from mangacolor.pipeline.engine.local import MORE_PAGES
from mangacolor.pipeline.engine.memory import Need
from mangacolor.pipeline.engine.page_task import PageTask, Pass
from mangacolor.pipeline.engine.tally import BUG
from mangacolor.pipeline.engine.worker_pools import Completion
from mangacolor.pipeline.events import Announced, Event
from mangacolor.pipeline.processes.messages import (
    Back,
    Broken,
    Gone,
    MakeGraph,
    PageWork,
    Ready,
    Setting,
    Stop,
    Told,
    travelling,
)
from mangacolor.pipeline.processes.process import Process
from mangacolor.pipeline.processes.shares import (
    Share,
    divide,
    most_for,
    needs_all,
    pages_wanted,
    processes_for,
)
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.pipeline.store.page_output import known_lines
from mangacolor.pipeline.store.store import Store

_CHAPTERS: Final = 8  # that are kept packed
# Pages that may be gathered for one that all processes want: where little is left of each, it takes many.
_GATHERED: Final = 4
_LOST: Final = "Most often such a page takes more memory than there is: give it more, or fewer --jobs."
_NOT_STARTED: Final = "Use --processes 1."
_ALL_HERE: Final = (
    "other processes for pages cannot be started ({}): this one does all; --processes 1 says so"
)


class Crew:
    """What ``engine.lanes.Elsewhere`` asks for, by processes of this machine."""

    def __init__(self, job: Job, run_options: RunOptions, store: Store, make_graph: MakeGraph) -> None:
        self._job, self._run_options, self._store, self._make_graph = job, run_options, store, make_graph
        self._cores, self._asked = usable_cores(), run_options.processes
        self._most = most_for(job.options, run_options)
        wanted = pages_wanted(self._asked, self._most)
        self.wanted: float = wanted
        self.room = _GATHERED * wanted + job.memory.jobs + MORE_PAGES
        self._run = secrets.token_hex(4)
        self._number = 0
        self._packed: OrderedDict[int, tuple[object, bytes]] = OrderedDict()  # chapters, by their recipe
        self._processes: list[Process] = []
        self._waiting: deque[PageTask] = deque()
        self._large: deque[PageTask] = deque()  # pages that need the memory of all processes
        self._suspects: deque[PageTask] = deque()  # lost with their process, to be tried by themselves
        self._stopped = False
        self._fatal: Exception | None = None
        self._one_began = self._none_begins = False  # whether a process has ever been ready, or none can be
        self._new: dict[str, Entry] = {}  # what processes had finished before they were lost

    def begin(self, pages: Sequence[PageTask], worth: float, deliver: Callable[[Completion], None]) -> bool:
        """Start the processes if so much work is worth it, and the pages fit into memory together."""
        amount = len(pages) if self._asked else int(worth)
        count = processes_for(
            amount, self._asked, self._most, self._cores, self._job.memory, partial(_needs, pages)
        )
        self._deliver = deliver
        if count < 2 or self._none_begins or not self._may_start(pages[0]):
            return False
        self._store.state.parts.mkdir(parents=True, exist_ok=True)
        shares = divide(count, self._cores, self._job.memory)
        self.room = sum(share.jobs + MORE_PAGES for share in shares) + len(pages)
        try:
            for share in shares:
                self._processes.append(self._start(share))
        except OSError as error:  # of memory, of processes or of open files there are too few
            self._end_all()
            self._say_all_here(error.strerror or str(error))
        return bool(self._processes)

    def _may_start(self, task: PageTask) -> bool:
        """Whether other processes are of any use; says so if not."""
        if multiprocessing.current_process().daemon:
            self._say_all_here("this one may have none")
        elif not self._can_travel(task):
            self._say_all_here("a stage's settings cannot be sent to them")
        else:
            return True
        return False

    def _say_all_here(self, why: str) -> None:
        self._none_begins = True
        self._deliver(Completion(Token(-1, Step.NEWS), Announced(_ALL_HERE.format(why))))

    def _can_travel(self, task: PageTask) -> bool:
        """Whether another process can be told which stages there are, and their settings."""
        try:
            pickle.dumps(self._make_graph)
            self._pack_chapter(task)
        except Exception:  # pickle says so in many ways
            return False
        return True

    def _start(self, share: Share) -> Process:
        job, out = self._job, self._store.state.out
        setting = Setting(
            folder=Path.cwd(),
            out=out,
            options=job.options,
            make_graph=self._make_graph,
            job=travelling(job),
            share=share,
            stage_timeout=self._run_options.stage_timeout,
            refused=refused_devices(),
        )
        process = Process(setting)
        process.listen(lambda message: self._pass_on(process, message))
        return process

    def _pass_on(self, process: Process, message: object) -> None:
        """[thread] Take in what a page leaves for the manifest, then say that it is back."""
        if isinstance(message, Back):
            try:
                self._store.manifest.absorb(message.part)
            except Exception as error:  # a disk that fails ends the run, in the coordinator's words
                message = Broken(error, "", {})
        self._deliver(Completion(Token(-1, Step.NEWS), (process, message)))

    # -- giving pages away

    def take(self, task: PageTask) -> None:
        if self._fatal is not None:
            self._deliver(Completion(_away(task), error=self._fatal))
            return
        if self._none_begins:
            self._deliver(Completion(_away(task)))
            return
        share = self._processes[0].share
        with planning_for(share.cores):
            need, _later = task.needs()
        (self._large if needs_all(need, share) else self._waiting).append(task)
        self._supply()

    def _supply(self) -> None:
        """Keep each process supplied, and none with much more than the others."""
        if self._stopped or any(process.needs_all for process in self._processes):
            return
        ready = [process for process in self._processes if process.ready]
        while self._waiting and (process := self._freest(ready)) is not None:
            self._hand_over(process, self._waiting.popleft())
        idle = [process for process in ready if not process.pages]
        if self._suspects and idle:
            self._hand_over(idle[-1], self._suspects.popleft(), alone=True)
        out = any(process.pages for process in self._processes)
        if self._large and idle and not out and not self._waiting:
            self._hand_over(idle[0], self._large.popleft(), alone=True, needs_all=True)

    def _freest(self, ready: Sequence[Process]) -> Process | None:
        """The process with the fewest pages for its cores, if it is to have one more."""
        out = sum(len(process.pages) for process in self._processes)
        fair = -(-(len(self._waiting) + out) // len(self._processes))
        free = [
            process
            for process in ready
            if not process.alone
            and not (self._suspects and process.is_a_stand_in)
            and len(process.pages) < min(process.share.jobs + MORE_PAGES, fair)
        ]
        return min(free, key=lambda process: len(process.pages) / process.share.cores, default=None)

    def _hand_over(
        self, process: Process, task: PageTask, *, alone: bool = False, needs_all: bool = False
    ) -> None:
        spec, state = task.spec, task.state
        self._number += 1
        process.pages[spec.index], process.alone, process.needs_all = task, alone, needs_all
        work = PageWork(
            index=spec.index,
            page=task.name,
            chapter=self._pack_chapter(task),
            targets=spec.targets,
            chapter_results=spec.chapter_results,
            first_pass=spec.first_pass,
            seconds=state.seconds,
            panels=state.panels,
            source=state.source,
            known=known_lines(self._store.manifest, [(task.name, spec.chapter.container)]),
            part=self._store.state.parts / f"{self._run}-{self._number}.jsonl",
        )
        state.source = b""
        process.parts[spec.index] = work.part
        process.send(work)

    def _pack_chapter(self, task: PageTask) -> bytes:
        """A page's chapter and its recipe as bytes, which its other pages share."""
        recipe = task.spec.recipe
        if id(recipe) not in self._packed:
            self._packed[id(recipe)] = recipe, pickle.dumps((task.spec.chapter, recipe))
            while len(self._packed) > _CHAPTERS:
                self._packed.popitem(last=False)
        return self._packed[id(recipe)][1]

    # -- what comes back

    def hear(self, news: tuple[Process, object] | Announced) -> tuple[list[Event], list[Completion]]:
        if isinstance(news, Announced):
            return [news], []
        process, message = news
        events: list[Event] = []
        back: list[Completion] = []
        match message:
            case Ready():
                process.ready = self._one_began = True
            case Told(event=event):
                events.append(event)
            case Back(index=index, done=done) if index in process.pages:
                page = process.give_back(index).name
                back.append(Completion(Token(index, Step.BACK), self._as_new(page, done)))
            case Broken(error=error, device=device, refused=refused):
                refuse_devices(refused)
                if isinstance(error, DeviceError):
                    error.device = device
                back += self._fail_all(_that_ends_a_run(error))
            case Gone():
                back += self._lose(process)
        self._supply()
        return events, back

    def _lose(self, process: Process) -> list[Completion]:
        """A process has ended. Nobody knows which of its pages is to blame, so each is tried by itself."""
        parts, was_alone = list(process.parts.values()), process.alone
        pages = process.take_pages()
        process.end()
        if self._stopped or self._job.cancel.requested or process not in self._processes:
            return [never_begun(task) for task in pages]
        if not process.ready:  # the others can do without
            self._processes.remove(process)
            return [] if self._processes else self._do_without_any()
        for part in parts:
            self._new.update((entry.page, entry) for entry in self._store.manifest.absorb(part))
        self._processes.remove(process)
        self._suspects.extend([] if was_alone else pages)
        lost = PageError("the process that had this page, and no other, was lost", _LOST)
        back = [Completion(_away(task), error=lost) for task in pages if was_alone]
        try:
            self._add_stand_in(process.share)
        except OSError as error:
            if not self._processes:
                back += self._fail_all(SetupError(f"no process can be started: {error}", _NOT_STARTED))
        return back

    def _do_without_any(self) -> list[Completion]:
        """Every process ended while it started. Who did not ask for several has the pages done here."""
        if self._asked or self._one_began:
            ended = SetupError("every process for pages ended while it started", _NOT_STARTED)
            return self._fail_all(ended)
        self._say_all_here("they ended while they started")
        return [Completion(_away(task)) for task in reversed(self._take_waiting())]

    def _add_stand_in(self, share: Share) -> None:
        stand_in = self._start(share)
        stand_in.is_a_stand_in = True
        self._processes.append(stand_in)

    def _as_new(self, page: str, done: Pass) -> Pass:
        """A page that a lost process had finished was found finished by the next: it is new all the same."""
        entry = self._new.get(page)
        if done.outcome != "cached" or entry is None:
            return done
        return dataclasses.replace(done, outcome=entry.outcome, seconds=entry.seconds)

    def _fail_all(self, error: Exception) -> list[Completion]:
        """The run ends here: every page is back, and so is each that may still come."""
        self._fatal, self._stopped = error, True
        out = [task for process in self._processes for task in process.take_pages()]
        return [Completion(_away(task), error=error) for task in (*out, *self._take_waiting())]

    def _take_waiting(self) -> list[PageTask]:
        """Every page that no process has."""
        waiting = [*self._waiting, *self._large, *self._suspects]
        for queue in (self._waiting, self._large, self._suspects):
            queue.clear()
        return waiting

    def _end_all(self) -> None:
        while self._processes:
            self._processes.pop().end()

    def stop(self) -> list[Completion]:
        """Let pages at work end between two tiles."""
        self._stopped = True
        for process in self._processes:
            if process.ready:
                process.send(Stop())
            else:
                process.end()
        return [never_begun(task) for task in self._take_waiting()]

    def close(self) -> None:
        """Processes that are still at work end here and now; what they have committed is taken in."""
        self._stopped = True
        self._end_all()
        for part in sorted(self._store.state.parts.glob(f"{self._run}-*.jsonl")):
            self._store.manifest.absorb(part)


def _needs(pages: Sequence[PageTask], cores: int) -> list[Need]:
    """What pages take in both passes, in a process with so many cores."""
    with planning_for(cores):
        return [need for task in pages for need in task.needs()]


def _away(task: PageTask) -> Token:
    return Token(task.spec.index, Step.BACK, "worker")


def _that_ends_a_run(error: Exception) -> Exception:
    if isinstance(error, SetupError | OutputError):
        return error
    return SetupError(f"a process for pages failed: {type(error).__name__}: {error}", BUG)
