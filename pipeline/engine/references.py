"""Coloured pages as examples: what chapter stages see in them, kept once it has been made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mangacolor.core.errors import InputError, PageError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Page
from mangacolor.formats.option_files import picture_files
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.keys import Recipe, digest, make_recipe, sha256
from mangacolor.stages.base import ChapterStage
from mangacolor.stages.graph import Graph


class KeptReferences:
    """What was seen in coloured pages, by key alone, since a reference may be no page of a run.

    A folder for each coloured page in ``folder``, which need not exist. ``scratch``: see ``write_atomic``.
    Threads may share it.
    """

    def __init__(self, folder: Path, scratch: Path | None = None) -> None:
        self.folder = folder
        self._scratch = scratch

    def load(self, stage: ChapterStage[Any], key: str) -> Artifact | None:
        """What ``stage`` saw in a page; None where it is not there, or damaged."""
        return self._cache(key).load(stage.name, key)

    def save(self, stage: ChapterStage[Any], key: str, seen: Artifact) -> None:
        """Keep what ``stage`` saw. Raises ``OutputError`` where the disk does not take it."""
        self._cache(key).save(stage.name, key, seen, version=stage.reference_version, seconds=0.0)

    def _cache(self, key: str) -> PageCache:
        return PageCache(self.folder / key[:16], self._scratch)


@dataclass(frozen=True, slots=True)
class References:
    """Makes what chapter stages see in coloured pages, as if the pages were grey.

    ``kept``: where it is kept from then on; None keeps nothing. ``runner``: whose loaded networks see them;
    None loads networks for a chapter, and lets them go.
    """

    graph: Graph
    options: Options
    kept: KeptReferences | None = None
    runner: PageRunner | None = None

    def find(
        self, stage: ChapterStage[Any], own: Sequence[Page], chapter: Chapter, counts: Counter[str]
    ) -> Iterator[Artifact]:
        """For the chapter's ``own`` coloured pages, unless not wanted, and those that the options name.

        ``stage``: who wants to see them. ``counts`` takes the calls of the network. Raises ``UsageError`` for
        a reference that is no picture.
        """
        if stage.see_reference is None:
            return
        runner, options = self.runner or PageRunner(self.graph), replace(self.options, force_color=True)
        recipe = make_recipe(self.graph, options, chapter, stage.reference_needs)

        def look(page: Page) -> Artifact:
            page = replace(page, wanted=None)
            key = self._key(stage, recipe, page) if self.kept else ""
            seen = self.kept.load(stage, key) if self.kept else None
            if seen is None:
                needs = stage.reference_needs
                artifacts = runner.run(page, chapter, options, until=needs, counts=counts, independent=True)
                assert stage.see_reference is not None
                seen = stage.see_reference({need: artifacts[need] for need in needs})
                if self.kept:
                    self.kept.save(stage, key, seen)
            return seen

        for page in own if self.options.own_reference else ():
            yield look(page)
        yield from _each_named(self.options, look)

    def _key(self, stage: ChapterStage[Any], recipe: Recipe, page: Page) -> str:
        neutral = {other.name: other.neutral() for other in self.graph.chapter_stages}
        keys = recipe.page_keys(self.graph, page, sha256(page.source.read()), neutral)
        return digest(
            [stage.name, str(stage.reference_version), *(keys[need] for need in stage.reference_needs)]
        )


def _each_named(options: Options, look: Callable[[Page], Artifact]) -> Iterator[Artifact]:
    """What ``look`` makes of each picture that ``--reference`` names. ``UsageError`` for what is none."""
    paths = picture_files(Path(options.reference)) if options.reference else []
    for number, path in enumerate(paths, 1):
        try:
            yield look(Page(path.name, number, FileSource(path)))
        except (PageError, InputError) as error:
            raise UsageError(f"--reference {path}: {error.message}", error.remedy) from error
