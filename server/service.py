"""What the protocols call: a page in, an answer out, within the time that the client waits."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from starlette.requests import Request

from mangacolor.core.settings import Options
from mangacolor.server.answers_cache import AnswersCache
from mangacolor.server.guard import VISITOR
from mangacolor.server.http.bodies import BodyRoom, ClientGone
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import Answer, PageRequest
from mangacolor.server.request_options import SERIES
from mangacolor.server.series import clean_title
from mangacolor.server.work import Entry, Work


@dataclass(slots=True)
class Health:
    """Whether pages can be coloured. ``error``: why not."""

    state: Literal["loading", "ready", "error"] = "loading"
    device: str = ""
    error: str = ""


@dataclass(slots=True)
class Service:
    """The one engine behind its queue. ``options``: what pages get that say nothing else."""

    engine: PageEngine
    cache: AnswersCache
    work: Work
    options: Options
    bodies: BodyRoom = field(default_factory=BodyRoom)
    health: Health = field(default_factory=Health)

    async def answer(self, request: Request, page: PageRequest, within: float) -> Answer:
        """The answer for a page that ``request`` brought, whose body has been read.

        Raises ``Refusal``: 503 if it is not there ``within`` so many seconds, while the work goes on, so that
        asking again finds it. Raises ``ClientGone`` if nobody waits for it.
        """
        self.engine.check(page)
        key = await asyncio.to_thread(self.engine.key, page)
        kept = await asyncio.to_thread(self.cache.load, key)
        if kept is not None:
            return kept
        entry = self.work.join(key, page)
        gone = asyncio.ensure_future(_until_gone(request))
        try:
            return await self._wait(entry, gone, within)
        finally:
            gone.cancel()
            self.work.leave(entry)

    async def _wait(self, entry: Entry, gone: asyncio.Future[None], within: float) -> Answer:
        both: list[asyncio.Future[Any]] = [entry.future, gone]
        done, _ = await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if entry.future in done:
            return entry.future.result()
        if gone in done:
            raise ClientGone
        entry.kept = True
        raise Refusal(
            503, "the page is not ready yet", "Ask again: the work goes on.", retry_after=self.work.soon()
        )


async def _until_gone(request: Request) -> None:
    """Ends when the client closes the connection."""
    with contextlib.suppress(RuntimeError):
        while (await request.receive())["type"] != "http.disconnect":
            pass


def series_of(request: Request, title: Any = "") -> str:
    """The title of the series: as the protocol says it, in ``?series=``, or in the header X-Manga-Title."""
    header = request.headers.get("x-manga-title", "").encode("latin-1")
    found = title if isinstance(title, str) else ""
    found = found or request.query_params.get(SERIES, "") or unquote(header.decode("utf-8", "replace"))
    return clean_title(found)


def visitor_of(request: Request) -> str:
    """The web page that asks, as the guard found it; "" for a program."""
    visitor: str = request.scope.get(VISITOR, "")
    return visitor
