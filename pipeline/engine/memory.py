"""How much memory a run takes: of a page before it is decoded, and of pages that are at work together.

What stages say of themselves (``stages.demand``) is added up as the engine runs them: one page a device at a
time, as many stages for the processor as there are threads. ``benchmarks/memory.py`` compares it with what
processes really take.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mangacolor.core.displays import Frame
from mangacolor.core.errors import PageError, SetupError, UsageError
from mangacolor.core.scale import output_scale
from mangacolor.core.settings import Scale
from mangacolor.core.wording import byte_size
from mangacolor.stages.base import Lane
from mangacolor.stages.demand import Demand, PageSize

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_CGROUP = Path("/sys/fs/cgroup")
_PROCESS = 100 * 2**20  # bytes of Python, numpy and OpenCV, before any network
_THREAD = 130 * 2**20  # bytes that each further thread for the processor's stages keeps for itself
_SHARE = 0.7  # of what is free; the rest is other programs' and the page cache's
_UNKNOWN = 4 * 2**30  # bytes taken as free where the system does not say


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a page takes in a pass: ``resident`` in the process, by name; ``held`` between stages; the
    most that a stage takes while it runs, on the processor's lanes (``cpu``) and on the device's."""

    resident: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    cpu: int = 0
    device: int = 0


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """Bytes that the whole process may take, and how many stages of the processor run at once. 0: no limit.

    ``named``: the user said so with ``--memory``, else it is what the machine has free.
    """

    allowed: int = 0
    jobs: int = 1
    named: bool = False

    def fits(self, needs: Iterable[Need]) -> bool:
        """Whether pages may be at work together."""
        return not self.allowed or total(needs, self.jobs) <= self.allowed

    def check(self, need: Need, size: PageSize) -> None:
        """Refuse a page that does not fit even alone: ``PageError``. ``SetupError`` where none can fit."""
        free = self.allowed if self.named or not self.allowed else int(self.allowed / _SHARE)
        whole = total([need], self.jobs)
        if not free or whole <= free:
            return
        limit = f"--memory allows {byte_size(free)}" if self.named else f"{byte_size(free)} are free"
        page = f"a page of {size.width}×{size.height} pixels"
        if size.scale > 1:
            page += f", enlarged {size.scale} times,"
        base = total([Need(need.resident)], self.jobs)
        if base > free:
            raise SetupError(
                f"mangacolor takes {byte_size(base)} of memory with its networks, {byte_size(whole)} for "
                f"{page} in all, and {limit}",
                f"{_raise_to(whole, self.named)} --scale 1 takes least.",
            )
        raise PageError(
            f"{page} takes {byte_size(whole)} of memory, and {limit}",
            f"{_raise_to(whole, self.named)} Or use a smaller --scale, or cut the page into parts.",
        )


def _raise_to(whole: int, named: bool) -> str:
    enough = f"{-(-whole // (100 * 2**20)) * 100}M"
    return (
        f"Give --memory {enough} or more." if named else f"Free memory, until there are {byte_size(whole)}."
    )


def parse_size(text: str) -> int:
    """``1500M``, ``4G``, ``4GB``, ``4GiB`` or plain bytes. Raises ``UsageError``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    size = int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    if size <= 0:
        raise UsageError(f"--memory {text}: not a size", "Write 1500M or 4G.")
    return size


def memory_limit(memory: int, jobs: int) -> MemoryLimit:
    """The limit of ``--memory``, in bytes; for 0 most of what the machine has free."""
    return MemoryLimit(memory or int((_free() or _UNKNOWN) * _SHARE), jobs, named=bool(memory))


def page_size(source: bytes, scale: Scale, frame: Frame | None = None) -> PageSize:
    """What the header of a page's file says. No pixels for what is no picture: decode says what is wrong."""
    from mangacolor.formats.pixels import picture_size

    try:
        width, height = picture_size(io.BytesIO(source))
    except Exception:  # whatever is wrong with it, decode is the stage that says so
        width, height = 0, 0
    return PageSize(width, height, output_scale(scale, (width, height), frame), len(source))


def need_of(
    demands: Mapping[str, Demand],
    lanes: Mapping[str, Lane],
    file: int,
    beside: Iterable[Demand] = (),
) -> Need:
    """What a page takes in a pass whose stages demand this, with its ``file``'s bytes.

    ``beside``: stages of its other pass, whose networks are in the process, too.
    """
    device = [demand.working for name, demand in demands.items() if lanes[name] == "device"]
    others = [demand.working for name, demand in demands.items() if lanes[name] != "device"]
    resident: dict[str, int] = {}
    for demand in (*demands.values(), *beside):
        resident |= {name: max(size, resident.get(name, 0)) for name, size in demand.resident.items()}
    held = file + sum(demand.result for demand in demands.values())
    return Need(resident, held, max(others, default=0), max(device, default=0))


def total(needs: Iterable[Need], jobs: int) -> int:
    """Bytes of the whole process while pages with these needs are at work."""
    listed: Sequence[Need] = list(needs)
    names = {name for need in listed for name in need.resident}
    resident = sum(max(need.resident.get(name, 0) for need in listed) for name in names)
    resident += _THREAD * max(0, min(jobs, len(listed)) - 1)
    held = sum(need.held for need in listed)
    busiest = sorted((need.cpu for need in listed), reverse=True)[:jobs]
    return _PROCESS + resident + held + max(sum(busiest), max((n.device for n in listed), default=0))


def _free() -> int | None:
    """Bytes that this process can still get: the machine's, and within the cgroup's limit."""
    limits = [size for size in (_available(), _cgroup_room()) if size is not None]
    return min(limits, default=None)


def _available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:  # not Linux
        return _free_elsewhere()
    match = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(match[1]) * 1024 if match else None


def _free_elsewhere() -> int | None:
    """What Windows and macOS have free, as psutil counts it, which is installed there."""
    try:
        import psutil
    except ImportError:
        return None
    return int(psutil.virtual_memory().available)


def _cgroup_room() -> int | None:
    """What the control group has left; its page cache counts as free, since the kernel gives it up."""
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        stat = (_CGROUP / "memory.stat").read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    cache = re.search(r"^inactive_file (\d+)$", stat, re.MULTILINE)
    return None if limit == "max" else int(limit) - used + int(cache[1] if cache else 0)
