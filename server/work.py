"""The one queue: pages in order of arrival, the same page once, pages of one series one after the other."""

from __future__ import annotations

import asyncio
import math
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from mangacolor.core.cpu import shared_cores
from mangacolor.core.errors import MangacolorError
from mangacolor.server.answers_cache import AnswersCache
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.pages import Answer, PageRequest

Colour = Callable[[PageRequest], Answer]
Key = Callable[[PageRequest], str]
Tell = Callable[[str], None]
# Seconds a page takes until some have been measured.
FIRST_GUESS: Final = 4.0
# Weight of the newest page in the mean of seconds.
NEWEST: Final = 0.2
# Most seconds that a client is asked to stay away.
LONGEST_WAIT: Final = 120


@dataclass(eq=False, slots=True)
class Entry:
    """A page in the queue or at work. ``waiting``: requests that want it. ``kept``: made in any case."""

    key: str
    page: PageRequest = field(repr=False)
    future: asyncio.Future[Answer]
    waiting: int = 0
    kept: bool = False


class Work:
    """Pages on ``workers`` threads, up to ``places`` that wait. Only the event loop's thread changes it."""

    def __init__(
        self, colour: Colour, key: Key, cache: AnswersCache, *, places: int, workers: int, tell: Tell
    ) -> None:
        self._colour = colour
        self._key = key
        self._cache = cache
        self._places = places
        self._workers = workers
        self._tell = tell
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="page")
        self._entries: dict[str, Entry] = {}
        self._queue: deque[Entry] = deque()
        self._at_work: set[Entry] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._seconds = FIRST_GUESS

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def at_work(self) -> int:
        return len(self._at_work)

    def soon(self) -> int:
        """Seconds after which a place is likely to be free, or an answer there."""
        ahead = len(self._queue) + len(self._at_work)
        return max(1, min(LONGEST_WAIT, math.ceil(ahead * self._seconds / self._workers)))

    def _check_room(self, visitor: str) -> None:
        """Raise ``Refusal`` where the queue is full. Web pages get half of it: they lock nobody out."""
        full = len(self._queue) >= self._places
        visitors = sum(1 for entry in self._queue if entry.page.visitor) if visitor else 0
        if full or (visitor and visitors >= max(1, self._places // 2)):
            raise Refusal(503, "the queue is full", "Ask again later.", retry_after=self.soon())

    def join(self, key: str, page: PageRequest) -> Entry:
        """Wait for a page, together with others that want the same. Raises ``Refusal`` if it is full."""
        entry = self._entries.get(key)
        if entry is None:
            self._check_room(page.visitor)
            entry = Entry(key, page, asyncio.get_running_loop().create_future())
            self._entries[key] = entry
            self._queue.append(entry)
            self._start()
        entry.waiting += 1
        return entry

    def leave(self, entry: Entry) -> None:
        """A request wants the page no more. What nobody wants leaves the queue; one at work is finished."""
        entry.waiting -= 1
        if not entry.waiting and not entry.kept and entry in self._queue:
            self._queue.remove(entry)
            del self._entries[entry.key]
            entry.future.cancel()

    async def close(self) -> None:
        """Refuse what waits, and let what is at work end."""
        while self._queue:
            entry = self._queue.popleft()
            del self._entries[entry.key]
            _fail(
                entry, Refusal(503, "the server is being stopped", "Ask again when it runs.", retry_after=30)
            )
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._threads.shutdown(wait=False)

    def _start(self) -> None:
        """Begin pages while there are threads for them: the first whose series is not at work already."""
        while len(self._at_work) < self._workers:
            busy = {entry.page.series for entry in self._at_work} - {""}
            entry = next((entry for entry in self._queue if entry.page.series not in busy), None)
            if entry is None:
                return
            self._queue.remove(entry)
            self._at_work.add(entry)
            task = asyncio.get_running_loop().create_task(self._run(entry))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, entry: Entry) -> None:
        started = time.monotonic()
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._make, entry)
        except Refusal as refusal:
            _fail(entry, refusal)
        except Exception as error:  # a client that takes any body for a picture gets the page itself
            self._tell(f"a page failed; please report this\n{''.join(traceback.format_exception(error))}")
            _fail(entry, Refusal(500, "the program failed on this page", "Its log says why."))
        else:
            self._seconds += NEWEST * (time.monotonic() - started - self._seconds)
            if not entry.future.done():
                entry.future.set_result(answer)
        finally:
            self._at_work.discard(entry)
            del self._entries[entry.key]
            self._start()

    def _make(self, entry: Entry) -> Answer:
        """[thread] Colour a page and keep the answer."""
        place = shared_cores().place()
        place.take()
        try:
            answer = self._colour(entry.page)
        finally:
            place.give_back()
        try:
            # The first page of a series begins its memory, which enters the key from then on.
            self._cache.save(self._key(entry.page), answer)
        except (MangacolorError, Refusal) as error:  # the answer is good all the same
            self._tell(f"{error.message}: the answer is not kept")
        return answer


def _fail(entry: Entry, refusal: Refusal) -> None:
    if not entry.future.done():
        entry.future.set_exception(refusal)
        entry.future.exception()  # asked for, so that nothing is said where nobody waits
