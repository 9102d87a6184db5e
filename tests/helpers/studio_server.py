"""The studio in this process, on a port of this machine, with a client that knows its token."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mangacolor.server.http.access import Access
from mangacolor.server.http.serving import make_server
from mangacolor.studio.app import make_app
from mangacolor.studio.settings import StudioSettings
from mangacolor.studio.studio import Studio

TOKEN = "the-token-of-these-tests-0123456789"
# Seconds that what goes on in the background may take.
PATIENCE = 60.0


@dataclass(slots=True)
class Served:
    """``told``: what the server has complained of."""

    studio: Studio
    client: httpx.Client
    told: list[str]

    def chapter(self) -> dict[str, Any]:
        return self.good(self.client.get("/api/chapter"))

    def palette(self) -> dict[str, Any]:
        found: dict[str, Any] = self.chapter()["palette"]
        return found

    def post(self, path: str, **document: Any) -> httpx.Response:
        return self.client.post(f"/api/{path}", json=document)

    def wish(self, **wishes: Any) -> dict[str, Any]:
        """Change the palette; what is answered."""
        return self.good(self.post("palette", wishes=wishes))

    def good(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait(self) -> dict[str, Any]:
        """Until no run is at work or wanted; how the last one ended."""
        deadline = time.monotonic() + PATIENCE
        while self.studio.runner.is_busy:
            assert time.monotonic() < deadline, self.studio.runner.progress.document()
            time.sleep(0.02)
        return self.studio.runner.progress.document()


@contextmanager
def served_studio(out: Path, **settings: Any) -> Iterator[Served]:
    """A studio on OUT. ``settings``: more of ``StudioSettings``."""
    told: list[str] = []
    access = Access("127.0.0.1", TOKEN)
    studio = Studio(StudioSettings(out, access, **settings))
    server = make_server(make_app(studio, access), told.append)
    server.config.port = 0

    async def serve() -> None:
        studio.hub.start()
        studio.start()
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"X-Token": TOKEN}
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE, headers=headers
        ) as client:
            yield Served(studio, client, told)
    finally:
        server.should_exit = True
        thread.join(10)
        studio.close()
