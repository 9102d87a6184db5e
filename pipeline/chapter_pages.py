"""The chapters of OUT and their pages, by the inputs of its last run and by what its manifest says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.settings import Direction
from mangacolor.core.types import PageSource
from mangacolor.formats.comicinfo import told_direction
from mangacolor.formats.discovery import discover_for
from mangacolor.formats.names import natural_key
from mangacolor.pipeline.editing.sources import Sources
from mangacolor.pipeline.store.last_run import LastRun, known_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.outputs import Outputs, chapter_of
from mangacolor.pipeline.store.store import Store

_OF_PAGES: Final = frozenset({"done", "copied"})  # outcomes


@dataclass(frozen=True, slots=True)
class ChapterPages:
    """The pages of a chapter in reading order, with their sources. ``direction``: as the chapter says, if it
    does."""

    name: str
    sources: Mapping[str, PageSource]
    numbers: Mapping[str, int]
    direction: Direction | None = None


def all_chapters(store: Store) -> dict[str, ChapterPages]:
    """Every chapter of OUT, by name: those of its last run as their inputs give them, with what earlier runs
    have left of each, and the chapters of earlier runs, and of inputs that are gone, by the manifest. Raises
    ``InputError`` where there is none."""
    last = known_last_run(store.state)
    planned = _last_planned(store.state, last)
    known = {page for chapter in planned.values() for page in chapter.sources}
    failed = last.failures.keys() - known if last is not None else set()
    try:
        kept = kept_chapters(store, failed)
    except InputError:
        if not planned:
            raise
        kept = {}
    found = dict(planned)
    for name, own in kept.items():
        rest = {page: source for page, source in own.sources.items() if page not in known}
        if rest:
            found[name] = _joined(found[name], rest) if name in found else replace(own, sources=rest)
    return dict(sorted(found.items(), key=lambda item: natural_key(item[0])))


def inputs_of(store: Store) -> set[Path]:
    """The files and folders that OUT's pages were made from, as far as it knows."""
    last = known_last_run(store.state)
    claims = Outputs(store.state, store.manifest).claims
    return {*(last.inputs if last is not None else ()), *(Path(claim.input) for claim in claims.values())}


def _joined(chapter: ChapterPages, rest: Mapping[str, PageSource]) -> ChapterPages:
    """A chapter of the last run with pages of its name that are of earlier ones."""
    sources = {**chapter.sources, **rest}
    ordered = sorted(sources, key=natural_key)
    return replace(
        chapter,
        sources={page: sources[page] for page in ordered},
        numbers={page: number for number, page in enumerate(ordered, 1)},
    )


def _last_planned(state: State, work: LastRun | None) -> dict[str, ChapterPages]:
    """Of the last run; none where its inputs are gone."""
    try:
        return planned_chapters(work, state.out) if work is not None else {}
    except (InputError, UsageError):
        return {}


def planned_chapters(work: LastRun, out: Path) -> dict[str, ChapterPages]:
    """The chapters that inputs give, by name. Raises ``InputError`` or ``UsageError`` where they are gone."""
    plan = discover_for(work.inputs, out, work.options, work.run_options)
    return {
        chapter.name: ChapterPages(
            chapter.name,
            {page.name: page.source for page in chapter.pages},
            {page.name: page.number for page in chapter.pages},
            work.options.direction or chapter.direction,
        )
        for chapter in plan.chapters
    }


def kept_chapters(store: Store, failed: Collection[str] = ()) -> dict[str, ChapterPages]:
    """The chapters of OUT by what its manifest says, where no input is known. Raises ``InputError`` where
    there is none.

    ``failed``: pages that the manifest may not know, since they could not be made.
    """
    state, manifest = store.state, store.manifest
    outputs = Outputs(state, manifest)
    sources = Sources(state.out, manifest, outputs.claims)
    archives = outputs.archives
    found: dict[str, list[str]] = {}
    for entry in manifest.entries():
        # What failed stands as it came, and its entry names no source.
        if entry.outcome == "failed" or (entry.source and entry.outcome in _OF_PAGES):
            found.setdefault(chapter_of(entry.page, archives), []).append(entry.page)
    made = {page for pages in found.values() for page in pages}
    for page in failed:
        if page not in made and (chapter := chapter_of(page, archives)) in found:
            found[chapter].append(page)
    if not found:
        what = "nothing has been coloured here" if state.out.exists() else "no such folder"
        raise InputError(
            f"{state.out}: {what}",
            "Name an output folder of mangacolor, or colour one: mangacolor INPUT --out OUT.",
        )
    ordered = {name: sorted(pages, key=natural_key) for name, pages in found.items()}
    return {
        name: ChapterPages(
            name,
            {page: sources.of(page) for page in pages},
            {page: n for n, page in enumerate(pages, 1)},
            _told_direction(state, name),
        )
        for name, pages in sorted(ordered.items(), key=lambda item: natural_key(item[0]))
    }


def _told_direction(state: State, chapter: str) -> Direction | None:
    """What the ``ComicInfo.xml`` says that lies beside a chapter's pages in OUT."""
    folder = state.out / chapter
    return told_direction(folder.iterdir() if folder.is_dir() else ())
