"""Pages that came under another name: what is kept of them follows, so that nothing is computed again.

What a page's stages left lies in the state folder under the page's name, and its keys hold the hash of the
page's file and no name. So before a run a page that is new or has changed is looked for among what is kept of
the others of its folder, by the key of the stage that decides whether it is coloured, and takes over what it
finds, with its correction of panels. One page put in front shifts all numbers of a chapter: folders change
places then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from mangacolor.core.atomic import make_folders, output_errors
from mangacolor.core.errors import MangacolorError
from mangacolor.core.system.files import move_file
from mangacolor.core.types import Chapter, Page
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.keys import make_recipe, sha256
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.outputs import Claim, Outputs, claim_of
from mangacolor.pipeline.store.store import Store
from mangacolor.stages.base import Stage

# Folders in the state folder: for what is on its way, and for corrections as they were before.
_MOVING: Final = "moving"
_SAVED: Final = "edits-saved"


@dataclass(frozen=True, slots=True)
class Renamed:
    """``names``: for each page that is kept under another name, that name. ``by_hand``: their corrections of
    panels have been renamed already."""

    names: Mapping[str, str]
    by_hand: bool = False


def follow_renamed_pages(plan: WorkPlan, store: Store) -> bool:
    """Let what is kept follow the pages of a plan. Only a run that has opened ``store`` may.

    Returns whether the plan is to be made anew, since corrections of panels may have moved, too. Raises
    ``OutputError``.
    """
    found = find_renamed_pages(plan, store)
    for renamed in found:
        _exchange(store.state, renamed.names, corrections=not renamed.by_hand)
    return bool(found)


def find_renamed_pages(plan: WorkPlan, store: Store) -> list[Renamed]:
    """What is to follow the pages of a plan, for each chapter that has anything.

    Reads the files of pages that are new or have changed, if anything is kept that could be theirs.
    """
    state, stage = store.state, _deciding_stage(plan)
    if stage is None or not (state.folder / "pages").is_dir():
        return []
    claims = Outputs(state, store.manifest).claims
    found = []
    for chapter in plan.chapters:
        changed = [page for page in chapter.pages if not _is_as_claimed(page, plan, claims)]
        found += _find_in(plan, state, chapter, changed, stage) if changed else []
    return found


def _deciding_stage(plan: WorkPlan) -> str | None:
    """The first stage that decides whether a page is coloured, if what it says is kept."""
    stages = (plan.graph[name] for name in plan.graph.names)
    kept = (s for s in stages if isinstance(s, Stage) and s.decides and s.keep == "always")
    return next((stage.name for stage in kept), None)


def _is_as_claimed(page: Page, plan: WorkPlan, claims: Mapping[str, Claim]) -> bool:
    """Whether a page's file, or the archive that it is in, is the one that was there in the last run."""
    outputs = {output.name: output for output in plan.outputs}
    claim, output = claim_of(claims, page.name), claim_of(outputs, page.name)
    if claim is None or output is None:
        return False
    return (claim.size, claim.modified_ns) == (output.size, output.modified_ns)


def _find_in(
    plan: WorkPlan, state: State, chapter: Chapter, changed: Sequence[Page], stage: str
) -> list[Renamed]:
    """Which of the pages of a chapter that have ``changed`` are kept under another name, if any are."""
    settled = {page.name for page in chapter.pages} - {page.name for page in changed}
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
    by_hand = any(_has_its_correction(state, page, names[page.name], keys_of) for page in renamed)
    return [Renamed(names, by_hand)] if names else []


def _kept_names(state: State, chapter: Chapter, stage: str, settled: set[str]) -> dict[str, list[str]]:
    """The names under which an artifact of ``stage`` is kept beside the pages of a chapter, by its key;
    without those that are ``settled``."""
    kept: dict[str, list[str]] = defaultdict(list)
    for parent in sorted({PurePosixPath(page.name).parent for page in chapter.pages}):
        folder = state.page_folder(str(parent))
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            name, key = str(parent / place.name), PageCache(place).key(stage)
            if key and name not in settled and not any(path.is_dir() for path in place.iterdir()):
                kept[key].append(name)
    return kept


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


def _has_its_correction(
    state: State, page: Page, old: str, keys_of: Callable[[Page], dict[str, str]]
) -> bool:
    """Whether a page's correction of panels has moved already, by hand: what is kept was made with the one
    under the new name, and not with that under the ``old``."""
    cache = PageCache(state.page_folder(old))

    def fits(name: str) -> int:
        file = correction_file(state, None, name)
        keys = keys_of(dataclasses.replace(page, edit=file if file.is_file() else None))
        return sum(cache.key(stage) == key for stage, key in keys.items())

    return fits(page.name) > fits(old)


def _exchange(state: State, moves: Mapping[str, str], *, corrections: bool) -> None:
    """Let folders of pages, and corrections of panels, change places. ``moves``: the old name by the new one.

    What lay under a new name and goes nowhere itself takes a place that becomes free, so that nothing is
    lost. A run that is killed meanwhile computes again what was on its way.
    """
    freed = sorted(set(moves.values()) - moves.keys())
    displaced = sorted(moves.keys() - set(moves.values()))
    places = {**moves, **dict(zip(freed, displaced, strict=True))}
    if corrections and state.edits.is_dir():
        files = {name: correction_file(state, None, name) for name in places}
        with _corrections_saved(state):
            _move_all(state, {files[new]: files[old] for new, old in places.items()})
    _move_all(state, {state.page_folder(new): state.page_folder(old) for new, old in places.items()})


@contextlib.contextmanager
def _corrections_saved(state: State) -> Iterator[None]:
    """Corrections are people's work: there is a copy while they move, to which the next run returns."""
    making, saved = (state.folder / name for name in (f"{_SAVED}-making", _SAVED))
    with output_errors(state.edits):
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(state.edits, making)
        move_file(making, saved)
        yield
        move_file(saved, making)
        shutil.rmtree(making)


def restore_corrections(state: State) -> bool:
    """Put corrections back where they were, if a run was killed that moved them. Whether they were not.

    Raises ``OutputError``.
    """
    saved = state.folder / _SAVED
    if not saved.is_dir():
        return False
    with output_errors(state.edits):
        shutil.rmtree(state.edits, ignore_errors=True)
        move_file(saved, state.edits)
    return True


def _move_all(state: State, old_places: Mapping[Path, Path]) -> None:
    """Files or folders to new places, by way of one that is nobody's."""
    waiting = state.folder / _MOVING
    with output_errors(waiting):
        shutil.rmtree(waiting, ignore_errors=True)
        waiting.mkdir(parents=True)
        for number, old in enumerate(old_places.values()):
            with contextlib.suppress(FileNotFoundError):
                move_file(old, waiting / str(number))
        for number, new in enumerate(old_places):
            if (waiting / str(number)).exists():
                make_folders(new.parent, state.scratch)
                move_file(waiting / str(number), new)
        waiting.rmdir()
