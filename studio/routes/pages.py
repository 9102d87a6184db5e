"""Pages: the chapter's list, and pictures of them."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.pipeline.editing.wishes import Wishes
from mangacolor.studio.limits import THUMBNAIL
from mangacolor.studio.painting import paint_page
from mangacolor.studio.pictures import (
    Picture,
    balloon_map,
    jpeg,
    scaled,
    surface_map,
)
from mangacolor.studio.routes.answers import at_desk, picture_answer, side_in, studio_of
from mangacolor.studio.studio import Studio

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
    studio = studio_of(request)
    if studio.desk.counted is None:  # gathering them may take long, and nobody waits for that here
        return JSONResponse(await asyncio.to_thread(studio.document))
    return JSONResponse(await at_desk(studio, studio.document))


async def page(request: Request) -> Response:
    """The finished page; with the edits that its file does not have yet, where there are such."""
    studio = studio_of(request)
    name, side = studio.page(request.query_params.get("page")), side_in(request.query_params.get("side"))
    kept = bool(request.query_params.get("stamp"))
    if name in studio.desk.stale:
        painted = await at_desk(studio, paint_page, studio.desk, name, side, Wishes())
        return picture_answer(jpeg(painted), kept)
    picture = await asyncio.to_thread(_finished, studio, name, side, request.query_params.get("stamp"))
    return picture_answer(picture, kept)


async def source(request: Request) -> Response:
    studio = studio_of(request)
    name, side = studio.page(request.query_params.get("page")), side_in(request.query_params.get("side"))
    return picture_answer(await asyncio.to_thread(_source, studio, name, side), False)


async def thumb(request: Request) -> Response:
    studio = studio_of(request)
    name = studio.page(request.query_params.get("page"))
    stamp = request.query_params.get("stamp")
    picture = await asyncio.to_thread(_finished, studio, name, THUMBNAIL * WIDEST, stamp)
    return picture_answer(picture, bool(stamp))


async def surfaces(request: Request) -> Response:
    studio = studio_of(request)
    asked = request.query_params
    name, side = studio.coloured_page(asked.get("page")), side_in(asked.get("side"))
    coloured = studio.desk.now.coloured()
    picture = await asyncio.to_thread(surface_map, coloured, name, side)
    return picture_answer(picture, bool(request.query_params.get("stamp")))


async def balloons(request: Request) -> Response:
    studio = studio_of(request)
    asked = request.query_params
    name, side = studio.coloured_page(asked.get("page")), side_in(asked.get("side"))
    return picture_answer(await asyncio.to_thread(balloon_map, studio.desk.now.coloured(), name, side), False)


def _finished(studio: Studio, name: str, side: int, stamp: str | None) -> Picture:
    """A page as OUT has it; as it came where it is not there yet."""

    def make() -> Picture:
        data = studio.rows().finished(name)
        if data is None:
            return _source(studio, name, side)
        return jpeg(scaled(data, name, side, studio.options.max_pixels))

    return studio.pictures.get((name, side, stamp), make) if stamp else make()


def _source(studio: Studio, name: str, side: int) -> Picture:
    data = studio.desk.now.pages.sources[name].read()
    return jpeg(scaled(data, name, side, studio.options.max_pixels))
