"""Threads that run tasks: what counts against a task's time."""

from __future__ import annotations

import contextlib
import queue
import threading
from types import SimpleNamespace

import pytest

from mangacolor.pipeline.engine import worker_pools
from mangacolor.pipeline.engine.worker_pools import Completion, Lane

LIMIT = 10.0  # seconds of the test's own clock


@pytest.mark.parametrize("fails", [False, True])
def test_a_task_is_on_the_clock_again_after_it_was_off_it(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where what was off the clock has failed, and the task goes on."""
    now = [0.0]
    monkeypatch.setattr(worker_pools, "time", SimpleNamespace(monotonic=lambda: now[0]))
    completions: queue.SimpleQueue[Completion] = queue.SimpleQueue()
    lane, begun, off, on, released = Lane("test", 1, completions), *(threading.Event() for _ in range(4))

    def work(lane: Lane) -> None:
        with contextlib.suppress(ValueError), lane.off_the_clock():
            begun.set()
            off.wait()
            if fails:
                raise ValueError
        on.set()
        released.wait()

    lane.submit("it", (0, 0), work)
    begun.wait()
    now[0] += 2 * LIMIT
    assert lane.write_off(LIMIT, lambda _token: True) == []
    off.set()
    on.wait()
    assert lane.write_off(LIMIT, lambda _token: True) == []  # it begins anew
    now[0] += 2 * LIMIT
    assert lane.write_off(LIMIT, lambda _token: True) == ["it"]
    released.set()
    lane.close()
    assert lane.join(5)
