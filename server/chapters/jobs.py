"""The jobs of a server: kept in its data folder, worked off one after the other, bounded in number."""

from __future__ import annotations

import dataclasses
import queue
import secrets
import shutil
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mangacolor.core.errors import MangacolorError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Event, PageDone, PageFailed, RunResult, RunStarted, SeriesWarned
from mangacolor.pipeline.run import run
from mangacolor.server.chapters.job import INPUT, OUT, Job, load_job
from mangacolor.server.http.refusal import Refusal, without_folder
from mangacolor.server.limits import FREE_BYTES, JOBS
from mangacolor.server.request_options import with_options
from mangacolor.server.series import SeriesShelf

# What an archive from somebody else may unpack to, in MiB and entries; volumes stay far below.
LIMITS: Final = RunOptions(max_unpacked=4096, max_entry_size=128, max_entries=5000, quiet=True)
_ID_BYTES: Final = 12  # random: who does not know a job cannot ask for it


class ChapterJobs:
    """Jobs under ``folder``. Threads may share it; each job's events come on the thread that runs it."""

    def __init__(
        self, folder: Path, options: Options, shelf: SeriesShelf, tell: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._options = options
        self._shelf = shelf
        self._tell = tell
        self._changing = threading.Lock()
        self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._running: tuple[str, CancelToken] | None = None
        self._stopping = False
        self._jobs = self._load()
        self._thread = threading.Thread(target=self._work, name="chapters", daemon=True)

    def start(self) -> None:
        """Begin; jobs that were not finished when the server ended go on."""
        for job in self.all():
            if not job.over:
                self._queue.put(job.id)
        self._thread.start()

    def stop(self, status: int, within: float) -> None:
        """Let the job at work stop where it is: it goes on when the server runs again."""
        with self._changing:
            self._stopping = True
            if self._running:
                self._running[1].request(status)
        self._queue.put("")
        self._thread.join(within)

    def all(self) -> list[Job]:
        """Every job, the oldest first."""
        with self._changing:
            return sorted(self._jobs.values(), key=lambda job: job.created)

    def find(self, job_id: str) -> Job:
        """The job of this id. Raises ``Refusal``."""
        with self._changing:
            job = self._jobs.get(job_id)
        if job is None:
            raise Refusal(404, "there is no such job", "GET /v1/chapters lists the jobs.")
        return job

    def create(self, name: str, suffix: str, series: str, settings: dict[str, str]) -> Job:
        """A job that waits for its chapter at ``input_of``. Raises ``Refusal`` where there are too many."""
        with_options(self._options, settings)
        if shutil.disk_usage(self._folder).free < 2 * FREE_BYTES:
            raise Refusal(507, "the server's disk is nearly full", "Delete jobs that are done.")
        with self._changing:
            self._make_room()
            job = Job(secrets.token_urlsafe(_ID_BYTES), name, suffix, time.time(), series, settings)
            self._folder_of(job).mkdir()
            self._jobs[job.id] = job
            return job

    def input_of(self, job: Job) -> Path:
        """Where its chapter lies."""
        return self._folder_of(job) / f"{INPUT}{job.suffix}"

    def submit(self, job: Job) -> Job:
        """Its chapter has arrived: colour it when its turn comes."""
        queued = self._change(job.id, state="queued")
        self._queue.put(job.id)
        return queued

    def result_of(self, job: Job) -> Path:
        """The coloured chapter. Raises ``Refusal`` where it is not there."""
        if job.state != "done":
            raise Refusal(409, f"the job is {job.state}", "Ask again when it is done.", retry_after=10)
        out = self._folder_of(job) / OUT
        files = [path for path in out.iterdir() if path.is_file() and path.stem == INPUT]
        if len(files) != 1:
            raise Refusal(500, "the coloured chapter is gone")
        return files[0]

    def delete(self, job: Job) -> None:
        """Forget a job and all that it left; one at work is stopped."""
        with self._changing:
            self._jobs.pop(job.id, None)
            running = self._running is not None and self._running[0] == job.id
            if self._running and running:
                self._running[1].request()
        if not running:
            shutil.rmtree(self._folder_of(job), ignore_errors=True)

    # -- the thread that works

    def _work(self) -> None:
        while True:
            job_id = self._queue.get()
            with self._changing:
                job, token = self._jobs.get(job_id), CancelToken()
                if self._stopping:
                    return
                self._running = (job_id, token) if job else None
            if job:
                try:
                    self._run(job, token)
                except Refusal:  # deleted meanwhile
                    pass
                except MangacolorError as error:  # the disk does not even take the job's state
                    self._tell(f"job {job.id}: {error}")
                    self._note(job, state="failed", error=self._shortened(job, error.message))
                self._leave(job)

    def _leave(self, job: Job) -> None:
        with self._changing:
            self._running = None
            gone = job.id not in self._jobs
        if gone:
            shutil.rmtree(self._folder_of(job), ignore_errors=True)

    def _run(self, job: Job, cancel: CancelToken) -> None:
        self._change(job.id, state="running", done=0, failed=0)
        try:
            options = self._options_of(job)
            out = self._folder_of(job) / OUT
            done = run([self.input_of(job)], out, options, LIMITS, emit=self._listener(job), cancel=cancel)
        except Refusal as refusal:
            self._change(job.id, state="failed", error=refusal.message)
        except MangacolorError as error:
            if not cancel.requested:
                told = f"{error.message} {error.remedy}".strip()
                self._change(job.id, state="failed", error=self._shortened(job, told))
        except Exception as error:  # the next job is to have its turn
            told = "".join(traceback.format_exception(error))
            self._tell(f"job {job.id} failed; please report this\n{told}")
            self._change(job.id, state="failed", error="the program failed on this chapter")
        else:
            if not cancel.requested:
                self._end(job, done)

    def _options_of(self, job: Job) -> Options:
        """How its pages are to look: with what is the series' own, and in agreement with its earlier pages.

        Raises ``Refusal`` for settings, ``SetupError`` or ``OutputError`` for the series' folder.
        """
        options = with_options(self._options, job.settings)
        series = self._shelf.find(job.series)
        if series is None:
            return options
        memory = self._shelf.memory_of(series)
        options = series.options(options)
        if memory is None:
            return options
        memory.take_notes()  # the run reads the file anew, and tells them
        return dataclasses.replace(options, series=str(memory.path))

    def _end(self, job: Job, done: RunResult) -> None:
        failed = done.pages > 0 and done.failed == done.pages
        error = done.failures[0].error if failed and done.failures else ""
        self._change(
            job.id,
            state="failed" if failed else "done",
            done=done.pages - done.failed,
            failed=done.failed,
            error=self._shortened(job, error),
        )

    def _listener(self, job: Job) -> Callable[[Event], None]:
        def listen(event: Event) -> None:
            if isinstance(event, SeriesWarned):
                self._tell(event.message)
            with self._changing:
                now = self._jobs.get(job.id)
                if now is None:
                    return
                if isinstance(event, RunStarted):
                    now = dataclasses.replace(now, pages=event.pages)
                elif isinstance(event, PageDone):
                    now = dataclasses.replace(now, done=now.done + 1)
                elif isinstance(event, PageFailed):
                    now = dataclasses.replace(now, failed=now.failed + 1)
                self._jobs[job.id] = now

        return listen

    def _change(self, job_id: str, **changes: Any) -> Job:
        """Change a job, here and on the disk. Raises ``Refusal`` for one that has been deleted."""
        with self._changing:
            if job_id not in self._jobs:
                raise Refusal(404, "the job has been deleted", "Send the chapter again.")
            job = self._jobs[job_id] = dataclasses.replace(self._jobs[job_id], **changes)
            job.save(self._folder_of(job))
            return job

    def _note(self, job: Job, **changes: Any) -> None:
        """Change a job here alone: the next server finds it as it was, and goes on with it."""
        with self._changing:
            if job.id in self._jobs:
                self._jobs[job.id] = dataclasses.replace(self._jobs[job.id], **changes)

    def _make_room(self) -> None:
        while len(self._jobs) >= JOBS:
            over = [job for job in self._jobs.values() if job.over]
            if not over:
                raise Refusal(503, f"there are {JOBS} jobs already", "Wait, or delete one.", retry_after=60)
            oldest = min(over, key=lambda job: job.created)
            del self._jobs[oldest.id]
            shutil.rmtree(self._folder_of(oldest), ignore_errors=True)

    def _load(self) -> dict[str, Job]:
        """The jobs that are there; what an upload left that never ended is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for folder in sorted(path for path in self._folder.iterdir() if path.is_dir()):
            job = load_job(folder)
            if job is None or job.state == "uploading":
                shutil.rmtree(folder, ignore_errors=True)
            else:
                found[job.id] = job
        return found

    def _folder_of(self, job: Job) -> Path:
        return self._folder / job.id

    def _shortened(self, job: Job, told: str) -> str:
        """What was told of files, without where on this machine the server keeps them."""
        for folder in (self._folder_of(job), self._shelf.folder):
            told = without_folder(told, folder)
        return told
