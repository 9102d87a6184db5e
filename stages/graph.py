"""The graph of stages: who needs whom, in what order, and which part of it a run asks for."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import KnownChapters
from mangacolor.core.wording import did_you_mean
from mangacolor.stages.base import ChapterStage, Stage

Node = Stage[Any] | ChapterStage[Any]


class Graph:
    """Stages in topological order. Built once, never changed.

    Raises ``SetupError`` where two stages have one name, a need does not exist, needs run in a circle,
    or a chapter stage needs what it cannot have.
    """

    def __init__(self, stages: Iterable[Node]) -> None:
        listed = tuple(stages)
        by_name = {stage.name: stage for stage in listed}
        if len(by_name) != len(listed):
            twice = next(s.name for s in listed if [o.name for o in listed].count(s.name) > 1)
            raise SetupError(
                f"two stages are called {twice}", "Rename or uninstall the package that adds the second."
            )
        for stage in listed:
            for need in stage.needs:
                if need not in by_name:
                    raise SetupError(
                        f"stage {stage.name} needs {need}, which does not exist",
                        f"Known stages: {', '.join(by_name)}.",
                    )
        self._stages: Mapping[str, Node] = {name: by_name[name] for name in _order(listed)}
        self._ancestors = {name: self._find_ancestors(name) for name in self._stages}
        self.chapter_stages = tuple(s for s in self._stages.values() if isinstance(s, ChapterStage))
        self.page_stages = tuple(s for s in self._stages.values() if isinstance(s, Stage))
        for chapter_stage in self.chapter_stages:
            self._check_chapter_stage(chapter_stage)

    @property
    def names(self) -> tuple[str, ...]:
        """Every stage's name, needs before the stages that need them."""
        return tuple(self._stages)

    def page_stage(self, name: str) -> Stage[Any]:
        """A stage that runs for each page."""
        stage = self[name]
        assert isinstance(stage, Stage)
        return stage

    def __getitem__(self, name: str) -> Node:
        try:
            return self._stages[name]
        except KeyError:
            there = f"Stages: {', '.join(self._stages)}."
            guess = did_you_mean(name, self._stages)
            raise UsageError(f"there is no stage {name!r}", f"{guess} {there}".strip()) from None

    def sinks(self) -> tuple[str, ...]:
        """Stages that no other stage needs: what a full run is for."""
        needed = {need for stage in self._stages.values() for need in stage.needs}
        return tuple(name for name in self._stages if name not in needed)

    def ancestors(self, name: str) -> frozenset[str]:
        """Everything ``name`` rests on, not itself."""
        return self._ancestors[self[name].name]

    def with_ancestors(self, names: Iterable[str]) -> frozenset[str]:
        """These stages and everything that they rest on."""
        return frozenset(found for name in names for found in (*self.ancestors(name), name))

    def _find_ancestors(self, name: str) -> frozenset[str]:
        ancestors: set[str] = set()
        queue = list(self[name].needs)
        while queue:
            need = queue.pop()
            if need not in ancestors:
                ancestors.add(need)
                queue.extend(self._stages[need].needs)
        return frozenset(ancestors)

    def descendants(self, name: str) -> frozenset[str]:
        """Everything that rests on ``name``, not itself."""
        self[name]
        return frozenset(other for other in self._stages if name in self.ancestors(other))

    def _check_chapter_stage(self, stage: ChapterStage[Any]) -> None:
        for name in self.ancestors(stage.name):
            if isinstance(self[name], ChapterStage):
                raise SetupError(
                    f"chapter stage {stage.name} rests on chapter stage {name}",
                    "Let one chapter stage do both, or make one of them a stage of pages.",
                )
        for need in stage.needs:
            if self.page_stage(need).keep != "always":
                raise SetupError(
                    f"chapter stage {stage.name} needs {need}, which is not always kept",
                    'Give it keep="always", or need something smaller.',
                )

    def check(self, options: Options, known: KnownChapters) -> None:
        """Have every stage see whether the options fit the chapters. Raises ``UsageError``."""
        for stage in self._stages.values():
            if stage.check is not None:
                stage.check(options, known)

    def select(self, until: str | None = None, start: str | None = None) -> Selection:
        """The part of the graph that ``--until`` and ``--from`` ask for.

        Raises ``UsageError`` for an unknown stage, and where ``until`` does not rest on ``start``.
        """
        targets = (self[until].name,) if until else self.sinks()
        forced: frozenset[str] = frozenset()
        if start:
            forced = self.descendants(start) | {start}
            if start not in self.with_ancestors(targets):
                raise UsageError(
                    f"--from {start} --until {until} selects nothing",
                    f"{until} does not rest on {start}; run `mangacolor plan` or see docs/design/engine.md",
                )
        return Selection(targets, forced, kept=frozenset({until} if until else ()), commits=until is None)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run is to reach.

    ``targets``: the stages whose artifacts are wanted. ``forced``: stages that run although they are
    cached. ``kept``: stages written to the state folder although they are large. ``commits``: whether
    finished pages are written to OUT.
    """

    targets: tuple[str, ...]
    forced: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    commits: bool = True


def _order(stages: tuple[Node, ...]) -> tuple[str, ...]:
    """As listed, but for stages listed before what they need: the same on every machine."""
    sorter: TopologicalSorter[str] = TopologicalSorter({s.name: s.needs for s in stages})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise SetupError(
            f"the stages need each other in a circle: {circle}", "Break the circle in `needs`."
        ) from None
    rank = {stage.name: index for index, stage in enumerate(stages)}
    ready: list[tuple[int, str]] = []
    order: list[str] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, (rank[name], name))
        _, first = heapq.heappop(ready)
        order.append(first)
        sorter.done(first)
    return tuple(order)
