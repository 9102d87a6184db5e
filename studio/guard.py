"""What every request has to pass before anything reads it: token, Host, Origin, method, size."""

from __future__ import annotations

import re
import traceback
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mangacolor.server.http.access import Access, is_loopback
from mangacolor.server.http.answering import Sending, is_no_request, refused
from mangacolor.server.http.bodies import noting_its_end
from mangacolor.server.http.refusal import Refusal
from mangacolor.studio.limits import FIELDS, QUERY_BYTES

COOKIE: Final = "mangacolor_studio"  # and the port: browsers keep one jar for all ports of a host
READING: Final = ("GET", "HEAD")
_METHODS: Final = (*READING, "POST", "PUT", "DELETE")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# What a browser says of a request that its user began, by typing the address or on our own page.
_OWN_SITES: Final = ("same-origin", "none")
_ASK: Final = "Open the address that the command has printed."
_PORT: Final = re.compile(r":(\d{1,5})$")
_HTTP_PORT: Final = 80  # browsers leave it out of the Host header


class Guard:
    """ASGI middleware. The token of the printed address becomes a cookie that no other site can use."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await is_no_request(self._app, scope, receive, send):
            return
        receive = noting_its_end(scope, receive)
        answer: ASGIApp = self._app
        try:
            answer = self._check(scope, Headers(scope=scope)) or self._app
        except Refusal as refusal:
            answer = refused(refusal)
        sending = Sending(Request(scope, receive), send, _ALWAYS)
        try:
            await answer(scope, receive, sending)
        except Exception as error:  # a fault of ours: said as every other answer is, and told in the terminal
            traceback.print_exc()
            if not sending.has_begun:
                told = Refusal(500, f"{type(error).__name__}: {error}", "This is a bug: please report it.")
                await refused(told)(scope, receive, sending)

    def _check(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to whoever comes with the token in the address; None to go on. Raises ``Refusal``."""
        query = scope.get("query_string", b"")
        if len(query) > QUERY_BYTES:
            raise Refusal(414, "the address is too long")
        self._check_site(scope, headers)
        given = _query(query).get("token", [])
        if scope["path"] == "/" and scope["method"] == "GET" and given:
            if not self._access.knows_token(given):
                raise Refusal(401, "the token is wrong", _ASK)
            return self._welcome(query, cookie_name(scope))
        told = [*_cookies(headers, cookie_name(scope)), *headers.getlist("x-token")]
        if not self._access.knows_token(told):
            raise Refusal(401, "the token is missing or wrong", _ASK)
        return None

    def _check_site(self, scope: Scope, headers: Headers) -> None:
        """Raise ``Refusal`` for what another site, or a name that is not ours, stands behind."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._access.knows_host(hosts[0]) or not self._is_our_port(scope, hosts[0]):
            raise Refusal(421, "the Host header names another server", "Call it by the address it printed.")
        if scope["method"] not in _METHODS:
            raise Refusal(405, "this method is not used here", f"Use {', '.join(_METHODS)}.")
        if len(origins) > 1 or (origins and origins[0] != f"http://{hosts[0]}"):
            raise Refusal(403, "web pages of this origin may not call it")
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES and scope["path"] != "/":
            raise Refusal(403, "another site has sent this request")
        changes = scope["method"] in ("POST", "PUT")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if changes and kind != "application/json":  # which no form of another site can send unasked
            raise Refusal(415, "the body must be JSON", "Send it as application/json.")

    def _is_our_port(self, scope: Scope, host: str) -> bool:
        """Whether a Host header names the port that was called. Where other machines may call, a proxy or a
        container's host may have another."""
        server = scope.get("server")
        if not is_loopback(self._access.host) or not server or server[1] is None:
            return True
        found = _PORT.search(host)
        return bool(server[1] == (int(found[1]) if found else _HTTP_PORT))

    def _welcome(self, query: bytes, cookie: str) -> Response:
        """To the same address without the token, which the cookie holds from here on."""
        rest = [(k, v) for k, values in _query(query).items() for v in values if k != "token"]
        answer = RedirectResponse(f"/?{urlencode(rest)}" if rest else "/", 303)
        answer.set_cookie(cookie, self._access.token, httponly=True, samesite="strict", path="/")
        return answer


def _query(query: bytes) -> dict[str, list[str]]:
    """Raises ``Refusal`` for one that nobody types."""
    try:
        return parse_qs(query.decode("latin-1"), max_num_fields=FIELDS)
    except ValueError:
        raise Refusal(400, "the address asks too much at once") from None


def cookie_name(scope: Scope) -> str:
    server = scope.get("server")
    return f"{COOKIE}_{server[1]}" if server else COOKIE


def _cookies(headers: Headers, name: str) -> list[str]:
    found = []
    for text in headers.getlist("cookie"):
        try:
            jar = SimpleCookie(text)
        except CookieError:
            continue
        if name in jar:
            found.append(jar[name].value)
    return found
