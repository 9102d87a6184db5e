"""The numbers that decide how an enlargement is put right."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ScreentoneParams:
    """Where there is halftone, and when an enlargement has damaged it (screentone.py).

    Pixels are of the page, levels of luma (0 to 255).
    """

    # Pixels: a dot and the gap to its neighbour; dots wider than this are drawing. Odd.
    reach: int = 9
    # Levels by which a dot stands out.
    dot_contrast: int = 16
    # Pixels a side of the square in which dots are counted.
    window: int = 25
    # Dots in such a square from which on it is tone: a pitch of up to 9 pixels.
    min_dots: int = 8
    # Levels: contrast below which nothing is measured against it.
    contrast_floor: float = 8.0
    # Levels by which the local mean may change.
    mean_tolerance: float = 3.0
    # Share of the local standard deviation by which that may change.
    contrast_tolerance: float = 0.2
    # Error of the enlargement, reduced again, as a share of the local contrast, up to which it is kept and
    # from which it is replaced. On dots of 2.5 to 9 pixels pitch animevideov3 is truer than Lanczos below 0.2
    # (by 1 to 10 dB), and not above 0.25, where dots have run together into worms (docs/design/upscaling.md).
    kept_error: float = 0.18
    replaced_error: float = 0.26


@dataclass(frozen=True, slots=True)
class Params:
    """All of them."""

    screentone: ScreentoneParams = field(default_factory=ScreentoneParams)
    # Sigma, in pixels of the page, of what counts as low frequency.
    low_frequency_sigma: float = 2.0


DEFAULT_PARAMS = Params()
