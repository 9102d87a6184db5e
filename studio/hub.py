"""What happens, told to every browser that listens."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from mangacolor.server.http.refusal import Refusal
from mangacolor.studio.limits import HEARTBEAT, KEPT_NOTICES, LISTENERS, WAITING_EVENTS

# What waits for a listener; None: there will be no more.
Waiting = asyncio.Queue[str | None]
# The kind of events that no answer to a question tells again: they are kept for who comes back.
NOTICE: Final = "notice"


@dataclass(frozen=True, slots=True)
class _Told:
    """An event as it is sent. ``chapter``: whose it is, None for everybody's."""

    number: int
    text: str
    chapter: str | None


class Hub:
    """Events from any thread to listeners on the event loop's, each of whom has one chapter before them.

    One that does not read is let go: a browser then connects again, and asks for everything. So does one that
    was out of sight; it names the last event that it heard, and is told the notices since.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[Waiting, str] = {}
        self._number = 0  # of the last event
        self._notices: deque[_Told] = deque(maxlen=KEPT_NOTICES)

    def start(self) -> None:
        """On the event loop's thread."""
        self._loop = asyncio.get_running_loop()

    def tell(self, kind: str, about: Any, chapter: str | None = None) -> None:
        """An event of a kind with a JSON document, to those who look at a chapter, or to everybody. From any
        thread."""
        if self._loop is None:
            return
        data = json.dumps(about, ensure_ascii=False)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._hand_on, kind, data, chapter)

    def is_heard(self, chapter: str) -> bool:
        """Whether anybody looks at a chapter. From any thread."""
        return chapter in list(self._listeners.values())

    def close(self) -> None:
        """Let all listeners go. On the event loop's thread."""
        for queue in list(self._listeners):
            self._let_go(queue)

    def join(self, chapter: str, since: int | None = None) -> Waiting:
        """A place for what is told of a chapter from here on, after a ``hello``. ``since``: the number of an
        event; the notices after it come, too, or all where it is later than any: a studio that was here
        before has told it.
        Raises ``Refusal`` where too many listen."""
        if len(self._listeners) >= LISTENERS:
            raise Refusal(503, "too many windows of this studio are open", "Close one.", retry_after=5)
        queue: Waiting = asyncio.Queue()
        queue.put_nowait(_as_text("hello", self._number, "{}"))
        after = 0 if since is not None and since > self._number else since
        for told in self._notices:
            if after is not None and told.number > after and told.chapter in (None, chapter):
                queue.put_nowait(told.text)
        self._listeners[queue] = chapter
        return queue

    async def listen(self, queue: Waiting) -> AsyncIterator[str]:
        """What is told to a place, as a stream of server-sent events."""
        try:
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    text = ": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._listeners.pop(queue, None)

    def _hand_on(self, kind: str, data: str, chapter: str | None) -> None:
        self._number += 1
        text = _as_text(kind, self._number, data)
        if kind == NOTICE:
            self._notices.append(_Told(self._number, text, chapter))
        for queue, seen in list(self._listeners.items()):
            if chapter not in (None, seen):
                continue
            if queue.qsize() >= WAITING_EVENTS:
                self._let_go(queue)
            else:
                queue.put_nowait(text)

    def _let_go(self, queue: Waiting) -> None:
        self._listeners.pop(queue, None)
        queue.put_nowait(None)


def _as_text(kind: str, number: int, data: str) -> str:
    return f"event: {kind}\nid: {number}\ndata: {data}\n\n"
