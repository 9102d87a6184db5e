"""Corrected Panels JSON: finds each page's file, which the panels stage then uses instead of detecting."""

from __future__ import annotations

import dataclasses
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.types import Chapter, KnownChapters, Page
from mangacolor.formats.names import composed
from mangacolor.pipeline.store.layout import State


def with_edits(known: KnownChapters, folder: str | Path | None, state: State) -> tuple[Chapter, ...]:
    """The chapters, with each page's ``edit`` set where it has one: ``<page>.json``, as ``panels`` names it.

    ``folder`` is that of ``--edits``; None looks in ``OUT/.mangacolor/edits``. Raises ``InputError`` if a
    folder that was named does not exist or corrects no page, ``UsageError`` if one file would correct two
    pages.
    """
    place = _place_of(state, folder)
    if folder is not None and not place.is_dir():
        raise InputError(f"--edits {folder}: there is no such folder", "Name a folder of Panels JSON files.")
    taken: dict[Path, str] = {}

    def edited(page: Page) -> Page:
        file = correction_file(state, folder, page.name)
        if not file.is_file():
            return page
        other = taken.setdefault(file, page.name)
        if other != page.name:
            raise UsageError(
                f"{file} would correct two pages, {other} and {page.name}", "Rename one of the two pages."
            )
        return dataclasses.replace(page, edit=file)

    if not place.is_dir():
        return known.chapters
    corrected = tuple(
        dataclasses.replace(chapter, pages=tuple(edited(page) for page in chapter.pages))
        for chapter in known.chapters
    )
    if folder is not None and known.are_all and not taken:
        first = known.chapters[0].pages[0].name
        raise InputError(
            f"--edits {folder}: no file in it is named after a page",
            f"The correction of {first} would be {_file_of(first)}.",
        )
    return corrected


def correction_file(state: State, folder: str | Path | None, page: str) -> Path:
    """Where the correction of a page lies, whether there is one or not: in ``folder``, or in OUT's own.

    A file whose name has its accents written otherwise than the page's is it, too.
    """
    place, name = _place_of(state, folder), _file_of(page)
    if str(name).isascii() or (place / name).exists():
        return place / name
    return _lying(place, name)


def _lying(place: Path, name: PurePosixPath) -> Path:
    """What reads as this path; where nothing does, the path itself."""
    found = place
    for part in name.parts:
        there = [path.name for path in found.iterdir()] if found.is_dir() else []
        same = next((other for other in there if composed(other) == composed(part)), None)
        if same is None:
            return place / name
        found /= same
    return found


def _place_of(state: State, folder: str | Path | None) -> Path:
    return state.edits if folder is None else Path(folder).absolute()


def _file_of(page: str) -> PurePosixPath:
    return PurePosixPath(page).with_suffix(".json")
