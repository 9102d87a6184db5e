"""A server whose disk is full or read-only: readers get their pages, and the log says what is not kept."""

from __future__ import annotations

import errno
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mangacolor.core.errors import ExitStatus, OutputError
from mangacolor.core.settings import Options
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.chapters.jobs import ChapterJobs
from mangacolor.server.listen import serve
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import PageRequest
from mangacolor.server.series import MEMORY, SeriesShelf, folder_name
from mangacolor.server.settings import ServerSettings, check_access
from mangacolor.tests.helpers.faulty_disk import FaultyDisk
from mangacolor.tests.helpers.servers import (
    PretendedEngine,
    archive,
    as_file,
    client_of,
    files_under,
    make_parts,
    png,
)
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.tests.server.test_process import client_at, served, wait_until_ready

FULL, READ_ONLY = errno.ENOSPC, errno.EROFS
WHY = {FULL: "the disk is full", READ_ONLY: "cannot be written (Read-only file system)"}
PAGES = [as_file(comic_page(420, width)) for width in (300, 312)]


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def client(tmp_path: Path, log: list[str]) -> Iterator[httpx.Client]:
    service, jobs = make_parts(PretendedEngine(tmp_path), tmp_path, tell=log.append)
    with client_of(service, jobs) as client:
        yield client


@pytest.mark.parametrize("code", [FULL, READ_ONLY])
def test_a_page_is_answered_though_it_cannot_be_kept(
    client: httpx.Client, tmp_path: Path, log: list[str], code: int
) -> None:
    kept = client.post("/v1/pages", content=png(1))
    with FaultyDisk(tmp_path, 0, code).attached():
        for _ in range(2):
            assert client.post("/v1/pages", content=png(2)).status_code == 200
        assert client.post("/v1/pages", content=png(1)).content == kept.content
    assert len(log) == 2 and all(f"{WHY[code]}: the answer is not kept" in line for line in log)
    assert client.post("/v1/pages", content=png(2)).status_code == 200
    assert len(log) == 2 and len(files_under(tmp_path / "answers")) == 2


@pytest.mark.parametrize("code", [FULL, READ_ONLY])
def test_an_answer_that_was_kept_is_found_on_such_a_disk(
    tmp_path: Path, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    first = client.post("/v1/pages", content=png(1)).content
    monkeypatch.setattr(PretendedEngine, "colour", lambda *_: pytest.fail("it is kept"))
    with FaultyDisk(tmp_path, 0, code).attached():
        assert client.post("/v1/pages", content=png(1)).content == first


@pytest.mark.parametrize("begun", [False, True], ids=["a new series", "one that has begun"])
def test_a_page_of_a_series_is_coloured_though_it_cannot_be_remembered(
    weights: Path, tmp_path: Path, log: list[str], begun: bool
) -> None:
    options = Options(scale="1", device="cpu", weights=str(weights))
    engine = PageEngine(PageRunner(), SeriesShelf(tmp_path / "series"), log.append)
    requests = [PageRequest(page, options, series="A") for page in PAGES]
    memory = tmp_path / "series" / folder_name("A") / MEMORY
    if begun:
        engine.colour(requests[0], CancelToken())
    before = memory.read_bytes() if begun else b""
    with FaultyDisk(tmp_path, 0, FULL).attached():
        answer = engine.colour(requests[1], CancelToken())
    assert answer.data != PAGES[1] and not answer.left
    (told,) = log
    assert told.endswith("the disk is full: a page is not remembered")
    assert (memory.read_bytes() if begun else b"") == before
    engine.colour(requests[1], CancelToken())
    assert len(log) == 1 and memory.read_bytes() != before


@pytest.mark.parametrize("good", [0, 1, 2, 3])
def test_a_chapter_that_the_disk_does_not_take_is_refused_and_leaves_nothing(
    client: httpx.Client, tmp_path: Path, good: int
) -> None:
    """The folder of the job, its chapter, what is noted of it."""
    chapter = archive({"1.png": png(1)})
    with FaultyDisk(tmp_path / "jobs", good, FULL).attached():
        answer = client.post("/v1/chapters", content=chapter)
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["error"] and str(tmp_path) not in answer.text
    assert client.get("/v1/chapters").json() == []
    assert list((tmp_path / "jobs").iterdir()) == []


@pytest.mark.parametrize("good", [0, 3, 9])
def test_a_job_that_the_disk_stops_has_failed_and_goes_on_with_the_next_server(
    weights: Path, tmp_path: Path, log: list[str], good: int
) -> None:
    options = Options(scale="1", device="cpu", weights=str(weights))

    def begin() -> ChapterJobs:
        shelf = SeriesShelf(tmp_path / "series")
        return ChapterJobs(tmp_path / "jobs", options, shelf, log.append)

    jobs = begin()
    job = jobs.create("x.cbz", ".cbz", "", {})
    jobs.input_of(job).write_bytes(archive({"1.png": png(1, 400)}))
    jobs.submit(job)
    with FaultyDisk(tmp_path / "jobs", good, FULL).attached():
        jobs.start()
        wait_until_over(jobs, job.id)
        jobs.stop(ExitStatus.TERMINATED, 10)
    told = jobs.find(job.id)
    assert told.state == "failed" and "the disk is full" in told.error
    assert str(tmp_path) not in told.error
    assert log and all("the disk is full" in line for line in log)
    again = begin()
    assert not again.find(job.id).over  # the disk never heard that it has failed
    again.start()
    wait_until_over(again, job.id)
    again.stop(ExitStatus.TERMINATED, 10)
    assert again.find(job.id).state == "done"


def wait_until_over(jobs: ChapterJobs, job_id: str) -> None:
    deadline = time.monotonic() + 60
    while not jobs.find(job_id).over:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_data_folder_that_cannot_be_written_ends_it(tmp_path: Path) -> None:
    settings = ServerSettings(check_access("127.0.0.1", "", ()), 0, tmp_path / "data", Options(device="cpu"))
    nothing = CancelToken()
    with FaultyDisk(tmp_path, 0, READ_ONLY).attached(), pytest.raises(OutputError, match="cannot be written"):
        serve(settings, lambda _: nothing.request(), lambda _: None)


SIZE = 3 * 2**20  # bytes
MOUNT = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" && exec "$@"'
MOUNTED = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT]


def can_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None or not Path("/proc/self/root").exists():
        return False
    return subprocess.run([*MOUNTED, str(folder), "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.slow
def test_a_real_disk_that_fills_up(tmp_path: Path) -> None:
    """A file system of three megabytes, which only the server's process sees."""
    data = tmp_path / "data"
    data.mkdir()
    if not can_mount(data):
        pytest.skip("this system lets nobody mount")
    with served(data, before=(*MOUNTED, str(data))) as (process, address), client_at(address) as client:
        wait_until_ready(client)
        inside = Path(f"/proc/{process.pid}/root{data}")
        path = "/v1/pages?series=A"
        first = client.post(path, content=PAGES[0])
        assert first.status_code == 200
        assert shutil.disk_usage(inside).total == SIZE
        with (inside / "filling").open("wb", buffering=0) as file, pytest.raises(OSError):
            for _ in range(SIZE // 4096 + 1):
                file.write(bytes(4096))
        assert shutil.disk_usage(inside).free == 0
        for page in PAGES:
            answer = client.post(path, content=page)
            assert answer.status_code == 200 and answer.content != page
        assert client.post("/v1/pages?series=B", content=PAGES[1]).status_code == 200
        assert client.post("/v1/chapters", content=archive({"1.png": png(1)})).status_code == 507
        (inside / "filling").unlink()
        assert client.post("/v1/pages?series=B", content=PAGES[1]).status_code == 200
        assert (inside / "series" / folder_name("B") / MEMORY).exists()
        assert not [name for name in files_under(inside) if name.endswith(".tmp")]
        process.terminate()
        assert process.wait(60) == 143
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
        assert lines and all("the disk is full" in line for line in lines), lines
        assert list(data.iterdir()) == []
