"""How many different colours a chapter has: the entropy of chroma over all its pages.

Colours that are all a little brown have less of it than those of a work that somebody coloured.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from mangacolor.training.evaluation.colour import Lab

Counts = npt.NDArray[np.int64]

BIN = 8.0  # a* b*: what lies in one square looks like one hue and saturation
REACH = 128.0  # a* b*: sRGB ends before it
SIDES = round(2 * REACH / BIN)


def count_chroma(lab: Lab) -> Counts:
    """Pixels by their square of the a* b* plane (``SIDES``×``SIDES``), of float32 Lab (…×3)."""
    squares = np.clip((lab[..., 1:].reshape(-1, 2) + REACH) // BIN, 0, SIDES - 1).astype(np.int64)
    counts = np.bincount(squares[:, 0] * SIDES + squares[:, 1], minlength=SIDES * SIDES)
    return counts.reshape(SIDES, SIDES)


def compute_variety(pages: Iterable[Counts]) -> float | None:
    """Shannon's entropy of the pages' counts together, in bits: 0 for one colour, ``None`` without pixels."""
    counts = sum(pages, start=np.zeros((SIDES, SIDES), np.int64))
    total = int(counts.sum())
    if total == 0:
        return None
    shares = counts[counts > 0] / total
    return float(-(shares * np.log2(shares)).sum())
