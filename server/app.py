"""The application: every protocol's routes behind the guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware

from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.guard import Guard
from mangacolor.server.http.access import Access
from mangacolor.server.http.answering import HANDLERS
from mangacolor.server.protocols import binitdox, flamboyant, own, suwayomi
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
        exception_handlers=HANDLERS,
    )
