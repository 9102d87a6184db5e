"""A chapter between its two passes: pages come in, chapter stages look at them all, pages go on."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from mangacolor.core.errors import PageError
from mangacolor.core.lazy import LazyMapping
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.pipeline.engine.context import ContextOfChapter, checked_artifact
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.page_results import came_coloured
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.series import NetworkMemory
from mangacolor.pipeline.store.chapter_documents import ChapterDocuments, Results
from mangacolor.pipeline.store.keys import Recipe, digest
from mangacolor.stages.base import ChapterStage

ChapterResults = dict[str, dict[str, Artifact]]  # page name → chapter stage → artifact
# What a stage makes of coloured pages: (stage, the chapter's own such pages, chapter, counts).
FindReferences = Callable[[ChapterStage[Any], Sequence[Page], Chapter, Counter[str]], Iterator[Artifact]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the chapter stages gave to each page, and the seconds of those that ran. ``warnings``: a page, a
    stage, and what it says of the page."""

    results: ChapterResults
    seconds: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class ChapterTask:
    """The state of a chapter. Only the coordinator changes it, but for the methods marked [lane].

    ``stages``: the chapter stages, and after ``drop_idle_stages`` those that have something to do. ``index``:
    of its first page. ``missing``: pages still in the first pass. ``documents`` is None where nothing is
    kept. ``read``: for each stage the document that it goes by, as it read or left it: somebody may change
    the file meanwhile. ``overtaken``: stages whose file somebody did change before they left theirs.
    ``undecided``: the stages failed, and the pages went on without them.
    """

    job: Job
    chapter: Chapter
    recipe: Recipe
    stages: tuple[ChapterStage[Any], ...]
    index: int
    missing: int
    documents: ChapterDocuments | None
    references: FindReferences
    arrived: list[PageTask] = field(default_factory=list)
    coloured: list[PageTask] = field(default_factory=list)  # pages that came in colour
    read: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    overtaken: set[str] = field(default_factory=set)
    undecided: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """What the first pass is for."""
        return tuple(dict.fromkeys(need for stage in self.stages for need in stage.needs))

    def drop_idle_stages(self) -> None:
        """Do without stages that nobody has given anything to do. Raises ``UsageError`` for a file of a stage
        that is no JSON object."""
        for stage in self.stages:
            self._read_document(stage)
        self.stages = tuple(stage for stage in self.stages if not self._is_idle(stage))

    def _is_idle(self, stage: ChapterStage[Any]) -> bool:
        if stage.name in self.recipe.neutral:
            return True
        if stage.idle is None:
            return False
        return stage.idle(self.recipe.configs[stage.name], self.read[stage.name], self._memory(stage))

    def decisions(self) -> dict[str, object]:
        """What people had decided, by the stage that read it, when it did. Raises ``UsageError`` for what
        cannot be understood."""
        stages = (stage for stage in self.job.graph.chapter_stages if stage.name in self.read)
        return {stage.name: self._edits(stage) for stage in stages}

    def page_ready(self, task: PageTask, survived: bool) -> bool:
        """A page has ended its first pass. Whether it was the last one."""
        self.missing -= 1
        if survived:
            self.arrived.append(task)
        elif came_coloured(task):
            self.coloured.append(task)
        return self.missing == 0

    def neutral(self) -> ChapterResults:
        """What pages get where the chapter stages could not decide."""
        return {task.name: {stage.name: stage.neutral() for stage in self.stages} for task in self.arrived}

    def second_pass(self, results: ChapterResults) -> list[PageTask]:
        """The pages that arrived, in reading order, with what they were given."""
        self._sort()
        return [task.second_pass(results[task.name]) for task in self.arrived]

    def decide(self) -> Decision:
        """[lane] Run the chapter stages, or take what they gave in the last run."""
        self._sort()
        decision = Decision({task.name: {} for task in self.arrived})
        for stage in self.stages:
            self._read_document(stage)
            results = self._load(stage)
            if results is None:
                started = time.perf_counter()
                results = self._run(stage, decision)
                decision.seconds[stage.name] = time.perf_counter() - started
                if stage.name in self.overtaken:
                    told = f"{stage.file} has been changed meanwhile, and stays so: run again to go by it"
                    decision.warnings.append((self.chapter.name, stage.name, told))
                else:
                    self._save(stage, results)
            _hand_out(decision.results, stage, results)
        return decision

    def load_cached(self) -> ChapterResults | None:
        """What the chapter stages gave in the last run, if that still holds for each of them."""
        self._sort()
        handed: ChapterResults = {task.name: {} for task in self.arrived}
        for stage in self.stages:
            self._read_document(stage)
            results = self._load(stage)
            if results is None:
                return None
            _hand_out(handed, stage, results)
        return handed

    def check_documents(self) -> None:
        """Raise ``UsageError`` for a file of a chapter stage that somebody has damaged, and see whether what
        is remembered is of any use."""
        for stage in self.stages:
            self._edits(stage)
            self._memory(stage)

    def _sort(self) -> None:
        self.arrived.sort(key=lambda task: task.spec.index)
        self.coloured.sort(key=lambda task: task.spec.index)

    def _edits(self, stage: ChapterStage[Any]) -> object:
        document = self.read[stage.name]
        return stage.edits(document) if stage.edits and document is not None else None

    def _key(self, stage: ChapterStage[Any]) -> str:
        needs = [f"{task.name} {task.state.keys[need]}" for task in self.arrived for need in stage.needs]
        coloured = [f"{task.name} {task.spec.copy_key(task.state.keys)}" for task in self.coloured]
        version = stage.reference_version
        kind = f"coloured {version}" if coloured and version > 1 else "coloured"
        edits = json.dumps(self._edits(stage), sort_keys=True)
        memory = self._memory(stage)
        # What was decided stays, however much the series has learnt since.
        series = [memory.series] if memory else []
        return digest([self.recipe.marks[stage.name], *needs, kind, *coloured, edits, *series])

    def _sources(self) -> dict[str, str]:
        """For each page the sha256 of its file."""
        return {task.name: task.state.sha256 for task in self.arrived}

    def _memory(self, stage: ChapterStage[Any]) -> NetworkMemory | None:
        """What is remembered of earlier pages, for a stage that uses it."""
        if self.job.series is None or not stage.remembers:
            return None
        return self.job.series.of_network(self.recipe.memory_keys[stage.remembers])

    def _run(self, stage: ChapterStage[Any], decision: Decision) -> Results:
        tasks = {task.name: task for task in self.arrived}

        def glance(page: str, need: str, pictures: Callable[[str], bool]) -> Artifact:
            if need not in stage.needs:
                raise KeyError(need)
            return _read(tasks[page], need, pictures)

        context = ContextOfChapter(
            self.chapter,
            self.recipe.configs[stage.name],
            self.read[stage.name],
            self._sources(),
            self.job.cancel.check,
            lambda document: self._write(stage, document),
            glance,
            lambda: self._references(stage, decision.counts),
            self._memory(stage),
        )
        pages = LazyMapping(tasks, lambda page: _inputs_of(tasks[page], stage.needs))
        artifacts = stage.run(context, pages)
        decision.warnings.extend((page, stage.name, message) for page, message in context.warnings)
        if set(artifacts) != set(tasks):
            raise PageError(f"chapter stage {stage.name} did not answer for every page and no other")
        for name in tasks:
            checked_artifact(stage.name, artifacts[name])
        return {name: artifacts[name].data for name in tasks}

    def _references(self, stage: ChapterStage[Any], counts: Counter[str]) -> Iterator[Artifact]:
        own = [task.spec.page for task in self.coloured]
        return self.references(stage, own, self.chapter, counts)

    def _read_document(self, stage: ChapterStage[Any]) -> None:
        """Go by the file that the stage left for people as it is now. Raises ``UsageError`` if it is no JSON
        object."""
        self.read[stage.name] = self.documents.read(stage.file) if self.documents and stage.file else None

    def _write(self, stage: ChapterStage[Any], document: Mapping[str, Any]) -> None:
        """Leave a stage's file for people, but where somebody has changed it since the stage read it: theirs
        stays, and the next run does the stage again. Raises ``UsageError`` as ``_read_document``."""
        if self.documents is None:
            return
        if self.documents.read(stage.file) != self.read[stage.name]:
            self.overtaken.add(stage.name)
            return
        self.documents.write(stage.file, document)
        self.read[stage.name] = dict(document)

    def _load(self, stage: ChapterStage[Any]) -> Results | None:
        if self.documents is None or not self.job.may_reuse(stage.name):
            return None
        if stage.file and not self.documents.holds(stage.file):
            return None
        return self.documents.load_results(stage.name, lambda: self._key(stage))

    def _save(self, stage: ChapterStage[Any], results: Results) -> None:
        if self.documents:
            self.documents.save_results(stage.name, self._key(stage), results, self._sources())


def no_references(
    _stage: ChapterStage[Any], _own: Sequence[Page], _chapter: Chapter, _counts: Counter[str]
) -> Iterator[Artifact]:
    """Where no coloured page is looked at."""
    return iter(())


def _hand_out(handed: ChapterResults, stage: ChapterStage[Any], results: Results) -> None:
    for page, document in results.items():
        handed[page][stage.name] = Artifact(document)


def _inputs_of(task: PageTask, needs: Sequence[str]) -> Inputs:
    """Artifacts of a page, each read from the disk when it is first asked for. Raises as ``_read``."""
    return LazyMapping(needs, cache(partial(_read, task)))


def _read(task: PageTask, need: str, pictures: Callable[[str], bool] | None = None) -> Artifact:
    """What is kept of a page. Raises ``PageError`` where it is gone."""
    artifact = task.spec.cache.load(need, task.state.keys[need], pictures)
    if artifact is None:
        raise PageError(f"{task.name}: the kept artifact of {need} is gone or damaged")
    return artifact
