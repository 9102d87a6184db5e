"""One run of one chapter, into the place that it has when the whole folder is coloured."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import MangacolorError, OutputError, SetupError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import KnownChapters
from mangacolor.formats.discovery import Part, discover_for
from mangacolor.formats.inputs import Found
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import ChapterDone, Listener, PageFailed, RunResult
from mangacolor.pipeline.events import Event as RunEvent
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.corrections import with_edits
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import graph_of
from mangacolor.watcher.chapters import Chapter
from mangacolor.watcher.records import Failure

BUG = "This is a bug; please report it with this message."


@dataclass(frozen=True, slots=True)
class Job:
    """What all runs of a watch share. ``graph``: None for the built-in one."""

    root: Path
    out: Path
    options: Options
    run_options: RunOptions
    graph: Graph | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a chapter. ``output``: relative to OUT; "" if it has none.

    ``gone``: its files went away or changed meanwhile, so that nothing can be said of it. ``result``: None
    where the run was refused as a whole.
    """

    output: str = ""
    failures: tuple[Failure, ...] = ()
    gone: bool = False
    result: RunResult | None = None

    @property
    def wrote(self) -> bool:
        """Whether there is anything new in OUT."""
        return self.result is not None and self.result.done + self.result.copied > 0


class StopWatch(CancelToken):
    """Asked to stop, it stops the run that is going on, too."""

    def __init__(self) -> None:
        super().__init__()
        self._run = CancelToken()

    def request(self, status: int = CancelToken().status) -> None:
        super().request(status)
        self._run.request(self.status)

    def begin_run(self) -> CancelToken:
        """A token for the next run, which may be stopped alone."""
        self._run = CancelToken()
        if self.requested:
            self._run.request(self.status)
        return self._run


def color_chapter(job: Job, chapter: Chapter, part: Part, stop: StopWatch, emit: Listener) -> Outcome:
    """Colour a chapter. Raises ``OutputError`` or ``SetupError`` where no chapter could be coloured.

    A run whose sources go away is stopped: what it could still write would have pages missing.
    """
    token = stop.begin_run()
    follow = _Follower(emit, lambda: is_as_seen(chapter), token)
    try:
        result = run(
            [job.root],
            job.out,
            job.options,
            job.run_options,
            emit=follow,
            graph=job.graph,
            cancel=token,
            part=part,
        )
    except (OutputError, SetupError):
        raise
    except MangacolorError as error:
        return _refused(chapter, error.message, error.remedy)
    except Exception as error:  # one chapter's trouble is not that of all
        told = "".join(traceback.format_exception(error)[-2:]) if not isinstance(error, OSError) else error
        return _refused(chapter, f"{chapter.name}: {told}", BUG)
    gone = follow.gone or (result.failed > 0 and not is_as_seen(chapter))
    failures = tuple(Failure(failure.page, failure.error, failure.remedy) for failure in result.failures)
    return Outcome(follow.output, failures, gone and not stop.requested, result)


def check_names(job: Job, found: tuple[Found, ...]) -> None:
    """Raise ``UsageError`` or ``InputError`` where options name pages of which no file that was ``found``
    has any: the run of one chapter cannot know."""
    if not (job.options.hints or job.run_options.edits):
        return
    part = Part(found, frozenset(file.file for file in found))
    plan = discover_for([job.root], job.out, job.options, job.run_options, part)
    if not plan.chapters:
        return
    known = KnownChapters(plan.chapters, are_all=True)
    (job.graph or graph_of(job.options)).check(job.options, known)
    with_edits(known, job.run_options.edits, State(job.out))


def _refused(chapter: Chapter, error: str, remedy: str) -> Outcome:
    gone = not is_as_seen(chapter)
    return Outcome(failures=(Failure(chapter.name, error, remedy),), gone=gone)


def is_as_seen(chapter: Chapter) -> bool:
    """Whether all files of a chapter are there as they were when it settled."""
    try:
        stats = [(seen, seen.path.stat()) for seen in chapter.files]
    except OSError:
        return False
    return all((stat.st_size, stat.st_mtime_ns) == (seen.size, seen.modified_ns) for seen, stat in stats)


class _Follower:
    """Passes the events of a run on, notes where the chapter goes, and stops the run if its sources go."""

    def __init__(self, emit: Listener, is_there: Callable[[], bool], token: CancelToken) -> None:
        self._emit, self._is_there, self._token = emit, is_there, token
        self.output = ""
        self.gone = False

    def __call__(self, event: RunEvent) -> None:
        if isinstance(event, ChapterDone):
            self.output = event.chapter
        if isinstance(event, PageFailed) and not self._is_there():
            self.gone = True
            self._token.request()
        self._emit(event)
