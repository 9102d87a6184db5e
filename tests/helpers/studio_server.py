"""A studio in this process, on a port of its own, and clients that ask it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mangacolor.server.http.access import Access
from mangacolor.server.http.serving import address_of, listening, make_server
from mangacolor.studio.app import make_app
from mangacolor.studio.settings import StudioSettings
from mangacolor.studio.studio import Studio

TOKEN = "a long secret"


@contextmanager
def opened_studio(out: Path, **settings: Any) -> Iterator[tuple[Studio, httpx.Client]]:
    """The studio of OUT, served, with a client that knows the token."""
    access = Access("127.0.0.1", TOKEN)
    studio = Studio(StudioSettings(out, access, **settings))
    with listening("127.0.0.1", 0) as listener:
        server = make_server(make_app(studio, access), print)
        serving = threading.Thread(target=_serve, args=(studio, server, listener), daemon=True)
        serving.start()
        try:
            with httpx.Client(
                base_url=address_of(listener), headers={"X-Token": TOKEN}, timeout=150
            ) as client:
                yield studio, client
        finally:
            server.should_exit = True
            studio.close()
            serving.join(20)


def _serve(studio: Studio, server: Any, listener: Any) -> None:
    import asyncio

    async def serve() -> None:
        studio.hub.start()
        studio.start()
        await server.serve(sockets=[listener])

    asyncio.run(serve())


def wait_until_idle(
    client: httpx.Client, chapter: dict[str, str] | None = None, seconds: float = 150
) -> dict[str, Any]:
    """A chapter's document once nothing runs and nothing of it is about to."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        document: dict[str, Any] = client.get("/api/chapter", params=chapter or {}).json()
        stale = [page for page in document["pages"] if page["stale"]]
        if document["run"]["state"] in ("idle", "failed") and not document["run"]["waits"] and not stale:
            return document
        time.sleep(0.1)
    raise TimeoutError(f"the studio is still busy: {document['run']}")


def tree_hash(folder: Path) -> str:
    """Of all files of a folder, and their names; locks are left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "lock":
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
