"""A server in this process: with an engine that only pretends, or with the real one and a tiny network."""

from __future__ import annotations

import asyncio
import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import httpx
import numpy as np

from mangacolor.core.settings import Options
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.answers_cache import AnswersCache
from mangacolor.server.app import make_app
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.http.access import Access
from mangacolor.server.http.serving import make_server
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import Answer, PageRequest
from mangacolor.server.series import SeriesShelf
from mangacolor.server.service import Service
from mangacolor.server.work import Work
from mangacolor.tests.helpers.fake_stages import House


class PretendedEngine(PageEngine):
    """Answers with ``coloured:`` and the page's hash, once ``open`` lets it; counts what it is asked."""

    def __init__(self, data: Path) -> None:
        super().__init__(PageRunner(House().graph()), SeriesShelf(data / "series"))
        self.open = threading.Event()
        self.open.set()
        self.seconds = 0.0
        self.coloured: list[PageRequest] = []
        self.at_once = self.most_at_once = 0
        self.failure: Exception | None = None
        self._counting = threading.Lock()

    def key(self, page: PageRequest) -> str:
        parts = f"{page.series} {page.form} {page.visitor} {page.options}".encode()
        return hashlib.sha256(page.data + parts).hexdigest()

    def colour(self, page: PageRequest, cancel: CancelToken) -> Answer:
        with self._counting:
            self.coloured.append(page)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.open.wait(100)
            time.sleep(self.seconds)
            if self.failure is not None:
                raise self.failure
            return Answer(b"coloured:" + hashlib.sha256(page.data).digest(), "image/png")
        finally:
            with self._counting:
                self.at_once -= 1


def make_parts(
    engine: PageEngine,
    data: Path,
    *,
    places: int = 8,
    workers: int = 2,
    options: Options | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> tuple[Service, ChapterJobs]:
    """A service and its jobs; the jobs are not begun."""
    options = options or Options(scale="1", device="cpu", max_pixels=40_000_000)
    cache = AnswersCache(data / "answers", 2**24)
    token = CancelToken()
    work = Work(
        lambda page: engine.colour(page, token),
        engine.key,
        cache,
        places=places,
        workers=workers,
        tell=tell,
    )
    jobs = ChapterJobs(data / "jobs", options, SeriesShelf(data / "series"), tell)
    return Service(engine, cache, work, options), jobs


@contextmanager
def client_of(
    service: Service,
    jobs: ChapterJobs,
    access: Access | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> Iterator[httpx.Client]:
    """A client of a real server, which listens on a port of this machine in a thread."""
    server = make_server(make_app(service, jobs, access or Access("127.0.0.1")), tell)
    server.config.port = 0
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 100
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)


def png(seed: int = 0, height: int = 300, width: int = 280) -> bytes:
    """A grey page of noise."""
    grey = np.random.default_rng(seed).integers(0, 200, (height, width), np.uint8)
    return as_file(grey)


def as_file(pixels: np.ndarray, suffix: str = ".png") -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1])


def archive(pages: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in pages.items():
            packed.writestr(name, data)
    return file.getvalue()


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
