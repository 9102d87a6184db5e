"""Whether two pages are halves of one drawing: strokes and tones go on over the join.

Profiles of luma along the two edges are compared in two bands of detail and as a whole, by correlation at
the best shift, and by their difference. White beside white and black beside black have nothing to compare,
and are no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.stages.spreads.edges import Edge, PageEdges, smooth_rows
from mangacolor.stages.spreads.params import PARAMS, Params

_FLAT = 0.5  # levels: what strays less has no correlation
Rows = TypeVar("Rows", F32, Mask)


@dataclass(frozen=True, slots=True)
class Match:
    """How well two edges fit. ``shift``: rows that the right half lies lower than the left one."""

    score: float
    shift: int


def match_pages(left: PageEdges, right: PageEdges) -> Match | None:
    """How the page that lies on the left goes on in the one on the right; None if they are no spread.

    A page that is wider than high is a spread by itself.
    """
    heights = left.size[1], right.size[1]
    if left.right is None or right.left is None or any(w > h for w, h in (left.size, right.size)):
        return None
    if abs(heights[0] - heights[1]) > PARAMS.height_tolerance * max(heights):
        return None
    match = match_edges(left.right, right.left)
    return match if match is not None and match.score >= PARAMS.least_score else None


def match_edges(left: Edge, right: Edge) -> Match | None:
    """How well the edge that ends the left half fits the one that begins the right half.

    None where they hold too little to tell. The score is at most 3.
    """
    strokes = _band(left.profile, PARAMS.strokes), _band(right.profile, PARAMS.strokes)
    shapes = _band(left.profile, PARAMS.shapes), _band(right.profile, PARAMS.shapes)
    shifts = range(-PARAMS.most_shift, PARAMS.most_shift + 1)
    fits = [_correlate(*_shifted(*strokes, n)) + _correlate(*_shifted(*shapes, n)) for n in shifts]
    shift = shifts[int(np.argmax(fits))]

    edges = _shifted(left.profile, right.profile, shift)
    stands_out = [np.abs(band) > PARAMS.evidence_level for band in _shifted(*strokes, shift)]
    drawn = _shifted(left.drawn, right.drawn, shift)
    evidence = float((stands_out[0] | stands_out[1]).mean())
    if evidence < PARAMS.least_evidence or float((drawn[0] & drawn[1]).mean()) < PARAMS.least_drawn:
        return None
    smooth = [_smooth(edge, PARAMS.shapes[0]) for edge in edges]
    difference = float(np.abs(smooth[0] - smooth[1])[drawn[0] | drawn[1]].mean())
    score = max(fits) + _correlate(*edges) - difference / PARAMS.difference_scale
    return Match(round(score, 3), _refine(left, right, shift, PARAMS))


def _refine(left: Edge, right: Edge, shift: int, params: Params) -> int:
    """The shift at which the columns at the join fit best: slanted strokes mislead strips."""
    bands = _band(left.outermost, params.strokes), _band(right.outermost, params.strokes)
    low, high = max(-params.most_shift, shift - params.shift_reach), shift + params.shift_reach
    fits = {n: _correlate(*_shifted(*bands, n)) for n in range(low, min(params.most_shift, high) + 1)}
    best = max(fits, key=lambda n: (fits[n], -abs(n)))
    return 0 if fits.get(0, -1.0) >= fits[best] - params.least_gain else best


def _shifted(left: Rows, right: Rows, shift: int) -> tuple[Rows, Rows]:
    """The rows that lie beside each other where the right half lies ``shift`` rows lower."""
    rows = len(left)
    return left[max(0, shift) : rows + min(0, shift)], right[max(0, -shift) : rows + min(0, -shift)]


def _correlate(one: F32, other: F32) -> float:
    """Pearson's correlation, -1 to 1; 0 for what does not stray."""
    if min(one.std(), other.std()) < _FLAT:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _band(profile: F32, sigmas: tuple[float, float]) -> F32:
    return np.asarray(_smooth(profile, sigmas[0]) - _smooth(profile, sigmas[1]), dtype=np.float32)


def _smooth(profile: F32, sigma: float) -> F32:
    return np.asarray(smooth_rows(profile[:, None], sigma)[:, 0])
