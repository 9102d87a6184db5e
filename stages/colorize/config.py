"""What the colour stage is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.segments.params import SegmentationParams


@dataclass(frozen=True, slots=True)
class Config:
    """``params``: becomes a field, and so part of the cache key, with the stage's next ``version``."""

    weights: str = "default"
    batch: int = 8
    device: str = "auto"
    cpu_backend: CpuBackend = "torch"
    params: ClassVar[SegmentationParams] = SegmentationParams()
