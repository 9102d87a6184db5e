"""What every request has to pass before anything reads it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mangacolor.server.http.access import HEALTH, Access, tokens_in
from mangacolor.server.http.answering import Sending, is_no_request, refused
from mangacolor.server.http.bodies import noting_its_end
from mangacolor.server.http.refusal import Refusal

# Where the guard tells which web page asked; "" for programs, extensions and pages that were named.
VISITOR: Final = "mangacolor.visitor"
# For programs that cannot send a header: ``/t/TOKEN/colorize-image-data``.
TOKEN_PATH: Final = "/t/"
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_CORS: Final = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Manga-Title, X-Token",
    "Access-Control-Expose-Headers": "Retry-After, X-Error, X-Left-As-It-Is",
    "Access-Control-Max-Age": "600",  # seconds
}


class Guard:
    """ASGI middleware: checks Host, Origin and token, answers preflights, adds headers to every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await is_no_request(self._app, scope, receive, send):
            return
        headers, receive = Headers(scope=scope), noting_its_end(scope, receive)
        origin = headers.get("origin", "")
        added = {**_ALWAYS, "Vary": "Origin"}
        try:
            token = _take_token_path(scope)
            self._check(scope, headers, [*token, *_tokens(scope, headers)])
            added |= _cors(origin) if origin else {}
            response = _preflight(scope, headers)
        except Refusal as refusal:
            response = refused(refusal)
        sending = Sending(Request(scope, receive), send, added)
        await (response or self._app)(scope, receive, sending)

    def _check(self, scope: Scope, headers: Headers, tokens: list[str]) -> None:
        """Raise ``Refusal`` for who may not ask."""
        access, path = self._access, scope["path"]
        hosts, origins = headers.getlist("host"), headers.getlist("origin") or [""]
        known = bool(access.token) and access.knows_token(tokens)
        if len(hosts) != 1 or not (known or access.knows_host(hosts[0])):
            raise Refusal(421, "the Host header names another server", "Call it by the address it printed.")
        asks = scope["method"] == "OPTIONS"  # a preflight carries no token, and is told nothing
        if access.token and not known and not asks and path != HEALTH:
            remedy = "Send it as X-Token, as Authorization: Bearer, or as ?token=."
            raise Refusal(401, "the token is missing or wrong", remedy)
        (origin, *more), own = origins, f"http://{hosts[0]}"
        trusted = known or origin in ("", own) or access.trusts(origin)
        welcome = trusted or (asks and access.token) or access.welcomes(origin, path)
        if more or not welcome:
            raise Refusal(403, "web pages of this origin may not call it", "Name it with --allow-origin.")
        scope[VISITOR] = "" if trusted else origin


def _take_token_path(scope: Scope) -> list[str]:
    """The token that the path begins with, which is then taken off the path."""
    path: str = scope["path"]
    if not path.startswith(TOKEN_PATH):
        return []
    token, _, rest = path.removeprefix(TOKEN_PATH).partition("/")
    scope["path"] = f"/{rest}"
    scope["raw_path"] = scope["path"].encode()
    return [token]


def _tokens(scope: Scope, headers: Headers) -> list[str]:
    return tokens_in(headers.items(), scope.get("query_string", b"").decode("latin-1"))


def _cors(origin: str) -> dict[str, str]:
    return {**_CORS, "Access-Control-Allow-Origin": origin}


def _preflight(scope: Scope, headers: Headers) -> Response | None:
    """The answer to a browser that asks whether it may ask; None for another request."""
    if scope["method"] != "OPTIONS" or "access-control-request-method" not in headers:
        return None
    private = headers.get("access-control-request-private-network") == "true"
    return Response(
        status_code=204, headers={"Access-Control-Allow-Private-Network": "true"} if private else {}
    )
