"""Pages: the chapter's list, and pictures of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.core.types import Image
from mangacolor.pipeline.editing.wishes.options import Wishes
from mangacolor.studio.desk import Desk
from mangacolor.studio.limits import THUMBNAIL
from mangacolor.studio.pages import file_stamp
from mangacolor.studio.painting import paint_page
from mangacolor.studio.pictures import (
    Picture,
    balloon_map,
    jpeg,
    scaled,
    surface_map,
)
from mangacolor.studio.routes.answers import (
    asked_of,
    at_desk,
    if_it_fits,
    in_pool,
    nothing_yet,
    picture_answer,
    side_in,
    while_wanted,
)
from mangacolor.studio.studio import Studio

P = ParamSpec("P")
# Of a thumbnail, width at most: in its heights. Strips are far longer than wide, spreads wider.
WIDEST = 2


def routes() -> list[Route]:
    return [
        Route("/api/chapter", chapter),
        Route("/api/pictures/page", page),
        Route("/api/pictures/source", source),
        Route("/api/pictures/thumb", thumb),
        Route("/api/pictures/surfaces", surfaces),
        Route("/api/pictures/balloons", balloons),
    ]


async def chapter(request: Request) -> Response:
    studio, desk = await asked_of(request)
    if desk.counted is None:  # gathering them may take long, and nobody waits for that here
        return JSONResponse(await asyncio.to_thread(studio.document, desk, None))
    return JSONResponse(await at_desk(desk, _counted_document, studio, desk))


async def page(request: Request) -> Response:
    """The finished page; with the edits that its file does not have yet, where there are such and it can be
    painted with them."""
    studio, desk = await asked_of(request)
    name, side = desk.page(request.query_params.get("page")), side_in(request.query_params.get("side"))
    stamp = request.query_params.get("stamp")
    if name in studio.stale:
        work = partial(while_wanted, request, desk, _paint_stale, desk, name, side)
        made = await if_it_fits(studio, [name], work)
        if made is not None:
            painted, revision = made
            return picture_answer(jpeg(painted), stamp is not None and stamp.endswith(f"-{revision}"))
        if await request.is_disconnected():
            return nothing_yet()
    return await _picture_of(request, _finished, studio, desk, name, side, stamp)


async def source(request: Request) -> Response:
    studio, desk = await asked_of(request)
    name, side = desk.page(request.query_params.get("page")), side_in(request.query_params.get("side"))
    return await _picture_of(request, _source, studio, desk, name, side)


async def thumb(request: Request) -> Response:
    studio, desk = await asked_of(request)
    name = desk.page(request.query_params.get("page"))
    stamp = request.query_params.get("stamp")
    return await _picture_of(request, _finished, studio, desk, name, THUMBNAIL * WIDEST, stamp)


async def surfaces(request: Request) -> Response:
    """The map of a page's surfaces; nothing where the ``stamp`` is of others than there are by now."""
    studio, desk = await asked_of(request)
    asked = request.query_params
    name, side, stamp = desk.coloured_page(asked.get("page")), side_in(asked.get("side")), asked.get("stamp")
    work = partial(in_pool, request, surface_map, desk.now.coloured(), name, side)
    picture = await if_it_fits(studio, [name], work)
    if picture is None or (stamp and stamp != await asyncio.to_thread(desk.surface_stamp, name)):
        return nothing_yet()
    return picture_answer(picture, bool(stamp))


async def balloons(request: Request) -> Response:
    studio, desk = await asked_of(request)
    asked = request.query_params
    name, side = desk.coloured_page(asked.get("page")), side_in(asked.get("side"))
    work = partial(in_pool, request, balloon_map, desk.now.coloured(), name, side)
    picture = await if_it_fits(studio, [name], work)
    return nothing_yet() if picture is None else picture_answer(picture, False)


async def _picture_of(
    request: Request, make: Callable[P, tuple[Picture, bool]], *args: P.args, **kwargs: P.kwargs
) -> Response:
    """A picture, and whether the browser may keep it; of one that its window has given up nothing is made."""
    made = await in_pool(request, make, *args, **kwargs)
    return nothing_yet() if made is None else picture_answer(*made)


def _counted_document(studio: Studio, desk: Desk) -> dict[str, Any]:
    """[desks' thread] The chapter, with what is counted in its surfaces if they are still those it has."""
    return studio.document(desk, desk.counted)


def _finished(studio: Studio, desk: Desk, name: str, side: int, stamp: str | None) -> tuple[Picture, bool]:
    """A page as OUT has it, or as it came where it is not there yet; and whether it may be kept under the
    ``stamp``: not where the file is another by now, for after an undo the stamp means what it meant before.
    """
    known = studio.pictures.find((name, side, stamp))
    if known is not None:
        return known, True
    data = studio.rows(desk).finished(name)
    if data is None:
        return _source(studio, desk, name, side)
    picture = jpeg(scaled(data, name, side, studio.options.max_pixels))
    is_own = stamp == file_stamp(hashlib.sha256(data).hexdigest())
    if is_own:
        studio.pictures.keep((name, side, stamp), picture)
    return picture, is_own


def _paint_stale(desk: Desk, name: str, side: int) -> tuple[Image, str]:
    """[desks' thread] A page with the edits that its file does not have yet, and the palette's revision."""
    _, revision = desk.palette()
    return paint_page(desk, name, side, Wishes()), revision


def _source(studio: Studio, desk: Desk, name: str, side: int) -> tuple[Picture, bool]:
    data = desk.now.pages.sources[name].read()
    return jpeg(scaled(data, name, side, studio.options.max_pixels)), False
