"""What the colour stage is told."""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.segments.params import DEFAULTS, SegmentationParams


@dataclass(frozen=True, slots=True)
class Config:
    """``params``: how segments are found."""

    weights: str = "default"
    batch: int = 8
    device: str = "auto"
    cpu_backend: CpuBackend = "torch"
    params: SegmentationParams = DEFAULTS
