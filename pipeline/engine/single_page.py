"""One page through the stages, in this thread and in memory: for the API, and for references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mangacolor.core.devices import resolve_device, set_torch_threads
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.context import Context, ContextOfChapter, run_stage
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.base import ChapterStage
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph


def run_page(
    page: Page,
    chapter: Chapter,
    options: Options,
    *,
    until: Sequence[str],
    graph: Graph | None = None,
    counts: Counter[str] | None = None,
    references: Callable[[], Iterator[Inputs]] = lambda: iter(()),
) -> dict[str, Artifact]:
    """Run one page through the stages ``until`` and what they rest on, in this thread and in memory.

    Returns every artifact by stage; a page that is to be copied stops where that was decided. Chapter stages
    see this page alone, and ``references``. ``counts`` takes what stages count.
    """
    graph = graph or default_graph()
    recipe = make_recipe(graph, options, chapter, until)
    needed = {name for target in until for name in (*graph.ancestors(target), target)}
    cancel = CancelToken()
    source = page.source.read()
    resources: dict[object, object] = {}
    device = "cpu"
    if any(getattr(graph[name], "lane", "") == "device" for name in needed):
        set_torch_threads()
        device = resolve_device(options.device)

    def resource(key: object, make: object) -> object:
        if key not in resources:
            resources[key] = make()  # type: ignore[operator]
        return resources[key]

    made: dict[str, Artifact] = {}
    for name in (name for name in graph.names if name in needed):
        stage = graph[name]
        if isinstance(stage, ChapterStage):
            of_chapter = ContextOfChapter(
                chapter, recipe.configs[name], None, cancel.check, lambda _document: None, references
            )
            inputs = {page.name: {need: made[need] for need in stage.needs}}
            neutral = name in recipe.neutral
            made[name] = stage.neutral() if neutral else stage.run(of_chapter, inputs)[page.name]
            continue
        context = Context(page, chapter, recipe.configs[name], device, source, resource, cancel.check)
        done = run_stage(stage, context, {need: made[need] for need in stage.needs})
        made[name] = done.artifact
        if counts is not None:
            counts.update(done.counts)
        if made[name].outcome:
            break
    return made
