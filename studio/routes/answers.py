"""What every route needs: the studio behind the request, its queries, work on threads, errors as answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mangacolor.core.errors import (
    Cancelled,
    DiskFullError,
    InputError,
    MangacolorError,
    OutputError,
    PageError,
    UsageError,
)
from mangacolor.server.http.answering import HANDLERS
from mangacolor.server.http.bodies import read_json
from mangacolor.server.http.refusal import Refusal
from mangacolor.studio.desk import Desk
from mangacolor.studio.limits import BODY_BYTES, LEAST_SIDE, MOST_SIDE
from mangacolor.studio.pictures import Picture
from mangacolor.studio.studio import Studio

P = ParamSpec("P")
T = TypeVar("T")
# Seconds after which it is seen whether a browser still waits for an answer.
ABANDONED = 0.1
# Of a picture whose address changes with it.
_KEEP = "private, max-age=31536000, immutable"


def studio_of(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


async def asked_of(request: Request) -> tuple[Studio, Desk]:
    """The studio, and the desk of the chapter that the request is about, which it opens if need be.

    Raises ``UsageError`` for a chapter that there is not.
    """
    studio = studio_of(request)
    name = studio.chapter_named(request.query_params.get("chapter"))
    desk = studio.desks.lying(name)
    return studio, desk if desk is not None else await asyncio.to_thread(studio.desks.of, name)


async def at_desk(desk: Desk, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Something that looks at surfaces or paints, on the desk's thread."""
    return await asyncio.wrap_future(desk.submit(work, *args, **kwargs))


async def while_wanted(
    request: Request, desk: Desk, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T | None:
    """As ``at_desk``, and None where the browser has given its question up before that has begun: of those
    who turn many pages the desk does what the last one needs."""
    return await _unless_given_up(request, desk.submit(work, *args, **kwargs))


async def in_pool(request: Request, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """The same of something that reads files, on one of the threads for pictures."""
    return await _unless_given_up(request, studio_of(request).pictures_pool.submit(work, *args, **kwargs))


async def _unless_given_up(request: Request, asked: Future[T]) -> T | None:
    answer = asyncio.wrap_future(asked)
    while not (await asyncio.wait([answer], timeout=ABANDONED))[0]:
        if await request.is_disconnected() and asked.cancel():
            return None
    return await answer


async def if_it_fits(
    studio: Studio, pages: Collection[str], work: Callable[[], Awaitable[T | None]]
) -> T | None:
    """Something that is made of what is kept of some pages; None where that is being written just now."""
    was_in_hand = studio.has_in_hand(pages)
    try:
        return await work()
    except (UsageError, Refusal):  # what was asked is at fault
        raise
    except Exception:
        # The run may have begun with a page since, or have just ended it.
        if was_in_hand or studio.has_in_hand(pages):
            return None
        raise


def nothing_yet() -> Response:
    """Of a page that a run makes anew: who has asked is told when it is done, and asks again."""
    return Response(status_code=204)


async def body_of(request: Request) -> dict[str, Any]:
    return await read_json(request, BODY_BYTES)


def side_in(value: object) -> int:
    """A long side in pixels. Raises ``Refusal``."""
    try:
        side = int(str(value))
    except ValueError:
        raise Refusal(400, "side must be a number of pixels") from None
    if not LEAST_SIDE <= side <= MOST_SIDE:
        raise Refusal(400, f"side must be from {LEAST_SIDE} to {MOST_SIDE}")
    return side


def picture_answer(picture: Picture, kept: bool) -> Response:
    """``kept``: the browser may keep it, as its address has a stamp."""
    headers = {"Cache-Control": _KEEP} if kept else {}
    return Response(picture.data, media_type=picture.media_type, headers=headers)


async def say(_request: Request, error: Exception) -> Response:
    """An error of the pipeline, in its own words."""
    assert isinstance(error, MangacolorError)
    return JSONResponse({"error": error.message, "remedy": error.remedy}, _status_of(error))


def _status_of(error: MangacolorError) -> int:
    match error:
        case UsageError():
            return 400
        case DiskFullError():
            return 507
        case OutputError() | Cancelled():
            return 409
        case InputError() | PageError():
            return 422
    return 500


ALL_HANDLERS = {**HANDLERS, MangacolorError: say}
