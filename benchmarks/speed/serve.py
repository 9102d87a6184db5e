"""How fast ``mangacolor serve`` answers, and what its memory does: a real process, asked over HTTP.

    python benchmarks/speed/serve.py [PAGE...] [--count 10] [--size 1400x2000] [--small 500]

Sends pages of one size one after the other, then each again from what was kept, then some together, and tells
seconds, CPU seconds a page and the process's memory. ``--small N`` sends N further pages of 300×420 and tells
how memory grows. On a busy machine go by CPU seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import cv2
import httpx
import numpy as np

from mangacolor.tests.helpers.paths import ROOT

TICKS = os.sysconf("SC_CLK_TCK")


@click.command(help=__doc__)
@click.argument("pages", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--size", default="1400x2000", help="Of the pages that are sent, width and height.")
@click.option("--count", default=10, help="Pages one after the other.")
@click.option("--at-once", default=6, help="Pages together.")
@click.option("--small", default=0, help="Small pages, to see what memory does.")
@click.option("--jobs", default=0, help="As serve's own.")
def main(pages: tuple[Path, ...], size: str, count: int, at_once: int, small: int, jobs: int) -> None:
    width, height = (int(side) for side in size.split("x"))
    sources = pages or tuple(sorted((ROOT / "examples/chapter").glob("*.png"))[1:])
    with tempfile.TemporaryDirectory() as data:
        command = [
            sys.executable,
            "-m",
            "mangacolor",
            "serve",
            "--port",
            "0",
            "--data",
            data,
            "--jobs",
            str(jobs),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                address = process.stdout.readline().strip()
                with httpx.Client(base_url=address, trust_env=False, timeout=300) as client:
                    while client.get("/api/health").json()["state"] != "ready":
                        time.sleep(0.1)
                    measure(client, process.pid, sources, (width, height), count, at_once)
                    if small:
                        soak(client, process.pid, sources, small)
            finally:
                process.terminate()


def measure(
    client: httpx.Client, pid: int, sources: tuple[Path, ...], size: tuple[int, int], count: int, at_once: int
) -> None:
    """One after the other, again, and together."""
    made = [page_of(sources[number % len(sources)], size, number) for number in range(count + at_once)]
    busy = cpu_seconds(pid)
    first = [asked(client, page) for page in made[:count]]
    busy = cpu_seconds(pid) - busy
    again = [asked(client, page) for page in made[:count]]
    print(f"a page of {size[0]}×{size[1]}: median {statistics.median(first):.2f} s, most {max(first):.2f} s")
    print(f"  CPU {busy / count:.2f} s a page, memory {memory(pid)} MiB")
    print(f"the same again: median {1000 * statistics.median(again):.0f} ms, most {1000 * max(again):.0f} ms")
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda page: asked(client, page), made[count:]))
    seconds = time.perf_counter() - started
    print(f"{at_once} at once: {seconds / at_once:.2f} s a page, memory {memory(pid)} MiB")


def soak(client: httpx.Client, pid: int, sources: tuple[Path, ...], count: int) -> None:
    """Many small pages one after the other."""
    for number in range(count):
        asked(client, page_of(sources[number % len(sources)], (300, 420), number))
        if number + 1 in (50, 100, 200, 300, 400, 500) or number + 1 == count:
            print(f"after {number + 1} small pages: {memory(pid)} MiB")


def asked(client: httpx.Client, page: bytes) -> float:
    """Seconds until the answer is there."""
    started = time.perf_counter()
    answer = client.post("/v1/pages", content=page)
    assert answer.status_code == 200, answer.status_code
    return time.perf_counter() - started


def page_of(path: Path, size: tuple[int, int], number: int) -> bytes:
    """A page of this size, grey and like no other."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    resized = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    resized[0, :32] = [255 * (number >> bit & 1) for bit in range(32)]
    return bytes(cv2.imencode(".jpg", resized, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def memory(pid: int) -> int:
    """MiB that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
