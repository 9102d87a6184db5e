"""Threads that run tasks: what counts against a task's time."""

from __future__ import annotations

import contextlib
import queue
import threading
import time

import pytest

from mangacolor.pipeline.engine.worker_pools import Completion, Lane

SOON = 0.2  # seconds


@pytest.mark.parametrize("fails", [False, True])
def test_a_task_is_on_the_clock_again_after_it_was_off_it(fails: bool) -> None:
    """Also where what was off the clock has failed, and the task goes on."""
    completions: queue.SimpleQueue[Completion] = queue.SimpleQueue()
    lane, off, on, released = Lane("test", 1, completions), *(threading.Event() for _ in range(3))

    def work(lane: Lane) -> None:
        with contextlib.suppress(ValueError), lane.off_the_clock():
            off.wait()
            if fails:
                raise ValueError
        on.set()
        released.wait()

    lane.submit("it", (0, 0), work)
    time.sleep(2 * SOON)
    assert lane.write_off(SOON, lambda _token: True) == []
    off.set()
    on.wait()
    assert lane.write_off(SOON, lambda _token: True) == []  # it begins anew
    time.sleep(2 * SOON)
    assert lane.write_off(SOON, lambda _token: True) == ["it"]
    released.set()
    lane.close()
    assert lane.join(5)
