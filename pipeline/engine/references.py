"""Coloured pages as examples: what the colour network sees in them, kept once it has been made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mangacolor.core.errors import InputError, PageError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Inputs, Page
from mangacolor.formats.option_files import picture_files
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import run_page
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.keys import make_recipe, sha256
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import ChapterStage
from mangacolor.stages.graph import Graph

STAGE = "colorize"


def each_named(options: Options, look: Callable[[Page], Inputs]) -> Iterator[Inputs]:
    """What ``look`` makes of each picture that ``--reference`` names. ``UsageError`` for what is none."""
    paths = picture_files(Path(options.reference), "--reference") if options.reference else []
    for number, path in enumerate(paths, 1):
        try:
            yield look(Page(path.name, number, FileSource(path)))
        except (PageError, InputError) as error:
            raise UsageError(f"--reference {path}: {error.message}", error.remedy) from error


@dataclass(frozen=True, slots=True)
class References:
    """Makes the ``decode`` and ``colorize`` artifacts of coloured pages, as if they were grey."""

    graph: Graph
    options: Options
    state: State

    def of(self, own: Sequence[Page], chapter: Chapter, counts: Counter[str]) -> Iterator[Inputs]:
        """For the chapter's own coloured pages, unless not wanted, and those that the options name.

        ``counts`` takes the calls of the network. Raises ``UsageError`` for a reference that is no picture.
        """
        for page in own if self.options.own_reference else ():
            yield self._inputs(page, chapter, counts)
        yield from each_named(self.options, lambda page: self._inputs(page, chapter, counts))

    def _inputs(self, page: Page, chapter: Chapter, counts: Counter[str]) -> Inputs:
        options = replace(self.options, force_color=True)
        recipe = make_recipe(self.graph, options, chapter, (STAGE,), apart=True)
        given = {s.name: s.neutral() for s in self.graph.chapter_stages if isinstance(s, ChapterStage)}
        key = recipe.page_keys(self.graph, page, sha256(page.source.read()), given)[STAGE]
        cache = PageCache(self.state.folder / "references" / key[:16], self.state.scratch)
        kept = cache.load(STAGE, key)
        made = run_page(
            page, chapter, options, until="decode" if kept else STAGE, graph=self.graph, counts=counts
        )
        if kept is None:
            cache.save(STAGE, key, made[STAGE], version=self.graph[STAGE].version, seconds=0.0)
        return {"decode": made["decode"], STAGE: kept or made[STAGE]}
