"""uvicorn as every server here runs it: on a socket of ours, with our signals, silent but for faults."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from mangacolor.core.errors import SetupError
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.server.limits import HEAD_SECONDS

# Seconds that clients get to read what is ready, once the server is to stop.
FAREWELL = 5
# Seconds between two looks at whether a signal has come.
TICK = 0.1
# Looks at the connections in the time that one may be silent.
LOOKS = 10
# Calls that may wait to be taken; as many as asyncio's own servers let wait.
WAITING = 100
# Connections at once; the queue refuses long before, this stops who opens them for nothing.
CONNECTIONS = 512

Tell = Callable[[str], None]


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens; port 0 takes any. Raises ``SetupError`` where it cannot."""
    listener: socket.socket | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        # What lets POSIX take a port again at once lets two programs of Windows share one, unless it is told.
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if alone is None else alone, 1)
        listener.bind(address)
        listener.listen(WAITING)  # who calls before the server takes calls waits, and is not refused
    except OSError as error:
        if listener is not None:
            listener.close()
        raise SetupError(
            f"{host}:{port}: cannot be listened on ({error.strerror})", "Give another --port, or --host."
        ) from error
    with listener:
        yield listener


def address_of(listener: socket.socket) -> str:
    """What a socket is called at, as ``http://127.0.0.1:7860``."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


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


async def stop_when_asked(
    server: uvicorn.Server, cancel: CancelToken, farewell: Callable[[], None] = lambda: None
) -> None:
    """End a server once ``cancel`` is requested, after ``farewell``, which lets go of what would keep it."""
    while not cancel.requested:
        await asyncio.sleep(TICK)
    farewell()
    server.should_exit = True


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
