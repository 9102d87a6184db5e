"""Lines of which something that stands before them hides the middle: a figure, lettering, a balloon.

Such a line is to be seen from either side of the region inwards, as an edge that the network takes for a
border, and both pieces lie on one straight line. How far a piece reaches is told by the largest cumulative
sum, from its end on, of how sure each sample is, less a constant (Page, Biometrika 1954): an edge without a
border, or a border without an edge, ends it. What lies between the pieces is no sign of a line and none
against it, and costs by its length.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.lines import Lines, Spans
from mangacolor.stages.panels.cutting.shared_lines.evidence import HiddenLineEvidence
from mangacolor.stages.panels.params import HiddenLineParams


def find_pieces(
    border: Image, edge: Mask, tilted: bool, params: HiddenLineParams
) -> HiddenLineEvidence | None:
    """What is seen at the two ends of a line, if both pieces are long and sure enough; None otherwise.

    ``border`` and ``edge``: the line's samples, the network's levels (255 = 1) and whether there is an edge.
    """
    probability = border / 255
    if not (_starts(probability, params) and _starts(probability[::-1], params)):
        return None
    sure: F64 = np.where(edge, probability, 0.0)
    first, last = _reach(sure, params), _reach(sure[::-1], params)
    hidden = 1 - (first + last) / len(sure)
    if min(first, last) < params.shortest or not 0 < hidden <= params.most_hidden:
        return None
    at_ends = [probability[params.first : first], probability[-last : -params.first]]
    weakest = min(float(piece.mean()) for piece in at_ends)
    if weakest < params.least_probability:
        return None
    seen = float(edge[:first].sum() + edge[-last:].sum()) / (first + last)
    along = float(probability[:first].sum() + probability[-last:].sum()) / (first + last)
    return HiddenLineEvidence(seen, along, weakest, tilted, hidden)


def may_be_hidden(lines: Lines, spans: Spans, tried: Spans, params: HiddenLineParams) -> Mask:
    """T: which of the lines numbered in ``tried`` (T) start and end as a border, by sums that are known.

    ``spans`` (N×2): as of the region. What it leaves out ``find_pieces`` would, too; it takes less time.
    """
    first, last = spans[tried].T
    near = np.minimum(first + params.shortest, last), np.maximum(last - params.shortest, first)
    sums = [
        lines.border_sums[tried, near[0]] - lines.border_sums[tried, first],
        lines.border_sums[tried, last] - lines.border_sums[tried, near[1]],
    ]
    mask: Mask = np.minimum(*sums) >= 255 * params.least_sure * params.shortest
    return mask


def _starts(probability: F64, params: HiddenLineParams) -> bool:
    """Whether the first samples are those of a border."""
    return float(probability[: params.shortest].sum()) >= params.least_sure * params.shortest


def _reach(sure: F64, params: HiddenLineParams) -> int:
    """How many samples from the start on make the piece there; 0 if there is none.

    The first few are not asked: there the border that the line meets is a border, too.
    """
    gained = np.cumsum(sure[params.first :] - params.least_sure)
    best = int(np.argmax(gained)) if gained.size else 0
    return params.first + best + 1 if gained.size and gained[best] > 0 else 0
