"""Connections that ask for nothing, or never end asking, are closed; those at work are not."""

from __future__ import annotations

import asyncio
import functools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from mangacolor.server.http import serving
from mangacolor.tests.helpers.servers import PretendedEngine, client_of, make_parts, png

WITHIN = 0.5
HALF_HEAD = b"GET / HTTP/1.1\r\nHos"


@pytest.fixture
def engine(tmp_path: Path) -> PretendedEngine:
    return PretendedEngine(tmp_path)


@pytest.fixture
def client(
    engine: PretendedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    impatient = functools.partial(serving.close_silent_connections, within=WITHIN)
    monkeypatch.setattr(serving, "close_silent_connections", impatient)
    with client_of(*make_parts(engine, tmp_path)) as client:
        yield client


def connect(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=60)


@pytest.mark.parametrize("said", [b"", HALF_HEAD], ids=["nothing", "half a head"])
def test_one_that_never_asks_is_closed(client: httpx.Client, said: bytes) -> None:
    with connect(client) as line:
        line.sendall(said)
        assert line.recv(100) == b""


def test_a_head_that_comes_byte_by_byte_is_cut_off(client: httpx.Client) -> None:
    until = time.monotonic() + 60
    with connect(client) as line, pytest.raises(OSError):
        line.sendall(HALF_HEAD)
        while time.monotonic() < until:
            line.sendall(b"x")
            time.sleep(0.02)


def test_half_a_head_after_an_answer_is_cut_off_too(client: httpx.Client) -> None:
    host = f"{client.base_url.host}:{client.base_url.port}"
    with connect(client) as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() + HALF_HEAD)
        assert b"".join(iter(lambda: line.recv(1000), b"")).startswith(b"HTTP/1.1 200 ")


def test_a_page_at_work_keeps_its_connection(client: httpx.Client, engine: PretendedEngine) -> None:
    engine.open.clear()
    threading.Timer(4 * WITHIN, engine.open.set).start()
    assert client.post("/v1/pages", content=png()).content.startswith(b"coloured:")


class Answered:
    """A request that has been answered."""

    response_complete = True


class Line:
    """A connection: at every ``every``-th look another request of it has been answered, at 0 none ever is."""

    def __init__(self, every: int) -> None:
        self.every, self.is_open = every, True
        self.cycle, self.transport = Answered(), self

    def look(self, number: int) -> None:
        if self.every and number % self.every == 0:
            self.cycle = Answered()

    def close(self) -> None:
        self.is_open = False


def test_one_that_asks_again_and_again_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [Line(every) for every in (0, 5, 20)]
    looks = iter(range(100))
    now = [0.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds
        number = next(looks)  # at the end the looking is over
        for line in lines:
            line.look(number)

    loop = SimpleNamespace(time=lambda: now[0])
    clock = SimpleNamespace(get_running_loop=lambda: loop, sleep=sleep)
    monkeypatch.setattr(serving, "asyncio", clock)
    server: Any = SimpleNamespace(server_state=SimpleNamespace(connections=lines))
    with pytest.raises(RuntimeError):  # as which a coroutine's StopIteration comes
        asyncio.run(serving.close_silent_connections(server, WITHIN))
    assert [line.is_open for line in lines] == [False, True, False]  # the last one asks too seldom


TLS_HELLO = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # what a client begins with that was told https://
)


@pytest.mark.parametrize(
    ("sent", "answered", "told"),
    [
        (
            TLS_HELLO,
            b"HTTP/1.1 400 ",
            [
                "127.0.0.1 has sent what is no HTTP request, and was refused; "
                "a program may have https:// where http:// belongs"
            ],
        ),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            b"HTTP/1.1 200 ",
            [],
        ),
    ],
    ids=["TLS", "websocket"],
)
def test_the_log_says_who_sent_what_is_no_http_and_nothing_of_what_is_answered(
    engine: PretendedEngine, tmp_path: Path, sent: bytes, answered: bytes, told: list[str]
) -> None:
    log: list[str] = []
    with client_of(*make_parts(engine, tmp_path), tell=log.append) as client, connect(client) as line:
        line.sendall(sent)
        assert line.recv(1000).startswith(answered)
    assert log == told
