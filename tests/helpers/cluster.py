"""A real Dask scheduler and worker processes on this machine, with fake stages: started, killed, ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SCHEDULER = """
import asyncio
from distributed import Scheduler

async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()

asyncio.run(main())
"""

WORKER = """
import asyncio, os, sys
from distributed import Worker
from mangacolor.stages import registry
from mangacolor.tests.helpers.colouring import Colouring
from mangacolor.tests.helpers.fake_stages import House

if sys.argv[2] == "colouring":
    registry.default_graph = Colouring().graph
elif sys.argv[2] != "real":
    house = House(moody=sys.argv[2] == "moody")
    house.slow = float(sys.argv[3])
    house.deadly = set(filter(None, sys.argv[4].split(",")))
    registry.default_graph = house.graph

async def main():
    async with Worker(sys.argv[1], nthreads=1, dashboard=False, heartbeat_interval="200ms") as worker:
        print("ready", flush=True)
        await worker.finished()

asyncio.run(main())
"""


@dataclass
class BenchCluster:
    """A running scheduler, and the workers that were added to it."""

    address: str
    scheduler: subprocess.Popen[str]
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def add(self, stages: str = "plain", slow: float = 0.0, deadly: str = "", count: int = 1) -> None:
        """``count`` workers with these stages, once they have joined.

        ``stages``: ``plain`` or ``moody`` fake ones, ``colouring`` (helpers/colouring.py) or ``real``.
        ``slow``: seconds of tint. ``deadly``: pages at whose tint the worker's process dies, with commas.
        """
        new = [_python(WORKER, self.address, stages, str(slow), deadly) for _ in range(count)]
        self.workers += new
        for worker in new:
            assert worker.stdout is not None and worker.stdout.readline() == "ready\n"

    def kill(self, number: int) -> None:
        """End a worker as a machine dies."""
        worker = self.workers.pop(number)
        worker.kill()
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    quiet = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "critical"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=quiet,
    )


@contextmanager
def cluster() -> Iterator[BenchCluster]:
    scheduler = _python(SCHEDULER)
    assert scheduler.stdout is not None
    bench = BenchCluster(scheduler.stdout.readline().strip(), scheduler)
    try:
        yield bench
    finally:
        for _ in list(bench.workers):
            bench.kill(0)
        scheduler.kill()
        scheduler.wait()
        scheduler.stdout.close()
