"""What the colour stage is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.base import GUARD
from mangacolor.stages.segments.params import DEFAULTS, SegmentationParams


@dataclass(frozen=True, slots=True)
class Config:
    """``weights``: a name or a path; what is in the files counts, by the stage's fingerprint. ``params``: how
    segments are found."""

    weights: str = field(default="default", metadata=GUARD)
    batch: int = 8
    device: str = "auto"
    cpu_backend: CpuBackend = "torch"
    params: SegmentationParams = DEFAULTS
