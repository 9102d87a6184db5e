"""Times of several ways to do one thing, taken in turns, so that a busy machine is unfair to none."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Seconds:
    """Medians: on the wall, and of all this process's threads on CPUs."""

    wall: float
    cpu: float

    def __mul__(self, factor: float) -> Seconds:
        return Seconds(self.wall * factor, self.cpu * factor)


def alternate(ways: Mapping[str, Callable[[], Any]], repeat: int) -> dict[str, Seconds]:
    """Each way once to warm up, then ``repeat`` rounds of all of them, one after the other."""
    for work in ways.values():
        work()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for name in [name for _ in range(repeat) for name in ways]:
        wall, cpu = time.perf_counter(), time.process_time()
        ways[name]()
        taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: Seconds(*(statistics.median(column) for column in zip(*rows, strict=True)))
        for name, rows in taken.items()
    }


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of the bench: slower over faster, and what it should be."""

    name: str
    wall: float
    cpu: float
    goal: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """By CPU seconds, which a busy machine falsifies least."""
        if self.goal is None:
            return None
        return self.cpu <= self.goal if self.at_most else self.cpu >= self.goal


def ratio(name: str, slow: Seconds, fast: Seconds, goal: float | None = None, at_most: bool = False) -> Ratio:
    return Ratio(name, slow.wall / fast.wall, slow.cpu / fast.cpu, goal, at_most)


def matmul_peak() -> float:
    """GFLOP/s of a 1024×1024 product in single precision, on torch's threads as they are set."""
    import torch

    side = 1024
    one = torch.randn(side, side)
    with torch.inference_mode():
        seconds = alternate({"product": lambda: one @ one}, 15)["product"]
    return 2 * side**3 / seconds.cpu / 1e9
