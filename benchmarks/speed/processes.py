"""One process and several: what ``--processes`` brings on this machine, and what it costs.

``python benchmarks/speed/processes.py CHAPTER --processes 1 --processes 0`` colours CHAPTER once for each
number and round (0: as many as the command would take) and prints pages a second, seconds to the first
finished page, CPU seconds a page, cores in use on average, and the memory of all processes together (Linux).
``--cores`` takes fewer cores than there are, or pretends more: CPU seconds and memory then say what that
costs, and seconds nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

EVERY = 0.2  # seconds between looks at the memory
CHILD = "--one-run"


@click.command()
@click.argument("chapter", type=click.Path(exists=True, path_type=Path))
@click.option("--processes", multiple=True, type=click.IntRange(0), default=(1, 0), show_default=True)
@click.option("--cores", type=click.IntRange(1), help="Those there are, by default.")
@click.option("--scale", default="1", show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1))
def main(
    chapter: Path, processes: tuple[int, ...], cores: int | None, scale: str, device: str, rounds: int
) -> None:
    """Colour CHAPTER into folders that are thrown away, once for each number of processes in each round."""
    for _ in range(rounds):
        for count in processes:
            with tempfile.TemporaryDirectory() as out:
                arguments = [str(chapter), out, str(count), str(cores or 0), scale, device]
                subprocess.run([sys.executable, __file__, CHILD, *arguments], check=True)


def measure(chapter: Path, out: Path, processes: int, cores: int, scale: str, device: str) -> None:
    """Colour a chapter in this process, or those that it starts, and print what it took."""
    from mangacolor.core import cpu

    cpu.one_thread_for_blas()
    if cores:
        cpu.use_only(cores)
    from mangacolor.core.settings import Options, RunOptions
    from mangacolor.pipeline.events import Event, PageDone, StageDone
    from mangacolor.pipeline.run import run

    started, first, whole = time.perf_counter(), 0.0, dict[str, float]()
    pages = {path.name for path in chapter.iterdir()} if chapter.is_dir() else set()

    def note(event: Event) -> None:
        nonlocal first
        if isinstance(event, PageDone):
            first = first or time.perf_counter() - started
        elif isinstance(event, StageDone) and Path(event.page).name not in pages:
            whole[event.stage] = whole.get(event.stage, 0.0) + event.seconds

    peak = [0, 0]
    threading.Thread(target=_watch, args=(peak,), daemon=True).start()
    options = Options(scale=scale, device=device)  # type: ignore[arg-type]
    result = run([chapter], out, options, RunOptions(processes=processes), emit=note, may_split=True)
    wall, times = time.perf_counter() - started, os.times()
    used = times.user + times.system + times.children_user + times.children_system
    done = max(1, result.done)
    serial = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in whole.items())
    print(
        f"{peak[1]:2} processes, {cpu.usable_cores()} cores: status {result.status}, {result.done} pages, "
        f"{wall:.1f} s, {result.done / wall:.2f} pages/s, first page {first:.1f} s, "
        f"{used:.1f} CPU s, {used / done:.2f} a page, {used / wall:.1f} cores, {peak[0] / 2**20:,.0f} MiB; "
        f"whole chapters: {serial or 'nothing'}",
        flush=True,
    )


def _watch(peak: list[int]) -> None:
    """Note the most memory, in bytes, and processes that this process has with its children. Linux only."""
    page = os.sysconf("SC_PAGE_SIZE")
    me = Path("/proc/self/task")
    while True:
        children = {child for task in me.iterdir() for child in _read(task / "children").split()}
        pids = [pid for pid in children if "resource_tracker" not in _read(Path(f"/proc/{pid}/cmdline"))]
        sizes = [_read(Path(f"/proc/{pid}/statm")).split() for pid in (*pids, "self")]
        peak[0] = max(peak[0], sum(int(size[1]) * page for size in sizes if size))
        peak[1] = max(peak[1], len(pids) or 1)
        time.sleep(EVERY)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended
        return ""


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        processes, cores = map(int, sys.argv[4:6])
        measure(Path(sys.argv[2]), Path(sys.argv[3]), processes, cores, *sys.argv[6:8])
    else:
        main()
