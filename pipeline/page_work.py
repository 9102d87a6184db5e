"""One page on its way through the graph: what is cached, what is to run, what is still needed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from mangacolor.errors import Cancelled, PageError
from mangacolor.nouns import Artifact, Chapter, Image, Page
from mangacolor.pipeline.cache import PageCache
from mangacolor.pipeline.cancel import CancelToken
from mangacolor.pipeline.context import Context, StageRun, run_stage
from mangacolor.pipeline.graph import Graph, Selection
from mangacolor.pipeline.keys import Recipe, digest, sha256
from mangacolor.pipeline.manifest import Entry, Manifest

Resources = Callable[[Hashable, Callable[[], Any]], Any]


@dataclass(frozen=True, slots=True)
class Job:
    """What all pages of a run share. Without ``manifest`` nothing is committed."""

    graph: Graph
    selection: Selection
    cancel: CancelToken
    manifest: Manifest | None = None
    planned: frozenset[str] = frozenset()  # every page's output name
    keep: bool = False
    force: bool = False


@dataclass(slots=True)
class PageWork:
    """The state of a page. Only the coordinator changes it, but for the methods marked [lane]."""

    job: Job
    page: Page
    chapter: Chapter
    recipe: Recipe
    cache: PageCache | None
    index: int
    source: bytes = b""
    keys: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    to_run: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    panels: int = 0
    busy: int = 0  # tasks given to lanes and not yet back
    ended: bool = False
    outcome: str = "done"

    def check(self) -> None:
        """Raise ``Cancelled`` if the run or this page is over."""
        self.job.cancel.check()
        if self.ended:
            raise Cancelled("the page is over")

    # -- finding out what there is to do

    def prepare(self) -> Entry | None:
        """[lane] Read the page, make its keys and see what is there already.

        Returns the manifest's entry if the page is finished. Raises ``PageError`` if its file in OUT
        is somebody else's.
        """
        self.job.cancel.check()
        self.started = time.perf_counter()
        self.source = self.page.source.read()
        self.keys = self.recipe.page_keys(self.job.graph, sha256(self.source))
        if self.job.selection.commits and self.job.manifest is not None and not self.job.force:
            entry = self.job.manifest.finished(self.page.name, self.final_key)
            if entry is not None and not self.job.selection.forced:
                return entry
            self._check_free(self.page.name)
        for target in self.job.selection.targets:
            # A page that is to be committed needs its last artifact itself, not only to know of it.
            known = self._may_reuse(target) and self._cache().holds(target, self.keys[target])
            if self.job.selection.commits or not known:
                self._demand(target)
        return None

    @property
    def final_key(self) -> str:
        return digest(self.keys[target] for target in self.job.graph.sinks())

    def _demand(self, stage: str) -> None:
        """Take a stage from the cache, or see that it runs, and so what it needs."""
        if stage in self.to_run or stage in self.finished:
            return
        artifact = self._cache().load(stage, self.keys[stage]) if self._may_reuse(stage) else None
        if artifact is not None:
            self._accept(stage, artifact)
            return
        self.to_run.add(stage)
        for need in self.job.graph[stage].needs:
            self._demand(need)

    def _may_reuse(self, stage: str) -> bool:
        return self.cache is not None and not self.job.force and stage not in self.job.selection.forced

    def _cache(self) -> PageCache:
        assert self.cache is not None
        return self.cache

    # -- walking the graph

    def ready(self) -> list[str]:
        """Stages whose needs are there and that nobody has been given yet, in graph order."""
        if self.ended:
            return []
        graph = self.job.graph
        waiting = [name for name in graph.names if name in self.to_run - self.submitted]
        return [name for name in waiting if self._may_start(name)]

    def _may_start(self, name: str) -> bool:
        if not self.finished.issuperset(self.job.graph[name].needs):
            return False
        undecided = [
            other for other in self.to_run - self.finished if other != name and self.job.graph[other].decides
        ]
        return all(name in self.job.graph.ancestors(other) for other in undecided)

    def run(self, name: str, device: str, resources: Resources) -> StageRun:
        """[lane] Run a stage."""
        stage = self.job.graph[name]
        context = Context(
            self.page, self.chapter, self.recipe.configs[name], device, self.source, resources, self.check
        )
        return run_stage(stage, context, {need: self.artifacts[need] for need in stage.needs})

    def take(self, name: str, run: StageRun) -> None:
        """A stage has come back."""
        self.counts += run.counts
        self.seconds[name] = run.seconds
        self._accept(name, run.artifact)

    def _accept(self, name: str, artifact: Artifact) -> None:
        self.finished.add(name)
        self.artifacts[name] = artifact
        if name == "panels":
            self.panels = len(artifact.data.get("panels", ()))
        if artifact.outcome == "copy":
            self.ended = True
            self.outcome = "copied"

    def forget(self) -> None:
        """Drop artifacts that no stage to come needs: memory is what limits pages in flight."""
        unfinished = self.to_run - self.finished
        needed = {need for name in unfinished for need in self.job.graph[name].needs}
        for name in set(self.artifacts) - needed - set(self.job.selection.targets):
            del self.artifacts[name]

    @property
    def complete(self) -> bool:
        return self.ended or self.finished >= self.to_run

    # -- leaving results

    def should_keep(self, name: str) -> bool:
        stage, selection = self.job.graph[name], self.job.selection
        wanted = stage.keep == "always" or self.job.keep or name in selection.kept
        return self.cache is not None and wanted

    def save(self, name: str, run: StageRun, inputs: dict[str, Artifact]) -> None:
        """[lane] Keep a stage's artifact in the state folder, with its preview."""
        stage = self.job.graph[name]
        preview: Image | None = None
        if stage.preview is not None and "main" not in run.artifact.images and not run.artifact.outcome:
            preview = stage.preview(run.artifact, inputs)
        self._cache().save(
            name,
            self.keys[name],
            run.artifact,
            version=stage.version,
            seconds=run.seconds,
            preview=preview,
        )

    def commit(self) -> Entry | None:
        """[lane] Write the finished page to OUT. Done even while the run is being stopped."""
        manifest = self.job.manifest
        if manifest is None or not self.job.selection.commits:
            return None
        file, data = self.page.name, self.source
        if self.outcome != "copied":
            artifact = next(a for a in self.artifacts.values() if a.blob is not None)
            assert artifact.blob is not None
            data = artifact.blob
            if artifact.data.get("renamed"):
                file = str(PurePosixPath(file).with_suffix(str(artifact.data["suffix"])))
                self._check_renamed(file)
        return manifest.commit(
            self.page.name, file, data, key=self.final_key, outcome=self.outcome, panels=self.panels
        )

    def _check_renamed(self, file: str) -> None:
        if file in self.job.planned:
            raise PageError(
                f"{self.page.name} does not fit its format and would become {file}, which is another page",
                "Rename one of the two in the input, or use a smaller --scale.",
            )
        if not self.job.force:
            self._check_free(file)

    def _check_free(self, file: str) -> None:
        manifest = self.job.manifest
        if manifest is not None and manifest.is_foreign(file):
            raise PageError(
                f"{file} is in the output folder already and mangacolor did not write it",
                "Move it away, name another --out folder, or overwrite it with --force.",
            )
