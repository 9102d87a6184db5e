"""The command as if this machine had more cores: what its threads cost when there are many.

``python benchmarks/speed/pretended_cores.py CHAPTER --cores 2 --cores 16`` colours CHAPTER once for each
number and prints CPU seconds, forced context switches and threads that were ready to run. With threads that
fight or spin, these grow with the number of cores, though the work is the same; wall time says nothing here.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

EVERY = 0.02  # seconds between looks at the threads
CHILD = "--pretend"


@click.command()
@click.argument("chapter", type=click.Path(exists=True, path_type=Path))
@click.option("--cores", multiple=True, type=click.IntRange(1), default=(2, 4, 8, 16), show_default=True)
@click.option("--scale", default="1", show_default=True)
def main(chapter: Path, cores: tuple[int, ...], scale: str) -> None:
    """Colour CHAPTER into a folder that is thrown away, once for each number of cores."""
    for count in cores:
        with tempfile.TemporaryDirectory() as out:
            arguments = [str(count), str(chapter), "--out", out, "--scale", scale, "--quiet"]
            environment = os.environ | {"OMP_NUM_THREADS": str(count)}
            subprocess.run([sys.executable, __file__, CHILD, *arguments], check=True, env=environment)


def pretend(count: int, arguments: list[str]) -> None:
    """Run the command in this process as if it had ``count`` cores, and print what it took."""
    from mangacolor.core import cpu

    cpu.one_thread_for_blas()  # as the command does, before anything imports NumPy
    import cv2

    cpu.use_only(count)
    cv2.setNumThreads(count)
    from mangacolor.cli import main as run_command

    ready: list[int] = []
    threading.Thread(target=_watch, args=(ready,), daemon=True).start()
    started = time.perf_counter()
    status: object = None
    try:
        run_command(arguments)
    except SystemExit as ended:
        status = ended.code
    wall, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    ready.sort()
    print(
        f"{count:3} cores: status {status}, wall {wall:.1f} s, CPU {used.ru_utime + used.ru_stime:.1f} s, "
        f"forced switches {used.ru_nivcsw:,}, ready threads {ready[len(ready) // 2]} (median), "
        f"{ready[int(0.95 * len(ready))]} (of 95 %), {used.ru_maxrss // 1024:,} MiB",
        flush=True,
    )
    os._exit(0)


def _watch(ready: list[int]) -> None:
    """Count the threads of this process that run or wait for a core. Linux only."""
    tasks = Path("/proc/self/task")
    while True:
        states = []
        for task in tasks.iterdir():
            try:
                states.append((task / "stat").read_text().rpartition(")")[2].split()[0])
            except OSError:
                continue  # it has ended
        ready.append(states.count("R"))
        time.sleep(EVERY)


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        pretend(int(sys.argv[2]), sys.argv[3:])
    main()
