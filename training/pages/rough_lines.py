"""Lines as a hand draws them."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64


def draw_rough_line(start: F64, end: F64, along: F64, spread: float, rng: np.random.Generator) -> F64:
    """Points (N×2) of a line from ``start`` to ``end`` (x and y), each aside of it by a random walk.

    The walk begins and ends on the line. ``along``: where they lie, N shares of the line. ``spread``: pixels,
    of the walk from one to the next.
    """
    reach = end - start
    aside = np.array([reach[1], -reach[0]]) / max(1.0, float(np.hypot(*reach)))
    drift = np.cumsum(rng.normal(0, spread, len(along)))
    drift -= np.linspace(drift[0], drift[-1], len(drift))
    return np.asarray(start + along[:, None] * reach + drift[:, None] * aside, np.float64)
