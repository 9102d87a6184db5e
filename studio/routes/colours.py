"""Colours: what lies under a point or a line, what a wish would cover, how it would look, and changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeGuard
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.core.types import Point
from mangacolor.server.http.refusal import Refusal
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.model import Look
from mangacolor.stages.edits.palette_file import to_document
from mangacolor.studio.limits import MOST_PIXELS, POINTS
from mangacolor.studio.painting import (
    cover_document,
    line_document,
    paint_page,
    paint_unedited,
    point_document,
    surfaces_document,
)
from mangacolor.studio.pictures import jpeg, screen_size
from mangacolor.studio.routes.answers import (
    asked_of,
    at_desk,
    body_of,
    if_it_fits,
    nothing_yet,
    picture_answer,
    side_in,
    while_wanted,
)
from mangacolor.studio.wishes import read_look, read_wishes


def routes() -> list[Route]:
    return [
        Route("/api/colour", colour),
        Route("/api/surfaces", surfaces),
        Route("/api/surface", surface, methods=["POST"]),
        Route("/api/line", line, methods=["POST"]),
        Route("/api/cover", cover, methods=["POST"]),
        Route("/api/paint", paint, methods=["POST"]),
        Route("/api/palette", palette, methods=["POST"]),
        Route("/api/palette/save", save, methods=["POST"]),
    ]


async def colour(request: Request) -> Response:
    """A colour as a person writes it, in hex: names are those that the command takes."""
    return JSONResponse({"colour": check_colour(request.query_params.get("text", ""), "Colour")})


async def surfaces(request: Request) -> Response:
    """The surfaces of a page, and where the map of their numbers is; nothing while a run writes them."""
    studio, desk = await asked_of(request)
    asked = request.query_params
    page, side = desk.coloured_page(asked.get("page")), side_in(asked.get("side"))

    def look() -> tuple[list[dict[str, Any]], tuple[int, int], str]:
        stamp = desk.surface_stamp(page)  # of what is read from here on, if not of what comes later
        return surfaces_document(desk, page), desk.now.coloured().size(page), stamp

    found = await if_it_fits(studio, [page], partial(at_desk, desk, look))
    if found is None:
        return nothing_yet()
    listed, size, stamp = found
    query = {"page": page, "side": side, "stamp": stamp, "chapter": desk.name}
    desk.make_ready(page, side)
    where = f"/api/pictures/surfaces?{urlencode(query)}"
    return JSONResponse({"size": list(screen_size(size, side)), "map": where, "surfaces": listed})


async def surface(request: Request) -> Response:
    (studio, desk), asked = await asked_of(request), await body_of(request)
    page, x, y = desk.coloured_page(asked.get("page")), _whole(asked, "x"), _whole(asked, "y")
    found = await if_it_fits(studio, [page], partial(at_desk, desk, point_document, desk, page, x, y))
    return nothing_yet() if found is None else JSONResponse(found)


async def line(request: Request) -> Response:
    (studio, desk), asked = await asked_of(request), await body_of(request)
    page, corners = desk.coloured_page(asked.get("page")), _corners(asked.get("line"))
    found = await if_it_fits(studio, [page], partial(at_desk, desk, line_document, desk, page, corners))
    return nothing_yet() if found is None else JSONResponse(found)


async def cover(request: Request) -> Response:
    """What a wish would cover; nothing while a run writes what it depends on, which may be any page."""
    (studio, desk), asked = await asked_of(request), await body_of(request)
    wishes = read_wishes(asked.get("wishes"))
    work = partial(while_wanted, request, desk, cover_document, desk, wishes)
    found = await if_it_fits(studio, desk.names, work)
    return nothing_yet() if found is None else JSONResponse(found)


async def paint(request: Request) -> Response:
    (studio, desk), asked = await asked_of(request), await body_of(request)
    page, side = desk.coloured_page(asked.get("page")), side_in(asked.get("side"))
    if asked.get("unedited") is True:
        work = partial(while_wanted, request, desk, paint_unedited, desk, page, side)
    else:
        wishes, look = read_wishes(asked.get("wishes")), _look(asked.get("look"))
        work = partial(while_wanted, request, desk, paint_page, desk, page, side, wishes, look)
    pixels = await if_it_fits(studio, [page], work)
    return nothing_yet() if pixels is None else picture_answer(jpeg(pixels), False)


async def palette(request: Request) -> Response:
    """Changes are made while no run is at work; afterwards one begins that shows them."""
    (studio, desk), asked = await asked_of(request), await body_of(request)
    wishes = read_wishes(asked.get("wishes"))
    halted = studio.runner.halted()
    await run_in_threadpool(halted.__enter__)
    try:
        done = await at_desk(desk, studio.commit, desk, wishes, asked.get("revision"))
    finally:
        halted.__exit__(None, None, None)
    if done["pages"] or done["changes"]:
        studio.run_again(desk.name)
    return JSONResponse(done)


async def save(request: Request) -> Response:
    """The palette as a file for ``--palette`` of other chapters."""
    _, desk = await asked_of(request)
    await body_of(request)
    found, _ = desk.palette()
    headers = {"Content-Disposition": 'attachment; filename="palette.json"'}
    return JSONResponse(to_document(found), headers=headers)


def _whole(asked: Mapping[str, Any], name: str) -> int:
    value = asked.get(name)
    if not _is_pixel(value):
        raise Refusal(400, f"{name} must be a pixel of the page")
    return value


def _is_pixel(value: object) -> TypeGuard[int]:
    return not isinstance(value, bool) and isinstance(value, int) and 0 <= value < MOST_PIXELS


def _corners(asked: object) -> list[Point]:
    """Corners of a line, in pixels of the page. Raises ``Refusal``."""
    if not isinstance(asked, list) or not 1 <= len(asked) <= POINTS:
        raise Refusal(400, f"line must be a list of 1 to {POINTS} points")
    corners = []
    for point in asked:
        match point:
            case [x, y] if _is_pixel(x) and _is_pixel(y):
                corners.append((x, y))
            case _:
                raise Refusal(400, "line must be a list of pixels of the page, as [120, 340]")
    return corners


def _look(asked: object) -> Look | None:
    if asked is None:
        return None
    found = read_look(asked)
    return Look(found.get("saturation", 1.0), found.get("warmth", 0.0))
