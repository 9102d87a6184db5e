"""The memory gate: sizes are understood, pages are weighed, and never too many are let in."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangacolor.core.errors import PageError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Inputs
from mangacolor.pipeline.engine import memory
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.tasks import make_tasks
from mangacolor.pipeline.store.store import open_store
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, write_page


def test_sizes() -> None:
    assert memory.parse_size("4G") == memory.parse_size("4GiB") == memory.parse_size("4096 mb") == 2**32
    assert memory.parse_size("1000") == 1000
    for wrong in ("", "4X", "-1G", "0", "G"):
        with pytest.raises(UsageError, match="not a size"):
            memory.parse_size(wrong)


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width), np.uint8)).save(file, "png")
    return file.getvalue()


def test_page_is_weighed_by_its_pixels_and_scale() -> None:
    page = png(600, 800)
    costs = [memory.page_cost(page, scale) for scale in ("1", "2", "4")]
    assert costs == sorted(costs) and costs[2] > 4 * costs[0]
    assert memory.page_cost(page, "auto") == costs[2]
    assert memory.page_cost(png(1200, 1600), "1") > 3 * costs[0]
    assert memory.page_cost(b"no picture", "1") < 100


def test_a_page_that_takes_more_than_all_memory_is_refused_by_name() -> None:
    strip = png(800, 60_000)
    memory.check_page_fits(strip, Options(scale="1"), 2 * 2**30)
    with pytest.raises(PageError, match=r"800×60000 .* 1\.0 GiB \(--memory\)") as caught:
        memory.check_page_fits(strip, Options(scale="1"), 2**30)
    assert "--memory" in caught.value.remedy
    with pytest.raises(PageError):
        memory.check_page_fits(strip, Options(scale="2"), 2 * 2**30)
    memory.check_page_fits(png(1200, 1800), Options(scale="4"), 2**30)
    memory.check_page_fits(strip, Options(max_pixels=10**6), 2**30)  # decode has a better word for it
    memory.check_page_fits(b"no picture", Options(), 1)


def test_cgroup_limit_is_heeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("500\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 7\n")
    assert memory._cgroup_room() is None
    (tmp_path / "memory.max").write_text(f"{3 * 2**30}\n")
    assert memory._cgroup_room() == 3 * 2**30 - 493
    assert memory.page_budget() < 2 * 2**30
    assert memory.page_budget(2**33) == 2**33 - memory._MODELS


@pytest.mark.parametrize(("budget", "most"), [(1, 1), (25, 2), (35, 3)])
def test_no_more_pages_than_fit_are_at_work(budget: int, most: int, tmp_path: Path) -> None:
    """Each page weighs 10; one may always go on."""
    from mangacolor.formats.discovery import discover

    (tmp_path / "in").mkdir()
    for number in range(8):
        write_page(tmp_path / "in" / f"{number}.png", number)
    at_work, peak, change = 0, 0, threading.Condition()

    def run(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        nonlocal at_work, peak
        with change:
            at_work += 1
            peak = max(peak, at_work)
            change.notify_all()
            change.wait_for(lambda: peak >= most, timeout=20)
        time.sleep(0.03)  # one page too many would have the time to come in
        with change:
            at_work -= 1
        return Artifact(blob=b"x")

    graph = Graph([Stage("only", run, no_config)])
    job = Job(graph, graph.select(), Options(), CancelToken(), cost=lambda _source: 10)
    chapters = discover([tmp_path / "in"], tmp_path / "out").chapters
    with open_store(tmp_path / "out") as store:
        tasks = make_tasks(job, chapters, store)
        result = Engine(job, lambda _event: None, jobs=6, budget=budget).run(tasks)
    assert (result.done, peak) == (8, most)


@pytest.mark.parametrize("moody", [False, True])
def test_finished_pages_hold_no_memory(moody: bool, tmp_path: Path) -> None:
    from mangacolor.formats.discovery import discover

    (tmp_path / "in").mkdir()
    for number in range(5):
        write_page(tmp_path / "in" / f"{number}.png", number)
    graph = House(moody).graph()
    job = Job(graph, graph.select(), Options(), CancelToken())
    chapters = discover([tmp_path / "in"], tmp_path / "out").chapters
    with open_store(tmp_path / "out") as store:
        tasks = make_tasks(job, chapters, store)
        assert Engine(job, lambda _event: None, device="cpu", jobs=2).run(tasks).done == 5
    assert not any(task.state.source or task.state.artifacts for task in tasks.pages)
