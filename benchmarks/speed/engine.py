"""What the engine itself costs: ``python benchmarks/speed/engine.py PART...``, or all of them.

    memory    200 small pages against 20, cheap stages: peak memory, time a page
    real      60 against 6 with the real stages; a second run, a changed option, a changed page
    overhead  30 pages: wall time against the busiest lane's own work, with sleeping stages and real ones
    cluster   two workers against one, with a stage that sleeps

Times are ratios of runs that follow each other: what else the machine does spoils them least so. Where only
work counts, it is the processor's time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Inputs
from mangacolor.pipeline.events import Event, StageDone
from mangacolor.pipeline.run import run
from mangacolor.stages.base import Lane, NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.cluster import cluster
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.stages import comic_page


@dataclass(frozen=True, slots=True)
class Finished:
    """A run of the command: its last line, and what it took of the machine."""

    result: dict[str, Any]
    seconds: float
    peak: float  # MiB


def command(source: Path, out: Path, *options: str) -> Finished:
    """Run ``mangacolor source --out out`` in a process of its own."""
    began = time.perf_counter()
    line = [sys.executable, "-m", "mangacolor", str(source), "--out", str(out), "--json", "--quiet"]
    with subprocess.Popen([*line, "--device", "cpu", *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = process.stdout.read().splitlines()[-1]
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    seconds = time.perf_counter() - began
    return Finished(json.loads(last), seconds, usage.ru_maxrss / 1024)


def write_comic(folder: Path, pages: int, scale: int = 1) -> None:
    """Pages of 420×300 pixels times ``scale``, no two alike."""
    folder.mkdir()
    for number in range(pages):
        page = comic_page(scale * 420 + number % 7, scale * 300 + number % 5)
        cv2.circle(page, (60 + 7 * number % 180, 100), 20 + number % 15, 40, 2)
        cv2.imwrite(str(folder / f"{number:03d}.png"), page)


def memory(tmp: Path) -> None:
    """In a process that is warm, so that neither torch's 0.6 GiB nor its import hide what pages cost."""
    few, many = tmp / "few", tmp / "many"
    write_comic(few, 20, scale=3)
    write_comic(many, 200, scale=3)
    for stages in ("plain", "moody"):
        line = [sys.executable, "-c", WARM, str(tmp), stages]
        done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True)
        small, large = (json.loads(row) for row in done.stdout.splitlines())
        print(
            f"{stages} stages, 200 pages of 1.1 megapixels against 20: peak {large['peak']:.0f} and "
            f"{small['peak']:.0f} MiB, {large['peak'] / small['peak']:.3f}; above the start "
            f"{large['above']:.0f} and {small['above']:.0f} MiB; processor {1000 * large['page']:.1f} and "
            f"{1000 * small['page']:.1f} ms a page, {large['page'] / small['page']:.3f}",
            flush=True,
        )


WARM = """
import json, re, sys, time
from pathlib import Path
from mangacolor.tests.helpers.fake_stages import House, go

def rss(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

tmp, moody = Path(sys.argv[1]), sys.argv[2] == "moody"
go(House(moody), tmp / "few", tmp / f"warm{moody}", scale="2")
for name, pages in (("few", 20), ("many", 200)):
    Path("/proc/self/clear_refs").write_text("5")
    base, began = rss("VmRSS"), time.process_time()
    result, _ = go(House(moody), tmp / name, tmp / f"{name}{moody}", scale="2", memory=2 << 30)
    assert result.done == pages
    page = (time.process_time() - began) / pages
    print(json.dumps({"peak": rss("VmHWM"), "above": rss("VmHWM") - base, "page": page}))
"""


def real(tmp: Path) -> None:
    few, many = tmp / "few", tmp / "many"
    write_comic(few, 6)
    write_comic(many, 60)
    for flag in ("--no-harmonize", "--harmonize"):
        small, large = (command(p, tmp / f"{p.name}{flag}", "--scale", "1", flag) for p in (few, many))
        print(
            f"{flag}, 60 pages against 6: peak {large.peak:.0f} and {small.peak:.0f} MiB, "
            f"{large.peak / small.peak:.3f}; "
            f"{large.result['seconds']:.1f} s and {small.result['seconds']:.1f} s",
            flush=True,
        )
    start = command(few, tmp / "few--harmonize", "--scale", "1")
    again = command(many, tmp / "many--harmonize", "--scale", "1")
    print(
        f"again: {start.seconds:.2f} s for 6 pages, {again.seconds:.2f} s for 60: "
        f"{100 * (again.seconds - start.seconds) / 54:.2f} s for 100 pages; {again.result['cached']} cached",
        flush=True,
    )
    out = tmp / "few--harmonize"
    scaled = command(few, out, "--scale", "2")
    print(f"--scale 2: {scaled.result['done']} done, {scaled.result['network_calls']} network calls")
    page = cv2.imread(str(few / "003.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(few / "003.png"), np.asarray(cv2.flip(np.asarray(page), 1)))
    alone = command(few, tmp / "one", "--scale", "2", "--pages", "4")
    changed = command(few, out, "--scale", "2")
    print(
        f"one page changed: {changed.result['network_calls']} network calls "
        f"(that page alone: {alone.result['network_calls']}), {changed.result['done']} pages painted again"
    )


def lane_work(graph: Graph, events: Sequence[Event], threads: int) -> dict[str, float]:
    """Seconds of each lane's stages, divided among its threads."""
    work: dict[str, float] = {}
    for event in events:
        if isinstance(event, StageDone):
            stage = graph[event.stage]
            lane = getattr(stage, "lane", "cpu")
            work[lane] = work.get(lane, 0.0) + event.seconds
    shared = {"cpu": threads, "io": max(2, threads), "device": 1}
    return {lane: seconds / shared[lane] for lane, seconds in work.items()}


def measure(name: str, source: Path, out: Path, graph: Graph, jobs: int, options: Options) -> None:
    events: list[Event] = []
    result = run([source], out, options, RunOptions(jobs=jobs), graph=graph, emit=events.append)
    work = lane_work(graph, events, jobs)
    busiest = max(work, key=work.__getitem__)
    print(
        f"{name}: {result.done} pages in {result.seconds:.2f} s; "
        f"{busiest} lane {work[busiest]:.2f} s of work: {result.seconds / work[busiest]:.3f}",
        flush=True,
    )


def sleeping_graph() -> Graph:
    """decode → paint → encode, 20, 100 and 60 milliseconds a page."""

    def sleeper(seconds: float, last: bool) -> Any:
        def sleep(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
            time.sleep(seconds)
            return Artifact(blob=b"x") if last else Artifact({})

        return sleep

    def stage(name: str, seconds: float, lane: Lane, *needs: str, last: bool = False) -> Stage[Any]:
        return Stage(name, sleeper(seconds, last), no_config, needs, lane=lane)

    return Graph(
        [
            stage("decode", 0.02, "cpu"),
            stage("paint", 0.1, "device", "decode"),
            stage("encode", 0.06, "io", "paint", last=True),
        ]
    )


def overhead(tmp: Path) -> None:
    import torch

    torch.zeros(1)  # importing it is no part of the engine
    source = tmp / "pages"
    write_comic(source, 30)
    options = Options(device="cpu", scale="1")
    for jobs in (1, 2, 4):
        measure(f"sleeping, --jobs {jobs}", source, tmp / f"sleep{jobs}", sleeping_graph(), jobs, options)
    measure("warming up", source, tmp / "warm", default_graph(), 2, options)  # the libraries of the stages
    for scale in ("1", "2"):
        options = Options(device="cpu", scale=scale)
        measure(f"real, --scale {scale}", source, tmp / f"real{scale}", default_graph(), 2, options)


def workers(tmp: Path) -> None:
    source = tmp / "in"
    source.mkdir()
    for number in range(48):
        write_page(source / f"{number}.png", number)
    seconds = {}
    for count in (1, 2):
        with cluster() as bench:
            bench.add("plain", 0.25, count=count)
            go(House(), source, tmp / f"warm{count}", cluster=bench.address, pages=f"1-{4 * count}")
            result, _ = go(House(), source, tmp / f"out{count}", cluster=bench.address)
        seconds[count] = result.seconds
        print(f"{count} workers: {result.done} pages in {result.seconds:.2f} s")
    print(f"two against one: {seconds[1] / seconds[2]:.2f} times the pages a second")


PARTS = {"memory": memory, "real": real, "overhead": overhead, "cluster": workers}


def main(names: Sequence[str]) -> None:
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            print(f"-- {name}", flush=True)
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
