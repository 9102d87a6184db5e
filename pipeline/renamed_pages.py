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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import MangacolorError, UsageError
from mangacolor.core.system.moves import finish_moves, move_all
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.names import numbered
from mangacolor.formats.outputs.planned import Output
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.keys import make_recipe, sha256
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.outputs import Claim, Outputs, claim_of
from mangacolor.pipeline.store.store import Store
from mangacolor.stages.base import Stage


@dataclass(frozen=True, slots=True)
class Renamed:
    """``names``: for each page that is kept under another name, that name. ``staying``: all other names of
    pages. ``by_hand``: corrections of panels have been renamed already."""

    names: Mapping[str, str]
    staying: Collection[str] = ()
    by_hand: bool = False


def follow_renamed_pages(plan: WorkPlan, store: Store) -> bool:
    """Let what is kept follow the pages of a plan. Only a run that has opened ``store`` may.

    Returns whether the plan is to be made anew, since corrections of panels may have moved, too. Raises
    ``OutputError``.
    """
    state, old_places = store.state, dict[Path, Path]()
    for renamed in find_renamed_pages(plan, store):
        places = _exchanged(state, renamed)
        for name in places:  # what it says of its file by itself it says under its name
            store.manifest.recall(name)
        old_places |= {state.page_folder(new): state.page_folder(old) for new, old in places.items()}
        if not renamed.by_hand:
            old_places |= _correction_places(state, renamed)
    if old_places:
        with output_errors(state.folder):
            move_all(state.moving, old_places)
    return bool(old_places)


def with_moved_corrections(
    chapters: Sequence[Chapter], renamed: Sequence[Renamed], state: State
) -> tuple[Chapter, ...]:
    """The chapters with the corrections of OUT that pages will have once they have followed: for a plan."""
    moved: dict[Path, Path] = {}
    for one in renamed:
        if not one.by_hand:
            moved |= _correction_places(state, one)
    leaving = set(moved.values())

    def corrected(page: Page) -> Page:
        file = correction_file(state, None, page.name)
        if file not in moved and file not in leaving:
            return page
        now = moved.get(file)
        return dataclasses.replace(page, edit=now if now is not None and now.is_file() else None)

    return tuple(dataclasses.replace(c, pages=tuple(map(corrected, c.pages))) for c in chapters)


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
        for whole in plan.whole_chapters
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
    renamed = [page for page in changed if page.name in names]
    by_hand = _are_renamed_by_hand(state, renamed, names, keys_of)
    others = (name for parent in _parents(chapter) for name in _pages_in(state, parent) if name in settled)
    return [Renamed(names, plan.planned | set(others), by_hand)] if names else []


def _kept_names(state: State, chapter: Chapter, stage: str, settled: _Settled) -> dict[str, list[str]]:
    """The names under which an artifact of ``stage`` is kept beside the pages of a chapter, by its key;
    without those that are ``settled``."""
    kept: dict[str, list[str]] = defaultdict(list)
    for parent in _parents(chapter):
        for name in _pages_in(state, parent):
            key = PageCache(state.page_folder(name)).key(stage)
            if key and name not in settled:
                kept[key].append(name)
    return kept


def _parents(chapter: Chapter) -> list[PurePosixPath]:
    return sorted({PurePosixPath(page.name).parent for page in chapter.pages})


def _pages_in(state: State, parent: PurePosixPath) -> list[str]:
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


def _are_renamed_by_hand(
    state: State, pages: Sequence[Page], names: Mapping[str, str], keys_of: Callable[[Page], dict[str, str]]
) -> bool:
    """Whether corrections of panels have moved already: what is kept was made with one under a new name.

    Where nothing was made with any of them, they have if one lies under an old name: it is newer than what is
    kept, and so, it is taken, than the new names.
    """

    def fits(page: Page, name: str) -> tuple[int, bool]:
        file = correction_file(state, None, name)
        keys = keys_of(dataclasses.replace(page, edit=file if file.is_file() else None))
        cache = PageCache(state.page_folder(names[page.name]))
        return sum(cache.key(stage) == key for stage, key in keys.items()), file.is_file()

    pairs = [(fits(page, page.name), fits(page, names[page.name])) for page in pages]
    if any(new > old and is_there for (new, is_there), (old, _) in pairs):
        return True
    followed = any(old > new and is_there for (new, _), (old, is_there) in pairs)
    return not followed and any(new > old for (new, _), (old, _) in pairs)


def _exchanged(state: State, renamed: Renamed) -> dict[str, str]:
    """The old name for each new one.

    What lies under a new name and goes nowhere itself takes one that no page has, so that nothing is lost and
    no other page gets its correction.
    """
    names = renamed.names
    places = dict(names)
    taken = {correction_file(state, None, page) for page in {*renamed.staying, *names}}
    freed = sorted(set(names.values()) - names.keys())
    for page in _in_the_way(state, renamed):
        unused = (name for name in numbered(page) if _is_unused(state, name))
        free = next(name for name in chain(freed, unused) if correction_file(state, None, name) not in taken)
        taken.add(correction_file(state, None, free))
        places[free] = page
    return places


def _in_the_way(state: State, renamed: Renamed) -> list[str]:
    """What lies under a new name, or has the correction of one: ``001.jpg`` that of ``001.png``."""
    names = renamed.names
    files = {correction_file(state, None, name) for name in names}
    folders = {PurePosixPath(name).parent for name in names}
    kept = {name for folder in folders for name in _pages_in(state, folder)}.difference(renamed.staying)
    sharing = {name for name in kept if correction_file(state, None, name) in files}
    return sorted((sharing | names.keys()) - set(names.values()))


def _is_unused(state: State, name: str) -> bool:
    return not (state.page_folder(name).exists() or correction_file(state, None, name).exists())


def _correction_places(state: State, renamed: Renamed) -> dict[Path, Path]:
    """Where corrections of panels lie, by where they are to. Pages whose suffix alone differs share one."""
    if not state.edits.is_dir():
        return {}
    stays = {correction_file(state, None, name) for name in renamed.staying if name not in renamed.names}
    files: dict[Path, Path] = {}
    for new, old in _exchanged(state, renamed).items():
        file = correction_file(state, None, old)
        if file not in files.values() and (new in renamed.names or file not in stays):
            files[correction_file(state, None, new)] = file
    return files


def finish_renaming(state: State) -> bool:
    """End what a run began that was killed; whether there was anything. Raises ``OutputError``."""
    with output_errors(state.folder):
        return finish_moves(state.moving)
