"""What all pages of a run share."""

from __future__ import annotations

from dataclasses import dataclass, field

from mangacolor.core.displays import display_of
from mangacolor.core.settings import OnError, Options
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.memory import MemoryLimit, page_size
from mangacolor.pipeline.series import SeriesMemory
from mangacolor.stages.demand import PageSize
from mangacolor.stages.graph import Graph, Selection


@dataclass(frozen=True, slots=True)
class Job:
    """The graph, how much of it to run, and by what rules.

    ``independent``: only some pages were asked for, so that none waits for the others of its chapter.
    ``hands_back``: the caller wants the artifacts of the targets themselves, not only to have them kept.
    ``planned``: the output name of every page, those that were not asked for among them.
    ``series``: what is remembered of earlier pages, where that is wanted.
    """

    graph: Graph
    selection: Selection
    options: Options
    cancel: CancelToken
    planned: frozenset[str] = frozenset()
    keep: bool = False
    force: bool = False
    on_error: OnError = "copy"
    independent: bool = False
    hands_back: bool = False
    memory: MemoryLimit = field(default_factory=MemoryLimit)
    series: SeriesMemory | None = None

    def size_of(self, source: bytes) -> PageSize:
        """What the file of a page says of its size; no pixels for one that will be refused for it."""
        display = display_of(self.options)
        size = page_size(source, self.options.scale, display.frame if display else None)
        return size if size.pixels <= self.options.max_pixels else PageSize(file=size.file)

    def may_reuse(self, stage: str) -> bool:
        """Whether the artifact of an earlier run will do."""
        return not self.force and stage not in self.selection.forced
