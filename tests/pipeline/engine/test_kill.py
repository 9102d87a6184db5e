"""A run that is killed at any moment: nothing partial, nothing redone, the same bytes in the end."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from mangacolor.tests.helpers.fake_stages import write_page

RUN = """
import sys
import mangacolor.pipeline.run
from mangacolor.cli import main
from mangacolor.tests.helpers.fake_stages import House
house = House(moody=True)
house.slow = 0.02
mangacolor.pipeline.run.graph_of = house.graph_of
main(sys.argv[1:])
"""
PAGES = 12


def start(source: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(source), "--out", str(out), "--device", "cpu", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def pictures(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("*.png")}


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.002)


def kill_and_resume(source: Path, out: Path, seconds: float, after: str) -> int:
    """Kill a run ``seconds`` after a file of OUT has come; see that a second run finishes what is left.

    Returns the number of pages that were finished when it died.
    """
    with start(source, out) as running:
        assert running.stdout is not None
        wait_for(out / after)
        time.sleep(seconds)
        running.kill()
        told = [json.loads(line) for line in running.stdout.read().splitlines() if line.strip()]
    assert [path for path in out.iterdir() if path.name != ".mangacolor" and path.suffix != ".png"] == []
    assert all(cv2.imread(str(path)) is not None for path in out.glob("*.png"))
    finished = {event["page"] for event in told if event["event"] == "page_done"}
    with start(source, out) as running:
        assert running.stdout is not None
        again = [json.loads(line) for line in running.stdout.read().splitlines()]
    assert again[-1]["status"] == 0
    redone = {event["page"] for event in again[:-1] if event["stages"]}
    assert not redone & finished
    assert again[-1]["done"] + again[-1]["cached"] == PAGES
    return len(finished)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(PAGES):
        write_page(folder / f"{number}.png", number)
    return folder


def undisturbed(source: Path, out: Path) -> dict[str, bytes]:
    with start(source, out) as running:
        assert running.stdout is not None
        running.stdout.read()
    found = pictures(out)
    assert len(found) == PAGES
    return found


def test_killed_run_resumes(source: Path, tmp_path: Path) -> None:
    expected = undisturbed(source, tmp_path / "whole")
    kill_and_resume(source, tmp_path / "out", 0.05, "0.png")
    assert pictures(tmp_path / "out") == expected


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_many_moments(source: Path, tmp_path: Path) -> None:
    expected = undisturbed(source, tmp_path / "whole")
    moments = random.Random(0)
    finished = []
    for attempt in range(30):
        out = tmp_path / f"out{attempt}"
        # In the first pass, and in the second, when pages are being committed: how long they take, a
        # machine's speed decides, so the moments come closer and closer to their beginning.
        after, longest = (".mangacolor/lock", 1.0) if attempt % 3 == 0 else ("0.png", 0.4 * 0.85**attempt)
        finished.append(kill_and_resume(source, out, moments.uniform(0, longest), after))
        assert pictures(out) == expected
    assert min(finished) == 0 and len(set(finished)) > 3, finished
