"""``--processes``: runs whose pages really are done by other processes, some of which are killed."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from mangacolor.core.errors import DeviceError, PageError
from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Announced, Event, PageDone, PageFailed, PageHalfway, StageDone
from mangacolor.pipeline.processes import crew
from mangacolor.pipeline.processes.process import Process
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.fake_stages import House, files, write_pages
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.processes import FakeStages, split

PAGES = 12


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "in", PAGES)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The processes that runs have started."""
    found: list[Process] = []

    class Noted(Process):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            found.append(self)

    monkeypatch.setattr(crew, "Process", Noted)
    return found


def kept(out: Path) -> dict[str, object]:
    """What lies in the state folder but for times."""
    found: dict[str, object] = {}
    for path in sorted((out / ".mangacolor").rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.suffix == ".json" and ("/pages/" in name or "/chapters/" in name) and path.stem != "written":
            document = json.loads(path.read_text("utf-8"))
            document.pop("_digest", None)  # of all of it, its times too
            for said in (document, *document.values()):
                if isinstance(said, dict):
                    said.pop("seconds", None)
            found[name] = document
        elif path.suffix == ".png" and path.is_file():
            found[name] = path.read_bytes()
    return found


def lines(out: Path) -> dict[str, tuple[object, ...]]:
    """What the manifest says of files, but for times."""
    rows = [json.loads(line) for line in State(out).manifest.read_text("utf-8").splitlines()]
    names = ("file", "key", "sha256", "outcome", "panels", "source", "reason")
    return {row["page"]: tuple(row[name] for name in names) for row in rows if "page" in row}


def told(events: list[Event]) -> Counter[object]:
    """What is told of pages and stages, in whichever order."""
    marks: list[object] = []
    for event in events:
        if isinstance(event, StageDone):
            marks.append((event.page, event.stage))
        elif isinstance(event, PageDone):
            marks.append((event.page, event.outcome, event.reason, tuple(event.stages)))
        elif isinstance(event, PageFailed | PageHalfway):
            marks.append(event)
        else:
            marks.append(type(event).__name__)
    return Counter(marks)


def test_an_archive_with_failures_is_that_of_one_process(
    pages: Path, tmp_path: Path, started: list[Process]
) -> None:
    """Bytes, what is kept, the manifest, events and status; then a run that finds all done starts nothing."""
    source = tmp_path / "x.cbz"
    with zipfile.ZipFile(source, "w") as archive:
        for page in sorted(pages.iterdir()):
            archive.writestr(page.name, page.read_bytes() if page.name != "3.png" else b"no picture")
    stages = FakeStages(trouble=(("x.cbz/5.png", PageError("too dark", "Turn on the light.")),))
    results, marks = [], []
    for out, processes in (("two", 2), ("one", 1)):
        result, events = split(stages, source, tmp_path / out, processes)
        results.append((result.status, result.done, result.failed, result.stages_run, result.network_calls))
        marks.append(told(events))
    assert results[0] == results[1] and results[0][:3] == (1, PAGES - 2, 2)
    assert marks[0] == marks[1]
    assert files(tmp_path / "two") == files(tmp_path / "one")
    assert kept(tmp_path / "two") == kept(tmp_path / "one")
    assert lines(tmp_path / "two") == lines(tmp_path / "one")
    assert not list(State(tmp_path / "two").parts.iterdir())
    assert len(started) == 2 and not any(is_alive(process) for process in started)

    whole = tmp_path / "whole"
    split(FakeStages(), pages, whole, 1)
    again, _ = split(FakeStages(), pages, whole, 2)
    assert (again.cached, again.stages_run, len(started)) == (PAGES, 0, 2)


def is_alive(process: Process) -> bool:
    return process.pid is not None and Path(f"/proc/{process.pid}/exe").exists()


def test_a_page_that_kills_its_process_fails_alone(
    pages: Path, tmp_path: Path, started: list[Process]
) -> None:
    stages = FakeStages(deadly=frozenset({"7.png"}))
    result, events = split(stages, pages, tmp_path / "out", 2)
    assert (result.status, result.done, result.failed) == (1, PAGES - 1, 1)
    (failed,) = (event for event in events if isinstance(event, PageFailed))
    assert (failed.page, failed.stage) == ("7.png", "worker") and "memory" in failed.remedy
    assert (tmp_path / "out" / "7.png").read_bytes() == (pages / "7.png").read_bytes()
    assert len(started) == 4  # two, and a stand-in for each that was lost
    ended = Counter(event.page for event in events if isinstance(event, PageDone | PageFailed))
    assert set(ended.values()) == {1} and len(ended) == PAGES


def test_a_stop_leaves_no_process_and_keeps_what_is_finished(
    pages: Path, tmp_path: Path, started: list[Process]
) -> None:
    cancel = CancelToken()

    def stop_after_one(event: Event) -> None:
        if isinstance(event, PageDone):
            cancel.request(143)

    stages = FakeStages(moody=False, slow=0.1)
    result, _ = split(stages, pages, tmp_path / "out", 2, cancel=cancel, listener=stop_after_one)
    assert result.status == 143 and 0 < result.done < PAGES
    assert not any(is_alive(process) for process in started)
    finished = files(tmp_path / "out")
    again, _ = split(FakeStages(moody=False), pages, tmp_path / "out", 1)
    assert again.cached == len(finished) and again.done == PAGES - len(finished)


def test_a_card_that_fails_elsewhere_ends_the_run_by_its_name(pages: Path, tmp_path: Path) -> None:
    """Errors that end a run come back as what they were."""
    stages = FakeStages(trouble=(("4.png", DeviceError("it fell off the bus", "Use --device cpu.")),))
    with pytest.raises(DeviceError, match="fell off") as error:
        split(stages, pages, tmp_path / "out", 2)
    assert (error.value.device, error.value.remedy) == ("cpu", "Use --device cpu.")


def test_few_pages_and_one_process_start_none(pages: Path, tmp_path: Path, started: list[Process]) -> None:
    for number in range(2, PAGES + 1):
        (pages / f"{number}.png").unlink()
    assert split(FakeStages(), pages, tmp_path / "few", 4)[0].done == 1
    assert not started


def test_stages_that_no_other_process_can_make_stay_here(
    pages: Path, tmp_path: Path, started: list[Process]
) -> None:
    house = House()
    assert split(house.graph_of, pages, tmp_path / "out", 2)[0].done == PAGES == house.calls["tint"]
    assert not started


def test_pages_of_which_little_is_left_are_not_worth_a_process(
    pages: Path, tmp_path: Path, started: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another scale leaves three stages of five: twelve pages are less than eight whole ones then."""
    split(FakeStages(), pages, tmp_path / "out", 1)
    monkeypatch.setattr("mangacolor.pipeline.processes.shares.usable_cores", lambda: 8)
    monkeypatch.setattr(crew, "usable_cores", lambda: 8)
    result, _ = split(FakeStages(), pages, tmp_path / "out", 0, scale="2", may_split=True)
    assert (result.done, result.network_calls, started) == (PAGES, 0, [])
    result, _ = split(FakeStages(), pages, tmp_path / "new", 0, scale="2", may_split=True)
    assert (result.done, len(started)) == (PAGES, 2)
    assert files(tmp_path / "new") == files(tmp_path / "out")


def test_where_no_process_starts_the_run_is_done_all_the_same(
    pages: Path, tmp_path: Path, started: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter may be none that can be started anew, as inside another program."""
    monkeypatch.setattr("mangacolor.pipeline.processes.shares.usable_cores", lambda: 8)
    monkeypatch.setattr(crew, "usable_cores", lambda: 8)
    monkeypatch.setattr("multiprocessing.spawn.get_executable", lambda: b"/bin/false")
    result, events = split(FakeStages(), pages, tmp_path / "out", 0, may_split=True)
    assert (result.status, result.done, len(started)) == (0, PAGES, 2)
    assert ["--processes 1" in event.message for event in events if isinstance(event, Announced)] == [True]
    split(FakeStages(), pages, tmp_path / "one", 1)
    assert files(tmp_path / "out") == files(tmp_path / "one")


def test_where_the_system_has_no_room_for_processes_the_run_says_so(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as were asked for by number."""

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refuse)
    result, events = split(FakeStages(), pages, tmp_path / "out", 2)
    (told,) = (event.message for event in events if isinstance(event, Announced))
    assert (result.status, result.done) == (0, PAGES)
    assert "cannot be started (Resource temporarily unavailable): this one does all" in told


LEADER = """
import sys
from pathlib import Path

from mangacolor.tests.helpers.processes import FakeStages, split

if __name__ == "__main__":
    split(FakeStages(slow=30), Path(sys.argv[1]), Path(sys.argv[2]), 2, listener=print)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_processes_end_with_the_one_that_leads_even_if_that_is_killed(pages: Path, tmp_path: Path) -> None:
    script = tmp_path / "leader.py"
    script.write_text(LEADER)
    leader = subprocess.Popen(
        [sys.executable, "-u", script, pages, tmp_path / "out"], stdout=subprocess.PIPE, text=True
    )
    assert leader.stdout is not None
    assert any("StageStarted" in line for line in leader.stdout)  # one of them is at work
    children = Path(f"/proc/{leader.pid}/task/{leader.pid}/children").read_text().split()
    assert len(children) >= 2
    leader.kill()
    leader.wait()
    leader.stdout.close()
    until = time.monotonic() + 30
    while any(is_running(int(child)) for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(is_running(int(child)) for child in children)


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only waits to be taken note of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_real_stages_give_the_bytes_of_one_process(tmp_path: Path) -> None:
    from mangacolor.api import colorize_chapter

    source = tmp_path / "in"
    source.mkdir()
    for page in sorted((ROOT / "examples" / "chapter").iterdir())[:4]:
        (source / page.name).write_bytes(page.read_bytes())
    results = [
        colorize_chapter(source, tmp_path / f"{n}", processes=n, scale=1, device="cpu") for n in (2, 1)
    ]
    assert (results[0].status, results[0].done) == (0, results[1].done)
    assert results[0].network_calls == results[1].network_calls
    assert files(tmp_path / "2") == files(tmp_path / "1")
    assert kept(tmp_path / "2") == kept(tmp_path / "1")


SCRIPT = """
from pathlib import Path

from mangacolor.tests.helpers.processes import FakeStages, split

print("begun", flush=True)
result, events = split(FakeStages(), Path({pages!r}), Path({out!r}), 2)
print(result.done, any("Announced" in type(event).__name__ for event in events))
"""


def test_a_script_without_a_guard_is_not_run_again_by_each_process(pages: Path, tmp_path: Path) -> None:
    script = tmp_path / "bare.py"
    script.write_text(SCRIPT.format(pages=str(pages), out=str(tmp_path / "out")))
    ended = subprocess.run([sys.executable, script], check=False, capture_output=True, text=True, timeout=120)
    assert (ended.stdout, ended.stderr) == (f"begun\n{PAGES} False\n", "")


def test_python_has_one_process_unless_it_asks(pages: Path, tmp_path: Path, started: list[Process]) -> None:
    """On a machine with many cores, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mangacolor.pipeline.processes.shares.usable_cores", lambda: 64)
        result, _ = split(FakeStages(), pages, tmp_path / "out", 0, run_options=RunOptions())
    assert (result.done, started) == (PAGES, [])
