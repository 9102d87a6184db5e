"""A chapter of OUT that lies open in the studio: its palette, its surfaces, and pages ready to be painted.

Whatever looks at segments or paints is done on one thread, which all desks have in common: it is not made to
be shared, and each further thread would keep a hundred megabytes of memory to itself once it has painted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from mangacolor.core.errors import InputError, MangacolorError, UsageError
from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.given_edits import GivenEdits
from mangacolor.pipeline.editing.kept_pages import ALWAYS, PERHAPS
from mangacolor.pipeline.editing.page_looks import PageLooks
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.editing.palette_document import read_palette
from mangacolor.pipeline.store.last_run import LastRun
from mangacolor.pipeline.store.layout import State
from mangacolor.server.http.refusal import Refusal
from mangacolor.stages.balloons.stage import STAGE as BALLOONS
from mangacolor.stages.colorize.stage import STAGE as COLORIZE
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import UNDONE_FILE
from mangacolor.stages.harmonize.stage import STAGE as HARMONIZE
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.studio.limits import PAINTERS

# Bytes that a document of a chapter stage begins with, its key among them.
KEY_BYTES = 120
# Pages that are in sight at most: two that lie open.
SEEN = 2
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


class Painters:
    """Pages that are ready to be painted, of all chapters: those last asked for. On the desks' thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], tuple[str, PagePainter]] = OrderedDict()

    def __contains__(self, page_and_side: tuple[str, int]) -> bool:
        """From any thread."""
        return page_and_side in self._kept

    def get(self, page: str, side: int, stamp: str, make: Callable[[], PagePainter]) -> PagePainter:
        """``stamp``: of what it is made of. Room is made before the new one is: there are never more than
        ``PAINTERS``."""
        before, _ = self._kept.get((page, side), (None, None))
        if before != stamp:
            self._kept.pop((page, side), None)
            while len(self._kept) >= PAINTERS:
                self._kept.popitem(last=False)
            self._kept[page, side] = stamp, make()
        self._kept.move_to_end((page, side))
        return self._kept[page, side][1]

    def drop(self, pages: ChapterPages) -> None:
        """Let those of a chapter go."""
        for key in [key for key in self._kept if key[0] in pages.sources]:
            del self._kept[key]


class Desk:
    """``work``: what OUT is coloured from, and how. ``thread``: of all desks. ``changed``: called on it when
    the chapter's surfaces have been counted."""

    def __init__(
        self,
        state: State,
        work: LastRun | None,
        pages: ChapterPages,
        thread: Executor,
        painters: Painters,
        changed: Callable[[ColouredChapter], None],
    ) -> None:
        self.state, self._work = state, work
        self._pages, self._painters, self._changed = pages, painters, changed
        self._thread = thread
        self._surfaces: tuple[bytes, Surfaces] | None = None
        self._seen: deque[tuple[str, int]] = deque(maxlen=SEEN)
        self.now = self._look()
        # On the desks' thread.
        self.looks = PageLooks(lambda page: self.now.coloured().pages[page], self.surface_stamp)

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done on the desks' thread."""
        return self._thread.submit(work, *args, **kwargs)

    # -- from any thread

    @property
    def name(self) -> str:
        """The chapter's."""
        return self._pages.name

    @property
    def names(self) -> Collection[str]:
        """Those of all its pages."""
        return self._pages.sources.keys()

    def refresh(self) -> None:
        """Look at the chapter anew: a run has ended."""
        self.now = self._look()

    def _look(self) -> OpenChapter:
        chapter, why_not = None, ""
        try:
            chapter = open_chapter(self.state.out, self.name)
        except (InputError, UsageError) as error:
            why_not = error.message if self.state.folder.is_dir() else "nothing has been coloured yet"
        return OpenChapter(self._pages, chapter, why_not)

    def page(self, name: object) -> str:
        """A name that a browser sent, if a page of the chapter has it. Raises ``UsageError``."""
        if not isinstance(name, str) or name not in self._pages.sources:
            raise UsageError(f"the chapter has no page {str(name)[:80]!r}", "Load the studio again.")
        return name

    def coloured_page(self, name: object) -> str:
        """The same of one that has colours. Raises ``Refusal`` or ``InputError`` where it has none."""
        page = self.page(name)
        if page not in self.now.coloured().names:
            raise Refusal(422, f"{page}: it has no colours", "It was copied, has failed, or waits.")
        return page

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
        return self._stamp_of(page, (PANELS.name, BALLOONS.name, COLORIZE.name))

    def _stamp_of(self, page: str, stages: Sequence[str]) -> str:
        folder, digest = self.state.page_folder(page), hashlib.sha256()
        for stage in stages:
            try:
                kept = (folder / f"{stage}.json").stat()
                digest.update(f"{kept.st_mtime_ns} {kept.st_size} ".encode())
            except OSError:
                digest.update(b"-")
        return digest.hexdigest()[:12]

    def make_ready(self, page: str, side: int) -> None:
        """Have a page made ready to be painted, while nobody waits for it: but for one that is not among the
        last ``SEEN`` that were looked at, when its turn comes."""
        self._seen.append((page, side))
        if (page, side) not in self._painters:
            self.submit(self._make_ready, page, side)

    # -- on the desks' thread

    def surfaces(self) -> Surfaces:
        """The segments of the chapter, read when they are first asked for. Raises ``InputError``."""
        chapter = self.now.coloured()
        known, groups = self._surfaces, _groups_of(chapter)
        if known is None or known[0] != groups:
            self._surfaces = None
            self._painters.drop(self._pages)
            known = self._surfaces = groups, Surfaces.of(chapter, self._given_to(chapter))
            self._changed(chapter)
        return known[1]

    def painter(self, page: str, side: int) -> PagePainter:
        """A page ready to be painted at a size. Raises ``PageError`` or ``InputError``."""
        chapter, surfaces = self.now.coloured(), self.surfaces()
        options = self._work.options if self._work is not None else None
        # Before it is read: a run may have found other groups, and not yet have traced the page with them.
        stamp = self._stamp_of(page, (*ALWAYS, *PERHAPS))
        make = partial(PagePainter, chapter, page, side, surfaces, options)
        return self._painters.get(page, side, stamp, make)

    def _given_to(self, chapter: ColouredChapter) -> Callable[[], tuple[Edit, ...]]:
        """The edits that a chapter is given; none where their files cannot be read, which the run tells."""
        given = GivenEdits(chapter, self._work)

        def read() -> tuple[Edit, ...]:
            try:
                return given()
            except MangacolorError:
                return ()

        return read

    def _make_ready(self, page: str, side: int) -> None:
        if (page, side) not in self._seen:
            return
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
    except (ValueError, AttributeError, RecursionError):  # a damaged file: reading it says so
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
