"""A server from its beginning to its end: folder, socket, networks, signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn

from mangacolor.core.atomic import held, output_errors
from mangacolor.core.cpu import keep_libraries_to_their_thread, shared_cores, usable_cores
from mangacolor.core.errors import MangacolorError
from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.answers_cache import AnswersCache
from mangacolor.server.app import make_app
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.http.serving import address_of, listening, make_server, stop_when_asked
from mangacolor.server.kept_references import ServedReferences
from mangacolor.server.limits import ANSWERS_BYTES
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.series import SeriesShelf
from mangacolor.server.service import Service
from mangacolor.server.settings import ServerSettings
from mangacolor.server.warm_up import first_page
from mangacolor.server.work import Work

# Pages at once, at most: while one has the device, others are decoded, cut into panels and encoded.
MOST_WORKERS = 2
# Seconds a chapter's job gets to come to a halt.
HALT = 10.0

Tell = Callable[[str], None]


def serve(settings: ServerSettings, announce: Tell, tell: Tell) -> int:
    """Run a server until a signal comes; returns the exit status that the signal stands for.

    ``announce`` gets the address once it can be called, ``tell`` what goes wrong. Raises ``SetupError`` or
    ``OutputError`` where it cannot run.
    """
    cancel = CancelToken()
    with (
        _held(settings),
        listening(settings.access.host, settings.port) as listener,
        cancel_on_signals(cancel),
        keep_libraries_to_their_thread(),
    ):
        return asyncio.run(_serve(settings, listener, cancel, announce, tell))


async def _serve(
    settings: ServerSettings, listener: socket.socket, cancel: CancelToken, announce: Tell, tell: Tell
) -> int:
    service, jobs = make_service(settings, cancel, tell)
    app = make_app(service, jobs, settings.access)
    server = make_server(app, tell)
    warming = asyncio.create_task(_warm_up(service, cancel, server))
    stopping = asyncio.create_task(stop_when_asked(server, cancel))
    jobs.start()
    announce(address_of(listener))
    try:
        await server.serve(sockets=[listener])
    finally:
        stopping.cancel()
        cancel.request()
        await asyncio.to_thread(jobs.stop, cancel.status, HALT)
        await service.work.close()
    failure = await warming
    if failure is not None:
        raise failure
    return cancel.status


def make_service(settings: ServerSettings, cancel: CancelToken, tell: Tell) -> tuple[Service, ChapterJobs]:
    """What the application needs. Raises ``OutputError`` where the data folder cannot be read or written."""
    workers = settings.jobs or min(MOST_WORKERS, usable_cores())
    shared_cores().widen(workers)
    data = settings.data
    shelf = SeriesShelf(data / "series")
    with output_errors(data):
        references = ServedReferences(data / "references", tell)
        engine = PageEngine(PageRunner(tell=tell), shelf, tell, references)
        cache = AnswersCache(data / "answers", ANSWERS_BYTES)
        jobs = ChapterJobs(data / "jobs", settings.options, shelf, tell)
    work = Work(
        lambda page: engine.colour(page, cancel),
        engine.key,
        cache,
        places=settings.queue,
        workers=workers,
        tell=tell,
    )
    return Service(engine, cache, work, settings.options), jobs


async def _warm_up(service: Service, cancel: CancelToken, server: uvicorn.Server) -> MangacolorError | None:
    """Load the networks with a page of our own. Ends the server where they are unusable, and returns why."""
    try:
        device = await asyncio.to_thread(first_page, service.engine, service.options, cancel)
    except MangacolorError as error:
        if cancel.requested:
            return None
        service.health.state, service.health.error = "error", error.message
        server.should_exit = True
        return error
    service.health.state, service.health.device = "ready", device
    return None


@contextlib.contextmanager
def _held(settings: ServerSettings) -> Iterator[None]:
    """The data folder, for this server alone."""
    busy = "another mangacolor serve has it", "Stop that one, or give another --data."
    elsewhere = "Give another --data, on a local disk."
    with held(settings.data / "lock", settings.data, busy=busy, elsewhere=elsewhere):
        yield
