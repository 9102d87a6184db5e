"""What stages kept of a page of OUT, whatever run it was from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mangacolor.core.errors import InputError
from mangacolor.core.types import Artifact
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.guest.surfaces import page_segments
from mangacolor.stages.names import BALLOONS, COLORIZE, GUEST, HARMONIZE, KINDS, PANELS, TRACE
from mangacolor.stages.reassemble.traced_page import is_for_screen
from mangacolor.stages.windows.artifact import VERSION, PageColours

# What stages keep of every page that is coloured, and what only some runs leave.
ALWAYS = (PANELS, KINDS, BALLOONS, COLORIZE, TRACE)
PERHAPS = (GUEST, HARMONIZE)


class KeptInputs(Mapping[str, Artifact]):
    """What stages kept of a page, each read when it is first asked for.

    Raises ``InputError`` where something is gone, or an earlier version left it.
    """

    def __init__(self, state: State, page: str) -> None:
        self._page = page
        self._cache = PageCache(state.page_folder(page))
        self._read: dict[str, Artifact] = {}
        if self._cache.version(COLORIZE) not in (None, VERSION):
            raise outdated(state.out)

    def __getitem__(self, stage: str) -> Artifact:
        if stage not in self._read:
            self._read[stage] = self._load(stage)
        return self._read[stage]

    def _load(self, stage: str) -> Artifact:
        pictures = is_for_screen if stage == TRACE else None
        artifact = self._cache.latest(stage, pictures) if stage in (*ALWAYS, *PERHAPS) else None
        if artifact is None and stage in ALWAYS:
            raise gone(self._page, stage)
        if artifact is None:
            raise KeyError(stage)
        return artifact

    def segments(self) -> PageColours:
        """As of ``page_segments``."""
        return page_segments(self, self._glance)

    def _glance(self, stage: str, pictures: Callable[[str], bool]) -> Artifact:
        artifact = self._cache.latest(stage, pictures)
        if artifact is None:
            raise gone(self._page, stage)
        return artifact

    def __iter__(self) -> Iterator[str]:
        return (stage for stage in (*ALWAYS, *PERHAPS) if stage in ALWAYS or stage in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def gone(page: str, stage: str) -> InputError:
    """What a stage kept of a page cannot be read."""
    return InputError(
        f"{page}: what was kept of it ({stage}) is gone or damaged", "Run the colouring command again."
    )


def outdated(out: Path) -> InputError:
    """OUT holds what edits cannot be laid on."""
    return InputError(
        f"{out}: was coloured by an earlier version of mangacolor, whose surfaces cannot be edited",
        "Run the colouring command again, and then this one.",
    )
