"""What a stage is expected to take for a page, said before it runs.

Progress weighs stages by it until they have been measured, and the memory gate counts with it. The bytes are
fitted to ``benchmarks/memory.py``; ``docs/design/memory.md`` has the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mangacolor.core.devices import device_kind
from mangacolor.models.runtime.backends import CpuBackend

# Pixels of a page from which a network's working memory no longer grows: its tiles are full.
FULL_TILES = 1_000_000
# Bytes that torch takes once it is imported and has run a first network.
TORCH: Final[Mapping[str, int]] = {"torch": 480 * 2**20}
# Bytes of ncnn, and of the buffers in which its page networks have run over a page that fills them.
NCNN = 10 * 2**20
NCNN_BUFFERS = 130 * 2**20


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page before it is decoded: its sides in pixels, the factor that enlarges it, its file's bytes."""

    width: int = 0
    height: int = 0
    scale: int = 1
    file: int = 0

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def output_pixels(self) -> int:
        return self.pixels * self.scale**2

    @property
    def megapixels(self) -> float:
        return self.pixels / 1e6

    @property
    def tile_share(self) -> float:
        """How far a network's working memory is used: 0 for a tiny page, 1 from ``FULL_TILES`` on."""
        return min(1.0, self.pixels / FULL_TILES)


@dataclass(frozen=True, slots=True)
class Demand:
    """What one stage takes for one page.

    ``seconds``: by the wall, on two cores; only their ratio to other stages' counts. Bytes: ``result`` is its
    artifact, while other stages need it; ``working`` what it takes beyond that while it runs; ``resident``,
    by a name, what stays in the process once it has run: libraries, networks, their buffers. What several
    stages call by one name is there once.
    """

    seconds: float = 0.05
    result: int = 0
    working: int = 0
    resident: Mapping[str, int] = field(default_factory=dict)


def library(cpu_backend: CpuBackend, size: PageSize, device: str = "cpu") -> Mapping[str, int]:
    """What stays in the process of the library that runs a stage's networks on a ``--device``."""
    if cpu_backend == "ncnn" and device_kind(device) == "cpu":
        return {"ncnn": NCNN + round(size.tile_share * NCNN_BUFFERS)}
    return TORCH


def usual_demand(_config: object, size: PageSize) -> Demand:
    """Of a stage that says nothing of itself: a picture's worth of work."""
    return Demand(0.05 + 0.05 * size.megapixels, 3 * size.pixels, 12 * size.pixels)
