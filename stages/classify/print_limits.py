"""What no black-and-white print has: tints too strong, too wide or too crooked for paper, ink and lamp light.

A scan's tint is nearly a straight line from the colour of its ink to that of its paper. Covers of one flat
colour with black and white fit a curve of the tone just as well, but not within these bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mangacolor.core.arrays import F64, Mask


@dataclass(frozen=True, slots=True)
class PrintLimits:
    """Bounds set on made-up scans of 85 black-and-white pages: see docs/design/evaluation.md.

    Chroma in levels of Cr, Cb (0–255), tones in [0, 1].
    """

    # Dark inks are stronger than papers: the most chroma at each tone, of hues other than those of age.
    tones: tuple[float, ...] = (0.1, 0.3, 0.5, 1.0)
    strongest: tuple[float, ...] = (62.0, 56.0, 40.0, 36.0)
    # Old paper and lamp light dye as much as they are bright, from yellow to reddish brown.
    strongest_warm: float = 80.0  # at full brightness
    least_warm: float = 32.0  # however dark
    warm_slope: float = 0.7  # chroma across the hue of age, of that along it
    too_strong: float = 0.05  # of the page, beyond these
    # An ink of another hue leaves paper between its lines.
    inked: float = 32.0  # chroma,
    inked_tone: float = 0.7  # and the tone below which it counts
    most_inked: float = 0.6  # of the page
    bins: int = 12  # of the tone, for the course of the tint
    least_bin: float = 0.01  # of the page in a bin, to count
    crooked: float = 33.0  # levels between a tint and the straight line from its dark to its light end


PRINTS: Final = PrintLimits()


def excess_over_prints(tone: F64, chroma: F64, limits: PrintLimits) -> float:
    """By how much pixels exceed what prints have: above 1 they are no print. The largest of three ratios.

    ``tone``: N in [0, 1]. ``chroma``: N×2 levels, along the hue of ageing paper and across it.
    """
    strength = np.hypot(chroma[:, 0], chroma[:, 1])
    warm = (chroma[:, 0] > 0) & (np.abs(chroma[:, 1]) < limits.warm_slope * chroma[:, 0])
    inked = (strength > limits.inked) & (tone < limits.inked_tone) & ~warm
    return max(
        _too_strong(tone, strength, warm, limits) / limits.too_strong,
        float(inked.mean()) / limits.most_inked,
        _crookedness(tone, chroma, limits) / limits.crooked,
    )


def _too_strong(tone: F64, strength: F64, warm: Mask, limits: PrintLimits) -> float:
    """The share of the pixels that have more chroma than any print at their tone."""
    most = np.where(
        warm,
        np.maximum(limits.strongest_warm * tone, limits.least_warm),
        np.interp(tone, limits.tones, limits.strongest),
    )
    return float(np.mean(strength > most))


def _crookedness(tone: F64, chroma: F64, limits: PrintLimits) -> float:
    """How far the median chroma of a tone lies from the straight line between those of the ends, levels."""
    number = np.clip((tone * limits.bins).astype(int), 0, limits.bins - 1)
    chosen = [number == index for index in range(limits.bins)]
    chosen = [pixels for pixels in chosen if pixels.mean() >= limits.least_bin]
    if len(chosen) < 3:
        return 0.0
    tones = np.array([tone[pixels].mean() for pixels in chosen])
    course = np.array([np.median(chroma[pixels], axis=0) for pixels in chosen])
    along = ((tones - tones[0]) / (tones[-1] - tones[0]))[:, None]
    line = course[0] * (1 - along) + course[-1] * along
    return float(np.hypot(*(course - line).T).max())
