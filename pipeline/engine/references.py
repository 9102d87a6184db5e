"""Coloured pages as examples: what stages see in them, kept once it has been made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mangacolor.core.errors import InputError, PageError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.formats.option_files import picture_files
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import run_page
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.keys import make_recipe, sha256
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.graph import Graph


def each_named(options: Options, look: Callable[[Page], Inputs]) -> Iterator[Inputs]:
    """What ``look`` makes of each picture that ``--reference`` names. ``UsageError`` for what is none."""
    paths = picture_files(Path(options.reference), "--reference") if options.reference else []
    for number, path in enumerate(paths, 1):
        try:
            yield look(Page(path.name, number, FileSource(path)))
        except (PageError, InputError) as error:
            raise UsageError(f"--reference {path}: {error.message}", error.remedy) from error


def as_if_grey(options: Options) -> Options:
    """Options under which stages treat a coloured page like any other."""
    return replace(options, force_color=True)


@dataclass(frozen=True, slots=True)
class References:
    """Makes the artifacts of coloured pages that chapter stages ask for, as if the pages were grey.

    Those of stages that are always kept lie in the state folder from then on.
    """

    graph: Graph
    options: Options
    state: State

    def of(
        self, needs: Sequence[str], own: Sequence[Page], chapter: Chapter, counts: Counter[str]
    ) -> Iterator[Inputs]:
        """For the chapter's own coloured pages, unless not wanted, and those that the options name.

        ``needs``: the stages whose artifacts are wanted. ``counts`` takes the calls of the network. Raises
        ``UsageError`` for a reference that is no picture.
        """
        for page in own if self.options.own_reference else ():
            yield self._inputs(needs, page, chapter, counts)
        yield from each_named(self.options, lambda page: self._inputs(needs, page, chapter, counts))

    def _inputs(self, needs: Sequence[str], page: Page, chapter: Chapter, counts: Counter[str]) -> Inputs:
        options = as_if_grey(self.options)
        kept, cache, keys = self._load_kept(needs, page, chapter, options)
        missing = [need for need in needs if need not in kept]
        artifacts = run_page(page, chapter, options, until=missing, graph=self.graph, counts=counts)
        for need in missing:
            if self._is_kept(need):
                version = self.graph[need].version
                cache.save(need, keys[need], artifacts[need], version=version, seconds=0.0)
        return {need: kept.get(need) or artifacts[need] for need in needs}

    def _load_kept(
        self, needs: Sequence[str], page: Page, chapter: Chapter, options: Options
    ) -> tuple[dict[str, Artifact], PageCache, dict[str, str]]:
        """What is there of a page, where it is kept, and under which keys."""
        recipe = make_recipe(self.graph, options, chapter, needs, apart=True)
        neutral = {stage.name: stage.neutral() for stage in self.graph.chapter_stages}
        keys = recipe.page_keys(self.graph, page, sha256(page.source.read()), neutral)
        durable = [need for need in self.graph.names if need in needs and self._is_kept(need)]
        folder = self.state.folder / "references" / keys[(durable or needs)[-1]][:16]
        cache = PageCache(folder, self.state.scratch)
        loaded = {need: cache.load(need, keys[need]) for need in durable}
        return {need: artifact for need, artifact in loaded.items() if artifact is not None}, cache, keys

    def _is_kept(self, need: str) -> bool:
        return self.graph.page_stage(need).keep == "always"
