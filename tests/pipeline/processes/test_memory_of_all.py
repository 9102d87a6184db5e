"""What processes have of the memory, and what the one that leads holds of pages that wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.core.cpu import planning_for, usable_cores
from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.engine import local
from mangacolor.pipeline.engine.memory import MemoryLimit, Need
from mangacolor.pipeline.events import PageDone, PageStarted
from mangacolor.pipeline.processes import crew
from mangacolor.pipeline.processes.messages import PageWork
from mangacolor.pipeline.processes.process import Process
from mangacolor.pipeline.processes.shares import processes_for
from mangacolor.tests.helpers.fake_stages import files, write_page
from mangacolor.tests.helpers.processes import FakeStages, split

MIB = 2**20


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[PageWork]:
    """The pages that are handed to processes."""
    found: list[PageWork] = []

    class Noted(Process):
        def send(self, message: object) -> None:
            if isinstance(message, PageWork):
                found.append(message)
            super().send(message)

    monkeypatch.setattr(crew, "Process", Noted)
    return found


def write_pages(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(1, count + 1):
        write_page(folder / f"{number}.png", number, brightest=200)
    return folder


def test_a_page_whose_second_pass_alone_needs_the_memory_of_all_is_done(
    tmp_path: Path, sent: list[PageWork]
) -> None:
    """Its first pass fits into what one process has; looked at there, the second must not fail it."""
    pages = write_pages(tmp_path / "in", 30)
    large = np.random.default_rng(1).integers(0, 200, (100, 100), np.uint8)
    cv2.imwrite(str(pages / "30.png"), large)
    settings = RunOptions(processes=2, jobs=2, memory=1000 * MIB)  # 400 MiB for each process
    result, _ = split(FakeStages(weight=40_000), pages, tmp_path / "out", 2, run_options=settings)
    assert (result.done, result.failed) == (30, 0)
    assert [work.first_pass for work in sent if work.page == "30.png"] == [True, False]


def test_memory_is_weighed_for_a_process_with_fewer_cores() -> None:
    """Networks take buffers for each core: a process with four of sixteen takes those of four."""

    def needs(cores: int) -> list[Need]:
        with planning_for(cores):
            return [Need({"networks": 100 * MIB * usable_cores()})]

    fits = MemoryLimit(4 * 1100 * MIB, 16)  # 100 + 400 + 3 times 130 MiB for each of four, and the leader's
    assert processes_for(100, 0, 4, 16, fits, needs) == 4
    before = usable_cores()
    assert needs(before + 1) == [Need({"networks": 100 * MIB * (before + 1)})] and usable_cores() == before


def test_files_beyond_what_may_be_held_are_read_again(
    tmp_path: Path, sent: list[PageWork], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = write_pages(tmp_path / "in", 8)
    split(FakeStages(moody=False), pages, tmp_path / "held", 2)
    assert sorted(work.source for work in sent) == sorted(files(pages).values())
    sent.clear()
    monkeypatch.setattr(local, "FILES_HELD", 0)
    result, _ = split(FakeStages(moody=False), pages, tmp_path / "again", 2)
    assert result.done == 8 and {work.source for work in sent} == {b""}
    assert files(tmp_path / "again") == files(tmp_path / "held")


class Nowhere:
    """Other processes for which there is never enough memory."""

    wanted, room = 40.0, 60

    def begin(self, *_: object) -> bool:
        return False


def test_pages_that_stay_here_are_no_more_at_once_than_without_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mangacolor.pipeline.run._other_processes", lambda *_: Nowhere())
    at_work, most = set[str](), 0

    def note(event: Any) -> None:
        nonlocal most
        if isinstance(event, PageStarted):
            at_work.add(event.page)
        elif isinstance(event, PageDone):
            at_work.remove(event.page)
        most = max(most, len(at_work))

    settings = RunOptions(jobs=2)
    pages = write_pages(tmp_path / "in", 30)
    stages = FakeStages(moody=False, slow=0.01)
    result, _ = split(stages, pages, tmp_path / "out", 0, run_options=settings, listener=note)
    assert result.done == 30
    assert most <= 2 + local.MORE_PAGES
