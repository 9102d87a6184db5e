"""One page alone: stages that need nothing of each other run side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from mangacolor.core.cpu import shared_cores
from mangacolor.core.errors import Cancelled
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.stages import Bytes

# Seconds that nothing here comes near: a test that would wait for ever fails.
LONG = 20.0

Run = Callable[[StageContext[NoConfig], Inputs], Artifact]


def picture(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
    return Artifact(blob=b"x")


def diamond(left: Run, right: Run) -> Graph:
    """look → left → end, look → right → end; ``left`` wants the device."""
    return Graph(
        [
            Stage("look", picture, no_config),
            Stage("left", left, no_config, ("look",), lane="device"),
            Stage("right", right, no_config, ("look",)),
            Stage("end", picture, no_config, ("left", "right")),
        ]
    )


def colour(graph: Graph) -> dict[str, Artifact]:
    page = Page("1.png", 1, Bytes(b"page"))
    return PageRunner(graph).run(page, Chapter("", (page,)), Options(device="cpu"), until="end")


def test_stages_that_do_not_need_each_other_run_at_once() -> None:
    both = threading.Barrier(2, timeout=LONG)

    def meet(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        with shared_cores().lent():  # a machine of one core computes one after the other
            both.wait()
        return Artifact(blob=b"x")

    assert set(colour(diamond(meet, meet))) == {"look", "left", "right", "end"}


def test_a_stage_that_fails_ends_those_beside_it() -> None:
    begun, ended = threading.Event(), []

    def fail(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        with shared_cores().lent():
            assert begun.wait(LONG)
        raise ValueError("no colours left")

    def work_on(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        begun.set()
        try:
            with shared_cores().lent():
                for _ in range(round(LONG / 0.01)):
                    context.check_cancelled()
                    time.sleep(0.01)
        except Cancelled:
            ended.append("right")
            raise
        return Artifact(blob=b"x")

    with pytest.raises(ValueError, match="no colours left"):
        colour(diamond(fail, work_on))
    assert ended == ["right"]
