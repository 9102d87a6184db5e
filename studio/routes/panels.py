"""Panels and regions of a page: shown, corrected, and found again."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.studio.desk import Desk
from mangacolor.studio.panels import check_unchanged, panels_document, remove_panels, write_panels
from mangacolor.studio.routes.answers import asked_of, body_of
from mangacolor.studio.studio import Studio


def routes() -> list[Route]:
    return [
        Route("/api/panels", show),
        Route("/api/panels", correct, methods=["PUT"]),
        Route("/api/panels", find_again, methods=["DELETE"]),
    ]


async def show(request: Request) -> Response:
    studio, desk = await asked_of(request)
    page = desk.page(request.query_params.get("page"))
    return JSONResponse(await run_in_threadpool(panels_document, studio.state, studio.corrections, page))


async def correct(request: Request) -> Response:
    (studio, desk), asked = await asked_of(request), await body_of(request)
    page = desk.page(asked.get("page"))
    studio.check_correction(page)

    def write() -> None:
        check_unchanged(studio.state, studio.corrections, page, asked.get("revision"))
        write_panels(studio.state, studio.corrections, page, asked)

    return await _change(studio, desk, page, write)


async def find_again(request: Request) -> Response:
    studio, desk = await asked_of(request)
    page = desk.page(request.query_params.get("page"))

    def remove() -> None:
        check_unchanged(studio.state, studio.corrections, page, request.query_params.get("revision"))
        remove_panels(studio.state, studio.corrections, page)

    return await _change(studio, desk, page, remove)


async def _change(studio: Studio, desk: Desk, page: str, change: Callable[[], None]) -> Response:
    await run_in_threadpool(studio.change_panels, page, change)
    studio.run_again(desk.name)
    return JSONResponse(await run_in_threadpool(panels_document, studio.state, studio.corrections, page))
