"""One page on its way through the graph: what is cached, what is to run, what is still needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mangacolor.core.errors import Cancelled, PageError
from mangacolor.core.types import Artifact, Chapter, Image, Page
from mangacolor.formats.names import STATE_FOLDER
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.context import Context, StageRun, summarize
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.keys import Recipe, config_document, digest, sha256
from mangacolor.pipeline.store.manifest import Entry, Manifest
from mangacolor.stages.base import CAME_COLOURED, PANEL_COUNT, ChapterStage, Stage, Summary
from mangacolor.stages.graph import Graph, Selection

if TYPE_CHECKING:
    from mangacolor.pipeline.engine.chapter_task import ChapterWork
    from mangacolor.pipeline.store.packing import Packing

Resources = Callable[[Hashable, Callable[[], Any]], Any]


@dataclass(frozen=True, slots=True)
class Job:
    """What all pages of a run share."""

    graph: Graph
    selection: Selection
    cancel: CancelToken
    manifest: Manifest
    planned: frozenset[str] = frozenset()  # every page's output name
    keep: bool = False
    force: bool = False
    fill_in: bool = False  # --on-error copy
    cost: Callable[[bytes], int] = len  # bytes that a page takes, from its file


@dataclass(slots=True)
class PageWork:
    """The state of a page. Only the coordinator changes it, but for the methods marked [lane].

    With ``fan_in`` this is the first of two sweeps: it ends where the chapter stages begin, and
    ``fan_in`` makes the second one, with what they have ``given`` to the page.
    """

    job: Job
    page: Page
    chapter: Chapter
    recipe: Recipe
    cache: PageCache
    index: int
    targets: tuple[str, ...]
    given: dict[str, Artifact] = field(default_factory=dict)
    fan_in: ChapterWork | None = None
    packing: Packing | None = None
    entry: Entry | None = None  # of the finished page
    source: bytes = b""
    keys: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    to_run: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    spent: float = 0.0  # seconds of the first sweep
    panels: int = 0
    cost: int = 0  # bytes at the peak
    inside: bool = False  # has passed the memory gate
    busy: int = 0  # tasks given to lanes and not yet back
    ended: bool = False
    outcome: str = "done"

    def check(self) -> None:
        """Raise ``Cancelled`` if the run or this page is over."""
        self.job.cancel.check()
        if self.ended:
            raise Cancelled("the page is over")

    @property
    def commits(self) -> bool:
        return self.job.selection.commits

    # -- finding out what there is to do

    def prepare(self) -> Entry | None:
        """[lane] Read the page, make its keys, see what is there already, and what is to run.

        Returns the manifest's entry if the page is finished. Raises ``PageError`` if its file in OUT
        is somebody else's.
        """
        self.job.cancel.check()
        self.started = time.perf_counter()
        entry = self.examine()
        if self.to_run:
            self.cost = self.job.cost(self.source)
        if entry is None:
            for name, artifact in self.given.items():
                self._keep_given(name, artifact)
        return entry

    def examine(self) -> Entry | None:
        """[lane] What ``prepare`` does, without writing anything."""
        self.source = self.page.source.read()
        self.keys = self.recipe.page_keys(self.job.graph, self.page, sha256(self.source), self.given)
        if self.commits and not self.job.force:
            entry = self._finished()
            if entry is not None and not self.job.selection.forced:
                return entry
            self._check_free(self.page.name)
        for name, artifact in self.given.items():
            self._accept(name, artifact, {})
        for target in self.targets:
            # A page that is to be committed needs its last artifact itself, not only to know of it.
            known = self._may_reuse(target) and self.cache.holds(target, self.keys[target])
            if (self.commits and not self.fan_in) or not known:
                self._demand(target)
        return None

    def _finished(self) -> Entry | None:
        manifest, name = self.job.manifest, self.page.name
        entry = manifest.finished(name, self.copy_key)
        if entry is None and not self.fan_in:
            entry = manifest.finished(name, self.final_key)
        return entry

    @property
    def final_key(self) -> str:
        return digest(self.keys[target] for target in self.job.graph.sinks())

    @property
    def copy_key(self) -> str:
        """The key of a page that is copied: it rests on the stages that decide so, and on no other."""
        return digest(["copy", *(self.keys[stage.name] for stage in self._deciding)])

    def came_coloured(self) -> bool:
        """Whether the page was copied because it is in colour already."""
        copied = self.outcome == "copied" or (self.entry is not None and self.entry.outcome == "copied")
        return copied and any(self._says_coloured(stage) for stage in self._deciding if stage.summary)

    def _says_coloured(self, stage: Stage[Any]) -> bool:
        kept = self.cache.load(stage.name, self.keys[stage.name]) if stage.name in self.keys else None
        return kept is not None and bool(summarize(stage, kept).get(CAME_COLOURED))

    @property
    def _deciding(self) -> list[Stage[Any]]:
        """Stages that may end the page."""
        stages = map(self.job.graph.__getitem__, self.job.graph.names)
        return [stage for stage in stages if isinstance(stage, Stage) and stage.decides]

    def _keep_given(self, name: str, artifact: Artifact) -> None:
        if not self.cache.holds(name, self.keys[name]):
            stage = self.job.graph[name]
            preview = self._preview(stage, artifact) if isinstance(stage, ChapterStage) else None
            self.cache.save(
                name, self.keys[name], artifact, version=stage.version, seconds=0.0, preview=preview
            )

    def _preview(self, stage: ChapterStage[Any], artifact: Artifact) -> Image | None:
        """What a page was handed, drawn over the small artifacts that the chapter stage looked at."""
        if stage.preview is None or artifact.data == stage.neutral().data:
            return None
        inputs = {need: self.cache.load(need, self.keys[need]) for need in stage.needs}
        there = {need: found for need, found in inputs.items() if found is not None}
        return stage.preview(artifact, there) if there.keys() == inputs.keys() else None

    def _demand(self, stage: str) -> None:
        """Take a stage from the cache, or see that it runs, and so what it needs."""
        if stage in self.to_run or stage in self.finished:
            return
        artifact = self.cache.load(stage, self.keys[stage]) if self._may_reuse(stage) else None
        if artifact is not None:
            self._accept(stage, artifact, summarize(self.job.graph[stage], artifact))
            return
        self.to_run.add(stage)
        for need in self.job.graph[stage].needs:
            self._demand(need)

    def _may_reuse(self, stage: str) -> bool:
        # What the first sweep has just made is fresh, even where the user wants everything redone.
        if stage in self.seconds:
            return True
        return not self.job.force and stage not in self.job.selection.forced

    # -- walking the graph

    def ready(self) -> list[str]:
        """Stages whose needs are there and that nobody has been given yet, in graph order."""
        if self.ended:
            return []
        waiting = [name for name in self.job.graph.names if name in self.to_run - self.submitted]
        return [name for name in waiting if self._may_start(name)]

    def _may_start(self, name: str) -> bool:
        graph = self.job.graph
        if not self.finished.issuperset(graph[name].needs):
            return False
        undecided = [
            other
            for other in self.to_run - self.finished
            if other != name and graph.page_stage(other).decides
        ]
        return all(name in graph.ancestors(other) for other in undecided)

    def context(self, name: str, device: str, resources: Resources) -> Context:
        """[lane] What a stage sees of the engine."""
        config = self.recipe.configs[name]
        return Context(self.page, self.chapter, config, device, self.source, resources, self.check)

    def take(self, name: str, run: StageRun) -> None:
        """A stage has come back."""
        self.seconds[name] = self.seconds.get(name, 0.0) + run.seconds
        self._accept(name, run.artifact, run.summary)

    def _accept(self, name: str, artifact: Artifact, summary: Summary) -> None:
        self.finished.add(name)
        self.artifacts[name] = artifact
        self.panels = int(summary.get(PANEL_COUNT, self.panels))
        if artifact.outcome == "copy":
            self.ended = True
            self.outcome = "copied"

    def forget(self) -> None:
        """Drop artifacts that no stage to come needs: memory is what limits pages in flight."""
        unfinished = self.to_run - self.finished
        needed = {need for name in unfinished for need in self.job.graph[name].needs}
        last = set() if self.fan_in else set(self.targets)
        for name in set(self.artifacts) - needed - last:
            del self.artifacts[name]

    def let_go(self) -> None:
        """Drop all that is large: the page is over, or waits for its second sweep."""
        self.source = b""
        self.artifacts.clear()

    @property
    def complete(self) -> bool:
        return self.ended or self.finished >= self.to_run

    def again(self, given: dict[str, Artifact]) -> PageWork:
        """The second sweep of this page."""
        return PageWork(
            self.job,
            self.page,
            self.chapter,
            self.recipe,
            self.cache,
            self.index,
            self.job.selection.targets,
            given,
            packing=self.packing,
            seconds=self.seconds,
            spent=self.spent_so_far,
            panels=self.panels,
        )

    @property
    def spent_so_far(self) -> float:
        """Seconds since the page was first read, in this process or, before that, in another."""
        return self.spent + (time.perf_counter() - self.started if self.started else 0.0)

    # -- leaving results

    def should_keep(self, name: str) -> bool:
        stage = self.job.graph.page_stage(name)
        return stage.keep == "always" or self.job.keep or name in self.job.selection.kept

    def save(self, name: str, run: StageRun, inputs: dict[str, Artifact]) -> None:
        """[lane] Keep a stage's artifact in the state folder, with its preview."""
        stage = self.job.graph.page_stage(name)
        preview: Image | None = None
        if stage.preview is not None and "main" not in run.artifact.images and not run.artifact.outcome:
            preview = stage.preview(run.artifact, inputs)
        self.cache.save(
            name,
            self.keys[name],
            run.artifact,
            version=stage.version,
            seconds=run.seconds,
            config=config_document(self.recipe.configs[name]),
            warnings=run.warnings,
            preview=preview,
        )

    def commit(self) -> Entry | None:
        """[lane] Write the finished page to OUT. Done even while the run is being stopped."""
        if not self.commits:
            return None
        name, manifest = self.page.name, self.job.manifest
        if self.outcome == "copied":
            return manifest.commit(
                name, self._place(name), self.source, key=self.copy_key, outcome="copied", **self._about
            )
        artifact = self._finished_file()
        assert artifact.blob is not None
        file = name
        if artifact.data.get("renamed"):
            file = self._renamed(str(artifact.data["suffix"]))
        return manifest.commit(
            name,
            self._place(file),
            artifact.blob,
            key=self.final_key,
            outcome=self.outcome,
            **self._about,
        )

    def _finished_file(self) -> Artifact:
        made = (self.artifacts[name] for name in self.job.graph.names if name in self.artifacts)
        artifact = next((one for one in made if one.blob is not None), None)
        if artifact is None:
            raise PageError("no stage gave a finished file", "Mend the stages: one must give its blob.")
        return artifact

    @property
    def _about(self) -> dict[str, Any]:
        seconds = {name: round(value, 4) for name, value in self.seconds.items()}
        return {
            "panels": self.panels,
            "source": self.page.source.describe(),
            "seconds": seconds,
            "modified_ns": self.page.modified_ns,
        }

    def commit_source(self) -> None:
        """[lane] Put the page as it came in the place of the one that failed; the next run tries again."""
        name = self.page.name
        if not self.job.force:
            self._check_free(name)
        self.job.manifest.commit(
            name,
            self._place(name),
            self.source,
            key="failed",
            outcome="failed",
            modified_ns=self.page.modified_ns,
        )

    def _place(self, file: str) -> str:
        """Where a file lies, relative to OUT: pages of an archive wait in the state folder."""
        return f"{STATE_FOLDER}/finished/{file}" if self.chapter.container else file

    def _renamed(self, suffix: str) -> str:
        """The page's name where its format could not hold it."""
        name = self.page.name
        file = str(PurePosixPath(name).with_suffix(suffix))
        if file in self.job.planned:
            file = name + suffix
        if file in self.job.planned:
            raise PageError(
                f"{name} does not fit its format and would become {file}, which is another page",
                "Rename one of the two in the input, or use a smaller --scale.",
            )
        if not self.job.force:
            self._check_free(file)
        return file

    def _check_free(self, file: str) -> None:
        container = self.chapter.container
        file = container.name if container else file
        if self.job.manifest.is_foreign(file):
            raise PageError(
                f"{file} is in the output folder already and mangacolor did not write it",
                "Move it away, name another --out folder, or overwrite it with --force.",
            )
