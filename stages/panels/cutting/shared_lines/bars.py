"""Bars: spears, poles and beams from side to side of a panel, whose two sides look like borders.

Each side alone may be as straight, as long and as sure as a border. Together they leave less than a panel
between them, and it is no gutter, for something is drawn there.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Spans, View, sample_mask
from mangacolor.stages.panels.params import BarParams

SIDE_OF_BAR = "one of the two sides of a bar"
_WITHIN = (0.25, 0.5, 0.75)  # of the way from one side to the other, where the bar is looked at


def is_side_of_bar(
    view: View, support: F64, spans: Spans, index: np.intp, border: dict[int, Image], params: BarParams
) -> bool:
    """Whether a slanted line of a view has another beside it with which it sides a bar.

    ``support`` (2×N) and ``spans`` (N×2): as of the region. ``border``: by number of the line, samples of the
    network's probability that are better than the view's own (levels, 255 = 1).
    """
    lines, (first, last) = view.lines, spans[index]
    if abs(lines.slope[index]) < params.least_slope:
        return False
    ends = np.array([first, last]) * SAMPLE_STEP
    heights = lines.offset[:, None] + lines.slope[:, None] * ends
    gaps = heights - heights[index]
    near, far = np.abs(gaps).min(1), np.abs(gaps).max(1)
    beside = (np.sign(gaps[:, 0]) == np.sign(gaps[:, 1])) & (near >= params.thinnest)
    beside &= (far <= params.widest * max(view.white.shape)) & (far <= params.most_tapered * near)
    beside &= (support.max(0) >= params.least_edge) & (
        np.ptp(spans, axis=1) >= params.as_long * (last - first)
    )
    for other in np.flatnonzero(beside):
        samples = border.get(int(other), lines.border[other])[first:last]
        if samples.mean() >= 255 * params.least_probability and _is_drawn(view, index, other, spans, params):
            return True
    return False


def _is_drawn(view: View, one: np.intp, other: np.intp, spans: Spans, params: BarParams) -> bool:
    """Whether something is drawn between two lines, along most of the first."""
    lines, (first, last) = view.lines, spans[one]
    xs = np.arange(first, last) * SAMPLE_STEP
    sides = [lines.offset[line] + lines.slope[line] * xs for line in (one, other)]
    within = np.array([(1 - share) * sides[0] + share * sides[1] for share in _WITHIN])
    blank = max(float(sample_mask(mask, within, int(first)).mean()) for mask in (view.white, view.black))
    return blank < params.most_blank
