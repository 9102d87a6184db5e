"""The application: every protocol's routes behind the guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.guard import Guard
from mangacolor.server.http.access import Access
from mangacolor.server.http.bodies import ClientGone
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.protocols import binitdox, flamboyant, own, suwayomi
from mangacolor.server.protocols.answers import CLIENT_GONE, refused
from mangacolor.server.service import Service


def make_app(service: Service, jobs: ChapterJobs, access: Access) -> Starlette:
    """An ASGI application for a service and its jobs. Whoever runs it starts and ends those."""
    return Starlette(
        routes=[
            *suwayomi.routes(service),
            *binitdox.routes(service),
            *flamboyant.routes(service),
            *own.routes(service, jobs),
        ],
        middleware=[Middleware(Guard, access)],
        exception_handlers={Refusal: _refuse, ClientGone: _give_up, HTTPException: _explain},
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return refused(error)


async def _give_up(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


async def _explain(_request: Request, error: Exception) -> Response:
    """What starlette refuses by itself: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail, "remedy": ""}, error.status_code, headers=error.headers)
