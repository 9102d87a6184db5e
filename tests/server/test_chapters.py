"""Chapters as jobs: in, progress, result, gone; and what is refused."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import mangacolor.pipeline.run
from mangacolor.core.errors import ExitStatus
from mangacolor.core.settings import Options
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.protocols.openapi import document
from mangacolor.server.series import SeriesShelf
from mangacolor.tests.helpers.fake_stages import House
from mangacolor.tests.helpers.servers import PretendedEngine, archive, client_of, files_under, make_parts, png

CHAPTER = archive({"1.png": png(1), "2.png": png(2), "10.png": png(10)})


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = House()
    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", house.graph_of)
    return house


@pytest.fixture
def client(house: House, tmp_path: Path) -> Iterator[httpx.Client]:
    service, jobs = make_parts(PretendedEngine(tmp_path), tmp_path)
    jobs.start()
    with client_of(service, jobs) as client:
        yield client
    jobs.stop(ExitStatus.TERMINATED, 60)


def over(client: httpx.Client, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + 100
    while True:
        told: dict[str, Any] = client.get(f"/v1/chapters/{job}").json()
        if told["state"] in ("done", "failed"):
            return told
        assert time.monotonic() < deadline
        time.sleep(0.02)


def send(client: httpx.Client, chapter: bytes = CHAPTER, **query: str) -> httpx.Response:
    return client.post("/v1/chapters", content=chapter, params=query)


def test_a_chapter_comes_back_coloured(client: httpx.Client, house: House, tmp_path: Path) -> None:
    sent = send(client, name="Chapter 1.5.cbz", saturation="1.5")
    assert sent.status_code == 201
    job = sent.json()["id"]
    assert sent.headers["location"] == f"/v1/chapters/{job}"
    done = over(client, job)
    assert (done["state"], done["pages"], done["done"], done["failed"]) == ("done", 3, 3, 0)
    assert done["name"] == "Chapter 1.5.cbz"
    result = client.get(f"/v1/chapters/{job}/result")
    assert result.headers["content-disposition"] == "attachment; filename*=utf-8''Chapter%201.5.cbz"
    with zipfile.ZipFile(io.BytesIO(result.content)) as packed:
        assert packed.namelist() == ["1.png", "2.png", "10.png"]
        assert packed.read("1.png") != png(1)
    assert [told["id"] for told in client.get("/v1/chapters").json()] == [job]
    assert client.delete(f"/v1/chapters/{job}").status_code == 204
    assert client.get(f"/v1/chapters/{job}").status_code == 404
    assert files_under(tmp_path / "jobs") == set()


def test_an_option_that_there_is_none_of_is_refused_before_the_chapter_is_taken(client: httpx.Client) -> None:
    refused = send(client, nmae="Chapter 1.cbz")
    assert refused.status_code == 400 and refused.json()["error"] == "there is no option 'nmae'"
    assert refused.json()["remedy"].startswith("Did you mean name? ")
    assert client.get("/v1/chapters").json() == []


def test_what_stands_behind_a_point_is_part_of_a_name(client: httpx.Client) -> None:
    job = send(client, name="One Piece 10.5").json()["id"]
    over(client, job)
    result = client.get(f"/v1/chapters/{job}/result")
    assert result.headers["content-disposition"].endswith("One%20Piece%2010.5.cbz")


class OneOf(set[str]):
    """One page of ``CHAPTER``, whichever asks first once all of them are at work or have been."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house, self._asking = house, threading.Lock()

    def __contains__(self, page: object) -> bool:
        with self._asking:
            if not self and self._house.calls["tint"] == 3:
                self.add(str(page))
                return True
        return False


def test_progress_is_told_while_it_comes(client: httpx.Client, house: House) -> None:
    house.hangs = OneOf(house)
    job = send(client).json()["id"]
    assert client.get(f"/v1/chapters/{job}/result").status_code == 409
    told: list[dict[str, Any]] = []
    with client.stream("GET", f"/v1/chapters/{job}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        for line in events.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line[6:]))
                if told[-1]["done"] == 2:
                    house.released.set()
    assert told[-1]["state"] == "done"
    assert [event["done"] for event in told] == sorted(event["done"] for event in told)
    assert {event["state"] for event in told} >= {"running", "done"}
    assert any(0 < event["done"] < 3 for event in told)


def test_a_job_is_stopped_when_it_is_deleted(client: httpx.Client, house: House, tmp_path: Path) -> None:
    house.slow = 5
    first, second = (send(client).json()["id"] for _ in range(2))
    deadline = time.monotonic() + 100
    while client.get(f"/v1/chapters/{first}").json()["state"] != "running":
        assert time.monotonic() < deadline
    assert client.delete(f"/v1/chapters/{first}").status_code == 204
    house.slow = 0
    assert over(client, second)["state"] == "done"
    assert not (tmp_path / "jobs" / first).exists()


def test_pages_that_fail_are_counted_and_a_chapter_of_nothing_else_has_failed(client: httpx.Client) -> None:
    mixed = over(client, send(client, archive({"1.png": png(), "2.png": b"no picture"})).json()["id"])
    assert (mixed["state"], mixed["done"], mixed["failed"]) == ("done", 1, 1)
    for chapter in (archive({"1.png": b"no picture"}), archive({"a.txt": b"x"}), b"PK\x03\x04 no archive"):
        failed = over(client, send(client, chapter).json()["id"])
        assert failed["state"] == "failed"
        assert failed["error"]
        assert str(Path.cwd().anchor + "tmp") not in failed["error"]


def test_jobs_are_bounded_and_the_oldest_that_is_done_makes_room(
    client: httpx.Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mangacolor.server.chapters.jobs.JOBS", 2)
    first = send(client).json()["id"]
    over(client, first)
    house.slow = 5
    others = [send(client).json()["id"] for _ in range(2)]
    assert client.get(f"/v1/chapters/{first}").status_code == 404
    full = send(client)
    assert (full.status_code, full.headers["retry-after"]) == (503, "60")
    for job in others:
        client.delete(f"/v1/chapters/{job}")


def test_a_chapter_that_is_too_long_is_refused_and_leaves_nothing(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mangacolor.server.protocols.own.CHAPTER_BYTES", len(CHAPTER) - 1)
    assert send(client).status_code == 413
    assert client.post("/v1/chapters", content=io.BytesIO(CHAPTER)).status_code == 413
    assert files_under(tmp_path / "jobs") == set()


def test_a_job_goes_on_when_the_server_runs_again(house: House, tmp_path: Path) -> None:
    def jobs() -> ChapterJobs:
        shelf = SeriesShelf(tmp_path / "series")
        return ChapterJobs(tmp_path / "jobs", Options(device="cpu"), shelf, lambda _text: None)

    first = jobs()
    job = first.create("x.cbz", ".cbz", "", {})
    first.input_of(job).write_bytes(CHAPTER)
    first.submit(job)
    lost = first.create("never sent whole", ".cbz", "", {})
    first.input_of(lost).write_bytes(CHAPTER[:100])
    second = jobs()
    assert [found.id for found in second.all()] == [job.id]
    second.start()
    deadline = time.monotonic() + 100
    while not second.find(job.id).over:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second.stop(ExitStatus.TERMINATED, 10)
    assert second.result_of(second.find(job.id)).read_bytes()[:2] == b"PK"
    with pytest.raises(Refusal, match="no such job"):
        second.find(lost.id)


def test_the_description_names_every_route_and_option(client: httpx.Client) -> None:
    told = client.get("/openapi.json").json()
    assert told == document()
    assert told["openapi"] == "3.1.0"
    described = {(path, method) for path, methods in told["paths"].items() for method in methods}
    from mangacolor.server.protocols import own

    service, jobs = object(), object()
    routes = own.routes(service, jobs)  # type: ignore[arg-type]
    there = {
        (route.path, method.lower())
        for route in routes
        for method in route.methods or ()
        if method not in ("HEAD",) and route.path != "/openapi.json"
    }
    assert there <= described
    parameters = {each["name"]: each for each in told["paths"]["/v1/pages"]["post"]["parameters"]}
    assert {"type": "string", "enum": ["eink"]} in parameters["saturation"]["schema"]["anyOf"]
    assert set(parameters) == {"scale", "saturation", "direction", "force_color", "series", "X-Manga-Title"}


def test_references_of_the_description_lead_somewhere() -> None:
    text = json.dumps(document())
    schemas = document()["components"]["schemas"]
    assert text.count("#/components/schemas/") > 5
    for part in text.split("#/components/schemas/")[1:]:
        assert part.partition('"')[0] in schemas
