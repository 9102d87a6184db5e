"""The numbers that decide where segments end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class SegmentationParams:
    """Pixels are of the working scale (a panel's short side has 256); levels are of luma, 0 to 255.

    Chosen by eye on pages of the example chapter and of open comics.
    """

    # Radii of the balls, in pixels, largest first; the last is half the thinnest strand that counts.
    ball_radii: tuple[float, ...] = (9.0, 5.0, 3.0, 1.6)
    # Sigma, in pixels, of the smoothing before lines are sought.
    smoothing: float = 0.8
    # Pixels: a dark stroke thinner than this is a line.
    line_width: int = 13
    # Barrier, in levels, over which no ball rolls.
    wall: float = 22.0
    # Mean barrier along a border, in levels, below which two segments are one.
    max_border_barrier: float = 15.0
    # Difference of tone, in levels, from which two segments stay two.
    min_tone_step: float = 14.0
    # Pixels of common border that two segments need to be merged.
    min_border_length: int = 4
    # Pixels that a seed must have.
    min_seed_area: int = 12

    def scaled(self, factor: float) -> Self:
        """The same for pictures that are enlarged by ``factor``."""
        return replace(
            self,
            ball_radii=tuple(factor * radius for radius in self.ball_radii),
            smoothing=factor * self.smoothing,
            line_width=round(factor * self.line_width) // 2 * 2 + 1,
            min_border_length=round(factor * self.min_border_length),
            min_seed_area=round(factor**2 * self.min_seed_area),
        )


DEFAULTS = SegmentationParams()
