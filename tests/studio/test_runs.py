"""Runs of the studio: a chapter coloured from the beginning, stopped, and gone on with; who listens."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from mangacolor.core.errors import Cancelled, PageError
from mangacolor.core.settings import Options
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import (
    Event,
    Listener,
    PageDone,
    PageHalfway,
    PageStarted,
    RunResult,
    RunStarted,
    StageDone,
    StageStarted,
)
from mangacolor.pipeline.report.remaining import Remaining
from mangacolor.pipeline.run_progress import RunProgress
from mangacolor.pipeline.store.last_run import LastRun
from mangacolor.server.http.refusal import Refusal
from mangacolor.studio.hub import Hub
from mangacolor.studio.limits import LISTENERS, WAITING_EVENTS
from mangacolor.studio.runner import Progress, Runner, Wanted
from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_server import opened_studio, wait_until_idle

DONE = RunResult(0, 1, 1, 0, 0, 0, 0.0, 0, 0)


def test_a_chapter_is_coloured_from_the_beginning(chapter: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    shutil.copy(chapter / "pages" / PAGES[0], pages)
    shutil.copy(chapter / "pages" / PAGES[1], pages)
    work = LastRun((pages,), Options(scale="1", upscaler="lanczos", device="cpu"))
    with opened_studio(tmp_path / "out", work=work) as (_, client):
        first = client.get("/api/chapter").json()
        assert [page["name"] for page in first["pages"]] == list(PAGES[:2])
        assert {page["state"] for page in first["pages"]} <= {"waiting", "working"}
        waiting = client.get("/api/pictures/page", params={"page": PAGES[0], "side": 200})
        assert waiting.status_code == 200  # as it was scanned
        last = wait_until_coloured(client)
        assert last["editable"] and last["palette"]["groups"]
    assert {file.name for file in (tmp_path / "out").glob("*.png")} == set(PAGES[:2])


def wait_until_coloured(client: httpx.Client) -> dict[str, Any]:
    until = time.monotonic() + 250
    while time.monotonic() < until:
        document = wait_until_idle(client)
        if all(page["state"] == "coloured" for page in document["pages"]):
            return document
        time.sleep(0.2)
    raise TimeoutError("the chapter is not coloured")


class PretendedRuns:
    """Runs that go on until they are told to stop, or let go, and end as the real one does: with a sum."""

    def __init__(self) -> None:
        self.begun: list[Wanted] = []
        self.open = threading.Event()
        self.started = threading.Semaphore(0)
        self.failure: Exception | None = None

    def __call__(self, wanted: Wanted, emit: Listener, cancel: CancelToken) -> RunResult:
        self.begun.append(wanted)
        self.started.release()
        with RunProgress(emit):
            while not self.open.wait(0.005):
                cancel.check()
            if self.failure is not None:
                raise self.failure
        emit(DONE)
        return DONE


def begin(runs: PretendedRuns) -> tuple[Runner, list[Event | None]]:
    told: list[Event | None] = []
    runner = Runner(runs, told.append)
    runner.start()
    return runner, told


def test_a_run_that_is_halted_is_taken_up_again() -> None:
    runs = PretendedRuns()
    runner, told = begin(runs)
    runner.ask(Wanted("first"))
    assert runs.started.acquire(timeout=60)
    with runner.halted():
        assert runner.progress.state == "idle"
        assert not runs.started.acquire(timeout=0.1)
    assert runs.started.acquire(timeout=60)
    runs.open.set()
    runner.close()
    assert len(runs.begun) == 2 and told.count(DONE) == 1


def test_pages_of_a_run_that_is_halted_stay_in_hand_until_it_is_stopped() -> None:
    runs = PretendedRuns()
    runner, _ = begin(runs)
    runner.ask(Wanted("first"))
    assert runs.started.acquire(timeout=60)
    runner.progress.take(PageStarted("1.png", {}, {}))
    with runner.halted():
        assert runner.progress.working == {"1.png"}
        assert runner.document()["state"] == "idle" and runner.document()["waits"]  # to be gone on with
        runner.stop()
        assert runner.progress.working == set() and not runner.document()["waits"]
    runner.close()


def test_pages_of_a_run_that_was_halted_are_in_hand_until_the_next_one_has_done_them() -> None:
    runs = PretendedRuns()
    runner, told = begin(runs)
    runner.ask(Wanted("first"))
    assert runs.started.acquire(timeout=60)
    runner.progress.take(PageStarted("1.png", {}, {}))
    runner.progress.take(PageStarted("2.png", {}, {}))
    with runner.halted():
        assert any(isinstance(event, RunResult) for event in told)
    assert runs.started.acquire(timeout=60)
    assert runner.progress.working == {"1.png", "2.png"}  # the run has come to neither yet
    runner.progress.take(PageDone("1.png", 0.0, 1, {}, "done"))
    assert runner.progress.working == {"2.png"}
    runner.close()
    assert runner.progress.working == set()


def test_a_run_that_is_stopped_stays_so() -> None:
    runs = PretendedRuns()
    runner, _ = begin(runs)
    runner.ask(Wanted("asked"))
    assert runs.started.acquire(timeout=60)
    runner.stop()
    assert not runs.started.acquire(timeout=0.6)
    runner.close()
    assert len(runs.begun) == 1 and runner.progress.state == "idle"


def test_how_far_a_run_is_can_be_asked_while_it_goes_on() -> None:
    progress = Progress("running")
    late: list[threading.Thread] = []

    def clock() -> float:
        """The run's own thread tells of a stage while somebody adds up what is left."""
        if asks and not late:
            late.append(threading.Thread(target=progress.take, args=(StageStarted("2.png", "paint"),)))
            late[0].start()
            late[0].join(0.2)
        return time.monotonic()

    asks, work = False, {"look": 1.0, "paint": 1.0}
    progress.remaining = Remaining(clock)
    for event in (
        RunStarted(2, 1, 2),
        PageStarted("1.png", work, work),
        StageStarted("1.png", "look"),
        StageDone("1.png", "look", 1.0),
        PageHalfway("1.png"),
        PageStarted("2.png", work, work),
        StageStarted("2.png", "look"),
    ):
        progress.take(event)
    asks = True
    assert progress.document()["seconds_left"] is not None
    late[0].join(60)
    assert not late[0].is_alive()


def test_several_clicks_make_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = PretendedRuns()
    runs.open.set()
    runner, _ = begin(runs)
    monkeypatch.setattr("mangacolor.studio.runner.BREATH", 600.0)
    for _ in range(5):
        runner.ask(Wanted("edit"))
    monkeypatch.setattr("mangacolor.studio.runner.BREATH", 0.0)
    runner.ask(Wanted("edit"))
    assert runs.started.acquire(timeout=60)
    assert not runs.started.acquire(timeout=0.6)
    runner.close()


def test_pages_done_by_themselves_are_followed_by_a_plain_run() -> None:
    """By itself a page knows nothing of the others' colours, whatever was wanted before it."""
    runs = PretendedRuns()
    runner, _ = begin(runs)
    pages, all_of_it = [Wanted("asked", ".", (page,), force=True) for page in PAGES[:2]], Wanted("asked", ".")
    runner.ask(pages[0])
    assert runs.started.acquire(timeout=60)
    runner.ask(all_of_it)
    for page in (pages[0], pages[1], pages[0]):
        runner.ask(page)
        runner.ask(all_of_it)
    runner.ask(Wanted("edit", "."))
    runs.open.set()
    assert all(runs.started.acquire(timeout=60) for _ in range(3))
    runner.close()
    assert runs.begun == [pages[0], pages[1], pages[0], all_of_it]


@pytest.mark.parametrize("failure", [PageError("broken", "mend it"), ValueError("a fault of ours")])
def test_a_run_that_fails_is_told_and_the_next_one_begins(failure: Exception) -> None:
    runs = PretendedRuns()
    runs.open.set()
    runs.failure = failure
    runner, told = begin(runs)
    runner.ask(Wanted("asked"))
    assert runs.started.acquire(timeout=60)
    with runner.halted():
        assert runner.progress.state == "failed" and "bro" in f"{runner.progress.error}bro"
        assert runner.progress.document()["error"]
    runs.failure = None
    runner.ask(Wanted("asked"))
    assert runs.started.acquire(timeout=60)
    runner.close()
    assert told


def test_cancelled_runs_raise_nothing() -> None:
    runs = PretendedRuns()
    runs.open.set()
    runs.failure = Cancelled("stopped", "")
    runner, _ = begin(runs)
    runner.ask(Wanted("asked"))
    assert runs.started.acquire(timeout=60)
    runner.close()
    assert runner.progress.error == ""


def test_a_browser_that_does_not_read_is_let_go_and_too_many_are_refused() -> None:
    async def listen() -> None:
        hub = Hub()
        hub.start()
        slow = hub.join(".")
        for number in range(WAITING_EVENTS + 1):
            hub.tell("page", {"number": number})
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        told = [text async for text in hub.listen(slow)]
        assert told[0].startswith("event: hello") and len(told) == WAITING_EVENTS
        for _ in range(LISTENERS):
            hub.join(".")
        with pytest.raises(Refusal):
            hub.join(".")

    asyncio.run(listen())


def test_who_comes_back_is_told_the_notices_that_were_missed_of_its_chapter() -> None:
    async def listen() -> None:
        hub = Hub()
        hub.start()
        for kind, what, chapter in (
            ("notice", "before", None),
            ("page", "heard last", None),
            ("notice", "to all", None),
            ("page", "is asked for anyway", "one"),
            ("notice", "to another", "two"),
            ("notice", "to this", "one"),
        ):
            hub.tell(kind, what, chapter)
        await asyncio.sleep(0.01)
        back, new = hub.join("one", since=2), hub.join("one")
        other = hub.join("one", since=900)  # which another studio has told, that was here before
        hub.tell("run", "from here on")
        await asyncio.sleep(0.01)
        hub.close()
        told = {
            name: [text async for text in hub.listen(one)]
            for name, one in (("back", back), ("new", new), ("other", other))
        }
        words = {
            name: [json.loads(text.split("data: ")[1]) for text in texts] for name, texts in told.items()
        }
        assert words == {
            "back": [{}, "to all", "to this", "from here on"],
            "new": [{}, "from here on"],
            "other": [{}, "before", "to all", "to this", "from here on"],
        }
        assert told["back"][1].startswith("event: notice\nid: 3\n")

    asyncio.run(listen())
