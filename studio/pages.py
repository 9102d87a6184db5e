"""The pages of a chapter of OUT, whatever has become of them so far."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mangacolor.core.errors import MangacolorError
from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.store.last_run import Failure
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry, Manifest

PageState = Literal["coloured", "copied", "failed", "waiting", "working"]
_STATES: Mapping[str, PageState] = {"done": "coloured", "copied": "copied", "failed": "failed"}


class StalePages:
    """Names of pages, of all chapters, whose picture in OUT is without the last edits. From any thread."""

    def __init__(self) -> None:
        self._pages: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def __contains__(self, page: object) -> bool:
        return page in self._pages

    def __bool__(self) -> bool:
        return bool(self._pages)

    def add(self, pages: Iterable[str]) -> None:
        """Decisions have changed them."""
        with self._lock:
            self._pages |= frozenset(pages)

    def discard(self, pages: Iterable[str]) -> None:
        """They have been made anew."""
        with self._lock:
            self._pages -= frozenset(pages)

    def among(self, pages: Iterable[str]) -> frozenset[str]:
        """Those of some pages that are stale."""
        return self._pages.intersection(pages)


@dataclass(frozen=True, slots=True)
class PageRows:
    """What there is to tell of the pages of a chapter.

    ``chapter``: its colours, where there are any. ``working``: pages that a run has in hand. ``stale``: those
    whose picture in OUT is without the last edits. ``revision``: of the palette, for the stamps of these.
    """

    state: State
    pages: ChapterPages
    chapter: ColouredChapter | None = None
    failures: Mapping[str, Failure] = field(default_factory=dict)
    working: Collection[str] = ()
    stale: Collection[str] = ()
    revision: str = ""

    def all(self) -> list[dict[str, Any]]:
        """A document for each page, in reading order."""
        return self.some(tuple(self.pages.sources))

    def some(self, pages: Sequence[str]) -> list[dict[str, Any]]:
        """The same of some pages."""
        manifest = self._manifest()
        return [self._row(page, manifest.entry(page)) for page in pages]

    def one(self, page: str) -> dict[str, Any]:
        return self.some([page])[0]

    def finished(self, page: str) -> bytes | None:
        """The file of a page in OUT; None where there is none."""
        entry = self._manifest().entry(page)
        try:
            return (self.state.out / entry.file).read_bytes() if entry is not None else None
        except OSError:
            return None

    def _manifest(self) -> Manifest:
        return Manifest(self.state.out, self.state.manifest)

    def _row(self, page: str, entry: Entry | None) -> dict[str, Any]:
        state, failure = self._state(page, entry)
        stamp = file_stamp(entry.sha256) if entry is not None else ""
        return {
            "name": page,
            "number": self.pages.numbers[page],
            "state": state,
            "has_colours": self.chapter is not None and page in self.chapter.names,
            "note": failure.error if failure else entry.reason if entry is not None else "",
            "remedy": failure.remedy if failure else "",
            "size": self._size(page),
            "stamp": f"{stamp}-{self.revision}" if page in self.stale else stamp,
            "file_stamp": stamp,
            "stale": page in self.stale,
            "panels": entry.panels if entry is not None else 0,
            "spread": self._partner(page),
        }

    def _state(self, page: str, entry: Entry | None) -> tuple[PageState, Failure | None]:
        failure = self.failures.get(page)
        if page in self.working:
            return "working", None
        if entry is None:
            return ("failed", failure) if failure else ("waiting", None)
        if entry.outcome == "failed":
            return "failed", failure or Failure("it could not be coloured", "Run it again to see why.")
        return _STATES.get(entry.outcome, "coloured"), None

    def _size(self, page: str) -> list[int] | None:
        if self.chapter is None or page not in self.chapter.names:
            return None
        try:
            return list(self.chapter.size(page))
        except MangacolorError:
            return None

    def _partner(self, page: str) -> str | None:
        if self.chapter is None or page not in self.chapter.names:
            return None
        spread = self.chapter.page(page).spread
        return spread.partner if spread is not None else None


def file_stamp(sha256: str) -> str:
    """What tells a finished page's file from another of it, from its hash (hex). A page that is ``stale`` has
    the palette's revision behind that."""
    return sha256[:12]
