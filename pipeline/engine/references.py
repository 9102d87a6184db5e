"""Coloured pages as examples: what stages see in them, kept once it has been made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mangacolor.core.errors import InputError, PageError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.formats.option_files import picture_files
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.store.cache import Cache, MemoryCache, PageCache
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.graph import Graph


@dataclass(frozen=True, slots=True)
class References:
    """Makes the artifacts of coloured pages that chapter stages ask for, as if the pages were grey.

    ``state``: where they are kept from then on; None keeps nothing. ``runner``: whose loaded networks see
    them; None loads networks for a chapter, and lets them go.
    """

    graph: Graph
    options: Options
    state: State | None = None
    runner: PageRunner | None = None

    def find(
        self, needs: Sequence[str], own: Sequence[Page], chapter: Chapter, counts: Counter[str]
    ) -> Iterator[Inputs]:
        """For the chapter's ``own`` coloured pages, unless not wanted, and those that the options name.

        ``needs``: the stages whose artifacts are wanted. ``counts`` takes the calls of the network. Raises
        ``UsageError`` for a reference that is no picture.
        """
        runner, options = self.runner or PageRunner(self.graph), replace(self.options, force_color=True)

        def look(page: Page) -> Inputs:
            artifacts = runner.run(
                replace(page, wanted=None),
                chapter,
                options,
                until=needs,
                counts=counts,
                independent=True,
                cache=self._cache(needs),
            )
            return {need: artifacts[need] for need in needs}

        for page in own if self.options.own_reference else ():
            yield look(page)
        yield from _each_named(self.options, look)

    def _cache(self, needs: Sequence[str]) -> Cache:
        if self.state is None:
            return MemoryCache()
        durable = [need for need in needs if self.graph.page_stage(need).keep == "always"]
        return ReferenceCache(self.state, frozenset(durable))


def _each_named(options: Options, look: Callable[[Page], Inputs]) -> Iterator[Inputs]:
    """What ``look`` makes of each picture that ``--reference`` names. ``UsageError`` for what is none."""
    paths = picture_files(Path(options.reference), "--reference") if options.reference else []
    for number, path in enumerate(paths, 1):
        try:
            yield look(Page(path.name, number, FileSource(path)))
        except (PageError, InputError) as error:
            raise UsageError(f"--reference {path}: {error.message}", error.remedy) from error


class ReferenceCache:
    """Artifacts of some stages in the state folder, by key alone: a reference may be no page of the run."""

    def __init__(self, state: State, stages: frozenset[str]) -> None:
        self._state = state
        self._stages = stages

    def holds(self, stage: str, key: str) -> bool:
        return self._folder(key).holds(stage, key)

    def load(self, stage: str, key: str, pictures: Callable[[str], bool] | None = None) -> Artifact | None:
        return self._folder(key).load(stage, key, pictures)

    def glance(self, stage: str, key: str) -> Artifact | None:
        return self._folder(key).glance(stage, key)

    def save(
        self, stage: str, key: str, artifact: Artifact, *, version: int, seconds: float, **_told: Any
    ) -> None:
        if stage in self._stages:
            self._folder(key).save(stage, key, artifact, version=version, seconds=seconds)

    def _folder(self, key: str) -> PageCache:
        return PageCache(self._state.folder / "references" / key[:16], self._state.scratch)
