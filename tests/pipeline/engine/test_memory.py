"""The memory gate: sizes are understood, pages are weighed, and never too many are let in."""

from __future__ import annotations

import io
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mangacolor.core.errors import PageError, SetupError, UsageError
from mangacolor.core.settings import Options, Scale
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.pipeline.engine import memory
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.job import Job
from mangacolor.pipeline.engine.local import Engine
from mangacolor.pipeline.engine.memory import MemoryLimit, Need, need_of, total
from mangacolor.pipeline.engine.tasks import make_tasks
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.pipeline.store.store import open_store
from mangacolor.stages.base import Lane, NoConfig, Stage, StageContext, no_config
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.fake_stages import House, go, write_page


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


DEMANDS = {
    "panels": Demand(1, 30, 200, {"torch": 900, "panels": 100}),
    "upscale": Demand(1, 50, 900, {"torch": 900, "upscale": 500}),
    "encode": Demand(1, 0, 80),
}
JOBS = ((1, 1), (2, 2), (4, 2), (6, 6))  # pages at work, and threads for the processor's stages
LANES: dict[str, Lane] = {"panels": "cpu", "upscale": "device", "encode": "io"}


def test_pages_together_share_networks_and_the_device() -> None:
    need = need_of(DEMANDS, LANES, file=7)
    networks = {"torch": 900, "panels": 100, "upscale": 500}
    assert need == Need(networks, held=87, cpu=200, device=900)
    again = need_of({"encode": DEMANDS["encode"]}, LANES, 7, beside=DEMANDS.values())
    assert again == Need(networks, held=7, cpu=80, device=0)  # networks of the other pass are there as well
    alone, two, four, six = (total([need] * n, jobs) - total([], 1) for n, jobs in JOBS)
    assert alone == 1500 + 87 + 900
    assert two == 1500 + 2 * 87 + 900 + memory._THREAD  # one device, and more than both processor lanes take
    assert four - two == 2 * 87
    assert six == 1500 + 6 * 87 + 6 * 200 + 5 * memory._THREAD


def test_a_page_is_weighed_by_its_pixels_and_scale() -> None:
    def need(page: bytes, scale: Scale) -> int:
        return total([need_of(*_demands(page, scale))], 1)

    page = png(600, 800)
    small, twice, four_times = need(page, "1"), need(page, "2"), need(page, "4")
    assert small < twice < four_times and need(page, "auto") == four_times
    assert need(png(1200, 1600), "1") > small
    assert memory.page_size(b"no picture", "1").pixels == 0


def _demands(page: bytes, scale: Scale) -> tuple[dict[str, Demand], dict[str, Lane], int]:
    graph, size = default_graph(), memory.page_size(page, scale)
    recipe = make_recipe(graph, Options(scale=scale, device="cpu"), Chapter("", ()), graph.sinks())
    stages = [stage for stage in map(graph.__getitem__, graph.names) if isinstance(stage, Stage)]
    demands = {stage.name: stage.demand(recipe.configs[stage.name], size) for stage in stages}
    return demands, {stage.name: stage.lane for stage in stages}, size.file


def test_a_page_that_does_not_fit_even_alone_is_refused_with_the_figure() -> None:
    need, size = Need({"panels": 2**30}, 2**30, 2**29, 0), PageSize(4000, 5658, 2)
    whole = total([need], 1)
    MemoryLimit(whole, named=True).check(need, size)
    MemoryLimit().check(need, size)
    with pytest.raises(PageError) as page:
        MemoryLimit(whole - 1, named=True).check(need, size)
    assert page.value.message == (
        "a page of 4000×5658 pixels, enlarged 2 times, takes 2.6 GiB of memory, and --memory allows 2.6 GiB"
    )
    assert page.value.remedy.startswith("Give --memory 2700M or more.")
    with pytest.raises(SetupError) as run:
        MemoryLimit(400 * 2**20, named=True).check(need, PageSize(100, 80))
    assert "takes 1.1 GiB of memory with its networks, 2.6 GiB for a page of 100×80" in run.value.message
    assert "--memory allows 400 MiB" in run.value.message and "--memory 2700M" in run.value.remedy
    with pytest.raises(PageError, match=r"2\.[0-9] GiB are free") as free:
        MemoryLimit(int(0.69 * whole)).check(need, size)
    assert "--memory" not in free.value.remedy
    MemoryLimit(int(0.71 * whole)).check(need, size)  # without --memory one page may take all that is free


@pytest.mark.parametrize(("memory", "status"), [(10, 3), (2**40, 0)])
def test_a_run_without_the_memory_for_any_page_ends_before_work(
    memory: int, status: int, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        write_page(tmp_path / "in" / f"{number}.png", number)
    house = House()
    if status:
        with pytest.raises(SetupError, match="--memory allows"):
            go(house, tmp_path / "in", tmp_path / "out", memory=memory)
        assert not house.calls
    else:
        assert go(house, tmp_path / "in", tmp_path / "out", memory=memory)[0].status == 0
        result, _ = go(house, tmp_path / "in", tmp_path / "out", memory=10)
        assert (result.status, result.cached) == (0, 3)  # what is up to date takes no memory


def test_cgroup_limit_is_heeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("500\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 7\n")
    assert memory._cgroup_room() is None
    (tmp_path / "memory.max").write_text(f"{3 * 2**30}\n")
    assert memory._cgroup_room() == 3 * 2**30 - 493
    assert memory.memory_limit(0, 1).allowed <= 0.7 * 3 * 2**30
    assert memory.memory_limit(2**33, 4) == MemoryLimit(2**33, 4, named=True)


@pytest.mark.parametrize(("budget", "most"), [(1, 1), (25, 2), (35, 3)])
def test_no_more_pages_than_fit_are_at_work(
    budget: int, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page weighs 10 beyond the process; one may always go on."""
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

    graph = Graph([Stage("only", run, no_config, demand=lambda _config, size: Demand(result=10 - size.file))])
    limit = MemoryLimit(total([], 6) + budget, jobs=6)
    monkeypatch.setattr(memory, "_THREAD", 0)
    job = Job(graph, graph.select(), Options(), CancelToken(), memory=limit)
    chapters = discover([tmp_path / "in"], tmp_path / "out").chapters
    with open_store(tmp_path / "out") as store:
        tasks = make_tasks(job, chapters, store)
        result = Engine(job, lambda _event: None, jobs=6).run(tasks)
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


def test_where_proc_is_missing_psutil_says_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows and macOS; without it, as much as any machine has."""
    pytest.importorskip("psutil")

    def missing(path: Path, **_: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=10 * 2**30))
    assert memory.memory_limit(0, 1).allowed == int(10 * 2**30 * 0.7)
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert memory.memory_limit(0, 1).allowed == int(4 * 2**30 * 0.7)
