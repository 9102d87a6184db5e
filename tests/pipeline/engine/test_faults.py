"""Stages that hang or give nonsense: their page fails, the others go on, and nobody waits for them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Inputs
from mangacolor.pipeline.engine.worker_pools import at_work
from mangacolor.pipeline.events import PageFailed, Warned
from mangacolor.pipeline.run import run
from mangacolor.stages.base import ChapterContext, ChapterStage, NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 6):
        write_page(folder / f"{number}.png", number)
    return folder


@pytest.fixture
def forever() -> Iterator[threading.Event]:
    """Never happens, until the test is over: no thread is to be left for the next one."""
    event = threading.Event()
    yield event
    event.set()
    while at_work():
        time.sleep(0.01)


@pytest.fixture
def house(forever: threading.Event) -> House:
    return House(released=forever)


def test_a_stage_over_its_time_fails_its_page_only(house: House, pages: Path, tmp_path: Path) -> None:
    house.hangs = {"2.png", "3.png"}
    result, events = go(house, pages, tmp_path / "out", stage_timeout=1)
    assert (result.status, result.done, result.failed) == (1, 3, 2)
    failed = {event.page: event for event in events if isinstance(event, PageFailed)}
    assert failed.keys() == house.hangs
    assert failed["2.png"].stage == "tint" and "longer than 1 seconds" in failed["2.png"].error
    assert "--stage-timeout" in failed["2.png"].remedy
    out = files(tmp_path / "out")
    as_they_came = {name for name, data in out.items() if data == (pages / name).read_bytes()}
    assert len(out) == 5 and as_they_came == house.hangs
    house.hangs.clear()
    again, _ = go(house, pages, tmp_path / "out", stage_timeout=1)
    assert (again.status, again.done, again.cached) == (0, 2, 3)


@pytest.mark.parametrize("lane", ["cpu", "device", "io"])
def test_every_lane_is_replaced_and_keeps_its_models(
    lane: str, forever: threading.Event, pages: Path, tmp_path: Path
) -> None:
    made: list[int] = []

    def hang(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        context.resource("model", lambda: made.append(1))
        if context.page.number < 3:
            forever.wait()
        return Artifact(blob=b"x")

    graph = Graph([Stage("hang", hang, no_config, lane=lane)])  # type: ignore[arg-type]
    quick = RunOptions(stage_timeout=0.8, jobs=1)
    result = run([pages], tmp_path / "out", Options(device="cpu"), quick, graph=graph, emit=lambda _: None)
    assert (result.done, result.failed, made) == (3, 2, [1])


def test_a_model_that_never_loads_fails_the_page_not_the_run(
    forever: threading.Event, pages: Path, tmp_path: Path
) -> None:
    loads = iter(range(9))

    def make() -> int:
        number = next(loads)
        if number == 0:
            forever.wait()
        return number

    def load(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        context.resource("model", make)
        return Artifact(blob=b"x")

    graph = Graph([Stage("load", load, no_config, lane="device")])
    quick = RunOptions(stage_timeout=0.8)
    result = run([pages], tmp_path / "out", Options(device="cpu"), quick, graph=graph, emit=lambda _: None)
    assert (result.done, result.failed) == (4, 1)


def test_what_a_late_stage_still_brings_is_dropped(pages: Path, tmp_path: Path) -> None:
    late = threading.Event()

    def dawdle(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        if context.page.number == 1:
            late.wait(20)
        elif context.page.number == 5:
            late.set()
            time.sleep(0.1)  # page 1 comes back while the run goes on
        return Artifact(blob=b"x")

    graph = Graph([Stage("dawdle", dawdle, no_config, lane="device")])
    quick = RunOptions(stage_timeout=0.8)
    result = run([pages], tmp_path / "out", Options(device="cpu"), quick, graph=graph, emit=lambda _: None)
    assert (result.done, result.failed) == (4, 1)
    assert files(tmp_path / "out")["1.png"] == (pages / "1.png").read_bytes()  # as it came


def test_a_chapter_stage_over_its_time_is_left_out(house: House, pages: Path, tmp_path: Path) -> None:
    house.moody = True
    house.mood_hangs = True
    result, events = go(house, pages, tmp_path / "out", stage_timeout=0.8)
    assert (result.status, result.done) == (0, 5)
    assert any(isinstance(event, Warned) and "longer than" in event.message for event in events)


HANG = """
import sys
import mangacolor.pipeline.run
from mangacolor.cli import main
from mangacolor.tests.helpers.fake_stages import House
house = House()
house.hangs = {"2.png"}
mangacolor.pipeline.run.graph_of = house.graph_of
main()
"""


def test_the_process_ends_although_a_stage_sleeps_for_ever(pages: Path, tmp_path: Path) -> None:
    arguments = [str(pages), "--out", str(tmp_path / "out"), "--device", "cpu", "--stage-timeout", "1"]
    done = subprocess.run(
        [sys.executable, "-c", HANG, *arguments, "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["done"], last["failed"]) == (4, 1)
    assert last["seconds"] < 20


NONSENSE = [
    None,
    {"main": np.zeros((2, 2), np.uint8)},
    Artifact(images={"main": np.zeros((2, 2), np.float32)}),
    Artifact(images={"main": np.zeros((2, 2, 4), np.uint8)}),
    Artifact(images={"main": np.zeros((0, 2, 3), np.uint8)}),
    Artifact(images={"main": [[1, 2]]}),  # type: ignore[dict-item]
    Artifact(images=[np.zeros((2, 2), np.uint8)]),  # type: ignore[arg-type]
    Artifact(maps={"numbers": np.zeros((2, 2), np.uint8)}),
    Artifact(data={"array": np.zeros(3)}),
    Artifact(data=[1]),  # type: ignore[arg-type]
    Artifact(blob="text"),  # type: ignore[arg-type]
    Artifact(outcome="skip"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_fails_its_page_and_names_the_stage(nonsense: object, pages: Path, tmp_path: Path) -> None:
    def odd(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        return nonsense if context.page.number == 2 else Artifact({"good": 1})  # type: ignore[return-value]

    def last(_context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        return Artifact(blob=json.dumps(inputs["odd"].data).encode())

    graph = Graph([Stage("odd", odd, no_config), Stage("last", last, no_config, ("odd",))])
    options = Options(device="cpu")
    result = run([pages], tmp_path / "out", options, RunOptions(), graph=graph, emit=lambda _: None)
    assert (result.status, result.done, result.failed) == (1, 4, 1)
    assert (result.failures[0].page, result.failures[0].stage) == ("2.png", "odd")
    assert "odd" in result.failures[0].error and "odd" in result.failures[0].remedy


def test_a_chapter_stage_that_gives_nonsense_is_left_out(pages: Path, tmp_path: Path) -> None:
    see = Stage("see", lambda _context, _inputs: Artifact({}), no_config)

    def nothing(_context: ChapterContext[NoConfig], pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
        return dict.fromkeys(pages)  # type: ignore[return-value]

    odd = ChapterStage("odd", nothing, no_config, ("see",), Artifact)
    last = Stage("last", lambda _context, inputs: Artifact(blob=repr(inputs).encode()), no_config, ("odd",))
    warned: list[Warned] = []
    result = run(
        [pages],
        tmp_path / "out",
        Options(device="cpu"),
        RunOptions(),
        graph=Graph([see, odd, last]),
        emit=lambda event: warned.append(event) if isinstance(event, Warned) else None,
    )
    assert (result.status, result.done, len(warned)) == (0, 5, 1)
    assert "odd" in warned[0].message
