"""Who gets which page, and what is done about processes that are lost: with processes that only listen."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mangacolor.core.errors import DeviceError, OutputError, SetupError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.discovery import discover
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.lanes import Step
from mangacolor.pipeline.engine.memory import MemoryLimit, Need
from mangacolor.pipeline.engine.page_task import PageTask, Pass
from mangacolor.pipeline.engine.tasks import make_tasks
from mangacolor.pipeline.engine.worker_pools import Completion
from mangacolor.pipeline.events import Announced, StageDone
from mangacolor.pipeline.processes import crew as module
from mangacolor.pipeline.processes.crew import Crew
from mangacolor.pipeline.processes.messages import Back, Broken, Gone, PageWork, Ready, Setting, Stop, Told
from mangacolor.pipeline.processes.process import Process
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.store import Store
from mangacolor.tests.helpers.fake_stages import write_page
from mangacolor.tests.helpers.processes import FakeStages

MIB = 2**20


class Listening(Process):
    """A process that is none."""

    made: list[Listening]

    def __init__(self, setting: Setting) -> None:
        self.share, self.sent = setting.share, list[Any]()
        self.ready = self.alone = self.needs_all = self.is_a_stand_in = self.ended = False
        self.pages: dict[int, PageTask] = {}
        self.parts: dict[int, Path] = {}
        self.made.append(self)

    def listen(self, tell: Callable[[object], None]) -> None:
        pass

    def send(self, message: object) -> None:
        self.sent.append(message)

    def end(self) -> None:
        self.ended = True

    @property
    def numbers(self) -> list[int]:
        return sorted(self.pages)


@dataclasses.dataclass
class Bench:
    """A crew of processes that only listen, on pretended cores."""

    crew: Crew
    tasks: list[PageTask]
    made: list[Listening]
    delivered: list[Completion]
    needs: dict[str, Need]

    def begin(self, *, ready: bool = True) -> None:
        assert self.crew.begin(self.tasks, len(self.tasks), self.delivered.append)
        for process in self.made if ready else ():
            self.hear(process, Ready())
        for task in self.tasks:
            self.crew.take(task)

    def hear(self, process: Listening, message: object) -> list[Completion]:
        return self.crew.hear((process, message))[1]

    def back(self, process: Listening, index: int) -> list[Completion]:
        return self.hear(process, Back(index, Pass({}, "", {}, 0, "done"), Path("part")))


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    made: list[Listening] = []
    monkeypatch.setattr(Listening, "made", made, raising=False)
    monkeypatch.setattr(module, "Process", Listening)

    def prepare(pages: int, processes: int, jobs: int, memory: int = 0) -> Bench:
        needs: dict[str, Need] = {}
        (tmp_path / "in").mkdir()
        for number in range(pages):
            write_page(tmp_path / "in" / f"{number}.png", number)
        monkeypatch.setattr(module, "usable_cores", lambda: jobs)
        monkeypatch.setattr("mangacolor.pipeline.processes.shares.usable_cores", lambda: jobs)
        options, state = Options(device="cpu"), State(tmp_path / "out")
        graph = FakeStages()(options)
        limit = MemoryLimit(memory, jobs)
        job = Job(graph, graph.select(), options, CancelToken(), memory=limit)
        store = Store(state, Manifest(state.out, state.manifest, state.scratch))
        chapters = discover([tmp_path / "in"], state.out).chapters
        tasks = make_tasks(job, chapters, store).pages
        monkeypatch.setattr(PageTask, "needs", lambda task: (needs.get(task.name, Need(held=MIB)), Need()))
        crew = Crew(job, RunOptions(processes=processes), store, FakeStages())
        return Bench(crew, tasks, made, [], needs)

    return prepare


Make = Callable[..., Bench]


def said(bench: Bench) -> list[str]:
    """What the crew has told by itself so far."""
    return [
        event.message
        for news in bench.delivered
        if isinstance(news.result, Announced)
        for event in bench.crew.hear(news.result)[0]
        if isinstance(event, Announced)
    ]


def crew_says(why: str) -> str:
    return f"other processes for pages cannot be started ({why}): this one does all; --processes 1 says so"


def test_pages_are_shared_out_evenly_and_follow_each_other(make: Make) -> None:
    bench = make(pages=16, processes=2, jobs=4)
    bench.begin()
    assert [process.numbers for process in bench.made] == [
        [0, 2, 4, 6],
        [1, 3, 5, 7],
    ]  # two jobs and two more
    assert [work.index for work in bench.made[0].sent] == [0, 2, 4, 6]
    assert all(isinstance(work, PageWork) and work.panels == 0 for work in bench.made[0].sent)
    (done,) = bench.back(bench.made[1], 3)
    assert (done.token.page, done.token.step) == (3, Step.BACK)  # type: ignore[attr-defined]
    assert bench.made[1].numbers == [1, 5, 7, 8]


def test_who_is_ready_first_does_not_take_the_others_share(make: Make) -> None:
    bench = make(pages=4, processes=2, jobs=8)
    bench.begin(ready=False)
    assert not any(process.pages for process in bench.made)
    bench.hear(bench.made[0], Ready())
    assert bench.made[0].numbers == [0, 1]
    bench.hear(bench.made[1], Ready())
    assert bench.made[1].numbers == [2, 3]


def test_events_are_passed_on(make: Make) -> None:
    bench = make(pages=2, processes=2, jobs=2)
    bench.begin()
    event = StageDone("0.png", "tint", 1.0)
    assert bench.crew.hear((bench.made[0], Told(event))) == ([event], [])


def test_pages_of_a_lost_process_are_tried_one_by_one(make: Make) -> None:
    bench = make(pages=12, processes=2, jobs=4)
    bench.begin()
    first, second = bench.made
    assert bench.hear(first, Gone()) == []
    stand_in = bench.made[2]
    bench.hear(stand_in, Ready())
    assert stand_in.numbers == [0] and second.numbers == [1, 3, 5, 7]
    (lost,) = bench.hear(stand_in, Gone())
    assert lost.token.page == 0 and "and no other, was lost" in str(lost.error)  # type: ignore[attr-defined]
    last = bench.made[3]
    bench.hear(last, Ready())
    for index in (2, 4, 6):
        assert last.numbers == [index]
        bench.back(last, index)
    assert last.numbers[0] >= 8 and len(last.numbers) > 1  # nobody is suspected any more


def test_a_page_that_needs_the_memory_of_all_has_it_when_the_others_are_done(make: Make) -> None:
    bench = make(pages=5, processes=2, jobs=2, memory=3000 * MIB)
    bench.tasks, large = bench.tasks[:2] + bench.tasks[3:], bench.tasks[2]
    bench.begin()
    bench.needs[large.name] = Need(held=2000 * MIB)
    bench.crew.take(large)
    assert sorted(bench.made[0].numbers + bench.made[1].numbers) == [0, 1, 3, 4]
    for process in bench.made:
        for index in process.numbers:
            bench.back(process, index)
    (owner,) = (process for process in bench.made if process.pages)
    assert owner.numbers == [2] and owner.needs_all


@pytest.mark.parametrize("error", [SetupError("no weights"), OutputError("full"), DeviceError("gone")])
def test_what_ends_a_run_reaches_every_page(make: Make, error: Exception) -> None:
    bench = make(pages=12, processes=2, jobs=2)
    bench.begin()
    back = bench.hear(bench.made[0], Broken(error, "cuda:1", {}))
    assert sorted(done.token.page for done in back) == list(range(12))  # type: ignore[attr-defined]
    assert all(done.error is error for done in back)
    assert getattr(error, "device", "cuda:1") == "cuda:1"
    assert bench.hear(bench.made[1], Gone()) == []
    bench.crew.take(bench.tasks[0])
    assert bench.delivered[-1].error is error


def test_others_do_without_a_process_that_does_not_start(make: Make) -> None:
    bench = make(pages=4, processes=2, jobs=2)
    bench.begin(ready=False)
    assert bench.hear(bench.made[0], Gone()) == []
    bench.hear(bench.made[1], Ready())
    assert bench.made[1].numbers == [0, 1, 2]


def test_where_no_process_starts_the_run_ends_with_a_remedy(make: Make) -> None:
    bench = make(pages=4, processes=2, jobs=2)
    bench.begin(ready=False)
    assert bench.hear(bench.made[0], Gone()) == []
    back = bench.hear(bench.made[1], Gone())
    assert len(back) == 4 and all("--processes 1" in str(done.error) for done in back)


def test_who_did_not_ask_for_processes_has_the_pages_done_here_where_none_starts(make: Make) -> None:
    bench = make(pages=9, processes=0, jobs=8)
    bench.begin(ready=False)
    first, second = bench.made
    assert bench.hear(first, Gone()) == []
    back = bench.hear(second, Gone())
    assert len(back) == 9 and all((done.result, done.error) == (None, None) for done in back)
    assert said(bench) == [crew_says("they ended while they started")]
    bench.crew.take(bench.tasks[0])  # in its second pass
    assert (bench.delivered[-1].result, bench.delivered[-1].error) == (None, None)


def test_a_stop_takes_back_what_is_not_begun(make: Make) -> None:
    bench = make(pages=12, processes=2, jobs=2)
    bench.begin()
    taken = [done.token.page for done in bench.crew.stop()]  # type: ignore[attr-defined]
    at_work = [index for process in bench.made for index in process.numbers]
    assert sorted(taken + at_work) == list(range(12)) and taken
    assert all(isinstance(process.sent[-1], Stop) for process in bench.made)
    ended = [done for process in bench.made for done in bench.hear(process, Gone())]
    assert sorted(done.token.page for done in ended) == sorted(at_work)  # type: ignore[attr-defined]
    bench.crew.close()
    assert all(process.ended for process in bench.made) and len(bench.made) == 2


class Refused(Listening):
    """One that cannot be started where there are ``most`` already."""

    most = 0

    def __init__(self, setting: Setting) -> None:
        if len(self.made) >= self.most:
            raise OSError(errno.ENOMEM, "no memory")
        super().__init__(setting)


@pytest.mark.parametrize("asked", [2, 0])
def test_where_processes_cannot_be_started_pages_stay_here_and_that_is_said(
    make: Make, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    bench = make(pages=9, processes=asked, jobs=8)
    monkeypatch.setattr(module, "Process", Refused)
    monkeypatch.setattr(Refused, "most", 1)
    assert not bench.crew.begin(bench.tasks, 9, bench.delivered.append)
    assert [process.ended for process in bench.made] == [True]
    assert said(bench) == [crew_says("no memory")]


def test_stages_that_no_other_process_can_make_are_told_of(make: Make) -> None:
    bench = make(pages=4, processes=2, jobs=2)
    bench.crew._make_graph = lambda _options: bench.crew._job.graph
    assert not bench.crew.begin(bench.tasks, 4, bench.delivered.append)
    assert said(bench) == [crew_says("a stage's settings cannot be sent to them")] and not bench.made


def test_the_last_page_comes_back_where_no_stand_in_can_be_started(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has been lost with its process for the second time, and nothing else would end the run."""
    bench = make(pages=2, processes=2, jobs=2)
    bench.begin()
    first, second = bench.made
    bench.back(second, 1)
    assert bench.hear(first, Gone()) == []  # second is free and tries the page by itself
    stand_in = bench.made[2]
    assert second.numbers == [0] and second.alone
    bench.hear(stand_in, Gone())
    monkeypatch.setattr(module, "Process", Refused)
    (lost,) = bench.hear(second, Gone())
    assert lost.token.page == 0 and "and no other, was lost" in str(lost.error)  # type: ignore[attr-defined]
    bench.crew.take(bench.tasks[1])  # in its second pass
    assert "no process can be started: [Errno 12] no memory" in str(bench.delivered[-1].error)
