"""One page on its way through the graph: what is cached, what is to run, what is still needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from mangacolor.core.errors import Cancelled
from mangacolor.core.scale import scale_note
from mangacolor.core.types import Artifact
from mangacolor.pipeline.engine.context import Context, StageRun, summarize
from mangacolor.pipeline.engine.memory import Need, need_of
from mangacolor.pipeline.engine.page_spec import PageSpec
from mangacolor.pipeline.events import PageFailed, PageStarted
from mangacolor.pipeline.store.keys import sha256
from mangacolor.pipeline.store.manifest import Entry
from mangacolor.stages.base import PANEL_COUNT, WHY_COPIED, Stage, Summary
from mangacolor.stages.demand import PageSize

Resources = Callable[[Hashable, Callable[[], Any]], Any]


@dataclass(slots=True)
class PageState:
    """How far a page has come. ``submitted``, ``inside``, ``busy``, ``committing`` are the engine's own."""

    entry: Entry | None = None  # of the finished page
    left: Entry | None = None  # of a file that somebody has changed: it stays in the page's place
    source: bytes = b""
    sha256: str = ""  # of the source, in hex
    keys: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)  # targets that are kept
    to_run: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)  # of the stages that ran
    panels: int = 0
    size: PageSize = field(default_factory=PageSize)
    need: Need = field(default_factory=Need)  # of memory, in this pass
    inside: bool = False  # has passed the memory gate
    busy: int = 0  # tasks given to lanes and not yet back
    committing: bool = False  # the finished page has been given to a lane
    away: bool = False  # another process does this pass, so that nothing of it is to be done here
    ended: bool = False
    outcome: str = "done"
    reason: str = ""  # why it is copied


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass that another process did has made of a page: its state there, in short.

    ``failure``: why the page failed, if it did. ``counts``: what stages counted since the process last said.
    """

    keys: Mapping[str, str]
    sha256: str
    seconds: Mapping[str, float]
    panels: int
    outcome: str
    reason: str = ""
    entry: Entry | None = None
    failure: PageFailed | None = None
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class PageTask:
    """A page in one pass. Only the coordinator changes its state, but for the methods marked [lane]."""

    spec: PageSpec
    state: PageState = field(default_factory=PageState)

    @property
    def name(self) -> str:
        return self.spec.page.name

    def check(self) -> None:
        """Raise ``Cancelled`` if the run or this page is over."""
        self.spec.job.cancel.check()
        if self.state.ended:
            raise Cancelled("the page is over")

    # -- finding out what there is to do

    def read(self, *, glance: bool = False) -> Entry | None:
        """[lane] Read the page, make its keys, see what is there already, and what is to run.

        ``glance``: as of ``examine``. Returns the manifest's entry if the page is finished. Raises
        ``PageError`` if its file in OUT is somebody else's, or the page takes more memory than there is.
        """
        self.spec.job.cancel.check()
        entry = self.examine(glance=glance)
        self.state.size = self.spec.job.size_of(self.state.source)
        if self.state.to_run or self.state.outcome == "copied":
            self._weigh()
        return entry

    def _weigh(self) -> None:
        """See what memory both passes take. Raises ``PageError`` or ``SetupError`` where that is too much."""
        spec, needs = self.spec, self.needs()
        for need in needs:
            spec.job.memory.check(need, spec.drawing_size(self.state.size))
        self.state.need = needs[0]

    def needs(self) -> tuple[Need, Need]:
        """The memory that a page takes that has been read: in this pass, and in the one after it."""
        spec, state = self.spec, self.state
        redrawing = {stage.name for stage in spec.redrawing_stages()} if state.outcome == "copied" else set()
        stages_now = state.to_run | redrawing
        passes = [spec.demands(stages, state.size) for stages in (stages_now, spec.later_stages())]
        before = spec.demands(state.seconds, state.size)  # of the first pass, in the second
        beside = [demand for demands in (*passes, before) for demand in demands.values()]
        lanes = {name: spec.job.graph.page_stage(name).lane for demands in passes for name in demands}
        now, later = (need_of(demands, lanes, state.size.file, beside) for demands in passes)
        return now, later

    def examine(self, *, glance: bool = False) -> Entry | None:
        """[lane] What ``read`` does, without weighing the page.

        ``glance``: nothing is going to run here, so that pictures of what is kept are not read, nor is it
        asked what there is to tell of it.
        """
        spec, state = self.spec, self.state
        if spec.output is not None:
            state.left = spec.output.look()
            # The chapter's other pages rest on its first pass, whatever becomes of the page itself.
            if state.left is not None and (spec.output.container or not spec.first_pass):
                return state.left
        state.source = state.source or spec.page.source.read()  # who hands a page over has read it
        state.sha256 = sha256(state.source)
        state.keys = spec.make_keys(state.sha256)
        if spec.output is not None and not spec.job.force:
            entry = self._find_finished()
            if entry is not None and not spec.job.selection.forced:
                return entry
        for name, artifact in spec.chapter_results.items():
            self._accept(name, artifact, {})
        for target in spec.targets:
            # A page that is to be committed needs its last artifact itself, not only to know of it.
            known = self._may_reuse(target) and spec.cache.holds(target, state.keys[target])
            if known:
                state.known.add(target)
            if self._needs_artifacts or not known:
                self._demand(target, glance)
        if self._needs_artifacts and not glance and not state.panels:
            self._count_panels()
        return None

    @property
    def _needs_artifacts(self) -> bool:
        return self.spec.job.hands_back or (self.spec.output is not None and not self.spec.first_pass)

    def _find_finished(self) -> Entry | None:
        spec, keys = self.spec, self.state.keys
        assert spec.output is not None
        entry = spec.output.find_finished(spec.copied_file_key(keys))
        if entry is None and not spec.first_pass:
            entry = spec.output.find_finished(spec.final_key(keys))
        return entry

    def _demand(self, stage: str, glance: bool) -> None:
        """Take a stage from the cache, or see that it runs, and so what it needs. ``glance``: as of
        ``examine``."""
        if stage in self.state.to_run or stage in self.state.finished:
            return
        kept = self._load(stage, glance) if self._may_reuse(stage) else None
        if kept is not None:
            self._accept(stage, kept, {} if glance else summarize(self.spec.job.graph[stage], kept))
            return
        self.state.to_run.add(stage)
        for need in self.spec.job.graph[stage].needs:
            self._demand(need, glance)

    def _count_panels(self) -> None:
        """Ask the stages that are kept, where none that tells of panels is needed any more."""
        graph, state = self.spec.job.graph, self.state
        told = graph.with_ancestors(self.spec.targets) - state.to_run - state.finished
        for stage in (graph[name] for name in reversed(graph.names) if name in told):  # the last word counts
            asked = isinstance(stage, Stage) and stage.summary is not None
            kept = self._load(stage.name, glance=False) if asked else None
            summary = summarize(stage, kept) if kept is not None else {}
            if PANEL_COUNT in summary:
                state.panels = int(summary[PANEL_COUNT])
                return

    def _load(self, stage: str, glance: bool) -> Artifact | None:
        cache, key = self.spec.cache, self.state.keys[stage]
        return cache.glance(stage, key) if glance else cache.load(stage, key)

    def _may_reuse(self, stage: str) -> bool:
        # What the first pass has just made is fresh, even where the user wants everything redone.
        return stage in self.state.seconds or self.spec.job.may_reuse(stage)

    def begin_anew(self) -> None:
        """Forget what was found out but for the file's bytes, to be read once more."""
        before = self.state
        self.state = PageState(
            source=before.source, seconds=before.seconds, panels=before.panels, busy=before.busy
        )

    # -- walking the graph

    def ready(self) -> list[str]:
        """Stages whose needs are there and that nobody has been given yet, in graph order."""
        if self.state.ended:
            return []
        waiting = self.state.to_run - self.state.submitted
        return [name for name in self.spec.job.graph.names if name in waiting and self._may_start(name)]

    def _may_start(self, name: str) -> bool:
        graph, state = self.spec.job.graph, self.state
        if not state.finished.issuperset(graph[name].needs):
            return False
        unfinished = state.to_run - state.finished - {name}
        undecided = [other for other in unfinished if graph.page_stage(other).decides]
        return all(name in graph.ancestors(other) for other in undecided)

    def inputs(self, name: str) -> dict[str, Artifact]:
        """The artifacts that a stage needs."""
        return {need: self.state.artifacts[need] for need in self.spec.job.graph[name].needs}

    def make_context(self, name: str, resources: Resources) -> Context:
        """[lane] What a stage sees of the engine, on the processor."""
        spec = self.spec
        config = spec.recipe.configs[name]
        return Context(spec.page, spec.chapter, config, "cpu", self.state.source, resources, self.check)

    def take(self, name: str, run: StageRun) -> None:
        """A stage has come back."""
        self.state.seconds[name] = self.state.seconds.get(name, 0.0) + run.seconds
        self._accept(name, run.artifact, run.summary)

    def _accept(self, name: str, artifact: Artifact, summary: Summary) -> None:
        self.state.finished.add(name)
        self.state.artifacts[name] = artifact
        self.state.panels = int(summary.get(PANEL_COUNT, self.state.panels))
        if artifact.outcome == "copy":
            self.state.ended = True
            self.state.outcome = "copied"
            self.state.reason = str(summary.get(WHY_COPIED, ""))

    def forget(self) -> None:
        """Drop artifacts that no stage to come needs: memory is what limits pages in flight."""
        unfinished = self.state.to_run - self.state.finished
        needed = {need for name in unfinished for need in self.spec.job.graph[name].needs}
        last = set() if self.spec.first_pass else set(self.spec.targets)
        for name in set(self.state.artifacts) - needed - last:
            del self.state.artifacts[name]

    def release(self) -> None:
        """Drop all that is large: the page is over, or waits for its second pass."""
        self.state.source = b""
        self.state.artifacts.clear()

    def describe_pass(self) -> Pass:
        """What has become of the page, for the process that handed it over."""
        state = self.state
        return Pass(
            state.keys,
            state.sha256,
            state.seconds,
            state.panels,
            state.outcome,
            state.reason,
            state.entry,
        )

    def take_over(self, done: Pass) -> None:
        """The pass was done, and what it leaves written, by another process."""
        state = self.state
        state.committing = True
        state.keys, state.sha256 = dict(done.keys), done.sha256
        state.seconds, state.panels = dict(done.seconds), done.panels
        state.outcome, state.reason, state.entry = done.outcome, done.reason, done.entry
        state.finished |= state.to_run
        state.ended = not self.goes_on

    @property
    def complete(self) -> bool:
        return self.state.ended or self.state.finished >= self.state.to_run

    @property
    def was_copied(self) -> bool:
        """Whether the page is a copy of its source, by this run or an earlier one."""
        entry = self.state.entry
        return self.state.outcome == "copied" or (entry is not None and entry.outcome == "copied")

    @property
    def goes_on(self) -> bool:
        """Whether a second pass is to follow this one."""
        return self.spec.first_pass and self.state.outcome == "done"

    def second_pass(self, results: Mapping[str, Artifact]) -> PageTask:
        """The page again, with what the chapter stages gave to it."""
        targets = self.spec.job.selection.targets
        results = {**self.spec.chapter_results, **results}
        spec = replace(self.spec, targets=targets, chapter_results=results, first_pass=False)
        before = self.state
        return PageTask(spec, PageState(seconds=before.seconds, panels=before.panels))

    def forecast(self) -> PageStarted:
        """What is to be done with the page, now that it has been read."""
        spec, size = self.spec, self.state.size
        now, later = (
            {name: demand.seconds for name, demand in spec.demands(stages, size).items()}
            for stages in (self.state.to_run, spec.later_stages())
        )
        return PageStarted(self.name, now, later, self.scale_note)

    @property
    def share_of_work(self) -> float:
        """What is left of all that is to be done with a page like this, by the seconds that stages declare; 0
        to 1."""
        spec = self.spec
        wanted = spec.job.graph.with_ancestors(spec.job.selection.targets)
        pages = {stage.name for stage in spec.job.graph.page_stages if stage.name in wanted}
        declared = {name: demand.seconds for name, demand in spec.demands(pages, self.state.size).items()}
        left = self.state.to_run | spec.later_stages()
        whole = sum(declared.values())
        return sum(seconds for name, seconds in declared.items() if name in left) / whole if whole else 0.0

    @property
    def scale_note(self) -> str:
        """What ``--scale auto`` or ``--fit`` comes to for this page; nothing where it keeps the size."""
        size = self.state.size
        return scale_note(self.spec.job.options, (size.width, size.height)) if size.pixels else ""

    @property
    def renamed(self) -> str:
        """The output path of a finished page whose format could not hold it; nothing where it is its name."""
        entry, name = self.state.entry, PurePosixPath(self.name)
        file = name if entry is None else PurePosixPath(entry.file)
        return "" if file.suffix == name.suffix else str(name.with_name(file.name))

    @property
    def worked(self) -> float:
        """Seconds that the page's stages took, in both passes, without what it waited."""
        return round(sum(self.state.seconds.values()), 3)
