"""What the next run lays on a chapter before the edits of its own palette, for those who show what it will
write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter
from mangacolor.pipeline.chapter_pages import planned_chapters
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.series import NetworkMemory, open_series
from mangacolor.pipeline.store.keys import memory_key
from mangacolor.pipeline.store.last_run import LastRun
from mangacolor.stages.colorize.stage import STAGE as COLORIZE
from mangacolor.stages.edits.elsewhere.given import Given
from mangacolor.stages.edits.model import Edit, page_digest
from mangacolor.stages.edits.stage import configure as configure_edits

# Of a file: when it was changed and how long it is; None where there is none.
_Stamp: TypeAlias = tuple[int, int] | None


class GivenEdits:
    """What a series remembers, what a palette to keep has locked, and hints, as ``Given`` has them.

    ``work``: what OUT is coloured from, and how; without it nothing is given. The files that it names are
    read when they are first asked for, and again where they have changed. Not to be shared between threads.
    """

    def __init__(self, chapter: ColouredChapter, work: LastRun | None) -> None:
        self._chapter, self._work = chapter, work
        self._stamps: list[_Stamp] = []
        self._edits: tuple[Edit, ...] = ()

    def __call__(self) -> tuple[Edit, ...]:
        """Raises ``UsageError`` for a file that cannot be read, as the run would."""
        files = _files(self._work.options) if self._work is not None else []
        stamps = [_stamp(file) for file in files]
        if self._work is not None and stamps != self._stamps:
            self._edits = self._read(self._work)
            self._stamps = stamps
        return self._edits

    def _read(self, work: LastRun) -> tuple[Edit, ...]:
        own = self._chapter
        chapter = _as_planned(own, work)
        config = configure_edits(work.options, chapter)
        digests = [page_digest(own.source_hash(page)) for page in own.names]
        memory = _memory_of(work.options, chapter)
        return Given.to(chapter, digests, config.palette, config.hints, memory).edits


def _files(options: Options) -> list[Path]:
    return [Path(path) for path in (options.series, options.palette, options.hints) if path]


def _stamp(file: Path) -> _Stamp:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _memory_of(options: Options, chapter: Chapter) -> NetworkMemory | None:
    """What the series remembers, as a run with these options sees it."""
    memory = open_series(options.series) if options.harmonize else None
    if memory is None:
        return None
    return memory.of_network(memory_key(COLORIZE, COLORIZE.configure(options, chapter)))


def _as_planned(chapter: ColouredChapter, work: LastRun) -> Chapter:
    """The chapter with its pages numbered as the input has them, those without colours among them: so hints
    name them."""
    coloured = chapter.chapter
    try:
        planned = planned_chapters(work, chapter.state.out).get(coloured.name) if work.options.hints else None
    except (InputError, UsageError):  # the input is gone: hints by number cannot be understood
        planned = None
    numbers = planned.numbers if planned is not None else {}
    pages = tuple(replace(page, number=numbers.get(page.name, 0)) for page in coloured.pages)
    return replace(coloured, pages=pages)
