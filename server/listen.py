"""A server from its beginning to its end: folder, socket, networks, signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from mangacolor.core.atomic import held, output_errors
from mangacolor.core.cpu import keep_libraries_to_their_thread, shared_cores, usable_cores
from mangacolor.core.errors import MangacolorError, SetupError
from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.answers_cache import AnswersCache
from mangacolor.server.app import make_app
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.limits import ANSWERS_BYTES, HEAD_SECONDS
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.series import SeriesShelf
from mangacolor.server.service import Service
from mangacolor.server.settings import ServerSettings
from mangacolor.server.warm_up import first_page
from mangacolor.server.work import Work

# Pages at once, at most: while one has the device, others are decoded, cut into panels and encoded.
MOST_WORKERS = 2
# Seconds that clients get to read what is ready, once the server is to stop.
FAREWELL = 5
# Seconds a chapter's job gets to come to a halt.
HALT = 10.0
# Looks at the connections in the time that one may be silent.
LOOKS = 10
# Seconds between two looks at whether a signal has come.
TICK = 0.1
# Connections at once; the queue refuses long before, this stops who opens them for nothing.
CONNECTIONS = 512

Tell = Callable[[str], None]


def serve(settings: ServerSettings, announce: Tell, tell: Tell) -> int:
    """Run a server until a signal comes; returns the exit status that the signal stands for.

    ``announce`` gets the address once it can be called, ``tell`` what goes wrong. Raises ``SetupError`` or
    ``OutputError`` where it cannot run.
    """
    cancel = CancelToken()
    with (
        _held(settings),
        _listening(settings) as listener,
        cancel_on_signals(cancel),
        keep_libraries_to_their_thread(),
    ):
        return asyncio.run(_serve(settings, listener, cancel, announce, tell))


async def _serve(
    settings: ServerSettings, listener: socket.socket, cancel: CancelToken, announce: Tell, tell: Tell
) -> int:
    service, jobs = make_service(settings, cancel, tell)
    app = make_app(service, jobs, settings.access)
    server = make_server(app, tell)
    warming = asyncio.create_task(_warm_up(service, cancel, server))
    stopping = asyncio.create_task(_stop_when_asked(server, cancel))
    jobs.start()
    host, port = listener.getsockname()[:2]
    announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    try:
        await server.serve(sockets=[listener])
    finally:
        stopping.cancel()
        cancel.request()
        await asyncio.to_thread(jobs.stop, cancel.status, HALT)
        await service.work.close()
    failure = await warming
    if failure is not None:
        raise failure
    return cancel.status


def make_service(settings: ServerSettings, cancel: CancelToken, tell: Tell) -> tuple[Service, ChapterJobs]:
    """What the application needs. Raises ``OutputError`` where the data folder cannot be read or written."""
    workers = settings.jobs or min(MOST_WORKERS, usable_cores())
    shared_cores().widen(workers)
    data = settings.data
    shelf = SeriesShelf(data / "series")
    engine = PageEngine(PageRunner(), shelf, tell)
    with output_errors(data):
        cache = AnswersCache(data / "answers", ANSWERS_BYTES)
        jobs = ChapterJobs(data / "jobs", settings.options, shelf, tell)
    work = Work(
        lambda page: engine.colour(page, cancel),
        engine.key,
        cache,
        places=settings.queue,
        workers=workers,
        tell=tell,
    )
    return Service(engine, cache, work, settings.options), jobs


async def _warm_up(service: Service, cancel: CancelToken, server: uvicorn.Server) -> MangacolorError | None:
    """Load the networks with a page of our own. Ends the server where they are unusable, and returns why."""
    try:
        device = await asyncio.to_thread(first_page, service.engine, service.options, cancel)
    except MangacolorError as error:
        if cancel.requested:
            return None
        service.health.state, service.health.error = "error", error.message
        server.should_exit = True
        return error
    service.health.state, service.health.device = "ready", device
    return None


async def _stop_when_asked(server: uvicorn.Server, cancel: CancelToken) -> None:
    while not cancel.requested:
        await asyncio.sleep(TICK)
    server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn without its own way with signals: ours maps them to exit statuses. It closes silent lines."""

    async def main_loop(self) -> None:
        closing = asyncio.create_task(close_silent_connections(self))
        try:
            await super().main_loop()
        finally:
            closing.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def close_silent_connections(server: uvicorn.Server, within: float = HEAD_SECONDS) -> None:
    """Close, until cancelled, what has sent no whole head of a request for longer than ``within`` seconds.

    uvicorn limits the time between two requests, but not that of a head which has begun.
    """
    clock = asyncio.get_running_loop().time
    silent: dict[tuple[Any, Any], float] = {}  # a connection and its last request: when it was first seen so
    while True:
        seen = [(line, line.cycle) for line in _idle(server)]
        silent = {which: silent.get(which, clock()) for which in seen}
        for (line, _), since in silent.items():
            if clock() - since > within:
                line.transport.close()
        await asyncio.sleep(within / LOOKS)


def _idle(server: uvicorn.Server) -> list[Any]:
    """The connections that have no request at work."""
    lines: list[Any] = list(server.server_state.connections)
    return [line for line in lines if line.cycle is None or line.cycle.response_complete]


def make_server(app: Starlette, tell: Tell) -> uvicorn.Server:
    """A server for an application, which says nothing but what goes wrong and leaves signals alone."""
    config = uvicorn.Config(
        app,
        http=_Line,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=FAREWELL,
    )
    logger = logging.getLogger("uvicorn.error")
    logger.handlers = [_Told(tell)]
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    return _Server(config)


class _Line(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection of uvicorn's, which says who has sent what is no HTTP."""

    def send_400_response(self, msg: str) -> None:
        who = self.client[0] if self.client else "somebody"
        told = f"{who} has sent what is no HTTP request, and was refused"
        logging.getLogger("uvicorn.error").warning(
            f"{told}; a program may have https:// where http:// belongs"
        )
        super().send_400_response(msg)


# What uvicorn says of single requests: of the first we say more, the others are answered as if they had asked
# for nothing else.
_PASSED_OVER: Final = (
    "Invalid HTTP request received.",
    "Unsupported upgrade request.",
    "No supported WebSocket library detected.",
)


class _Told(logging.Handler):
    """What uvicorn has to say, in one line each."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        told = f"{type(error).__name__}: {error}" if error else record.getMessage()
        if not told.startswith(_PASSED_OVER):
            self._tell(told.strip().splitlines()[0])


@contextlib.contextmanager
def _held(settings: ServerSettings) -> Iterator[None]:
    """The data folder, for this server alone."""
    busy = "another mangacolor serve has it", "Stop that one, or give another --data."
    elsewhere = "Give another --data, on a local disk."
    with held(settings.data / "lock", settings.data, busy=busy, elsewhere=elsewhere):
        yield


@contextlib.contextmanager
def _listening(settings: ServerSettings) -> Iterator[socket.socket]:
    host, port = settings.access.host, settings.port
    listener: socket.socket | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there the option lets two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise SetupError(
            f"{host}:{port}: cannot be listened on ({error.strerror})", "Give another --port, or --host."
        ) from error
    with listener:
        yield listener
