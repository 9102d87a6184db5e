"""Pages of one title, one by one: they share a memory on the disk, and agree with each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

import mangacolor.pipeline.series
from mangacolor.core.errors import ExitStatus
from mangacolor.core.settings import Options
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.events import Listener, RunResult, SeriesWarned, Warned
from mangacolor.pipeline.series import FORMAT, SeriesMemory
from mangacolor.server.chapters.job import Job
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.limits import OPEN_SERIES
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import PageRequest
from mangacolor.server.series import MEMORY, PALETTE, TITLE, SeriesShelf, folder_name
from mangacolor.tests.helpers.servers import archive, as_file, client_of, files_under, make_parts
from mangacolor.tests.helpers.stages import comic_page

PAGES = [as_file(comic_page(420, width)) for width in (300, 312)]


@pytest.fixture
def options(weights: Path) -> Options:
    return Options(scale="1", device="cpu", weights=str(weights), max_pixels=4_000_000)


@pytest.fixture
def engine(tmp_path: Path) -> PageEngine:
    return PageEngine(PageRunner(), SeriesShelf(tmp_path / "series"))


@pytest.fixture
def client(engine: PageEngine, options: Options, tmp_path: Path) -> Iterator[httpx.Client]:
    with client_of(*make_parts(engine, tmp_path, options=options)) as client:
        yield client


def test_pages_of_a_title_share_a_memory(
    client: httpx.Client, engine: PageEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/v1/pages?series=A%20Title"
    answers = [client.post(path, content=page).content for page in PAGES]
    (folder,) = (tmp_path / "series").iterdir()
    assert files_under(folder) >= {MEMORY, TITLE}
    assert (folder / TITLE).read_text() == "A Title\n"
    memory = (folder / MEMORY).read_bytes()

    def colour(*_arguments: object) -> None:
        raise AssertionError("it is kept")

    with monkeypatch.context() as changed:
        changed.setattr(engine, "colour", colour)
        named = {"x-manga-title": "A%20Title"}
        again = [client.post("/v1/pages", content=page, headers=named).content for page in PAGES]
    assert again == answers
    assert (folder / MEMORY).read_bytes() == memory
    assert client.post("/v1/pages", content=PAGES[0]).status_code == 200
    assert [path.name for path in (tmp_path / "series").iterdir()] == [folder.name]
    (folder / MEMORY).unlink()
    assert client.post(path, content=PAGES[1]).status_code == 200  # a new memory, a new answer
    assert (folder / MEMORY).exists()


def test_a_damaged_memory_is_put_aside(client: httpx.Client, tmp_path: Path) -> None:
    path = "/v1/pages?series=A"
    assert client.post(path, content=PAGES[0]).status_code == 200
    (folder,) = (tmp_path / "series").iterdir()
    whole = (folder / MEMORY).read_bytes()
    (folder / MEMORY).write_bytes(whole[: len(whole) // 2])
    assert client.post(path, content=PAGES[1]).status_code == 200
    assert (folder / f"{MEMORY}.damaged").exists()
    assert len((folder / MEMORY).read_bytes()) > 100


def test_a_damaged_memory_is_told_of_once(options: Options, tmp_path: Path) -> None:
    told: list[str] = []
    engine = PageEngine(PageRunner(), SeriesShelf(tmp_path / "series"), told.append)
    folder = tmp_path / "series" / folder_name("A")
    folder.mkdir(parents=True)
    (folder / MEMORY).write_bytes(FORMAT + b"nothing")
    for page in PAGES:
        colour(engine, page, options)
    (note,) = told
    assert "memory.series: is damaged (" in note


def test_a_memory_is_kept_open_and_not_read_for_each_page(
    engine: PageEngine, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    real = vars(mangacolor.pipeline.series)["_read"]

    def noting(path: Path) -> object:
        read.append(path)
        return real(path)

    monkeypatch.setattr(mangacolor.pipeline.series, "_read", noting)
    keys = [colour(engine, page, options) for page in (*PAGES, PAGES[0])]
    assert read == []  # begun here, and written by nobody else
    assert keys[0] == keys[2] != keys[1]


def test_memories_that_are_open_are_bounded(tmp_path: Path) -> None:
    shelf = SeriesShelf(tmp_path)
    series = [found for number in range(OPEN_SERIES + 3) if (found := shelf.find(f"Title {number}"))]
    first = shelf.memory_of(series[0])
    assert shelf.memory_of(series[0]) is first
    for one in series[1:]:
        shelf.memory_of(one)
    assert len(shelf._memories) == OPEN_SERIES
    assert shelf.memory_of(series[0]) is not first


def test_the_memory_of_a_series_that_was_forgotten_is_a_new_one(tmp_path: Path) -> None:
    shelf = SeriesShelf(tmp_path, most=1)
    first, other = shelf.find("First"), shelf.find("Other")
    assert first and other
    memory = shelf.memory_of(first)
    assert memory
    memory.remember("a" * 64, lambda _arrays: {})
    name = shelf.begun(first)
    assert name == memory.series
    shelf.memory_of(other)
    assert not first.folder.exists() and shelf.begun(first) == ""
    again = shelf.memory_of(first)
    assert again and again.series != name


def colour(engine: PageEngine, page: bytes, options: Options) -> str:
    """Colour a page of the series A as the queue does; returns the key of its answer."""
    request = PageRequest(page, options, series="A")
    engine.key(request)
    engine.colour(request, CancelToken())
    return engine.key(request)


def test_a_chapter_agrees_with_the_pages_of_its_title_and_they_with_it(
    engine: PageEngine, options: Options, tmp_path: Path
) -> None:
    series, told = tmp_path / "series" / folder_name("A"), list[str]()
    key = colour(engine, PAGES[0], options)
    jobs = chapter_jobs(tmp_path, options, told)
    job = coloured(jobs, "A")
    assert (job.state, job.error, told) == ("done", "", [])
    remembered = SeriesMemory.open(series / MEMORY)
    assert pages_in(remembered) == 2, "the page that was read and the other one of the chapter"
    assert colour(engine, PAGES[0], options) == key  # the same series as before
    jobs.stop(ExitStatus.TERMINATED, 10)


def test_a_chapter_of_a_series_whose_memory_is_none_fails_without_a_path(
    options: Options, tmp_path: Path
) -> None:
    (tmp_path / "series" / folder_name("A")).mkdir(parents=True)
    (tmp_path / "series" / folder_name("A") / MEMORY).write_text("no memory")
    jobs = chapter_jobs(tmp_path, options, [])
    job = coloured(jobs, "A")
    jobs.stop(ExitStatus.TERMINATED, 10)
    assert job.state == "failed"
    assert job.error == (
        f"{folder_name('A')}/{MEMORY}: is no memory of a series Delete it: the series is then begun anew."
    )


def test_a_chapter_whose_series_has_a_damaged_memory_says_so_once(options: Options, tmp_path: Path) -> None:
    folder, told = tmp_path / "series" / folder_name("A"), list[str]()
    folder.mkdir(parents=True)
    (folder / MEMORY).write_bytes(FORMAT + b"nothing")
    jobs = chapter_jobs(tmp_path, options, told)
    job = coloured(jobs, "A")
    jobs.stop(ExitStatus.TERMINATED, 10)
    assert job.state == "done"
    (note,) = told
    assert "memory.series: is damaged (" in note and (folder / f"{MEMORY}.damaged").exists()
    assert pages_in(SeriesMemory.open(folder / MEMORY)) == 2


def test_what_is_told_of_a_series_is_known_by_its_kind_and_not_by_its_words(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()

    def run(*_given: object, emit: Listener, **_more: object) -> RunResult:
        emit(Warned("1.png", "", f"{tmp_path / 'series'} is the name of a page"))
        emit(SeriesWarned("", "", "its memory is begun anew"))
        return RunResult(0, 2, 2, 0, 0, 0, 1.0, 0, 0)

    monkeypatch.setattr("mangacolor.server.chapters.jobs.run", run)
    jobs = chapter_jobs(tmp_path, options, told)
    assert coloured(jobs, "A").state == "done"
    jobs.stop(ExitStatus.TERMINATED, 10)
    assert told == ["its memory is begun anew"]


def chapter_jobs(data: Path, options: Options, told: list[str]) -> ChapterJobs:
    jobs = ChapterJobs(data / "jobs", options, SeriesShelf(data / "series"), told.append)
    jobs.start()
    return jobs


def coloured(jobs: ChapterJobs, series: str) -> Job:
    """A chapter of PAGES, once its job is over."""
    job = jobs.create("x.cbz", ".cbz", series, {})
    jobs.input_of(job).write_bytes(archive({"1.png": PAGES[0], "2.png": PAGES[1]}))
    jobs.submit(job)
    deadline = time.monotonic() + 100
    while not jobs.find(job.id).over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return jobs.find(job.id)


def pages_in(memory: SeriesMemory) -> int:
    return len(np.unique(memory._content.arrays["page"]))


@pytest.mark.parametrize("what", ["folder", "text"])
def test_what_is_no_memory_is_told_without_where_it_lies(
    client: httpx.Client, tmp_path: Path, what: str
) -> None:
    path = "/v1/pages?series=A"
    assert client.post(path, content=PAGES[0]).status_code == 200
    (folder,) = (tmp_path / "series").iterdir()
    (folder / MEMORY).unlink()
    (folder / MEMORY).mkdir() if what == "folder" else (folder / MEMORY).write_text("no memory")
    answer = client.post(path, content=PAGES[1])
    told = answer.json()
    assert answer.status_code == 500
    assert told["error"].startswith(f"{folder.name}/{MEMORY}: ")
    assert told["remedy"] == "Delete it: the series is then begun anew."
    assert str(tmp_path) not in answer.text and str(tmp_path) not in str(answer.headers)
    assert client.post(path, content=PAGES[1]).json() == told  # and the next time
    assert (folder / MEMORY).is_dir() or (folder / MEMORY).read_text() == "no memory"


def test_a_palette_that_is_none_is_told_without_where_it_lies(client: httpx.Client, tmp_path: Path) -> None:
    folder = tmp_path / "series" / folder_name("A")
    folder.mkdir(parents=True)
    (folder / PALETTE).write_text("{")
    answer = client.post("/v1/pages?series=A", content=PAGES[0])
    assert answer.status_code == 500
    assert f"{folder.name}/{PALETTE}: is no JSON" in answer.json()["error"]
    assert str(tmp_path) not in answer.text and str(tmp_path) not in str(answer.headers)
