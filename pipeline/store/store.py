"""Where a run leaves what it makes: OUT with its state folder, or the memory of this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mangacolor.core.settings import OnError
from mangacolor.core.types import Chapter, Page
from mangacolor.pipeline.store.cache import Cache, MemoryCache, PageCache
from mangacolor.pipeline.store.chapter_documents import ChapterDocuments
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.packing import Packing
from mangacolor.pipeline.store.page_output import PageOutput


@dataclass(frozen=True, slots=True)
class Store:
    """OUT: where things lie in it, and the list of what mangacolor wrote.

    ``kept_under``: the names of pages that are kept under others. Only who writes nothing may have any.
    """

    state: State
    manifest: Manifest
    kept_under: Mapping[str, str] = field(default_factory=dict)

    def page_cache(self, page: Page) -> Cache:
        name = self.kept_under.get(page.name, page.name)
        return PageCache(self.state.page_folder(name), self.state.scratch)

    def page_output(
        self, page: Page, chapter: Chapter, planned: frozenset[str], force: bool
    ) -> PageOutput | None:
        return PageOutput(page, chapter.container, self.manifest, planned, force)

    def chapter_documents(self, chapter: Chapter) -> ChapterDocuments | None:
        return ChapterDocuments(self.state, chapter.name)

    def packing(self, chapter: Chapter, *, whole: bool, on_error: OnError, force: bool) -> Packing | None:
        """The archive of a chapter that has a container; None for one that has not. ``whole``: all its pages
        were asked for, as is seen where they were named one by one."""
        if chapter.container is None:
            return None
        pages = {page.name for page in chapter.pages}
        whole = whole or pages.issuperset(chapter.container.pages)
        return Packing(chapter.container, self.state, self.manifest, len(pages), whole, on_error, force)


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """Nothing is written: artifacts stay in ``cache`` until it is dropped."""

    cache: Cache = field(default_factory=MemoryCache)

    def page_cache(self, _page: Page) -> Cache:
        return self.cache

    def page_output(
        self, _page: Page, _chapter: Chapter, _planned: frozenset[str], _force: bool
    ) -> PageOutput | None:
        return None

    def chapter_documents(self, _chapter: Chapter) -> ChapterDocuments | None:
        return None

    def packing(self, _chapter: Chapter, *, whole: bool, on_error: OnError, force: bool) -> Packing | None:
        return None


AnyStore = Store | MemoryStore


def read_store(out: Path) -> Store:
    """OUT as it is, for who writes nothing there."""
    state = State(out)
    return Store(state, Manifest(state.out, state.manifest, state.scratch, only_read=True))


@contextmanager
def open_store(out: Path) -> Iterator[Store]:
    """OUT, held for one run. Raises ``OutputError`` if another run holds it or it is not writable.

    Takes in what a run on a cluster that was killed has left there.
    """
    state = State(out)
    with state.locked():
        store = Store(state, Manifest(state.out, state.manifest, state.scratch))
        for part in sorted(state.parts.glob("*.jsonl")):
            store.manifest.absorb(part)
        yield store
