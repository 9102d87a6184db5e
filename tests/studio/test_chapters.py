"""Several chapters in one OUT: each request says of which it is, and windows on two do not meet."""

from __future__ import annotations

import gc
import json
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.store.layout import State
from mangacolor.studio.desk import Desk, Painters
from mangacolor.studio.desks import Desks
from mangacolor.studio.limits import OPEN_CHAPTERS, PAINTERS
from mangacolor.studio.studio import Studio
from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_server import tree_hash, wait_until_idle

ONE, TWO = {"chapter": "one"}, {"chapter": "two"}


@pytest.fixture(scope="module")
def out(series: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(series / "out", tmp_path_factory.mktemp("series") / "out"))


def document(client: httpx.Client, chapter: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/chapter", params=chapter).json()
    return found


def recolour(client: httpx.Client, chapter: dict[str, str], colour: str, **more: Any) -> httpx.Response:
    """Give the chapter's first group a colour."""
    group = document(client, chapter)["palette"]["groups"][0]["id"]
    body = {"wishes": {"set": {str(group): colour}}, **more}
    return client.post("/api/palette", params=chapter, json=body)


def wait_until_shown(client: httpx.Client, out: Path, before: dict[str, str]) -> None:
    """Until every chapter has been made anew."""
    until = time.monotonic() + 150
    while any(tree_hash(out / name) == kept for name, kept in before.items()):
        assert time.monotonic() < until, "a chapter is as it was"
        time.sleep(0.1)
    for chapter in (ONE, TWO):
        wait_until_idle(client, chapter)


@contextmanager
def heard(client: httpx.Client, chapter: dict[str, str]) -> Iterator[list[tuple[str, Any]]]:
    """What a window on a chapter is told."""
    told: list[tuple[str, Any]] = []
    greeted = threading.Event()

    def listen() -> None:
        with client.stream("GET", "/api/events", params=chapter) as answer:
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    told.append((kind, json.loads(line.removeprefix("data: "))))
                    greeted.set()
                if ("bye", None) in told:
                    return

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    assert greeted.wait(60)
    yield told
    told.append(("bye", None))


def test_each_request_is_about_its_own_chapter(client: httpx.Client) -> None:
    assert document(client, {})["chapters"] == ["one", "two"]
    for chapter, pages in ((TWO, PAGES[1:]), (ONE, PAGES[:2]), ({}, PAGES[:2]), (TWO, PAGES[1:])):
        name = chapter.get("chapter", "one")
        found = document(client, chapter)
        assert found["chapter"] == name
        assert [page["name"] for page in found["pages"]] == [f"{name}/{page}" for page in pages]
        page = f"{name}/{pages[0]}"
        asked: dict[str, Any] = {**chapter, "page": page, "side": 300}
        for path in (
            "surfaces",
            "pictures/page",
            "pictures/source",
            "pictures/surfaces",
            "pictures/balloons",
        ):
            assert client.get(f"/api/{path}", params=asked).status_code == 200
        told = client.get("/api/surfaces", params=asked).json()
        assert client.get(told["map"]).status_code == 200  # the address says the chapter by itself
        other = {**asked, "chapter": "one" if name == "two" else "two"}
        for path in ("surfaces", "pictures/page", "pictures/source", "panels", "pictures/thumb"):
            answer = client.get(f"/api/{path}", params=other)
            assert answer.status_code == 400 and "no page" in answer.json()["error"]


def test_a_chapter_that_there_is_not(client: httpx.Client) -> None:
    for path in ("chapter", "events", "export?form=cbz", "panels"):
        answer = client.get(f"/api/{path}", params={"chapter": "three"})
        assert answer.status_code == 400
        assert answer.json() == {"error": "there is no chapter 'three'", "remedy": "There are: one, two."}


def test_two_windows_on_two_chapters_edit_at_once(client: httpx.Client, out: Path) -> None:
    before = {name: tree_hash(out / name) for name in ("one", "two")}
    revisions = {name: document(client, {"chapter": name})["palette"]["revision"] for name in before}
    with heard(client, ONE) as by_one, heard(client, TWO) as by_two, ThreadPoolExecutor(2) as windows:
        red = windows.submit(recolour, client, ONE, "#c01020", revision=revisions["one"])
        blue = windows.submit(recolour, client, TWO, "#1030c0", revision=revisions["two"])
        assert (red.result().status_code, blue.result().status_code) == (200, 200)
        done = red.result().json()
        assert all(page.startswith("one/") for page in done["pages"])
        # By these windows know that there is another picture, before a run has made it.
        stamps = {row["name"]: row["stamp"].removeprefix(row["file_stamp"]) for row in done["rows"]}
        assert stamps == dict.fromkeys(done["pages"], f"-{done['palette']['revision']}")
        wait_until_shown(client, out, before)
        for name, colour in (("one", "#c01020"), ("two", "#1030c0")):
            palette = document(client, {"chapter": name})["palette"]
            assert [edit["colour"] for edit in palette["edits"]] == [colour]
            kept = json.loads((out / f".mangacolor/chapters/{name}/palette.json").read_text())
            assert colour in json.dumps(kept)
    for name, told in (("one", by_one), ("two", by_two)):
        pages = {about["name"] for kind, about in told if kind == "page"}
        assert pages and all(page.startswith(f"{name}/") for page in pages)
        own = document(client, {"chapter": name})["palette"]["revision"]
        others = document(client, {"chapter": "two" if name == "one" else "one"})["palette"]["revision"]
        heard_of = [about["revision"] for kind, about in told if kind == "palette"]
        assert own in heard_of and others not in heard_of
        assert {"run", "chapter"} <= {kind for kind, _ in told}


def test_a_chapter_is_protected_from_its_own_windows_alone(client: httpx.Client) -> None:
    revision = document(client, ONE)["palette"]["revision"]
    assert recolour(client, TWO, "#20a040").status_code == 200
    assert recolour(client, ONE, "#20a040", revision=revision).status_code == 200
    assert recolour(client, ONE, "#a04020", revision=revision).status_code == 409
    for chapter in (ONE, TWO):
        wait_until_idle(client, chapter)


def test_a_page_again_is_that_of_its_chapter(client: httpx.Client, studio: Studio, out: Path) -> None:
    def written_at() -> dict[str, int]:
        return {file.relative_to(out).as_posix(): file.stat().st_mtime_ns for file in out.glob("*/*.png")}

    before = written_at()
    asked = {"pages": [f"two/{PAGES[2]}"], "start": "reassemble"}  # the second page, as one/ has, too
    assert client.post("/api/run", params=TWO, json=asked).status_code == 200
    until = time.monotonic() + 150
    while (after := written_at()) == before or studio.runner.progress.state != "idle":
        assert time.monotonic() < until, "nothing has been done"
        time.sleep(0.1)
    assert len(before) == 4
    assert {page for page in after if after[page] != before[page]} == {f"two/{PAGES[2]}"}
    refused = client.post("/api/run", params=ONE, json=asked)
    assert refused.status_code == 400 and "no page" in refused.json()["error"]


def test_few_chapters_lie_open_and_one_that_is_put_away_is_freed(tmp_path: Path) -> None:
    def make(name: str) -> Desk:
        pages = ChapterPages(name, {}, {})
        return Desk(State(tmp_path), None, pages, thread, Painters(), lambda _chapter: None)

    with ThreadPoolExecutor(1) as thread:
        desks = Desks(make, most=2)
        first = desks.of("1")
        assert desks.of("2") is desks.of("2") and desks.lying("1") is first
        desks.of("3")
        assert [desk.name for desk in desks.all] == ["1", "3"] and desks.lying("2") is None
        desks.of("4")
        desks.of("5")
        assert [desk.name for desk in desks.all] == ["4", "5"]
        assert first.submit(len, "goes on").result() == 7  # for whoever still asks it something
        ended = weakref.ref(first)
        del first
        gc.collect()
        assert ended() is None
    assert OPEN_CHAPTERS >= 2


def test_the_studio_keeps_few_chapters_and_few_pages(client: httpx.Client, studio: Studio) -> None:
    for chapter, pages in ((ONE, PAGES[:2]), (TWO, PAGES[1:])):
        for page in pages:
            asked = {"page": f"{chapter['chapter']}/{page}", "side": 300, "wishes": {}}
            assert client.post("/api/paint", params=chapter, json=asked).status_code == 200
    assert [desk.name for desk in studio.desks.all] == ["one", "two"]
    ready = [(f"one/{page}", 300) in studio._painters for page in PAGES[:2]]
    ready += [(f"two/{page}", 300) in studio._painters for page in PAGES[1:]]
    assert ready == [False, True, True, True] and PAINTERS == 3
