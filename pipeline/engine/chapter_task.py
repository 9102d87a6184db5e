"""A chapter between its two sweeps: pages come in, chapter stages look at them all, pages go on."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import PageError
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.pipeline.engine.context import ContextOfChapter, check_artifact
from mangacolor.pipeline.engine.page_task import Job, PageWork
from mangacolor.pipeline.engine.references import References
from mangacolor.pipeline.store.keys import Recipe, digest
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.user_documents import read_document, write_document
from mangacolor.stages.base import ChapterStage

Given = dict[str, dict[str, Artifact]]  # page name → chapter stage → artifact


@dataclass(frozen=True, slots=True)
class Decision:
    """What the chapter stages gave to each page, and the seconds of those that ran."""

    given: Given
    seconds: dict[str, float]
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class ChapterWork:
    """The state of a chapter. Only the coordinator changes it."""

    job: Job
    chapter: Chapter
    recipe: Recipe
    state: State
    stages: tuple[ChapterStage[Any], ...]
    index: int  # of its first page: for the lanes' order
    missing: int  # pages still in the first sweep
    references: References | None = None
    arrived: list[PageWork] = field(default_factory=list)
    coloured: list[PageWork] = field(default_factory=list)  # pages that came in colour

    def arrive(self, work: PageWork, survived: bool) -> bool:
        """A page has ended its first sweep. Whether it was the last one."""
        self.missing -= 1
        if survived:
            self.arrived.append(work)
        elif work.came_coloured():
            self.coloured.append(work)
        return self.missing == 0

    def neutral(self) -> Given:
        """What pages get where the chapter stages could not decide."""
        return {w.page.name: {stage.name: stage.neutral() for stage in self.stages} for w in self.arrived}

    def second_sweep(self, given: Given) -> list[PageWork]:
        """The pages that arrived, in reading order, with what they were given."""
        self.arrived.sort(key=lambda work: work.index)
        return [work.again({**work.given, **given[work.page.name]}) for work in self.arrived]

    def decide(self) -> Decision:
        """[lane] Run the chapter stages, or take their word from the last run."""
        self._sort()
        decision = Decision({work.page.name: {} for work in self.arrived}, {})
        for stage in self.stages:
            documents = self._remembered(stage)
            if documents is None:
                started = time.perf_counter()
                documents = self._run(stage, decision.counts)
                decision.seconds[stage.name] = time.perf_counter() - started
                self._remember(stage, documents)
            _hand_out(decision.given, stage, documents)
        return decision

    def recall(self) -> Given | None:
        """What the chapter stages gave in the last run, if that still holds for each of them."""
        self._sort()
        given: Given = {work.page.name: {} for work in self.arrived}
        for stage in self.stages:
            documents = self._remembered(stage)
            if documents is None:
                return None
            _hand_out(given, stage, documents)
        return given

    def _sort(self) -> None:
        self.arrived.sort(key=lambda work: work.index)
        self.coloured.sort(key=lambda work: work.index)

    def check_documents(self) -> None:
        """Raise ``UsageError`` for a file of a chapter stage that somebody has damaged."""
        for stage in self.stages:
            self._edits(stage)

    def _edits(self, stage: ChapterStage[Any]) -> object:
        document = self._document(stage) if stage.edits else None
        return stage.edits(document) if stage.edits and document is not None else None

    def _key(self, stage: ChapterStage[Any]) -> str:
        needs = [f"{w.page.name} {w.keys[need]}" for w in self.arrived for need in stage.needs]
        coloured = [f"{w.page.name} {w.copy_key}" for w in self.coloured]
        edits = json.dumps(self._edits(stage), sort_keys=True)
        return digest([self.recipe.marks[stage.name], *needs, "coloured", *coloured, edits])

    def _run(self, stage: ChapterStage[Any], counts: Counter[str]) -> dict[str, dict[str, Any]]:
        context = ContextOfChapter(
            self.chapter,
            self.recipe.configs[stage.name],
            self._document(stage),
            self.job.cancel.check,
            lambda document: self._write(stage, document),
            lambda: self._references(stage, counts),
        )
        made = stage.run(context, _Pages(self.arrived, stage.needs))
        names = [work.page.name for work in self.arrived]
        if set(made) != set(names):
            raise PageError(f"chapter stage {stage.name} did not answer for every page and no other")
        for name in names:
            check_artifact(stage.name, made[name])
        return {name: made[name].data for name in names}

    def _references(self, stage: ChapterStage[Any], counts: Counter[str]) -> Iterator[Inputs]:
        if self.references is not None and stage.reference_needs:
            own = [work.page for work in self.coloured]
            yield from self.references.of(stage.reference_needs, own, self.chapter, counts)

    def _document(self, stage: ChapterStage[Any]) -> dict[str, Any] | None:
        """The file that the stage left for people. Raises ``UsageError`` if it is no JSON object."""
        return read_document(self.state.chapter_file(self.chapter.name, stage.file)) if stage.file else None

    def _write(self, stage: ChapterStage[Any], document: Mapping[str, Any]) -> None:
        write_document(self.state.chapter_file(self.chapter.name, stage.file), document, self.state.scratch)

    def _file(self, stage: ChapterStage[Any]) -> Path:
        return self.state.folder / "chapters" / PurePosixPath(self.chapter.name) / f"{stage.name}.json"

    def _remembered(self, stage: ChapterStage[Any]) -> dict[str, dict[str, Any]] | None:
        if self.job.force or stage.name in self.job.selection.forced:
            return None
        if stage.file and not self.state.chapter_file(self.chapter.name, stage.file).is_file():
            return None
        try:
            document = json.loads(self._file(stage).read_bytes())
            return dict(document["pages"]) if document["key"] == self._key(stage) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remember(self, stage: ChapterStage[Any], documents: dict[str, dict[str, Any]]) -> None:
        text = json.dumps({"key": self._key(stage), "pages": documents}, ensure_ascii=False, indent=1)
        write_atomic(self._file(stage), text.encode(), scratch=self.state.scratch)


def _hand_out(given: Given, stage: ChapterStage[Any], documents: dict[str, dict[str, Any]]) -> None:
    for page, document in documents.items():
        given[page][stage.name] = Artifact(document)


class _Pages(Mapping[str, Inputs]):
    """Artifacts of every page by name, read from the disk each time they are looked up."""

    def __init__(self, works: list[PageWork], needs: tuple[str, ...]) -> None:
        self._works = {work.page.name: work for work in works}
        self._needs = needs

    def __getitem__(self, page: str) -> Inputs:
        work = self._works[page]
        found: dict[str, Artifact] = {}
        for need in self._needs:
            artifact = work.cache.load(need, work.keys[need])
            if artifact is None:
                raise PageError(f"{work.cache.folder}: the kept artifact of {need} is gone or damaged")
            found[need] = artifact
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._works)

    def __len__(self) -> int:
        return len(self._works)
