"""Threads that share a page's tiles: each runs a network on its own tile, on one core.

One core a tile beats all cores on one tile: nothing waits at barriers inside a layer, and a tile's sums
are made in the same order on every machine, so that its bytes do not depend on the number of cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from mangacolor.core.cpu import usable_cores

MAX_THREADS = 16  # each holds 100 to 300 MB while it computes

T = TypeVar("T")
Result = TypeVar("Result")


def parallel_map(work: Callable[[T], Result], items: Iterable[T]) -> list[Result]:
    """``work`` of every item, in the items' order. Raises what ``work`` raises first."""
    return list(_pool().map(work, items))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        min(usable_cores(), MAX_THREADS), thread_name_prefix="tile", initializer=_one_core
    )


def _one_core() -> None:
    import torch

    torch.set_num_threads(1)  # OpenMP counts for each thread that calls it
