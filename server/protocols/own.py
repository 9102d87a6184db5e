"""mangacolor's own API, described at /openapi.json: pages, and chapters as jobs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mangacolor.core.errors import OutputError
from mangacolor.formats.containers import container_kind
from mangacolor.formats.opened import container_suffixes
from mangacolor.formats.sniff import HEAD
from mangacolor.server.chapters.job import Job
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.http.answering import DESCRIPTION
from mangacolor.server.http.bodies import ClientGone, declared_size, read_body, read_file
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.limits import CHAPTER_BYTES, PATIENT, STALL_SECONDS, TITLE_CHARACTERS
from mangacolor.server.pages import PageRequest
from mangacolor.server.protocols.answers import picture_response
from mangacolor.server.protocols.openapi import document
from mangacolor.server.request_options import OFFERED, check_names, with_options
from mangacolor.server.series import clean_title
from mangacolor.server.service import Service, series_of

# Archives by the names of ``formats.archives``, and the suffix that each is kept under.
SUFFIXES: Final = {"zip": ".cbz", "rar": ".cbr", "7z": ".cb7", "tar": ".cbt", "pdf": ".pdf"}
# What an EPUB begins with after the header of its first entry (OCF 3.3, section 4.2).
_EPUB: Final = b"mimetypeapplication/epub+zip"
# Seconds between two looks at a job whose progress somebody follows.
TICK: Final = 0.25
# Seconds after which a silent stream says that it is alive; proxies close one after 60.
ALIVE: Final = 15.0
NO_ROOM: Final = "Delete jobs that are done, or free some space there."


def routes(service: Service, jobs: ChapterJobs) -> list[Route]:
    return [
        Route(DESCRIPTION, _describe, methods=["GET"]),
        Route("/v1/pages", _page_route(service), methods=["POST"]),
        *_chapter_routes(jobs),
    ]


async def _describe(_request: Request) -> Response:
    return JSONResponse(document())


def _page_route(service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def colour(request: Request) -> Response:
        check_names(request.query_params)
        options = with_options(service.options, request.query_params)
        with service.bodies.taken(declared_size(request)):
            form = request.headers.get("content-type", "").lower().startswith("multipart/")
            data = await (read_file(request, "file") if form else read_body(request))
            page = PageRequest(data, options, series_of(request))
            return picture_response(await service.answer(request, page, PATIENT))

    return colour


def _chapter_routes(jobs: ChapterJobs) -> list[Route]:
    async def create(request: Request) -> Response:
        declared_size(request, CHAPTER_BYTES)
        job = await _queue(jobs, request)
        return JSONResponse(job.public(), 201, headers={"Location": f"/v1/chapters/{job.id}"})

    async def show_all(_request: Request) -> Response:
        return JSONResponse([job.public() for job in jobs.all()])

    async def show(request: Request) -> Response:
        return JSONResponse(jobs.find(request.path_params["id"]).public())

    async def follow(request: Request) -> Response:
        job = jobs.find(request.path_params["id"])
        return StreamingResponse(_events(jobs, job), media_type="text/event-stream")

    async def fetch(request: Request) -> Response:
        job = jobs.find(request.path_params["id"])
        path = jobs.result_of(job)
        return FileResponse(path, filename=f"{_title_of(job)}{path.suffix}")

    async def delete(request: Request) -> Response:
        await asyncio.to_thread(jobs.delete, jobs.find(request.path_params["id"]))
        return Response(status_code=204)

    return [
        Route("/v1/chapters", create, methods=["POST"]),
        Route("/v1/chapters", show_all, methods=["GET"]),
        Route("/v1/chapters/{id}", show, methods=["GET"]),
        Route("/v1/chapters/{id}", delete, methods=["DELETE"]),
        Route("/v1/chapters/{id}/events", follow, methods=["GET"]),
        Route("/v1/chapters/{id}/result", fetch, methods=["GET"]),
    ]


async def _queue(jobs: ChapterJobs, request: Request) -> Job:
    """A job for the chapter that is the body, whose file is there. Raises ``Refusal`` and ``ClientGone``,
    and leaves no job behind."""
    pieces = request.stream()
    try:
        head = await _head(pieces)
        job = await asyncio.to_thread(_create, jobs, request, head)
        try:
            await _receive(jobs.input_of(job), head, pieces)
            return await asyncio.to_thread(jobs.submit, job)
        except BaseException:
            jobs.delete(job)
            raise
    except ClientDisconnect:
        raise ClientGone from None
    except (OSError, OutputError):
        raise Refusal(507, "the server's disk is full, or cannot be written", NO_ROOM) from None


def _create(jobs: ChapterJobs, request: Request, head: bytes) -> Job:
    """A job for a chapter that begins with ``head``. Raises ``Refusal`` for what is no chapter."""
    suffix = ".epub" if head[30:58] == _EPUB else SUFFIXES.get(container_kind(head[:HEAD]) or "")
    if suffix is None:
        raise Refusal(415, "not a CBZ, CBR, CB7, CBT, EPUB or PDF", "Send one page to /v1/pages.")
    given = request.query_params
    check_names(given, ("name",))
    settings = {name: given[name] for name in OFFERED if name in given}
    name = clean_title(given.get("name", "")).replace("/", "-").replace("\\", "-")[:TITLE_CHARACTERS]
    return jobs.create(name or f"chapter{suffix}", suffix, series_of(request), settings)


def _title_of(job: Job) -> str:
    """What the user calls the chapter, without the suffix of its file: ``Chapter 10.5`` has none."""
    name = PurePosixPath(job.name)
    return name.stem if name.suffix.lower() in container_suffixes() else job.name


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    """The body's beginning: what tells what it is."""
    head = b""
    while len(head) < HEAD:
        piece = await _next(pieces)
        if piece is None:
            break
        head += piece
    return head


async def _receive(target: Path, head: bytes, pieces: AsyncIterator[bytes]) -> None:
    """Write the body to a file. Raises ``Refusal`` if it is too long or stops coming."""
    length, piece = 0, head or None
    with target.open("xb") as file:
        while piece is not None:
            length += len(piece)
            if length > CHAPTER_BYTES:
                raise Refusal(
                    413, f"the chapter is longer than {CHAPTER_BYTES // 2**20} MiB", "Send it in parts."
                )
            await asyncio.to_thread(file.write, piece)
            piece = await _next(pieces)


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    """The next piece of a body; None at its end."""
    try:
        async with asyncio.timeout(STALL_SECONDS):
            return await anext(pieces, None)
    except TimeoutError:
        raise Refusal(408, f"nothing has come for {STALL_SECONDS:.0f} s") from None


async def _events(jobs: ChapterJobs, job: Job) -> AsyncIterator[bytes]:
    """The job each time it has changed, as server-sent events, until it is over or deleted."""
    told, silent = "", 0.0
    while True:
        text = json.dumps(job.public(), ensure_ascii=False)
        if text != told:
            yield f"event: {job.state}\ndata: {text}\n\n".encode()
            told, silent = text, 0.0
        if job.over:
            return
        await asyncio.sleep(TICK)
        silent += TICK
        if silent >= ALIVE:
            yield b": alive\n\n"
            silent = 0.0
        try:
            job = jobs.find(job.id)
        except Refusal:
            return
