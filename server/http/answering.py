"""Answers as every server here gives them: with its headers, and refusals as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mangacolor.server.http.bodies import ClientGone, drain
from mangacolor.server.http.refusal import Refusal

# nginx's number for it: the client has gone, so that nobody reads the answer.
CLIENT_GONE: Final = 499
# Where a server that programs ask describes what it offers.
DESCRIPTION: Final = "/openapi.json"


class Sending:
    """``send`` with further ``headers``, which first reads what nobody has read: else the line breaks before
    the answer is there. ``has_begun``: whether an answer has."""

    def __init__(self, request: Request, send: Send, headers: Mapping[str, str]) -> None:
        self._request, self._send, self._headers = request, send, headers
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            await drain(self._request)
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


async def is_no_request(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> bool:
    """Whether this is no request over HTTP, and has been dealt with: ``app`` hears of its own life, and a
    websocket, which nothing here speaks, is closed."""
    if scope["type"] == "lifespan":
        await app(scope, receive, send)
    elif scope["type"] != "http":
        await send({"type": "websocket.close", "code": 1008})
    return bool(scope["type"] != "http")


def refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.document, refusal.status, headers=refusal.headers)


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return refused(error)


async def _give_up(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


async def _explain(request: Request, error: Exception) -> Response:
    """What starlette refuses by itself: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    document = {"error": error.detail, "remedy": _remedy(request, error)}
    return JSONResponse(document, error.status_code, headers=error.headers)


def _remedy(request: Request, error: HTTPException) -> str:
    allowed = (error.headers or {}).get("Allow")
    if allowed:
        return f"This address takes {allowed}."
    is_described = any(getattr(route, "path", "") == DESCRIPTION for route in request.app.routes)
    return f"{DESCRIPTION} lists the addresses." if is_described else "Begin at the address /."


# What an application does with each of these errors.
HANDLERS: Final = {Refusal: _refuse, ClientGone: _give_up, HTTPException: _explain}
