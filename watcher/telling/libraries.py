"""Komga and Kavita are told to scan their libraries, so that readers see what has been coloured.

The addresses are those that their users see in the browser: of the server, which scans all its libraries, or
of one library. Keys come from the environment and are in no message.

Komga: ``GET /api/v1/libraries`` and ``POST /api/v1/libraries/{id}/scan`` with ``X-API-Key``. Kavita: a token
by ``POST /api/Plugin/authenticate``, then ``POST /api/Library/scan-all`` or ``/api/Library/scan``.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from mangacolor.core.errors import MangacolorError, SetupError, UsageError

TOKENS: Final = ("MANGACOLOR_KOMGA_TOKEN", "MANGACOLOR_KAVITA_TOKEN")
# Seconds until a server has answered.
_TIMEOUT: Final = 20.0
# Bytes of an answer that are read: a list of libraries is a few thousand.
_MOST: Final = 4 * 2**20


class LibraryError(MangacolorError):
    """A library server could not be told."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and the library that is meant (all of them if it is "")."""

    kind: str
    base: str
    library: str
    token: str

    def __repr__(self) -> str:
        return f"Server({self.kind!r}, {self.base!r}, {self.library!r})"  # without the key

    def scan(self) -> None:
        """Ask for a scan. Raises ``LibraryError``."""
        (_scan_komga if self.kind == "komga" else _scan_kavita)(self)


def find_servers(komga: str | None, kavita: str | None) -> list[Server]:
    """The servers to be told. Raises ``UsageError`` for an address, ``SetupError`` for a missing key."""
    servers = []
    for kind, url, part in (("komga", komga, "libraries"), ("kavita", kavita, "library")):
        if url is not None:
            base, library = _split(kind, url, part)
            servers.append(Server(kind, base, library, _token(kind)))
    return servers


def _split(kind: str, url: str, part: str) -> tuple[str, str]:
    """Address of the server and name of the library in an address of the browser."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise UsageError(
            f"--{kind}: an address such as http://localhost:{25600 if kind == 'komga' else 5000} is needed",
            f"Give the server's or one library's address; the key goes to MANGACOLOR_{kind.upper()}_TOKEN.",
        )
    base = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    match = re.search(rf"/{part}/([\w-]+)(?:/[\w-]*)?$", base)
    return (base[: match.start()], match[1]) if match else (base, "")


def _token(kind: str) -> str:
    name = f"MANGACOLOR_{kind.upper()}_TOKEN"
    token = os.environ.get(name, "").strip()
    if not token:
        raise SetupError(
            f"--{kind} needs a key, and {name} is not set",
            "Make an API key in the server's settings of your account and put it into the environment.",
        )
    if not token.isascii() or not token.isprintable():
        raise SetupError(f"{name} holds characters that no key has", "Copy the key once more.")
    return token


def _scan_komga(server: Server) -> None:
    headers = {"X-API-Key": server.token}
    api = f"{server.base}/api/v1/libraries"
    names = [server.library]
    if not server.library:
        rows = _call(server, api, "GET", headers)
        names = [str(row["id"]) for row in rows if "id" in row] if isinstance(rows, list) else []
        if not names:
            raise LibraryError(f"komga at {server.base} shows no library", "See what the key's user may see.")
    for name in names:
        _call(server, f"{api}/{quote(name, safe='')}/scan", "POST", headers)


def _scan_kavita(server: Server) -> None:
    asked = urlencode({"apiKey": server.token, "pluginName": "mangacolor"})
    answer = _call(server, f"{server.base}/api/Plugin/authenticate?{asked}", "POST", {})
    token = answer.get("token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise LibraryError(f"kavita at {server.base} gave no token", "See whether the address is Kavita's.")
    one = f"scan?{urlencode({'libraryId': server.library})}"
    path = one if server.library else "scan-all"
    _call(server, f"{server.base}/api/Library/{path}", "POST", {"Authorization": f"Bearer {token}"})


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A key is not carried to another address."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _call(server: Server, url: str, method: str, headers: Mapping[str, str]) -> Any:
    """What a server answers, as JSON; None for nothing. Raises ``LibraryError`` without the key in it."""
    body = b"" if method == "POST" else None
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))
    request.add_header("Accept", "application/json")
    # No proxy: such servers stand in the same house, and a key is for nobody between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)
    where = f"{server.kind} at {server.base}"
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer:
            text = answer.read(_MOST)
    except urllib.error.HTTPError as error:
        error.close()
        raise LibraryError(f"{where} answers {error.code}", _remedy(server, error.code)) from None
    except (OSError, ValueError, http.client.HTTPException) as error:  # urllib's own are OSErrors
        reason = getattr(error, "reason", error)
        told = str(reason).replace(server.token, "...")
        raise LibraryError(f"{where} does not answer ({told})", "See whether it runs.") from None
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        raise LibraryError(
            f"{where} answers no JSON", f"See whether the address is {server.kind}'s."
        ) from None


def _remedy(server: Server, code: int) -> str:
    if code in (401, 403):
        return (
            f"See whether MANGACOLOR_{server.kind.upper()}_TOKEN is a key of a user who may scan libraries."
        )
    if code == 404:
        return f"See whether the address is {server.kind}'s and the library is there."
    return "See the server's own log."
