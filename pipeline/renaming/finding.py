"""Pages that came under another name: what is kept of them follows, so that nothing is computed again.

What a page's stages left lies in the state folder under the page's name, and its keys hold the hash of the
page's file and no name. So before a run a page that is new or has changed is looked for among what is kept of
the others of its folder, by the key of the stage that decides whether it is coloured, and takes over what it
finds, with its correction of panels. One page put in front shifts all numbers of a chapter: folders change
places then. A page whose own file is still where it was, in this input or in another, keeps what it has.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import MangacolorError, UsageError
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.outputs.planned import Output
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.renaming.corrections import are_corrections_by_new_names
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.keys import make_recipe, sha256
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.outputs import Claim, Outputs, claim_of
from mangacolor.pipeline.store.store import Store
from mangacolor.stages.base import Stage


@dataclass(frozen=True, slots=True)
class Renamed:
    """``names``: for each page that is kept under another name, that name. ``staying``: all other names of
    pages. ``by_hand``: corrections of panels go by the new names already."""

    names: Mapping[str, str]
    staying: Collection[str] = ()
    by_hand: bool = False


def find_renamed_pages(plan: WorkPlan, store: Store) -> list[Renamed]:
    """What is to follow the pages of a plan, for each chapter that has anything.

    Reads the files of pages that are new or have changed, if anything is kept that could be theirs. Nothing
    follows a run that is not to write over another input's pages.
    """
    state, stage = store.state, _deciding_stage(plan)
    if stage is None or not (state.folder / "pages").is_dir():
        return []
    outputs = Outputs(state, store.manifest)
    try:
        outputs.own(plan.outputs, plan.run_options.force)
    except UsageError:  # the run says so itself, if it is to write
        return []
    settled = _Settled(outputs.claims, {output.name: output for output in plan.outputs})
    found = []
    for chapter in _whole_chapters(plan):
        changed = [page for page in chapter.pages if page.name not in settled]
        found += _find_in(plan, state, chapter, changed, settled, stage) if changed else []
    return found


def _whole_chapters(plan: WorkPlan) -> list[Chapter]:
    """The chapters of a plan with those pages that were not asked for: one that was may lie in the place of
    another, whose work it would write over."""
    asked = {chapter.name: {page.name: page for page in chapter.pages} for chapter in plan.chapters}
    return [
        dataclasses.replace(
            whole, pages=tuple(asked[whole.name].get(page.name, page) for page in whole.pages)
        )
        for whole in plan.known.chapters
        if whole.name in asked
    ]


def _deciding_stage(plan: WorkPlan) -> str | None:
    """The first stage that decides whether a page is coloured, if what it says is kept."""
    stages = (plan.graph[name] for name in plan.graph.names)
    kept = (s for s in stages if isinstance(s, Stage) and s.decides and s.keep == "always")
    return next((stage.name for stage in kept), None)


@dataclass(frozen=True, slots=True)
class _Settled:
    """The names of pages whose file, or archive, is as it was in the last run, in whatever input."""

    claims: Mapping[str, Claim]
    outputs: Mapping[str, Output]

    def __contains__(self, page: str) -> bool:
        claim, output = claim_of(self.claims, page), claim_of(self.outputs, page)
        if claim is None or output is None:
            return claim is not None and claim.has_source
        return (claim.size, claim.modified_ns) == (output.size, output.modified_ns)


def _find_in(
    plan: WorkPlan, state: State, chapter: Chapter, changed: Sequence[Page], settled: _Settled, stage: str
) -> list[Renamed]:
    """Which of the pages of a chapter that have ``changed`` are kept under another name, if any are."""
    kept = _kept_names(state, chapter, stage, settled)
    if not kept:
        return []
    recipe = make_recipe(plan.graph, plan.options, chapter, plan.selection.targets)
    hashes = {page.name: _hash_of(page) for page in changed}

    def keys_of(page: Page) -> dict[str, str]:
        return recipe.page_keys(plan.graph, page, hashes[page.name], {})

    keys = {page.name: keys_of(page).get(stage, "") for page in changed if hashes[page.name]}
    names = _find_names(keys, kept)
    if not names:
        return []
    by_hand = are_corrections_by_new_names(state, changed, names, keys_of)
    others = (name for parent in _parents(chapter) for name in pages_in(state, parent) if name in settled)
    return [Renamed(names, plan.planned | set(others), by_hand)]


def _kept_names(state: State, chapter: Chapter, stage: str, settled: _Settled) -> dict[str, list[str]]:
    """The names under which an artifact of ``stage`` is kept beside the pages of a chapter, by its key;
    without those that are ``settled``."""
    kept: dict[str, list[str]] = defaultdict(list)
    for parent in _parents(chapter):
        for name in pages_in(state, parent):
            key = PageCache(state.page_folder(name)).key(stage)
            if key and name not in settled:
                kept[key].append(name)
    return kept


def _parents(chapter: Chapter) -> list[PurePosixPath]:
    return sorted({PurePosixPath(page.name).parent for page in chapter.pages})


def pages_in(state: State, parent: PurePosixPath) -> list[str]:
    """The names under which pages of a folder, or of an archive, are kept. Where they cannot be read nothing
    follows: their tasks will say so."""
    folder = state.page_folder(str(parent))
    with contextlib.suppress(OSError):
        places = [place for place in folder.iterdir() if place.is_dir()]
        return sorted(str(parent / place.name) for place in places if not _has_folders(place))
    return []


def _has_folders(place: Path) -> bool:
    return any(inside.is_dir() for inside in place.iterdir())


def _hash_of(page: Page) -> str:
    """The hash of a page's file; empty where it cannot be read, which its own task will say."""
    try:
        return sha256(page.source.read())
    except MangacolorError:
        return ""


def _find_names(keys: Mapping[str, str], kept: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each page that is ``kept`` under another name alone, that name. ``keys``: of the pages, by name."""
    free = {key: [name for name in names if keys.get(name) != key] for key, names in kept.items()}
    homeless = (name for name, key in keys.items() if name not in kept.get(key, ()))
    return {name: free[keys[name]].pop(0) for name in homeless if free.get(keys[name])}
