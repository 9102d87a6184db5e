"""The segments of all windows of a page as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, I32
from mangacolor.stages.reassemble.layers import WindowLayer
from mangacolor.stages.reassemble.segment_colours import AS_IT_IS

# Pixels of the page over which segments meet at most.
MOST_REACH = 32.0


@dataclass(frozen=True, slots=True)
class PageSegments:
    """The segments of all windows of a page, counted one after the other: for each window first what is none,
    and before all what no window holds.

    ``table``: S×5, their rows. ``window``: S, whose they are, -1 for none. ``reach``: S, pixels over which
    they meet where no ink is.
    """

    table: F32
    window: I32
    reach: F32

    @classmethod
    def of(cls, layers: Sequence[WindowLayer]) -> PageSegments:
        counts = [1, *(len(layer.table) for layer in layers)]
        reach = [0.0, *(min(layer.reach, MOST_REACH) for layer in layers)]
        return cls(
            np.concatenate([np.array([AS_IT_IS], np.float32), *(layer.table for layer in layers)]),
            np.repeat(np.arange(-1, len(layers), dtype=np.int32), counts),
            np.repeat(np.array(reach, np.float32), counts),
        )
