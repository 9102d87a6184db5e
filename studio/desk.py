"""What lies open in the studio: a chapter of OUT, its palette, its surfaces, and pages ready to be painted.

Whatever looks at segments or paints is done on one thread, the desk's: it is not made to be shared.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from mangacolor.core.errors import InputError, MangacolorError, UsageError
from mangacolor.core.settings import Options
from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.editing.palette_document import read_palette
from mangacolor.pipeline.store.last_run import LastRun
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.balloons.stage import STAGE as BALLOONS
from mangacolor.stages.colorize.stage import STAGE as COLORIZE
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import UNDONE_FILE
from mangacolor.stages.harmonize.stage import STAGE as HARMONIZE
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.studio.limits import PAINTERS
from mangacolor.studio.pages import ChapterPages

# Bytes that a document of a chapter stage begins with, its key among them.
KEY_BYTES = 120
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenChapter:
    """``pages``: all of the chapter. ``chapter``: its colours; None where there are none yet, and ``why_not``
    says why."""

    pages: ChapterPages
    chapter: ColouredChapter | None
    why_not: str = ""

    @property
    def name(self) -> str:
        return self.pages.name

    def coloured(self) -> ColouredChapter:
        """Raises ``InputError`` where there are no colours."""
        if self.chapter is None:
            raise InputError(self.why_not, "Wait until the chapter has been coloured.")
        return self.chapter


class Desk:
    """``changed``: called, on the desk's thread, when the surfaces of a chapter have been counted."""

    def __init__(self, state: State, options: Options, changed: Callable[[], None]) -> None:
        self.state, self.options = state, options
        self._changed = changed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="studio-desk")
        self._surfaces: tuple[bytes, Surfaces] | None = None
        self._painters: OrderedDict[tuple[str, int], PagePainter] = OrderedDict()
        self._lock = threading.Lock()
        self._open: OpenChapter | None = None
        self.stale: frozenset[str] = frozenset()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done on the desk's thread."""
        return self._thread.submit(work, *args, **kwargs)

    # -- from any thread

    @property
    def now(self) -> OpenChapter:
        with self._lock:
            assert self._open is not None, "open is called first"
            return self._open

    def open(self, pages: ChapterPages) -> OpenChapter:
        """Look at a chapter of OUT as it is now."""
        chapter, why_not = None, ""
        try:
            chapter = open_chapter(self.state.out, pages.name)
        except (InputError, UsageError) as error:
            why_not = error.message if self.state.folder.is_dir() else "nothing has been coloured yet"
        opened = OpenChapter(pages, chapter, why_not)
        with self._lock:
            self._open = opened
        return opened

    def palette(self) -> tuple[Palette, str]:
        """The palette as its file has it, and the file's revision. Raises as ``read_palette``."""
        chapter = self.now.coloured()
        return read_palette(chapter), revision_of(chapter)

    @property
    def counted(self) -> Surfaces | None:
        """The surfaces of the chapter, if they have been gathered."""
        known, chapter = self._surfaces, self.now.chapter
        return known[1] if known and chapter and known[0] == _groups_of(chapter) else None

    def surface_stamp(self, page: str) -> str:
        """What changes when the surfaces of a page do: the files that they are kept in."""
        folder, digest = self.state.page_folder(page), hashlib.sha256()
        for stage in (PANELS.name, BALLOONS.name, COLORIZE.name):
            try:
                kept = (folder / f"{stage}.json").stat()
                digest.update(f"{kept.st_mtime_ns} {kept.st_size} ".encode())
            except OSError:
                digest.update(b"-")
        return digest.hexdigest()[:12]

    def make_ready(self, page: str, side: int) -> None:
        """Have a page made ready to be painted, while nobody waits for it."""
        if (page, side) not in self._painters:
            self.submit(self._make_ready, page, side)

    # -- on the desk's thread

    def surfaces(self) -> Surfaces:
        """The segments of the chapter, read when they are first asked for. Raises ``InputError``."""
        chapter = self.now.coloured()
        known, groups = self._surfaces, _groups_of(chapter)
        if known is None or known[0] != groups:
            self._surfaces = None
            self._painters.clear()
            known = self._surfaces = groups, Surfaces.of(chapter)
            self._changed()
        return known[1]

    def painter(self, page: str, side: int) -> PagePainter:
        """A page ready to be painted at a size. Raises ``PageError`` or ``InputError``."""
        surfaces = self.surfaces()
        if (page, side) not in self._painters:
            while len(self._painters) >= PAINTERS:
                self._painters.popitem(last=False)
            made = PagePainter(self.now.coloured(), page, side, surfaces, self.options)
            self._painters[page, side] = made
        self._painters.move_to_end((page, side))
        return self._painters[page, side]

    def _make_ready(self, page: str, side: int) -> None:
        with contextlib.suppress(MangacolorError):  # whoever clicks on the page is told
            self.painter(page, side)


def _groups_of(chapter: ColouredChapter) -> bytes:
    """What tells the surfaces and groups of a chapter from those that an earlier run has left: the key that
    the chapter stage's document begins with."""
    document = chapter.state.folder / "chapters" / chapter.chapter.name / f"{HARMONIZE.name}.json"
    try:
        with document.open("rb") as file:
            return chapter.chapter.name.encode() + file.read(KEY_BYTES)
    except OSError:
        return b""


def revision_of(chapter: ColouredChapter) -> str:
    """What tells one state of a palette's files from another: first what people have decided, then all."""
    files = [_bytes_of(chapter.palette), _bytes_of(chapter.palette.with_name(UNDONE_FILE))]
    try:
        log = json.dumps(json.loads(files[0]).get("log", [])).encode()
    except (ValueError, AttributeError):  # a damaged file: reading it says so
        log = files[0]
    return f"{_digest([log, files[1]])}-{_digest(files)}"


def same_decisions(one: object, other: str) -> bool:
    """Whether people have decided nothing between two revisions; runs may have found other groups."""
    return isinstance(one, str) and one.partition("-")[0] == other.partition("-")[0]


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b"-"


def _digest(parts: Sequence[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def known_page(opened: OpenChapter, page: object) -> str:
    """A name that a browser sent, if a page of the chapter has it. Raises ``UsageError``."""
    if not isinstance(page, str) or page not in opened.pages.sources:
        raise UsageError(f"the chapter has no page {str(page)[:80]!r}", "Load the studio again.")
    return page


def why_no_run(work: LastRun | None, problem: MangacolorError | None) -> str:
    """Why a chapter cannot be coloured again from here; "" where it can."""
    if problem is not None:
        return f"{problem.message}. {problem.remedy}"
    if work is None:
        return "OUT does not say what it was coloured from: begin with mangacolor studio INPUT --out OUT."
    return ""
