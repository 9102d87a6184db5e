"""The application: the studio's routes and its own files, behind the guard."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mangacolor.server.http.access import Access
from mangacolor.studio.guard import Guard
from mangacolor.studio.routes import colours, pages, panels, runs
from mangacolor.studio.routes.answers import ALL_HANDLERS
from mangacolor.studio.studio import Studio

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def make_app(studio: Studio, access: Access) -> Starlette:
    """An ASGI application for a studio. Whoever runs it starts and ends that."""
    own = _own_files()

    async def static(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in own:
            raise HTTPException(404)
        data, media_type = own[name]
        return Response(data, headers={"Content-Type": media_type, "Cache-Control": "no-cache"})

    app = Starlette(
        routes=[
            Route("/", static),
            Route("/static/{name:path}", static),
            *pages.routes(),
            *colours.routes(),
            *panels.routes(),
            *runs.routes(),
        ],
        middleware=[Middleware(Guard, access)],
        exception_handlers=ALL_HANDLERS,
    )
    app.state.studio = studio
    return app


def _own_files() -> dict[str, tuple[bytes, str]]:
    """All files that a browser may load, read once: a name from a request never becomes a path."""
    found: dict[str, tuple[bytes, str]] = {}

    def look(folder: Traversable, place: str) -> None:
        for item in folder.iterdir():
            if item.is_dir():
                look(item, f"{place}{item.name}/")
            elif (kind := _TYPES.get(f".{item.name.rpartition('.')[2]}")) is not None:
                found[f"{place}{item.name}"] = item.read_bytes(), kind

    look(files("mangacolor.studio") / "static", "")
    return found
