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

from mangacolor.tests.fake_stages import write_page

RUN = """
import sys
import mangacolor.pipeline.run
from mangacolor.cli import main
from mangacolor.tests.fake_stages import House
house = House()
house.slow = 0.02
mangacolor.pipeline.run.default_graph = house.graph
main(sys.argv[1:])
"""
PAGES = 12


def start(source: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(source), "--out", str(out), "--device", "cpu", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def pictures(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("*.png")}


def kill_and_resume(source: Path, out: Path, seconds: float) -> None:
    """Kill a run ``seconds`` after its first page; see that a second run finishes what is left."""
    with start(source, out) as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        time.sleep(seconds)
        running.kill()
        told = [json.loads(line) for line in [first, *running.stdout.read().splitlines()] if line.strip()]
    assert [path for path in out.iterdir() if path.name != ".mangacolor" and path.suffix != ".png"] == []
    assert all(cv2.imread(str(path)) is not None for path in out.glob("*.png"))
    finished = {event["page"] for event in told if event["event"] == "page_done"}
    with start(source, out) as running:
        assert running.stdout is not None
        again = [json.loads(line) for line in running.stdout.read().splitlines()]
    assert again[-1]["status"] == 0
    redone = {event["page"] for event in again[:-1] if event["stages"]}
    assert not redone & finished


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
    kill_and_resume(source, tmp_path / "out", 0.1)
    assert pictures(tmp_path / "out") == expected


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_many_moments(source: Path, tmp_path: Path) -> None:
    expected = undisturbed(source, tmp_path / "whole")
    moments = random.Random(0)
    for attempt in range(30):
        out = tmp_path / f"out{attempt}"
        kill_and_resume(source, out, moments.uniform(0, 0.35))
        assert pictures(out) == expected
