"""A chapter of OUT as its last run left it: its pages with their sources, and what stages kept of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.lazy import LazyMapping
from mangacolor.core.types import Chapter, Inputs, Page, Spread
from mangacolor.core.wording import chapter_names, counted, did_you_mean
from mangacolor.formats.names import natural_key
from mangacolor.pipeline.editing.kept_pages import KeptInputs, gone, outdated
from mangacolor.pipeline.editing.sources import Sources
from mangacolor.pipeline.page_names import NUMBER, find_pages, same_name, spellings
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry, Manifest
from mangacolor.pipeline.store.outputs import Outputs, chapter_of
from mangacolor.pipeline.store.sealed import read_sealed
from mangacolor.stages.edits.palette_file import FILE
from mangacolor.stages.names import HARMONIZE, PANELS
from mangacolor.stages.spreads.halves import Half, half_of
from mangacolor.stages.windows.artifact import PageColours


@dataclass(frozen=True, slots=True)
class ColouredChapter:
    """A chapter of OUT. ``palette``: where its palette lies. ``chapter``: its coloured pages in order.

    ``others``: the pages of the chapter that are not coloured, with the manifest's word on each. ``files``:
    the finished file of each page, relative to OUT. ``hashes``: the sha256, in hex, of the file that each
    page was made from; "" where an earlier version did not keep it.
    """

    state: State
    palette: Path
    chapter: Chapter
    others: Mapping[str, Entry] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its coloured pages."""
        return tuple(page.name for page in self.chapter.pages)

    def page(self, name: str) -> Page:
        """A coloured page. Raises ``KeyError`` for another."""
        return next(page for page in self.chapter.pages if page.name == name)

    def finished_file(self, page: str) -> Path | None:
        """The coloured page in OUT; None where it is not there."""
        file = self.state.out / self.files[page] if page in self.files else None
        return file if file is not None and file.is_file() else None

    def size(self, page: str) -> tuple[int, int]:
        """Width and height of a coloured page as it came, in pixels. Raises ``InputError``."""
        layout = read_sealed(self.state.page_folder(page) / f"{PANELS}.json")
        if layout is None:
            raise gone(page, PANELS)
        half = half_of(layout)
        return half.size if half else (layout["size"][0], layout["size"][1])

    def source_hash(self, page: str) -> str:
        """The sha256, in hex, of the file that a page was made from. Raises ``InputError``."""
        if not self.hashes[page]:
            raise outdated(self.state.out)
        return self.hashes[page]

    def segments(self, page: str) -> PageColours:
        """The windows of a page with their segments, as of ``KeptInputs``. Raises ``InputError``."""
        return KeptInputs(self.state, page).segments()

    @property
    def pages(self) -> Mapping[str, Inputs]:
        """What stages kept of each page, read from the disk whenever it is looked up.

        A look-up raises ``InputError`` where something of it is gone.
        """
        return LazyMapping(self.names, partial(KeptInputs, self.state))


def open_chapter(out: Path, name: str | None = None) -> ColouredChapter:
    """The chapter of OUT, or the one of this name. Writes nothing.

    Raises ``InputError`` where nothing has been coloured, ``UsageError`` where there are several chapters to
    choose from, or none of this name.
    """
    state = State(out)
    chosen = _choose(state, out, name)
    hashes = _source_hashes(_results_of(state, chosen))
    names = list(hashes)
    manifest = Manifest(state.out, state.manifest)
    outputs = Outputs(state, manifest)
    sources, archives = Sources(state.out, manifest, outputs.claims), outputs.archives
    pages = tuple(Page(page, number, sources.of(page)) for number, page in enumerate(names, 1))
    own = [e for e in manifest.entries() if e.source and chapter_of(e.page, archives) == chosen]
    return ColouredChapter(
        state,
        state.chapter_file(chosen, FILE),
        Chapter(chosen, _with_spreads(state, pages)),
        others={entry.page: entry for entry in own if entry.page not in hashes},
        files={entry.page: entry.file for entry in manifest.entries() if entry.page in hashes},
        hashes=hashes,
    )


def _choose(state: State, out: Path, name: str | None) -> str:
    """The name of a chapter: the one that is wanted, or the only one."""
    there = chapters_with_palette(state)
    if not there:
        raise InputError(
            f"{out}: holds no palette",
            "Colour a whole chapter of two or more pages into it first, without --pages and --no-harmonize.",
        )
    if name is None and len(there) > 1:
        raise UsageError(
            f"{out}: holds {counted(len(there), 'chapter')}",
            f"Choose one with --chapter: {', '.join(chapter_names(there))}.",
        )
    chosen = there[0] if name is None else same_name(name, there)
    if chosen is None:
        known = f"There are: {', '.join(chapter_names(there))}."
        guess = did_you_mean(name or "", there)
        raise UsageError(f"--chapter {name}: there is no such palette", f"{guess} {known}".strip())
    return chosen


def chapter_of_point(out: Path, point: str | None) -> str | None:
    """The chapter of OUT that a point as ``b/3.png:120,340`` lies in, or ``3.png:120,340`` where one chapter
    alone has such a page; None where it does not say. Raises ``UsageError`` where it names a folder that is
    none of several chapters."""
    state, page = State(out), (point or "").rpartition(":")[0]
    there = chapters_with_palette(state)
    named = chapter_of_page(state, page)
    if named is not None or len(there) < 2 or not page:
        return named
    having = [chapter for chapter in there if _has_page(state, chapter, page)]
    folder = page.strip().replace("\\", "/").rpartition("/")[0]
    if folder and not having:
        known = f"There are: {', '.join(chapter_names(there))}."
        guess = did_you_mean(folder, there)
        raise UsageError(f"{point}: {out} has no chapter {folder}", f"{guess} {known}".strip())
    return having[0] if len(having) == 1 else None


def chapter_of_page(state: State, page: str) -> str | None:
    """The chapter of OUT, with a palette, whose folder or archive the name of a page begins with."""
    there = chapters_with_palette(state)
    folders = (str(folder) for name in spellings(page, state.out) for folder in PurePosixPath(name).parents)
    return next(filter(None, (same_name(folder, there) for folder in folders if folder != ".")), None)


def _has_page(state: State, chapter: str, page: str) -> bool:
    """Whether a chapter has a coloured page of this name, which is no number: each has those."""
    kept = read_sealed(_results_of(state, chapter)) or {}
    return not re.fullmatch(NUMBER, page.strip()) and bool(
        find_pages(page, list(kept.get("pages", ())), state.out)
    )


def _results_of(state: State, chapter: str) -> Path:
    return state.folder / "chapters" / chapter / f"{HARMONIZE}.json"


def chapters_with_palette(state: State) -> list[str]:
    """The names of OUT's chapters that have a palette; ``.`` is OUT itself."""
    folder = state.folder / "chapters"
    inside = [path.parent.relative_to(folder).as_posix() for path in folder.rglob(FILE)]
    own = ["."] if (state.folder / FILE).is_file() else []
    return own + sorted(inside, key=natural_key)


def _source_hashes(document: Path) -> dict[str, str]:
    """The pages that the chapter stage has answered for, in reading order, each with its file's sha256."""
    kept = read_sealed(document) or {}
    pages, sources = kept.get("pages"), kept.get("sources", {})
    if not isinstance(pages, dict) or not isinstance(sources, dict):  # as one without a digest
        raise InputError(
            f"{document}: what was kept of the chapter is gone or damaged",
            "Run the colouring command again.",
        )
    return {page: str(sources.get(page, "")) for page in pages}


def _with_spreads(state: State, pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """The pages, those that are half of a drawing with where the other half is."""
    halves = [_read_half(state, page.name) for page in pages]
    found = list(pages)
    for left, right in pairwise(range(len(pages))):
        one, two = halves[left], halves[right]
        if one is not None and two is not None and one.drawing == two.drawing and one.half != two.half:
            found[left] = replace(pages[left], spread=one.joined_to(pages[right], two.half))
            found[right] = replace(pages[right], spread=two.joined_to(pages[left], one.half))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _KeptHalf:
    """A page that is half of a drawing of this size (width, height)."""

    drawing: tuple[int, int]
    half: Half

    def joined_to(self, partner: Page, their: Half) -> Spread:
        border = self.half.size[0] - self.half.box[2]
        return Spread(partner.name, partner.source, self.drawing, self.half.box, their.box, border)


def _read_half(state: State, page: str) -> _KeptHalf | None:
    layout = read_sealed(state.page_folder(page) / f"{PANELS}.json")
    half = half_of(layout) if layout else None
    return None if half is None or layout is None else _KeptHalf(tuple(layout["size"]), half)
