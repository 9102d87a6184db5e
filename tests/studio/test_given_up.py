"""What a browser has given up is not begun, and only pages in sight are made ready."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import pytest
from starlette.requests import Request

from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.store.layout import State
from mangacolor.studio.desk import Desk, Painters
from mangacolor.studio.routes.answers import while_wanted
from mangacolor.studio.studio import Studio
from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_server import TOKEN, wait_until_idle


class Gone:
    """A request whose browser has given it up."""

    async def is_disconnected(self) -> bool:
        return True


STALE = PAGES[1]
GONE = cast(Request, Gone())
HEADERS = {"X-Token": TOKEN, "Content-Type": "application/json"}


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[Desk, threading.Event]]:
    """A desk whose thread works at something else until the event is set."""
    with ThreadPoolExecutor(1) as thread:
        desk = Desk(State(tmp_path), None, ChapterPages(".", {}, {}), thread, Painters(), lambda _: None)
        begun, go_on = threading.Event(), threading.Event()

        def work() -> None:
            begun.set()
            go_on.wait(30)

        desk.submit(work)
        assert begun.wait(30)
        yield desk, go_on
        go_on.set()


def test_a_question_that_is_given_up_before_its_turn_is_never_worked_at(
    busy: tuple[Desk, threading.Event],
) -> None:
    desk, go_on = busy
    worked: list[int] = []
    assert asyncio.run(while_wanted(GONE, desk, worked.append, 1)) is None
    go_on.set()
    assert desk.submit(len, worked).result(30) == 0


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("paint", {"page": PAGES[0], "side": 300}),
        ("cover", {}),
        ("pictures/page", {"page": STALE, "side": 300}),  # which is painted
        ("pictures/source", {"page": PAGES[0], "side": 300}),
        ("pictures/thumb", {"page": PAGES[0]}),
    ],
)
def test_a_browser_that_hangs_up_is_noticed(
    client: httpx.Client, studio: Studio, monkeypatch: pytest.MonkeyPatch, path: str, asked: dict[str, Any]
) -> None:
    wait_until_idle(client)
    studio.stale.add([STALE])
    given: Queue[Future[None]] = Queue()
    given_up = threading.Event()

    def submit(*_work: object) -> Future[None]:
        waits = Future[None]()
        waits.add_done_callback(lambda _: given_up.set())
        given.put(waits)
        return waits

    monkeypatch.setattr(Desk, "submit", submit)
    monkeypatch.setattr(studio.pictures_pool, "submit", submit)
    browser = HTTPConnection(client.base_url.host, client.base_url.port or 0)
    if path.startswith("pictures"):
        browser.request("GET", f"/api/{path}?{urlencode(asked)}", headers=HEADERS)
    else:
        browser.request("POST", f"/api/{path}", json.dumps(asked), HEADERS)
    waits = given.get(timeout=60)
    browser.close()
    assert given_up.wait(60) and waits.cancelled()
    client.get("/api/colour", params={"text": "red"})  # by its answer all that followed has been done
    assert given.empty()  # nor is anything else made in its place
    studio.stale.discard([STALE])


def test_what_has_begun_is_ended(busy: tuple[Desk, threading.Event]) -> None:
    desk, go_on = busy
    go_on.set()
    wait = threading.Event()  # longer than the first look at whether anybody waits
    assert asyncio.run(while_wanted(GONE, desk, wait.wait, 0.3)) is False


def test_of_pages_that_are_turned_over_those_in_sight_are_made_ready(
    busy: tuple[Desk, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, go_on = busy
    made: list[str] = []
    monkeypatch.setattr(Desk, "painter", lambda _self, page, _side: made.append(page))
    for page in "abcde":
        desk.make_ready(page, 1400)
    go_on.set()
    desk.submit(len, made).result(30)
    assert made == ["d", "e"]
