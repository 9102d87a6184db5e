"""Who may ask: the names that the server goes by, the pages that may call it, and the token."""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

# Pages that browsers load from extensions' own files; no web site can have such an origin.
EXTENSIONS: Final = ("chrome-extension://", "moz-extension://", "safari-web-extension://")
# Paths that any web page may call: the content script of an extension speaks as the page that it reads.
OPEN_TO_PAGES: Final = frozenset({"/", "/colorize-image-data"})
# What tells a container's keeper that the server is alive; it says nothing of anybody.
HEALTH: Final = "/api/health"
TOKEN: Final = "token"  # of the query, where a program can set no header
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_WEB_PAGE: Final = re.compile(
    r"https?://[a-z0-9.\-]{1,253}(:\d{1,5})?|https?://\[[0-9a-f:]{2,39}\](:\d{1,5})?"
)


@dataclass(frozen=True, slots=True)
class Access:
    """``host``: what the server listens on. ``token``: what every request must know, "" for none.
    ``origins``: of web pages that may call everything, as ``https://example.org``."""

    host: str
    token: str = ""
    origins: frozenset[str] = frozenset()

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server.

        A web page can give its own name our address (DNS rebinding), and is then of the same origin; its
        requests still carry its name. Where the server listens to other machines, it goes by names that it
        cannot know, and the token keeps such a page out.
        """
        if not is_loopback(self.host):
            return True
        name = _host_name(header)
        return name in _LOOPBACK or name == self.host.lower()

    def knows_token(self, given: list[str]) -> bool:
        """Whether one of these is the token. Takes as long for a wrong one as for a right one."""
        right = self.token.encode()
        found = [hmac.compare_digest(text.encode("utf-8", "surrogateescape"), right) for text in given]
        return not self.token or any(found)

    def trusts(self, origin: str) -> bool:
        """Whether pages of ``origin`` may call everything: an extension's, or those named here."""
        return origin.startswith(EXTENSIONS) or origin.lower() in self.origins

    def welcomes(self, origin: str, path: str) -> bool:
        """Whether it may call ``path`` for any web page."""
        return path in OPEN_TO_PAGES and is_web_page(origin)


def is_web_page(origin: str) -> bool:
    """Whether an origin is a web site's or a local file's ("null"), and not an extension's."""
    return origin == "null" or _WEB_PAGE.fullmatch(origin.lower()) is not None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def tokens_in(headers: list[tuple[str, str]], query: str) -> list[str]:
    """Where a token may stand: Authorization, X-Token, ``?token=``."""
    found = [value for name, value in headers if name == "x-token"]
    for name, value in headers:
        kind, _, credentials = value.partition(" ")
        if name == "authorization" and kind.lower() == "bearer":
            found.append(credentials.strip())
    with contextlib.suppress(ValueError):
        found += parse_qs(query, max_num_fields=64).get(TOKEN, [])
    return found


def _host_name(header: str) -> str:
    """The name in a Host header, without the port; "" for what is none."""
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]/@]+)(:\d{1,5})?", header)
    return match[1].strip("[]").lower() if match else ""
