"""Many requests at once, clients that leave, bodies that are too long: nothing is lost."""

from __future__ import annotations

import base64
import io
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import mangacolor.server.protocols.suwayomi as suwayomi_protocol
from mangacolor.core.errors import SetupError
from mangacolor.server.http.refusal import Refusal, refusal_of
from mangacolor.server.limits import BODIES_BYTES
from mangacolor.server.service import Service
from mangacolor.tests.helpers.servers import PretendedEngine, client_of, make_parts, png

LONG = 40 * 2**20  # bytes


class Bench:
    """A real server over a pretended engine: one page at work, eight that may wait."""

    def __init__(self, data: Path) -> None:
        self.engine = PretendedEngine(data)
        self.service, self.jobs = make_parts(self.engine, data, places=8, workers=1)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def client(bench: Bench) -> Iterator[httpx.Client]:
    with client_of(bench.service, bench.jobs) as client:
        yield client
        bench.engine.open.set()


def until(true: Callable[[], bool], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


def is_idle(service: Service) -> bool:
    return service.work.waiting == service.work.at_work == 0


def post(client: httpx.Client, page: bytes, path: str = "/v1/pages") -> httpx.Response:
    if path == "/suwayomi":
        return client.post(path, files={"image": page})
    return client.post(path, content=page)


def test_of_twenty_at_once_none_is_lost(bench: Bench, client: httpx.Client) -> None:
    """One is at work and eight wait; the others are asked to come again, and then get their answers."""
    bench.engine.open.clear()
    pages = [png(seed) for seed in range(20)]
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(post, client, page) for page in pages]
        until(lambda: sum(future.done() for future in asked) == 11)
        bench.engine.open.set()
        answers = [future.result() for future in asked]
    assert Counter(answer.status_code for answer in answers) == {200: 9, 503: 11}
    refused = [page for page, answer in zip(pages, answers, strict=True) if answer.status_code == 503]
    assert all(
        1 <= int(answer.headers["retry-after"]) <= 120 for answer in answers if answer.status_code == 503
    )
    assert [post(client, page).status_code for page in refused] == [200] * 11
    assert len(bench.engine.coloured) == 20
    assert is_idle(bench.service)


def test_every_protocol_says_when_to_come_again(bench: Bench, client: httpx.Client) -> None:
    bench.engine.open.clear()
    with ThreadPoolExecutor(9) as pool:
        for seed in range(9):
            pool.submit(post, client, png(seed))
        until(lambda: bench.service.work.waiting == 8)
        page = png(99)
        answers = [
            post(client, page, "/suwayomi"),
            client.post("/api/colorize", files={"file": page}),
            client.post("/colorize-image-data", json=_document(page)),
        ]
        bench.engine.open.set()
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert answers[0].content == page  # Suwayomi shows what comes


def test_what_is_kept_needs_no_place(bench: Bench, client: httpx.Client) -> None:
    kept = [post(client, png(), "/v1/pages"), client.post("/colorize-image-data", json=_document(png()))]
    bench.engine.open.clear()
    with ThreadPoolExecutor(9) as pool:
        for seed in range(1, 10):
            pool.submit(post, client, png(seed))
        until(lambda: bench.service.work.waiting == 8)
        assert post(client, png()).content == kept[0].content
        assert client.post("/colorize-image-data", json=_document(png())).content == kept[1].content
        bench.engine.open.set()


def test_the_same_page_is_coloured_once(bench: Bench, client: httpx.Client) -> None:
    bench.engine.open.clear()
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(post, client, png()) for _ in range(6)]
        until(lambda: len(bench.engine.coloured) == 1)
        time.sleep(0.2)
        bench.engine.open.set()
        answers = [future.result() for future in asked]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert len(bench.engine.coloured) == 1


def test_pages_go_in_order_of_arrival(bench: Bench, client: httpx.Client) -> None:
    bench.engine.open.clear()
    pages, work = [png(seed) for seed in range(5)], bench.service.work
    with ThreadPoolExecutor(5) as pool:
        for number, page in enumerate(pages):
            pool.submit(post, client, page)
            until(lambda count=number + 1: work.at_work + work.waiting == count)  # type: ignore[misc]
        bench.engine.open.set()
    assert [request.data for request in bench.engine.coloured] == pages


def test_pages_of_one_series_go_one_after_the_other(tmp_path: Path) -> None:
    engine = PretendedEngine(tmp_path)
    service, jobs = make_parts(engine, tmp_path, places=16, workers=2)
    with client_of(service, jobs) as client, ThreadPoolExecutor(4) as pool:
        of_one = [pool.submit(post, client, png(seed), "/v1/pages?series=A") for seed in range(4)]
        assert [future.result().status_code for future in of_one] == [200] * 4
        assert engine.most_at_once == 1
        engine.open.clear()
        of_two = [pool.submit(post, client, png(seed), f"/v1/pages?series={seed % 2}") for seed in range(4)]
        until(lambda: engine.at_once == 2)
        engine.open.set()
        assert [future.result().status_code for future in of_two] == [200] * 4
        assert engine.most_at_once == 2


def leave_in_the_middle(client: httpx.Client, page: bytes) -> socket.socket:
    """Send a page and hand back the line, on which nobody reads."""
    host, port = client.base_url.host, client.base_url.port or 0
    line = socket.create_connection((host, port))
    head = f"POST /v1/pages HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: {len(page)}\r\n\r\n"
    line.sendall(head.encode() + page)
    return line


def test_a_client_that_has_gone_leaves_the_queue(bench: Bench, client: httpx.Client) -> None:
    bench.engine.open.clear()
    lines = []
    for seed in range(4):
        lines.append(leave_in_the_middle(client, png(seed)))
        until(lambda: bench.service.work.at_work + bench.service.work.waiting == len(lines))
    for line in lines:
        line.close()
    until(lambda: bench.service.work.waiting == 0)
    bench.engine.open.set()
    until(lambda: is_idle(bench.service))
    assert [request.data for request in bench.engine.coloured] == [png(0)]  # it was at work
    assert post(client, png(0)).status_code == post(client, png(9)).status_code == 200
    assert [request.data for request in bench.engine.coloured] == [png(0), png(9)]


def test_a_client_that_goes_while_it_sends(bench: Bench, client: httpx.Client) -> None:
    host, port = client.base_url.host, client.base_url.port or 0
    for path in ("/v1/pages", "/suwayomi", "/v1/chapters"):
        with socket.create_connection((host, port)) as line:
            head = f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: 99999\r\n"
            line.sendall(
                f"{head}content-type: multipart/form-data; boundary=x\r\n\r\n".encode() + bytes(5000)
            )
    until(lambda: bench.service.bodies.free == BODIES_BYTES)
    assert post(client, png()).status_code == 200
    assert bench.jobs.all() == []


def test_what_is_not_ready_in_time_is_there_when_asked_again(
    bench: Bench, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suwayomi_protocol, "SOON", 0.2)
    bench.engine.open.clear()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(post, client, png(7))
        until(lambda: bench.service.work.at_work == 1)
        late = post(client, png(1), "/suwayomi")
        assert (late.status_code, late.content) == (503, png(1))
        assert int(late.headers["retry-after"]) >= 1
        assert bench.service.work.waiting == 1  # nobody waits for it, and it is made all the same
        bench.engine.open.set()
        until(lambda: is_idle(bench.service))
    again = post(client, png(1), "/suwayomi")
    assert again.content.startswith(b"coloured:")
    assert len(bench.engine.coloured) == 2


@pytest.mark.parametrize("path", ["/suwayomi", "/api/colorize", "/colorize-image-data", "/v1/pages"])
def test_a_body_of_forty_megabytes_is_refused(bench: Bench, client: httpx.Client, path: str) -> None:
    answer = client.post(
        path, content=bytes(LONG), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 413
    without_length = client.post(path, content=io.BytesIO(bytes(LONG)))
    assert without_length.status_code == 413
    assert bench.service.bodies.free == BODIES_BYTES
    assert bench.engine.coloured == []


def test_a_failure_is_told_and_the_next_page_is_coloured(bench: Bench, client: httpx.Client) -> None:
    bench.engine.failure = refusal_of(SetupError("no such network", "Give another."), Path("series"))
    answer = post(client, png(1))
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "no such network", "remedy": "Give another."},
    )
    bench.engine.failure = ZeroDivisionError("our own fault")
    unexpected = post(client, png(1), "/suwayomi")
    assert (unexpected.status_code, unexpected.content) == (500, png(1))
    assert post(client, png(1)).json()["error"] == "the program failed on this page"
    bench.engine.failure = None
    assert post(client, png(1)).status_code == 200


def test_web_pages_get_half_of_the_queue(bench: Bench, client: httpx.Client) -> None:
    bench.engine.open.clear()
    with ThreadPoolExecutor(8) as pool:
        pool.submit(post, client, png(0))
        until(lambda: bench.service.work.at_work == 1)
        visitor = {"origin": "https://manga.example"}

        def ask(seed: int) -> httpx.Response:
            return client.post("/colorize-image-data", json=_document(png(seed)), headers=visitor)

        asked = [pool.submit(ask, seed) for seed in range(1, 5)]
        until(lambda: bench.service.work.waiting == 4)
        assert ask(5).status_code == 503
        own = pool.submit(post, client, png(6))
        until(lambda: bench.service.work.waiting == 5)
        bench.engine.open.set()
        assert [future.result().status_code for future in (*asked, own)] == [200] * 5


def _document(page: bytes) -> dict[str, str]:
    return {"imgData": "data:image/png;base64," + base64.b64encode(page).decode()}


def test_a_web_page_does_not_learn_what_others_have_read(bench: Bench, client: httpx.Client) -> None:
    """An answer that is kept comes at once: whoever may time it knows that somebody had that page."""
    for origin in ("https://one.example", "https://two.example", "https://one.example"):
        answer = client.post("/colorize-image-data", json=_document(png()), headers={"origin": origin})
        assert answer.status_code == 200
    assert [request.visitor for request in bench.engine.coloured] == [
        "https://one.example",
        "https://two.example",
    ]


def test_what_nobody_takes_ends_with_the_server(bench: Bench) -> None:
    bench.engine.open.clear()
    with client_of(bench.service, bench.jobs) as client, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(post, client, png())
        until(lambda: bench.service.work.at_work == 1)
        bench.engine.failure = Refusal(503, "the server is being stopped")
        bench.engine.open.set()
        assert asked.result().status_code == 503
