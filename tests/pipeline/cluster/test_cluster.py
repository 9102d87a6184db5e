"""``--cluster``: a real Dask scheduler and worker processes, some of which are killed."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

import mangacolor.pipeline.cluster.client
from mangacolor.core.errors import SetupError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Chapter
from mangacolor.pipeline.cluster.bundle import cut_bundles
from mangacolor.pipeline.cluster.client import _compare, _differences
from mangacolor.pipeline.cluster.worker import Probe, introduce, libraries, make_release
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.page_task import PageTask
from mangacolor.pipeline.events import Event, PageDone, PageFailed, Warned
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.cluster import BenchCluster, cluster
from mangacolor.tests.helpers.colouring import Colouring
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import House, files, go, write_pages
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.stages import comic_page

PAGES = 24


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "in", PAGES)


@pytest.fixture
def started() -> Iterator[BenchCluster]:
    with cluster() as running:
        yield running


class KillAfter:
    """A listener that kills a worker each time so many pages are done, and starts one of ``stages``."""

    def __init__(self, running: BenchCluster, every: int, times: int, stages: str = "") -> None:
        self.running, self.every, self.left, self.stages = running, every, times, stages
        self.done = 0

    def __call__(self, event: Event) -> None:
        self.done += isinstance(event, PageDone)
        if isinstance(event, PageDone) and self.left and self.done % self.every == 0:
            self.left -= 1
            self.running.kill(0)
            if self.stages:
                self.running.add(self.stages, 0.1)


def test_two_workers_and_one_killed_give_the_bytes_of_a_local_run(
    started: BenchCluster, pages: Path, tmp_path: Path
) -> None:
    """Two rounds, since mood looks at all pages; the worker is lost in the second."""
    started.add("moody", 0.02, count=2)
    killer = KillAfter(started, 6, 1)
    result, events = go(House(moody=True), pages, tmp_path / "out", cluster=started.address, listener=killer)
    assert killer.left == 0
    assert (result.status, result.done, result.cached, result.failed) == (0, PAGES, 0, 0)
    assert len({event.page for event in events if isinstance(event, PageDone)}) == PAGES
    go(House(moody=True), pages, tmp_path / "local")
    assert files(tmp_path / "out") == files(tmp_path / "local")
    # The manifest is one, as if it had been written here, and the next run needs no cluster.
    assert not list(State(tmp_path / "out").parts.glob("*"))
    house = House(moody=True)
    again, _ = go(house, pages, tmp_path / "out")
    assert (again.cached, again.stages_run) == (PAGES, 0) and not house.calls


@pytest.mark.slow
@pytest.mark.parametrize("stages", ["plain", "moody"])
def test_a_worker_killed_three_times(stages: str, started: BenchCluster, pages: Path, tmp_path: Path) -> None:
    started.add(stages, 0.1, count=2)
    killer = KillAfter(started, 4, 3, stages)
    house = House(stages == "moody")
    result, _ = go(house, pages, tmp_path / "out", cluster=started.address, listener=killer)
    assert killer.left == 0
    assert (result.status, result.done, result.failed) == (0, PAGES, 0)
    go(house, pages, tmp_path / "local")
    assert files(tmp_path / "out") == files(tmp_path / "local")


@pytest.mark.slow
def test_a_page_that_kills_its_worker_fails_alone(started: BenchCluster, pages: Path, tmp_path: Path) -> None:
    over = threading.Event()

    def keep_two_alive() -> None:
        while not over.wait(0.1):
            for number, worker in enumerate(list(started.workers)):
                if worker.poll() is not None:
                    started.kill(number)
                    started.add("plain", deadly="7.png")

    started.add("plain", deadly="7.png", count=2)
    keeper = threading.Thread(target=keep_two_alive)
    keeper.start()
    try:
        result, events = go(House(), pages, tmp_path / "out", cluster=started.address)
    finally:
        over.set()
        keeper.join()
    assert (result.status, result.done, result.failed) == (1, PAGES - 1, 1)
    (failed,) = (event for event in events if isinstance(event, PageFailed))
    assert (failed.page, failed.stage) == ("7.png", "worker") and "memory" in failed.remedy


@pytest.mark.slow
def test_changed_options_failures_copies_and_archives(
    started: BenchCluster, pages: Path, tmp_path: Path
) -> None:
    started.add("moody", count=2)
    source = tmp_path / "x.cbz"
    with zipfile.ZipFile(source, "w") as archive:
        for page in sorted(pages.iterdir()):
            archive.writestr(page.name, page.read_bytes() if page.name != "3.png" else b"no picture")

    def both(**given: Any) -> list[tuple[int, int, int, int, int]]:
        found = []
        for out, where in (("local", None), ("out", started.address)):
            house = House(moody=True)
            result, _ = go(house, source, tmp_path / out, on_error="copy", cluster=where, **given)
            found.append((result.done, result.cached, result.failed, result.network_calls, result.status))
        assert files(tmp_path / "out") == files(tmp_path / "local")
        return found

    first, second = both()
    assert first == second == (PAGES - 1, 0, 1, PAGES - 1, 1)
    assert (tmp_path / "out" / "x.cbz").is_file()
    assert both(scale="2") == [(PAGES - 1, 0, 1, 0, 1)] * 2
    assert both(scale="2") == [(0, PAGES - 1, 1, 0, 1)] * 2
    assert both(scale="2", pages="1,3-4", force=True) == [(2, 0, 1, 2, 1)] * 2
    assert both(until="tint") == [(0, PAGES - 1, 1, 0, 1)] * 2


@pytest.mark.slow
def test_a_chapter_stage_that_hangs_is_left_out(started: BenchCluster, pages: Path, tmp_path: Path) -> None:
    started.add("moody")
    house = House(moody=True)
    house.mood_hangs = True
    try:
        result, events = go(house, pages, tmp_path / "out", cluster=started.address, stage_timeout=8)
    finally:
        house.released.set()
    assert (result.status, result.done) == (0, PAGES)
    assert any(isinstance(event, Warned) and "longer than 8 seconds" in event.message for event in events)


@pytest.mark.slow
def test_a_stopped_run_stops_its_workers(started: BenchCluster, pages: Path, tmp_path: Path) -> None:
    started.add("plain", 0.5)
    cancel = CancelToken()

    def stop_after_one(event: Event) -> None:
        if isinstance(event, PageDone):
            cancel.request(143)

    begun = time.monotonic()
    result, _ = go(
        House(), pages, tmp_path / "out", cluster=started.address, cancel=cancel, listener=stop_after_one
    )
    assert result.status == 143 and 0 < result.done < PAGES
    assert time.monotonic() - begun < 60
    finished = files(tmp_path / "out")
    time.sleep(1.5)
    assert files(tmp_path / "out") == finished  # nobody goes on behind our back
    again, _ = go(House(), pages, tmp_path / "out")
    assert again.cached == len(finished) and again.done == PAGES - len(finished)


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_and_keeps_what_is_finished(
    started: BenchCluster, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mangacolor.pipeline.cluster.client, "_GONE", 2.0)
    started.add("plain", 0.1)
    done = 0

    def kill_after_three(event: Event) -> None:
        nonlocal done
        done += isinstance(event, PageDone)
        if done == 3:
            started.scheduler.kill()

    with pytest.raises(SetupError, match="the scheduler is gone") as error:
        go(House(), pages, tmp_path / "out", cluster=started.address, listener=kill_after_three)
    assert "same command" in error.value.remedy
    finished = len(files(tmp_path / "out"))
    again, _ = go(House(), pages, tmp_path / "out")
    assert again.status == 0 and again.cached >= finished >= 3


@pytest.mark.slow
def test_workers_with_other_stages_are_refused(started: BenchCluster, pages: Path, tmp_path: Path) -> None:
    started.add("plain")
    with pytest.raises(SetupError, match="another mangacolor"):
        go(House(moody=True), pages, tmp_path / "out", cluster=started.address)
    started.kill(0)
    started.add("moody")
    assert go(House(moody=True), pages, tmp_path / "out", cluster=started.address)[0].status == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_real_stages_give_the_bytes_of_a_local_run(started: BenchCluster, tmp_path: Path) -> None:
    from mangacolor.api import colorize_chapter

    chapter = ROOT / "examples" / "chapter"
    source = tmp_path / "in"
    source.mkdir()
    for page in sorted(chapter.iterdir())[:4]:
        (source / page.name).write_bytes(page.read_bytes())
    started.add("real", count=2)
    far = colorize_chapter(source, tmp_path / "out", cluster=started.address, scale=1, device="cpu")
    near = colorize_chapter(source, tmp_path / "local", scale=1, device="cpu")
    assert (far.status, far.done, far.network_calls) == (0, near.done, near.network_calls)
    assert files(tmp_path / "out") == files(tmp_path / "local")


def test_pages_come_back_at_the_size_of_a_display(started: BenchCluster, tmp_path: Path) -> None:
    """Coloured ones and copies, in the bytes of a local run."""
    source = tmp_path / "in"
    source.mkdir()
    colours = np.random.default_rng(1).integers(0, 256, (4, 3, 3), np.uint8)
    cover = cv2.resize(colours, (300, 420), interpolation=cv2.INTER_CUBIC)
    for name, pixels in (
        ("0.jpg", cover),
        ("1.png", comic_page(420, 300)),
        ("2.png", cover[:, :, :1] // 9 + 220),
    ):
        cv2.imwrite(str(source / name), pixels)
    started.add("colouring", count=2)
    wanted = Options(device="cpu", scale="1", fit="150x200")
    outcomes = []
    for out, address in (("out", started.address), ("local", "")):
        events: list[Event] = []
        where = RunOptions(cluster=address or None)
        run([source], tmp_path / out, wanted, where, emit=events.append, graph=Colouring().graph())
        outcomes.append({event.page: event.outcome for event in events if isinstance(event, PageDone)})
    assert outcomes[0] == outcomes[1] and set(outcomes[0].values()) == {"copied", "done"}
    assert files(tmp_path / "out") == files(tmp_path / "local")
    for name in outcomes[0]:
        with PillowImage.open(tmp_path / "out" / name) as image:
            assert image.size == (143, 200)


# -- without worker processes


def test_an_unusable_scheduler_ends_the_command_with_a_remedy(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mangacolor.pipeline.cluster.client, "_CONNECT_WITHIN", 1.0)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "nowhere"):
        assert exit_status(str(pages), "--out", str(tmp_path / "out"), "--cluster", address, "--json") == 3
        told = capsys.readouterr()
        assert "no Dask scheduler answers there" in told.err and "dask scheduler" in told.err
        assert json.loads(told.out.splitlines()[-1])["status"] == 3


def test_a_scheduler_without_workers_is_unusable(
    started: BenchCluster, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mangacolor.pipeline.cluster.client, "_WORKER_WITHIN", 0.5)
    with pytest.raises(SetupError, match="no worker has joined") as error:
        go(House(), pages, tmp_path / "out", cluster=started.address)
    assert "dask worker" in error.value.remedy


def test_nothing_is_left_of_a_client_with_an_unusable_address() -> None:
    def loops() -> int:
        return sum(thread.name.startswith("IO loop") for thread in threading.enumerate())

    before = loops()
    for address in ("nonsense://x", "nowhere"):
        with pytest.raises(SetupError, match="no Dask scheduler answers"):
            mangacolor.pipeline.cluster.client.Cluster(address)
    assert loops() == before


def test_a_worker_says_what_it_lacks(tmp_path: Path) -> None:
    probe = tmp_path / "out" / ".mangacolor" / "tmp" / "probe"
    probe.parent.mkdir(parents=True)
    probe.write_text("secret")
    options = Options(device="cpu")
    good = introduce(options, Probe(probe, "secret", tmp_path))
    assert good.problem == "" and good.release == make_release(options, default_graph())
    assert good.libraries == libraries()
    assert {name for name, version in good.libraries if version != "missing"} >= {"numpy", "pillow"}
    assert "output folder" in introduce(options, Probe(probe, "other", None)).problem
    assert "output folder" in introduce(options, Probe(probe.with_name("gone"), "secret", None)).problem
    assert "input" in introduce(options, Probe(probe, "secret", tmp_path / "gone")).problem
    lost = introduce(dataclasses.replace(options, weights="gone.safetensors"), Probe(probe, "secret", None))
    assert "gone.safetensors" in lost.problem


def test_what_differs_is_refused_or_told(tmp_path: Path) -> None:
    options = Options(device="cpu")
    good = introduce(options, Probe(tmp_path / "a" / "b" / "c", "", None))
    good = dataclasses.replace(good, problem="")
    mine = good.release
    _compare(mine, [("tcp://a", good), ("tcp://b", good)])
    assert _differences([("tcp://a", good)]) == []
    card = dataclasses.replace(good, release=dataclasses.replace(mine, device="cuda"))
    with pytest.raises(SetupError, match="tcp://b computes on cuda"):
        _compare(mine, [("tcp://a", good), ("tcp://b", card)])
    old = dataclasses.replace(good, release=dataclasses.replace(mine, mark="other"))
    with pytest.raises(SetupError, match="tcp://b has another mangacolor"):
        _compare(mine, [("tcp://a", good), ("tcp://b", old)])
    odd = dataclasses.replace(good, libraries=(("numpy", "0.1"), *good.libraries[1:]))
    assert "numpy 0.1 on a worker" in _differences([("tcp://a", odd)])[0]


def test_weights_enter_the_release(tmp_path: Path) -> None:
    from mangacolor.tests.helpers.stages import tiny_weights

    plain, other = Options(device="cpu"), Options(device="cpu", weights=str(tiny_weights(tmp_path)))
    assert make_release(plain, default_graph()) != make_release(other, default_graph())
    assert make_release(plain, default_graph()) != make_release(plain, House().graph())


@pytest.mark.parametrize(
    ("pages", "workers", "size", "count"), [(30, 2, 4, 8), (1, 9, 1, 1), (200, 2, 8, 25), (6400, 4, 100, 64)]
)
def test_bundles_keep_workers_busy_and_stay_small(pages: int, workers: int, size: int, count: int) -> None:
    tasks: list[PageTask] = [object() for _ in range(pages)]  # type: ignore[misc]
    bundles = list(cut_bundles(tasks, workers, pages))
    assert (len(bundles), max(map(len, bundles))) == (count, size)
    assert [task for bundle in bundles for task in bundle] == tasks


def test_a_part_left_by_a_killed_client_is_taken_in(pages: Path, tmp_path: Path) -> None:
    state = State(tmp_path / "out")
    go(House(), pages, state.out)
    state.parts.mkdir()
    state.manifest.replace(state.parts / "1-1.jsonl")
    result, _ = go(House(), pages, state.out)
    assert result.cached == PAGES
    assert not list(state.parts.glob("*")) and state.manifest.is_file()


def test_a_chapter_travels_light(pages: Path) -> None:
    """What is sent is paths: a page more is some hundred bytes more, whatever its size."""
    import pickle

    from mangacolor.formats.discovery import discover

    (chapter,) = discover([pages], pages.parent / "out").chapters
    assert isinstance(chapter, Chapter)
    assert len(pickle.dumps(chapter)) < 250 * PAGES
