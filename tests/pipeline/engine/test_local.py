"""The engine over small fake stages: what runs, what is kept, what is written, and how failures end."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import Cancelled, OutputError, SetupError, UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Inputs
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.worker_pools import Lane, at_work
from mangacolor.pipeline.events import Announced, Event, PageDone, PageFailed, RunResult, Stopping
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 7):
        write_page(folder / f"{number}.png", number)
    return folder


def test_every_page_is_written_under_its_name(house: House, pages: Path, tmp_path: Path) -> None:
    result, events = go(house, pages, tmp_path / "out")
    assert result == dataclasses.replace(result, status=0, pages=6, done=6, network_calls=6, stages_run=30)
    assert list(files(tmp_path / "out")) == [f"{n}.png" for n in range(1, 7)]
    done = [event for event in events if isinstance(event, PageDone)]
    assert {event.page for event in done} == set(files(tmp_path / "out"))
    assert all(set(event.stages) == {"decode", "judge", "tint", "grow", "encode"} for event in done)


def test_second_run_redoes_nothing(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out")
    before, calls = files(tmp_path / "out"), Counter(house.calls)
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.cached, result.stages_run, result.network_calls, result.status) == (6, 0, 0, 0)
    assert house.calls == calls
    assert files(tmp_path / "out") == before


def test_changed_option_reruns_its_stage_and_descendants_only(
    house: House, pages: Path, tmp_path: Path
) -> None:
    go(house, pages, tmp_path / "out")
    house.calls.clear()
    result, _ = go(house, pages, tmp_path / "out", scale="2")
    assert result.network_calls == 0
    assert house.calls == {"decode": 6, "grow": 6, "encode": 6}


def test_changed_page_is_the_only_one_redone(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out")
    before = files(tmp_path / "out")
    write_page(pages / "3.png", 99)
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.done, result.cached, result.network_calls) == (1, 5, 1)
    after = files(tmp_path / "out")
    assert [name for name in after if after[name] != before[name]] == ["3.png"]


def test_lost_output_is_made_again_and_changed_output_is_left(
    house: House, pages: Path, tmp_path: Path
) -> None:
    go(house, pages, tmp_path / "out")
    before = files(tmp_path / "out")
    (tmp_path / "out" / "2.png").unlink()
    (tmp_path / "out" / "4.png").write_bytes(b"mine")
    result, events = go(house, pages, tmp_path / "out")
    assert (result.status, result.done, result.cached, result.left) == (0, 1, 5, 1)
    assert files(tmp_path / "out") == {**before, "4.png": b"mine"}
    left = [event.page for event in events if isinstance(event, PageDone) and event.outcome == "left"]
    assert left == ["4.png"]
    result, _ = go(house, pages, tmp_path / "out", force=True)
    assert (result.done, result.left) == (6, 0)
    assert files(tmp_path / "out") == before


def test_damaged_cache_is_made_again(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out")
    before = files(tmp_path / "out")
    folder = State(tmp_path / "out").page_folder("1.png")
    (folder / "tint.panel-000.png").write_bytes(b"torn")
    (State(tmp_path / "out").page_folder("2.png") / "tint.json").write_text("{")
    house.calls.clear()
    go(house, pages, tmp_path / "out", scale="2")
    assert house.calls["tint"] == 2
    go(house, pages, tmp_path / "out")
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_bytes_do_not_depend_on_jobs(jobs: int, house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "one", jobs=1)
    go(house, pages, tmp_path / "many", jobs=jobs)
    assert files(tmp_path / "one") == files(tmp_path / "many")


def test_failing_page_does_not_stop_the_others(house: House, pages: Path, tmp_path: Path) -> None:
    house.trouble["2.png"] = ValueError("boom")
    (pages / "5.png").write_bytes(b"no picture")
    result, events = go(house, pages, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (1, 4, 2)
    failed = {event.page: event for event in events if isinstance(event, PageFailed)}
    assert failed["2.png"].stage == "tint" and "boom" in failed["2.png"].error and failed["2.png"].remedy
    assert failed["5.png"].stage == "decode"
    out = files(tmp_path / "out")
    as_they_came = {name for name, data in out.items() if data == (pages / name).read_bytes()}
    assert len(out) == 6 and as_they_came == {"2.png", "5.png"}
    house.trouble.clear()
    write_page(pages / "5.png", 5)
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.status, result.done, result.cached) == (0, 2, 4)


def test_status_is_3_when_no_page_succeeds(house: House, pages: Path, tmp_path: Path) -> None:
    for page in pages.iterdir():
        page.write_bytes(b"no picture")
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.status, result.failed) == (3, 6)


def test_unusable_setup_ends_the_run(house: House, pages: Path, tmp_path: Path) -> None:
    house.trouble["1.png"] = SetupError("no weights", "get some")
    events: list[Event] = []
    with pytest.raises(SetupError, match="no weights"):
        run(
            [pages],
            tmp_path / "out",
            Options(device="cpu"),
            RunOptions(),
            graph=house.graph(),
            emit=events.append,
        )
    assert isinstance(events[-1], RunResult) and events[-1].status == 3


def test_copied_page_keeps_its_bytes(house: House, pages: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(pages / "3.png"), np.full((8, 8, 3), 255, np.uint8))
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.copied, result.done) == (1, 5)
    assert (tmp_path / "out" / "3.png").read_bytes() == (pages / "3.png").read_bytes()
    assert house.calls["tint"] == house.calls["grow"] == 5
    result, _ = go(house, pages, tmp_path / "out")
    assert result.cached == 6
    house.calls.clear()
    result, _ = go(house, pages, tmp_path / "out", scale="2")
    assert (result.cached, result.done) == (1, 5)


def test_foreign_file_is_never_overwritten_without_force(house: House, pages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "2.png").write_bytes(b"mine")
    result, events = go(house, pages, out)
    assert (result.status, result.failed) == (1, 1)
    assert (out / "2.png").read_bytes() == b"mine"
    failure = next(event for event in events if isinstance(event, PageFailed))
    assert "--force" in failure.remedy
    result, _ = go(house, pages, out, force=True)
    assert (result.status, result.done) == (0, 6)
    assert (out / "2.png").read_bytes() != b"mine"


def test_until_leaves_artifacts_and_writes_no_page(house: House, pages: Path, tmp_path: Path) -> None:
    result, events = go(house, pages, tmp_path / "out", until="grow")
    assert (result.status, result.done) == (0, 6)
    folder = State(tmp_path / "out").page_folder("1.png")
    said = [event.message for event in events if isinstance(event, Announced)]
    assert said == [f"up to grow, so no page was written; what each stage left lies in {folder.parent}"]
    assert files(tmp_path / "out") == {}
    assert house.calls == {"decode": 6, "grow": 6}
    assert {path.name for path in folder.iterdir()} == {"grow.json", "grow.png"}
    document = json.loads((folder / "grow.json").read_text())
    assert document["_mangacolor"]["stage"] == "grow"
    result, _ = go(house, pages, tmp_path / "out", until="grow")
    assert (result.cached, result.stages_run) == (6, 0)


def test_from_forces_the_stage_and_what_follows(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out", keep=True)
    before = files(tmp_path / "out")
    house.calls.clear()
    result, _ = go(house, pages, tmp_path / "out", start="grow")
    assert house.calls == {"grow": 6, "encode": 6}
    assert (result.done, files(tmp_path / "out")) == (6, before)


def test_from_and_until_run_the_part_between(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out")
    house.calls.clear()
    go(house, pages, tmp_path / "out", start="judge", until="tint")
    assert house.calls == {"decode": 6, "judge": 6, "tint": 6}
    with pytest.raises(UsageError, match="selects nothing"):
        go(house, pages, tmp_path / "out", start="tint", until="grow")
    with pytest.raises(UsageError, match="no stage"):
        go(house, pages, tmp_path / "out", until="tnit")


def test_pages_are_counted_from_one(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out", pages="2,4-5")
    assert list(files(tmp_path / "out")) == ["2.png", "4.png", "5.png"]
    for wrong in ("7", "0", "3-2", "x", ""):
        with pytest.raises(UsageError, match="--pages"):
            go(house, pages, tmp_path / "out", pages=wrong)


def test_stopped_run_keeps_what_is_finished(house: House, pages: Path, tmp_path: Path) -> None:
    house.slow = 0.2
    cancel = CancelToken()

    def stop_after_one(event: Event) -> None:
        if isinstance(event, PageDone):
            cancel.request(143)

    result, events = go(house, pages, tmp_path / "out", cancel=cancel, listener=stop_after_one)
    assert result.status == 143 and 0 < result.done < 6
    assert events.count(Stopping()) == 1
    assert len(files(tmp_path / "out")) == result.done
    house.slow = 0
    again, _ = go(house, pages, tmp_path / "out")
    assert (again.status, again.cached, again.done) == (0, result.done, 6 - result.done)


def test_a_run_ends_after_its_threads(
    house: House, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = Lane._serve

    def linger(lane: Lane) -> None:
        serve(lane)
        time.sleep(0.2)

    monkeypatch.setattr(Lane, "_serve", linger)
    go(house, pages, tmp_path / "out")
    assert not at_work()


def test_two_runs_on_one_output_are_kept_apart(house: House, pages: Path, tmp_path: Path) -> None:
    with State(tmp_path / "out").locked(), pytest.raises(OutputError, match="another run"):
        go(house, pages, tmp_path / "out")
    assert go(house, pages, tmp_path / "out")[0].status == 0


def test_other_files_are_copied_along(house: House, pages: Path, tmp_path: Path) -> None:
    (pages / "notes.txt").write_text("credits")
    (pages / "film.mkv").write_bytes(bytes(range(256)) * 40_000)
    go(house, pages, tmp_path / "out")
    for name in ("notes.txt", "film.mkv"):
        assert (tmp_path / "out" / name).read_bytes() == (pages / name).read_bytes()
    before = (tmp_path / "out" / "notes.txt").stat().st_ino
    (pages / "film.mkv").unlink()
    go(house, pages, tmp_path / "out")
    assert (tmp_path / "out" / "notes.txt").stat().st_ino == before
    assert (tmp_path / "out" / "film.mkv").exists()


def test_files_get_the_time_of_writing_and_keep_it(house: House, pages: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(pages / "3.png"), np.full((8, 8, 3), 255, np.uint8))
    (pages / "notes.txt").write_text("credits")
    house.trouble = {"5.png": ValueError("no tint today")}
    for at, path in enumerate(sorted(pages.iterdir())):
        os.utime(path, ns=(0, 1_234_567_890_123_456_789 + at))
    started = time.time_ns() - 2 * 10**9  # clocks of file systems are coarse
    result, _ = go(house, pages, tmp_path / "out", on_error="copy")
    assert result.copied == result.failed == 1
    stamps = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert stamps.keys() == {path.name for path in pages.iterdir()}
    assert all(stamp >= started for stamp in stamps.values())
    old = 1_234_567_890_000_000_000
    for name in stamps:
        os.utime(tmp_path / "out" / name, ns=(old, old))
    write_page(pages / "2.png", 99)
    go(house, pages, tmp_path / "out", on_error="copy", start="encode")  # the others come out the same
    rewritten = {name for name in stamps if (tmp_path / "out" / name).stat().st_mtime_ns != old}
    assert rewritten == {"2.png"}


def test_a_file_swapped_for_one_of_its_size_and_time_is_noticed(
    house: House, pages: Path, tmp_path: Path
) -> None:
    go(house, pages, tmp_path / "out")
    done = tmp_path / "out" / "1.png"
    good, stat = done.read_bytes(), done.stat()
    done.write_bytes(bytes(len(good)))
    os.utime(done, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    result, _ = go(house, pages, tmp_path / "out")
    assert result.left == 1 and done.read_bytes() == bytes(len(good))
    go(house, pages, tmp_path / "out", force=True)
    assert done.read_bytes() == good


def test_resources_are_made_once(pages: Path, tmp_path: Path) -> None:
    made: list[int] = []

    def load(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        context.resource("model", lambda: made.append(1))
        return Artifact(blob=b"x")

    graph = Graph([Stage("load", load, no_config, lane="device")])
    result = run(
        [pages], tmp_path / "out", Options(device="cpu"), RunOptions(), graph=graph, emit=lambda _: None
    )
    assert (result.done, made) == (6, [1])


def test_fingerprint_is_part_of_the_key_and_checked_before_any_page(
    house: House, pages: Path, tmp_path: Path
) -> None:
    def graph(mark: str | None) -> Graph:
        def fingerprint(_config: NoConfig) -> str:
            if mark is None:
                raise SetupError("weights.pth is no weights file", "name another")
            return mark

        return Graph([Stage("only", lambda _c, _i: Artifact(blob=b"x"), no_config, fingerprint=fingerprint)])

    def once(mark: str | None) -> RunResult:
        return run([pages], tmp_path / "out", Options(), RunOptions(), graph=graph(mark), emit=lambda _: None)

    assert once("a").done == 6
    assert once("a").cached == 6
    assert once("b").done == 6
    with pytest.raises(SetupError, match="no weights file"):
        once(None)


def test_cancelled_before_the_start_does_nothing(house: House, pages: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.request()
    result, _ = go(house, pages, tmp_path / "out", cancel=cancel)
    assert result.status == Cancelled.status == 130
    assert not house.calls


def test_kept_file_is_committed_again_without_work(house: House, pages: Path, tmp_path: Path) -> None:
    go(house, pages, tmp_path / "out", keep=True)
    before = files(tmp_path / "out")
    (tmp_path / "out" / "2.png").unlink()
    result, _ = go(house, pages, tmp_path / "out")
    assert (result.done, result.cached, result.stages_run) == (1, 5, 0)
    assert files(tmp_path / "out") == before


def test_a_stage_that_is_not_asked_for_need_not_be_usable(pages: Path, tmp_path: Path) -> None:
    def unusable(_config: object) -> str:
        raise SetupError("no weights", "fetch them")

    house = House()
    whole = house.graph()
    stages = [whole.page_stage(name) for name in whole.names]
    graph = Graph([dataclasses.replace(s, fingerprint=unusable) if s.name == "tint" else s for s in stages])
    options, quiet = Options(device="cpu"), RunOptions(until="judge")
    result = run([pages], tmp_path / "out", options, quiet, graph=graph, emit=lambda _event: None)
    assert result.status == 0
    with pytest.raises(SetupError, match="no weights"):
        run([pages], tmp_path / "out", options, RunOptions(), graph=graph, emit=lambda _event: None)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems hold no such names")
def test_a_name_that_is_no_utf8_is_written_as_text(house: House, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_page(tmp_path / "page.png", 1)
    (tmp_path / "page.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/in/p\xe9.png"))
    result, events = go(house, tmp_path / "in", tmp_path / "out")
    assert result.status == 0 and [e.page for e in events if isinstance(e, PageDone)] == ["p�.png"]
    assert go(house, tmp_path / "in", tmp_path / "out")[0].cached == 1
