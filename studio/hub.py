"""What happens, told to every browser that listens."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from mangacolor.server.http.refusal import Refusal
from mangacolor.studio.limits import HEARTBEAT, LISTENERS, WAITING_EVENTS


class Hub:
    """Events from any thread to listeners on the event loop's. One that does not read is let go: a browser
    then connects again, and asks for everything."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[asyncio.Queue[str | None]] = set()

    def start(self) -> None:
        """On the event loop's thread."""
        self._loop = asyncio.get_running_loop()

    def tell(self, kind: str, about: Any) -> None:
        """An event of a kind with a JSON document, to everybody. From any thread."""
        if self._loop is None:
            return
        text = f"event: {kind}\ndata: {json.dumps(about, ensure_ascii=False)}\n\n"
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._hand_on, text)

    def close(self) -> None:
        """Let all listeners go. On the event loop's thread."""
        for queue in list(self._listeners):
            self._let_go(queue)

    def join(self) -> asyncio.Queue[str | None]:
        """A place for what is told from here on. Raises ``Refusal`` where too many listen."""
        if len(self._listeners) >= LISTENERS:
            raise Refusal(503, "too many windows of this studio are open", "Close one.", retry_after=5)
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    async def listen(self, queue: asyncio.Queue[str | None], hello: str) -> AsyncIterator[str]:
        """What is told to a place, as a stream of server-sent events that begins with ``hello``."""
        try:
            yield hello
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    text = ": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._listeners.discard(queue)

    def _hand_on(self, text: str) -> None:
        for queue in list(self._listeners):
            if queue.qsize() >= WAITING_EVENTS:
                self._let_go(queue)
            else:
                queue.put_nowait(text)

    def _let_go(self, queue: asyncio.Queue[str | None]) -> None:
        self._listeners.discard(queue)
        queue.put_nowait(None)
