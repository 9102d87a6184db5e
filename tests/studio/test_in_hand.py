"""While a run writes what is kept of a page, a window that asks about it is not refused."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mangacolor.core.errors import ExitStatus, InputError, OutputError
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Listener, PageStarted, RunResult
from mangacolor.studio.desk import Desk
from mangacolor.studio.pages import PageRows
from mangacolor.studio.routes import colours
from mangacolor.studio.runner import Wanted
from mangacolor.studio.studio import Studio
from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_server import opened_studio, wait_until_idle

PAGE = PAGES[0]
ASKED: dict[str, Any] = {"page": PAGE, "side": 300}


@pytest.fixture
def half_written(client: httpx.Client, studio: Studio, out: Path) -> Iterator[Path]:
    """A page whose panels and colours are just being written: their files are not there."""
    wait_until_idle(client)
    folder = out / ".mangacolor/pages" / PAGE
    kept = {folder / f"{stage}.json": b"" for stage in ("panels", "colorize")}
    for file in kept:
        kept[file] = file.read_bytes()
        file.unlink()
    studio.runner.progress.working.add(PAGE)
    yield folder
    for file, data in kept.items():
        file.write_bytes(data)
    studio.runner.progress.working.clear()
    studio.stale.discard([PAGE])


@pytest.mark.parametrize("path", ["surfaces", "pictures/surfaces", "pictures/balloons"])
def test_there_is_nothing_yet(client: httpx.Client, studio: Studio, half_written: Path, path: str) -> None:
    assert client.get(f"/api/{path}", params=ASKED).status_code == 204
    studio.runner.progress.working.clear()  # where nobody writes them they are gone
    answer = client.get(f"/api/{path}", params=ASKED)
    assert answer.status_code == 422 and "gone" in answer.json()["error"]


POINT = {"page": PAGE, "x": 20, "y": 20}
UNPAINTED = {"page": PAGE, "side": 301}  # which no other test has had made ready


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("surface", POINT),
        ("line", {"page": PAGE, "line": [[20, 20], [60, 60]]}),
        ("paint", {**UNPAINTED, "wishes": {}}),
        ("paint", {**UNPAINTED, "unedited": True}),
    ],
)
def test_what_a_click_or_a_line_means_and_how_it_would_look_is_nothing_yet(
    client: httpx.Client, studio: Studio, half_written: Path, path: str, asked: dict[str, Any]
) -> None:
    assert client.post(f"/api/{path}", json=asked).status_code == 204
    wrong = {**asked, "page": "none.png"}
    assert client.post(f"/api/{path}", json=wrong).status_code == 400  # that is no matter of the run
    studio.runner.progress.working.clear()
    assert client.post(f"/api/{path}", json=asked).status_code == 422


def test_what_a_wish_would_cover_is_nothing_yet(
    client: httpx.Client, studio: Studio, half_written: Path
) -> None:
    asked = {"wishes": {"at": [PAGE, 20, 20], "colour": "#e01020", "reach": "alike"}}
    assert client.post("/api/cover", json=asked).status_code == 204
    studio.runner.progress.working.clear()
    assert client.post("/api/cover", json=asked).status_code == 422


def test_a_page_that_is_done_between_the_question_and_its_failure_is_no_error(
    client: httpx.Client, studio: Studio, half_written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meet(*_: Any) -> Any:
        studio.runner.progress.working.clear()
        raise InputError("colorize is gone or damaged", "")

    monkeypatch.setattr(colours, "point_document", meet)
    assert client.post("/api/surface", json=POINT).status_code == 204
    assert client.post("/api/surface", json=POINT).status_code == 422


def test_a_page_that_cannot_be_painted_is_shown_as_it_lies_in_out(
    client: httpx.Client, studio: Studio, half_written: Path
) -> None:
    finished = client.get("/api/pictures/page", params=ASKED)
    studio.stale.add([PAGE])
    answer = client.get("/api/pictures/page", params={**ASKED, "stamp": "any"})
    assert answer.status_code == 200 and answer.content == finished.content
    assert answer.headers["cache-control"] == "no-store"


def test_a_map_of_surfaces_that_are_others_by_now_is_not_given(client: httpx.Client, out: Path) -> None:
    told = client.get("/api/surfaces", params=ASKED).json()["map"]
    assert client.get(told).status_code == 200
    (out / ".mangacolor/pages" / PAGE / "colorize.json").touch()
    assert client.get(told).status_code == 204
    assert client.get(client.get("/api/surfaces", params=ASKED).json()["map"]).status_code == 200


def test_a_page_that_is_traced_after_it_was_made_ready_is_made_ready_anew(
    client: httpx.Client, studio: Studio, out: Path
) -> None:
    wait_until_idle(client)
    desk, traced = studio.desks.of("."), out / ".mangacolor/pages" / PAGE / "trace.json"
    ready = [desk.submit(desk.painter, PAGE, 300).result(60) for _ in range(2)]
    assert ready[0] is ready[1]
    os.utime(traced, ns=(0, 0))
    assert desk.submit(desk.painter, PAGE, 300).result(60) is not ready[0]


def test_who_asked_before_the_surfaces_were_gathered_is_told_when_they_are(
    chapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_gather, gather = threading.Event(), Surfaces.of

    def held(*made_of: Any) -> Surfaces:
        assert may_gather.wait(60)
        return gather(*made_of)

    monkeypatch.setattr(Surfaces, "of", held)
    with opened_studio(chapter / "out") as (studio, client):
        greeted, told = threading.Event(), threading.Event()

        def listen() -> None:
            with client.stream("GET", "/api/events") as answer:
                for line in answer.iter_lines():
                    greeted.set()
                    if line == "event: chapter":
                        return told.set()

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        assert greeted.wait(60)
        asked = client.get("/api/chapter").json()
        assert asked["editable"] and not told.is_set()
        may_gather.set()
        assert told.wait(60)
        until = time.monotonic() + 60
        while studio.desks.of(".").counted is None:
            assert time.monotonic() < until
            time.sleep(0.02)
        listening.join(10)


def wait_until_counted(client: httpx.Client, studio: Studio) -> None:
    """Until nothing runs and the surfaces are gathered, of which windows are told."""
    wait_until_idle(client)
    studio.desks.of(".").submit(int).result(60)


@pytest.mark.parametrize("end", ["stopped", "failed"])
def test_once_a_run_has_ended_windows_ask_again_and_see_no_page_in_hand(
    client: httpx.Client, studio: Studio, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    wait_until_counted(client, studio)
    begun, told, seen = threading.Event(), threading.Event(), []

    def pretended(*_: Any, emit: Listener, cancel: CancelToken, **__: Any) -> RunResult:
        emit(PageStarted(PAGE, {}, {}))
        begun.set()
        if end == "failed":
            raise OutputError("the disk is full", "Make room.")
        while not cancel.requested:
            time.sleep(0.005)
        return RunResult(ExitStatus.INTERRUPTED, 1, 0, 0, 0, 0, 0.0, 0, 0)

    def tell(kind: str, *_: Any) -> None:
        if begun.is_set() and kind == "chapter":
            seen.append(client.get("/api/chapter").json())
            told.set()

    monkeypatch.setattr("mangacolor.studio.studio.run", pretended)
    monkeypatch.setattr(studio.hub, "tell", tell)
    studio.runner.ask(Wanted("asked"))
    assert begun.wait(60)
    if end == "stopped":
        studio.runner.stop()
    assert told.wait(60)
    for document in seen:
        assert document["run"]["state"] == ("failed" if end == "failed" else "idle")
        assert "working" not in {page["state"] for page in document["pages"]}


def test_a_page_is_never_told_of_as_it_was_after_it_was_told_of_as_it_is(
    client: httpx.Client, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody who has corrected its panels tells of it, its run begins."""
    wait_until_counted(client, studio)
    told, rows = [], studio.rows

    def begin() -> None:
        studio.runner.progress.working.add(PAGE)
        studio._hear(PageStarted(PAGE, {}, {}))

    beginning = threading.Thread(target=begin)

    def look(desk: Desk) -> PageRows:
        found = rows(desk)
        if not beginning.ident:
            beginning.start()
            beginning.join(0.2)
        return found

    monkeypatch.setattr(studio, "rows", look)
    monkeypatch.setattr(studio.hub, "is_heard", lambda _: True)
    monkeypatch.setattr(studio.hub, "tell", lambda kind, about, *_: told.append((kind, about.get("state"))))
    studio.change_panels(PAGE, lambda: None)
    beginning.join(60)
    studio.runner.progress.working.clear()
    studio.stale.discard([PAGE])
    assert told[:2] == [("page", "coloured"), ("page", "working")]
