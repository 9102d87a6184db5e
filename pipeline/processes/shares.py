"""How many processes a run has, and what each gets of the machine.

Python computes on one thread at a time where no library lets others run: some .13 of what a page takes.
Eight threads that compute therefore wait for each other most of the time, and sixteen finish no more pages
than eight. So each process gets a few cores, and a further one is worth its start (one to two seconds of a
core, three quarters of a GiB) where there are cores and pages for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mangacolor.core.cpu import usable_cores
from mangacolor.core.devices import card_memory, device_kind
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.memory import MemoryLimit, Need, total

FROM_CORES: Final = 8  # below so many one process keeps them busy
CORES_A_PROCESS: Final = 4  # they hold Python's lock for half of the time, together
PAGES_A_PROCESS: Final = 4  # at least, or its start takes longer than it saves
MOST_AT_A_CARD: Final = 3  # each has a context and networks there, and 6 GB are to do for all
ON_A_CARD: Final = 19 * 10**8  # bytes of a card for one process: a card of 6 GB lacks some to its name
MOST: Final = 16  # one coordinates them
_OWN: Final = 200 * 2**20  # bytes of the process that hands pages out and sees whole chapters


@dataclass(frozen=True, slots=True)
class Share:
    """What one process gets: cores, pages at once, and memory."""

    cores: int
    jobs: int
    memory: MemoryLimit


def most_processes(asked: int, cores: int, jobs: int, device: str, card: int = 0) -> int:
    """How many processes a run may have, however many pages it has.

    ``asked``: the user's own number, which goes; 0 leaves it to us. ``jobs``: the user's, 0 for one a core.
    ``device``: its kind, as of ``device_kind``; ``card``: bytes of memory on it, 0 where they are not known.
    """
    if asked:
        return asked
    busy = min(cores, jobs or cores)
    if busy < FROM_CORES or device not in ("cpu", "cuda"):
        return 1
    return min(busy // CORES_A_PROCESS, _most_at_a_card(card) if device == "cuda" else MOST)


def _most_at_a_card(memory: int) -> int:
    return max(1, min(MOST_AT_A_CARD, memory // ON_A_CARD)) if memory else MOST_AT_A_CARD


def most_for(options: Options, run_options: RunOptions) -> int:
    """How many processes a run with these options may have on this machine."""
    cores, kind = usable_cores(), device_kind(options.device)
    card = card_memory(options.device) if kind == "cuda" else 0
    return most_processes(run_options.processes, cores, run_options.jobs, kind, card)


def threads_of(options: Options, run_options: RunOptions) -> list[int]:
    """How many threads compute in each process of a run of many small pages with these options."""
    cores, count = usable_cores(), most_for(options, run_options)
    shares = divide(count, cores, MemoryLimit(0, run_options.jobs or cores))
    return [max(share.cores, share.jobs) for share in shares]


def pages_wanted(asked: int, most: int) -> int:
    """Whole pages' worth of work at which all processes are worth their start."""
    return most if asked else most * PAGES_A_PROCESS


def processes_for(
    pages: int, asked: int, most: int, cores: int, limit: MemoryLimit, needs: Callable[[int], Sequence[Need]]
) -> int:
    """How many processes are worth while for so many pages' worth of work, and have room in memory.

    ``needs``: what some of these pages take in a process with so many cores. Where they differ, the largest
    says.
    """
    count = min(most, pages if asked else pages // PAGES_A_PROCESS)
    while count > 1 and not all(_fits(share, needs) for share in set(divide(count, cores, limit))):
        count -= 1
    return max(1, count)


def _fits(share: Share, needs: Callable[[int], Sequence[Need]]) -> bool:
    """Whether as many pages as the process does at once fit into its memory."""
    return all(share.memory.fits([need] * share.jobs) for need in needs(share.cores))


def divide(count: int, cores: int, limit: MemoryLimit) -> list[Share]:
    """The machine in ``count`` shares: at least one core and one page each. ``limit``: of all together."""
    allowed = max(1, (limit.allowed - _OWN) // count) if limit.allowed else 0
    return [
        Share(own_cores, own_jobs, dataclasses.replace(limit, allowed=allowed, jobs=own_jobs))
        for own_cores, own_jobs in zip(_parts(cores, count), _parts(limit.jobs, count), strict=True)
    ]


def needs_all(need: Need, share: Share) -> bool:
    """Whether a page takes more memory than a process has, so that it gets that of all others, too."""
    return bool(share.memory.allowed) and total([need], share.jobs) > share.memory.allowed


def _parts(whole: int, count: int) -> list[int]:
    """A number in so many parts that are as alike as can be, each at least 1."""
    return [max(1, whole // count + (number < whole % count)) for number in range(count)]
