"""What is kept of pages that came under another name moves to their own, with corrections of their panels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from mangacolor.core.atomic import output_errors
from mangacolor.core.system.moves import finish_moves, move_all
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.names import numbered
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.renaming.finding import Renamed, find_renamed_pages, pages_in
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.store import Store


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
    kept = {name for folder in folders for name in pages_in(state, folder)}.difference(renamed.staying)
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
