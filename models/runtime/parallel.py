"""Threads that share a page's tiles: each runs a network on its own tile, on one core.

One core a tile beats all cores on one tile: nothing waits at barriers inside a layer, and a tile's sums
are made in the same order on every machine, so that its bytes do not depend on the number of cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from mangacolor.core.cpu import shared_cores, usable_cores, use_one_core

MAX_THREADS = 16  # each holds 100 to 300 MB while it computes

T = TypeVar("T")
Result = TypeVar("Result")


def parallel_map(work: Callable[[T], Result], items: Iterable[T]) -> list[Result]:
    """``work`` of every item, in the items' order. Raises what ``work`` raises first.

    Call it from no ``work``, and not while other threads wait for something that the caller holds.
    """
    with shared_cores().lent():
        return list(_pool().map(partial(_on_a_core, work), items))


def _on_a_core(work: Callable[[T], Result], item: T) -> Result:
    use_one_core()  # torch may have been imported since this thread began
    place = shared_cores().place()
    place.take()
    try:
        return work(item)
    finally:
        place.give_back()


def tile_threads() -> int:
    """How many tiles are at work at once."""
    return min(usable_cores(), MAX_THREADS)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(tile_threads(), thread_name_prefix="tile")
