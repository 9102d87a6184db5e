"""Whose corrections of panels are: of the pages that had their names, or of those that have them now."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence

from mangacolor.core.system.files import named_since
from mangacolor.core.types import Page
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.layout import State


def are_corrections_by_new_names(
    state: State,
    changed: Sequence[Page],
    names: Mapping[str, str],
    keys_of: Callable[[Page], dict[str, str]],
) -> bool:
    """Whether the corrections of OUT go by the names that pages have now, and are to stay where they are.

    They do if what is kept was made with one that lies under a new name: somebody has renamed them, too.
    Where nothing was made with any of them, they do if one came to its name after the page that has it now:
    it was made, or put there, for that page. ``changed``: the pages of a chapter that are new or have
    changed. ``names``: for those that are kept under another name, that name. ``keys_of``: a page's keys, by
    stage.
    """

    def fits(page: Page, name: str) -> tuple[int, bool]:
        file = correction_file(state, None, name)
        keys = keys_of(dataclasses.replace(page, edit=file if file.is_file() else None))
        cache = PageCache(state.page_folder(names[page.name]))
        return sum(cache.key(stage) == key for stage, key in keys.items()), file.is_file()

    def came_later(page: Page) -> bool:
        file = correction_file(state, None, page.name)
        return file.is_file() and named_since(file) > _named_since(page)

    renamed = [page for page in changed if page.name in names]
    pairs = [(fits(page, page.name), fits(page, names[page.name])) for page in renamed]
    if any(new > old and is_there for (new, is_there), (old, _) in pairs):
        return True
    if any(old > new and is_there for (new, _), (old, is_there) in pairs):
        return False
    return any(came_later(page) for page in changed)


def _named_since(page: Page) -> int:
    """Since when a page has its name, ns: its file, or the archive that it lies in; 0 where nobody knows."""
    path = getattr(page.source, "path", None)
    with contextlib.suppress(OSError):
        return named_since(path) if path is not None else 0
    return 0
