"""A clock for tests of runs by the clock: it goes on only when it is told to, and a little at each look."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

LOOK = 0.001  # seconds that a look at the clock takes


@dataclass(slots=True)
class FakeTime:
    """Stands in for the module ``time`` where runs look at it."""

    now: float = 1000.0

    def monotonic(self) -> float:
        self.now += LOOK
        return self.now


def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """From here on runs go by the clock that is returned."""
    clock = FakeTime()
    monkeypatch.setattr("mangacolor.training.runs.time", clock)
    return clock
