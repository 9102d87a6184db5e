"""What a server is told when it begins."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.system.kind import on_windows
from mangacolor.server.http.access import Access, is_loopback, is_web_page


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """``data``: where answers, series and jobs lie. ``queue``: pages that may wait. ``jobs``: pages at once,
    0 for as many as is best here."""

    access: Access
    port: int
    data: Path
    options: Options
    queue: int = 32
    jobs: int = 0


def check_access(host: str, token: str, origins: tuple[str, ...]) -> Access:
    """Who may ask. Raises ``UsageError`` for a server that everybody could use, or origins that are none."""
    if not is_loopback(host) and not token:
        raise UsageError(
            f"--host {host}: other machines could use this server",
            "Give --token TEXT, or MANGACOLOR_TOKEN, that they have to know.",
        )
    for origin in origins:
        if not is_web_page(origin) or origin == "null":
            raise UsageError(f"--allow-origin {origin}: not an origin", "Write it as https://example.org.")
    return Access(host, token, frozenset(origin.lower() for origin in origins))


def data_folder() -> Path:
    """The user's own place for what a server keeps: under ``XDG_DATA_HOME``, or as the platform has it."""
    if home := os.environ.get("XDG_DATA_HOME"):
        return Path(home) / "mangacolor"
    if on_windows() and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "mangacolor" / "data"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mangacolor"
    return Path.home() / ".local" / "share" / "mangacolor"
