"""What a stage may say for itself: prepare, check, summary, and what it needs of coloured pages."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from mangacolor.core.displays import saturation_of
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Chapter, Inputs, KnownChapters, Page
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.events import (
    Event,
    PageDone,
    PageFailed,
    PageStarted,
    RunResult,
    StageDone,
    StageStarted,
    Warned,
)
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.stages.base import (
    PANEL_COUNT,
    Lane,
    NoConfig,
    Stage,
    StageContext,
    no_config,
)
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.coloured_pages import Coloured
from mangacolor.tests.helpers.fake_stages import write_page

PAGES = 4


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, PAGES + 1):
        write_page(folder / f"{number}.png", number)
    return folder


def go(graph: Graph, pages: Path, out: Path, **options: Any) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    settings = Options(device="cpu", **options)
    result = run([pages], out, settings, RunOptions(jobs=2), graph=graph, emit=events.append)
    return result, events


@pytest.mark.parametrize(("broken", "lane"), [(False, "device"), (True, "device"), (True, "cpu")])
def test_networks_are_loaded_before_the_work_and_once(
    broken: bool, lane: Lane, pages: Path, tmp_path: Path
) -> None:
    loads: list[tuple[str, int]] = []
    looked = threading.Event()

    def load(context: StageContext[NoConfig], size: PageSize) -> None:
        loads.append((context.device, size.scale))
        assert (size.width, size.height) == (8, 12)
        if broken:
            raise SetupError("the network is another", "fetch it")
        looked.set()

    def look(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        looked.wait(20)  # nothing but loading goes on beside the first page
        return Artifact(blob=b"x")

    painted = Stage("paint", look, no_config, lane=lane, load=load)
    if broken:
        looked.set()
        with pytest.raises(SetupError, match="another"):
            go(Graph([painted]), pages, tmp_path / "out")
        assert len(loads) == 1
        return
    result, _ = go(
        Graph([Stage("first", look, no_config), dataclasses.replace(painted, needs=("first",))]),
        pages,
        tmp_path / "out",
    )
    assert (result.done, loads) == (PAGES, [("cpu", 4)])
    result, _ = go(
        Graph([Stage("first", look, no_config), dataclasses.replace(painted, needs=("first",))]),
        pages,
        tmp_path / "out",
    )
    assert (result.cached, len(loads)) == (PAGES, 1)  # nothing is loaded where nothing is to be done


def test_what_is_to_be_done_is_told_with_what_stages_declare(pages: Path, tmp_path: Path) -> None:
    def demand(_config: NoConfig, size: PageSize) -> Demand:
        return Demand(seconds=size.pixels * size.scale)

    stage = Stage("only", lambda _context, _inputs: Artifact(blob=b"x"), no_config, demand=demand)
    _, events = go(Graph([stage]), pages, tmp_path / "out", scale="2")
    started = [event for event in events if isinstance(event, PageStarted)]
    assert sorted(event.page for event in started) == [f"{number}.png" for number in range(1, PAGES + 1)]
    assert all((event.now, event.later, event.note) == ({"only": 8 * 12 * 2}, {}, "") for event in started)
    _, again = go(Graph([stage]), pages, tmp_path / "out", scale="2")
    assert not [event for event in again if isinstance(event, PageStarted)]


class Prepared:
    """A stage that prepares the mean of its page and remembers on which thread it did what."""

    def __init__(self, lane: Lane = "device") -> None:
        self.threads: dict[str, set[str]] = {"prepare": set(), "run": set(), "finish": set()}
        self.trouble: Exception | None = None
        look = Stage("look", self._look, no_config)
        paint = Stage("paint", self._paint, no_config, ("look",), lane=lane, prepare=self._prepare)
        self.graph = Graph([look, paint])

    def _look(self, context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        return Artifact({"size": len(context.source)})

    def _prepare(self, context: StageContext[NoConfig], inputs: Inputs) -> int:
        self.threads["prepare"].add(threading.current_thread().name)
        if self.trouble is not None:
            raise self.trouble
        assert context.device == "cpu"
        context.count("prepared")
        context.warn("prepared")
        return int(inputs["look"].data["size"])

    def _paint(self, context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        self.threads["run"].add(threading.current_thread().name)
        assert context.prepared == inputs["look"].data["size"]
        context.warn("painted")
        return Artifact(blob=str(context.prepared).encode())


@pytest.mark.parametrize("lane", ["device", "cpu", "io"])
def test_a_stage_is_prepared_on_the_cpu_lane(lane: Lane, pages: Path, tmp_path: Path) -> None:
    stage = Prepared(lane)
    result, events = go(stage.graph, pages, tmp_path / "out")
    assert (result.status, result.done, result.stages_run) == (0, PAGES, 2 * PAGES)
    assert stage.threads["prepare"] == {"mangacolor-cpu"}
    assert stage.threads["run"] == {f"mangacolor-{lane}"}
    told = Counter(type(event) for event in events if getattr(event, "stage", "") == "paint")
    assert told == {StageStarted: PAGES, StageDone: PAGES, Warned: 2 * PAGES}
    warnings = [e.message for e in events if isinstance(e, Warned) and e.page == "1.png"]
    assert warnings == ["prepared", "painted"]


def test_a_page_that_cannot_be_prepared_fails_in_that_stage(pages: Path, tmp_path: Path) -> None:
    stage = Prepared()
    stage.trouble = ValueError("no colours left")
    result, events = go(stage.graph, pages, tmp_path / "out")
    assert (result.status, result.failed, stage.threads["run"]) == (3, PAGES, set())
    failures = [event for event in events if isinstance(event, PageFailed)]
    assert {(failure.stage, failure.error) for failure in failures} == {
        ("paint", "ValueError: no colours left")
    }


def test_a_single_page_is_prepared_too(pages: Path) -> None:
    page = Page("1.png", 1, FileSource(pages / "1.png"))
    counts: Counter[str] = Counter()
    stage = Prepared()
    options = Options(device="cpu")
    chapter = Chapter("", (page,))
    artifacts = PageRunner(stage.graph).run(page, chapter, options, until=("paint",), counts=counts)
    assert artifacts["paint"].blob == str(artifacts["look"].data["size"]).encode()
    assert counts["prepared"] == 1


def test_options_are_checked_against_the_chapters_before_any_page(pages: Path, tmp_path: Path) -> None:
    read: list[str] = []

    def look(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        read.append(context.page.name)
        return Artifact(blob=b"x")

    def check(options: Options, known: KnownChapters) -> None:
        if saturation_of(options) > sum(len(chapter.pages) for chapter in known.chapters):
            raise UsageError("more colour than pages", "Use less.")

    graph = Graph([Stage("look", look, no_config, check=check)])
    wild = Options(device="cpu", saturation=PAGES + 1.0)
    with pytest.raises(UsageError, match="more colour"):
        go(graph, pages, tmp_path / "out", saturation=wild.saturation)
    with pytest.raises(UsageError, match="more colour"):
        plan_run([pages], tmp_path / "out", wild, RunOptions(), graph)
    assert read == [] and not (tmp_path / "out").exists()
    assert go(graph, pages, tmp_path / "out", saturation=2.0)[0].done == PAGES


def test_pages_that_came_coloured_are_references(pages: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(pages / "3.png"), np.full((12, 8, 3), (10, 20, 200), np.uint8))  # BGR
    stages = Coloured()
    result, events = go(stages.graph, pages, tmp_path / "out")
    assert (result.done, result.copied, result.network_calls) == (PAGES - 1, 1, PAGES)
    assert stages.followed == [["['decode', 'see'] 100"]]
    assert (tmp_path / "out" / "1.png").read_bytes() == b"100"
    assert {event.panels for event in events if isinstance(event, PageDone)} == {7}
    kept = [path.name for path in (tmp_path / "out/.mangacolor/references").rglob("*.json")]
    assert kept == ["follow.json"]
    (pages / "1.png").unlink()
    again, _ = go(stages.graph, pages, tmp_path / "out")  # another chapter: the reference is not made again
    assert (again.network_calls, len(stages.followed)) == (0, 2)
    go(stages.graph, pages, tmp_path / "alone", own_reference=False)
    assert stages.followed[-1] == []


@pytest.mark.parametrize("lane", ["device", "cpu", "io"])
def test_a_stage_is_finished_on_the_cpu_lane(lane: Lane, pages: Path, tmp_path: Path) -> None:
    stage = Finished(lane)
    result, events = go(stage.graph, pages, tmp_path / "out")
    assert (result.status, result.done, result.stages_run) == (0, PAGES, 2 * PAGES)
    assert stage.threads["run"] == {f"mangacolor-{lane}"}
    assert stage.threads["finish"] == {"mangacolor-cpu"}
    told = Counter(type(event) for event in events if getattr(event, "stage", "") == "paint")
    assert told == {StageStarted: PAGES, StageDone: PAGES, Warned: 2 * PAGES}


def test_a_page_that_cannot_be_finished_fails_in_that_stage(pages: Path, tmp_path: Path) -> None:
    stage = Finished()
    stage.result = "no number"
    result, events = go(stage.graph, pages, tmp_path / "out")
    assert (result.status, result.failed) == (3, PAGES)
    failures = {(event.stage, event.error) for event in events if isinstance(event, PageFailed)}
    assert failures == {("paint", "stage paint gave a str, not an Artifact")}


class Finished(Prepared):
    """The same, whose device part gives a number that the cpu lane makes a file of."""

    def __init__(self, lane: Lane = "device") -> None:
        super().__init__(lane)
        self.result: object = None
        look, paint = (self.graph.page_stage(name) for name in ("look", "paint"))
        self.graph = Graph([look, replace(paint, run=self._compute, finish=self._finish)])

    def _compute(self, context: StageContext[NoConfig], inputs: Inputs) -> object:
        return super()._paint(context, inputs).blob

    def _finish(self, _context: StageContext[NoConfig], _inputs: Inputs, result: bytes) -> Artifact:
        self.threads["finish"].add(threading.current_thread().name)
        return cast(Artifact, self.result or Artifact(blob=result))


def test_panels_are_told_where_only_the_last_stage_runs(pages: Path, tmp_path: Path) -> None:
    def look(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        return Artifact({"found": 5})

    def copy(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        return Artifact({"suffix": ".png"}, blob=context.source)

    stages = [
        Stage("look", look, no_config, summary=lambda artifact: {PANEL_COUNT: artifact.data["found"]}),
        Stage("draw", look, no_config, needs=("look",)),
        Stage("encode", copy, no_config, needs=("draw",), keep="asked"),
    ]
    for ran in (3 * PAGES, 1):
        result, events = go(Graph(stages), pages, tmp_path / "out")
        assert result.stages_run == ran
        assert {event.panels for event in events if isinstance(event, PageDone)} == {5}
        (tmp_path / "out" / "1.png").unlink()
