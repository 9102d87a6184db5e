"""What is to be done with a page, fixed before anything is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mangacolor.core.types import Artifact, Chapter, Page
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.store.cache import Cache
from mangacolor.pipeline.store.keys import Recipe, digest
from mangacolor.pipeline.store.page_output import PageOutput
from mangacolor.stages.base import Stage
from mangacolor.stages.demand import Demand, PageSize

Keys = Mapping[str, str]  # of a page's artifacts, by stage


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page in one pass over the graph.

    With ``first_pass`` that pass ends where the chapter stages begin, and a second one follows with the
    ``chapter_results`` that they gave to the page. ``index`` is the page's place in the run: earlier pages go
    first. ``output`` is None where nothing is written to OUT.
    """

    job: Job
    page: Page
    chapter: Chapter
    recipe: Recipe
    cache: Cache
    index: int
    targets: tuple[str, ...]
    chapter_results: Mapping[str, Artifact] = field(default_factory=dict)
    first_pass: bool = False
    output: PageOutput | None = None

    def make_keys(self, sha256: str) -> dict[str, str]:
        """The key of each artifact of a page whose file has this hash."""
        return self.recipe.page_keys(self.job.graph, self.page, sha256, self.chapter_results)

    def final_key(self, keys: Keys) -> str:
        """The key of a finished page."""
        return digest(keys[target] for target in self.job.graph.sinks())

    def copy_key(self, keys: Keys) -> str:
        """The key of a page that is copied: it rests on the stages that decide so, and on no other."""
        return digest(["copy", *(keys[stage.name] for stage in self.deciding_stages())])

    def copied_file_key(self, keys: Keys) -> str:
        """The key of the file of a page that is copied: that of the page, and what it is redrawn by."""
        marks = [self.recipe.marks[stage.name] for stage in self.redrawing_stages()]
        return digest([self.copy_key(keys), *marks]) if marks else self.copy_key(keys)

    def demands(self, stages: Iterable[str], size: PageSize) -> dict[str, Demand]:
        """What these stages are expected to take for a page of this size, in the graph's order."""
        graph, wanted, size = self.job.graph, set(stages), self.drawing_size(size)
        return {
            name: graph.page_stage(name).demand(self.recipe.configs[name], size)
            for name in graph.names
            if name in wanted
        }

    def drawing_size(self, size: PageSize) -> PageSize:
        """The size of what stages look at: the page's own, or that of the drawing it is half of."""
        spread = self.page.spread
        return replace(size, width=spread.size[0], height=spread.size[1]) if spread and size.pixels else size

    def later_stages(self) -> set[str]:
        """The stages of the second pass, as far as they are known while the first one is under way."""
        if not self.first_pass:
            return set()
        graph = self.job.graph
        wanted = graph.with_ancestors(self.job.selection.targets)
        early = graph.with_ancestors(self.targets)
        pages = {name for name in wanted if isinstance(graph[name], Stage)}
        return {name for name in pages if name not in early or graph.page_stage(name).keep == "asked"}

    def redrawing_stages(self) -> list[Stage[Any]]:
        """The stages that are to make a file of a page that is copied: one, or none."""
        stages = (self.job.graph[name] for name in self.job.graph.names if name in self.recipe.marks)
        return [
            stage
            for stage in stages
            if isinstance(stage, Stage)
            and stage.redraw is not None
            and stage.redraw.wanted(self.recipe.configs[stage.name])
        ]

    def deciding_stages(self) -> list[Stage[Any]]:
        """The stages that may end the page."""
        stages = map(self.job.graph.__getitem__, self.job.graph.names)
        return [stage for stage in stages if isinstance(stage, Stage) and stage.decides]
