"""Runs: begun, stopped, told of; and what comes of them, to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mangacolor.formats.outputs.book_forms import BOOK_FORMS, MEDIA_TYPES, BookForm, book_form
from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.export import Exported, export_chapter, title_of
from mangacolor.pipeline.store.store import read_store
from mangacolor.server.http.refusal import Refusal
from mangacolor.studio.limits import POINTS
from mangacolor.studio.routes.answers import asked_of, body_of, studio_of
from mangacolor.studio.runner import Wanted

DIGITS: Final = 18  # of an event's number


def routes() -> list[Route]:
    return [
        Route("/api/run", begin, methods=["POST"]),
        Route("/api/run/stop", stop, methods=["POST"]),
        Route("/api/export", export),
        Route("/api/events", events),
    ]


async def begin(request: Request) -> Response:
    """Colour what is not up to date in all of OUT; or these ``pages`` of the chapter; or all of it from the
    stage ``start`` on, or by ``force`` even where nothing has changed."""
    (studio, desk), asked = await asked_of(request), await body_of(request)
    if studio.why_not_run:
        raise Refusal(409, "the chapter cannot be coloured from here", studio.why_not_run)
    start, pages, force = asked.get("start"), asked.get("pages"), asked.get("force", False)
    stages = studio.stages
    if start is not None and start not in stages:
        raise Refusal(400, "there is no such stage", f"Stages: {', '.join(stages)}.")
    if not isinstance(force, bool) or not (pages is None or isinstance(pages, list)):
        raise Refusal(400, "pages must be a list of names, force true or false")
    if pages is not None and not 0 < len(pages) <= POINTS:
        raise Refusal(400, f"pages must name from 1 to {POINTS} pages")
    names = tuple(desk.page(page) for page in pages or ())
    chapter = desk.name if names or start or force else None
    studio.runner.ask(Wanted("asked", chapter, names, start, force or bool(names)))
    if names:  # by itself a page knows nothing of the others' colours
        studio.runner.ask(Wanted("asked", chapter))
    return JSONResponse(studio.runner.document())


async def stop(request: Request) -> Response:
    studio = studio_of(request)
    await body_of(request)
    await run_in_threadpool(studio.runner.stop)
    return JSONResponse(studio.runner.document())


async def export(request: Request) -> Response:
    """The chapter's pages as one file, to take away. Headers say how many are not coloured, or not in it."""
    studio, desk = await asked_of(request)
    form = book_form(request.query_params.get("form", ""))
    if form is None:
        raise Refusal(400, f"form must be one of {', '.join(BOOK_FORMS)}")
    pages = desk.now.pages
    made = await run_in_threadpool(_export, studio.state.out, pages, form)
    name = f"{title_of(studio.state, pages.name)}.{form}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Pages-As-They-Came": str(len(made.as_they_came)),
        "X-Pages-Left-Out": str(len(made.left_out)),
    }
    done = BackgroundTask(made.file.unlink, missing_ok=True)
    return FileResponse(made.file, media_type=MEDIA_TYPES[form], headers=headers, background=done)


def _export(out: Path, pages: ChapterPages, form: BookForm) -> Exported:
    """On a thread of its own: reading what OUT holds may take a while."""
    return export_chapter(read_store(out), pages, form)


async def events(request: Request) -> Response:
    """What happens from here on in the chapter, and to all of OUT, as server-sent events. With ``since``, the
    number of an event, the notices after it come, too."""
    studio, since = studio_of(request), request.query_params.get("since")
    if since is not None and not (since.isdecimal() and len(since) <= DIGITS):
        raise Refusal(400, "since must be the number of an event")
    chapter = studio.chapter_named(request.query_params.get("chapter"))
    queue = studio.hub.join(chapter, None if since is None else int(since))
    return StreamingResponse(studio.hub.listen(queue), media_type="text/event-stream")
