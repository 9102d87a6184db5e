"""Bodies of requests, read into memory and never further than they may be long."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope

from mangacolor.server.http.forms import file_in
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.limits import (
    BODIES_BYTES,
    BODY_SECONDS,
    DRAINED_BYTES,
    PAGE_BYTES,
)

# Set in a request's scope once its body has been read to its end: asking for more would wait for the client.
BODY_ENDED: Final = "mangacolor.body_ended"


class ClientGone(Exception):  # noqa: N818 - nobody is there to be told
    """The client has closed the connection."""


@dataclass(slots=True)
class BodyRoom:
    """Bytes of bodies that may be in memory at once. Only the event loop's thread changes it."""

    free: int = BODIES_BYTES

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Room for a body of at most ``size`` bytes. Raises ``Refusal`` where there is none."""
        if size > self.free:
            raise Refusal(503, "too many requests at once", "Ask again later.", retry_after=5)
        self.free -= size
        try:
            yield
        finally:
            self.free += size


def declared_size(request: Request, most: int = PAGE_BYTES) -> int:
    """How long a body says it is, or ``most`` where it does not say. Raises ``Refusal`` for more."""
    text = request.headers.get("content-length")
    if text is None:
        return most
    if not text.isascii() or not text.isdigit():
        raise Refusal(400, "Content-Length is no number")
    if int(text) > most:
        raise _too_long(most)
    return int(text)


async def read_body(request: Request, most: int = PAGE_BYTES) -> bytes:
    """The body. Raises ``Refusal`` if it is longer than ``most`` or too slow, ``ClientGone``."""
    declared_size(request, most)
    pieces: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                length += len(piece)
                if length > most:
                    raise _too_long(most)
                pieces.append(piece)
    except TimeoutError:
        raise Refusal(408, f"the body took longer than {BODY_SECONDS:.0f} s") from None
    except ClientDisconnect:
        raise ClientGone from None
    return b"".join(pieces)


async def read_file(request: Request, field: str) -> bytes:
    """The file that a multipart form holds under ``field``. Raises as ``read_body``, and for another body."""
    body = await read_body(request)
    return file_in(body, request.headers.get("content-type", ""), field)


async def read_json(request: Request, most: int = PAGE_BYTES) -> dict[str, Any]:
    """The JSON object that the body is. Raises as ``read_body``, and for another body."""
    body = await read_body(request, most)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is no JSON") from None
    if not isinstance(document, dict):
        raise Refusal(400, "the body is no JSON object")
    return document


async def drain(request: Request) -> None:
    """Read what is left of a body and forget it: a client reads its answer when it has sent all."""
    left, headers = DRAINED_BYTES, request.headers
    length = headers.get("content-length", "0" if "transfer-encoding" not in headers else "")
    if length == "0" or (length.isdigit() and int(length) > left):
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):
            while left > 0 and not request.scope.get(BODY_ENDED):
                left -= len((await request.receive()).get("body", b""))


def noting_its_end(scope: Scope, receive: Receive) -> Receive:
    """``receive``, which sets ``BODY_ENDED``."""

    async def receiving() -> Message:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            scope[BODY_ENDED] = True
        return message

    return receiving


def _too_long(most: int) -> Refusal:
    return Refusal(413, f"the body is longer than {most // 2**20} MiB", "Send a smaller file.")
