"""One placement of a page on another: shift, scale, a little turn and shear, told from pairs of points.

Two pairs propose a shift, a scale and a turn; the proposal that explains most pairs wins (RANSAC, Fischler &
Bolles 1981, with the truncated score of MSAC, Torr & Zisserman 2000). All that stand out are tried, so that
nothing is left to chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, AnyArray
from mangacolor.stages.registration.params import POINTS, PointParams
from mangacolor.stages.registration.points import PointPairs

# Proposals that are compared with all pairs at a time.
_BATCH = 500
# Places that are carried at a time.
_CARRIED = 2**16
# Rounds in which pairs that stray lose their weight.
_ROUNDS = 6
# Pairs, at the distance of half a page, that shear and stretch must have for them to be believed.
_STRAIGHT = 12.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where our page lies in theirs. ``matrix``: 2×3 float64 from our pixels to theirs.

    ``pairs``: pairs of points that it explains, a pair that strays counting less.
    """

    matrix: F64
    pairs: float

    @property
    def scale(self) -> float:
        """Their pixels for one of ours."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))

    def carry(self, places: AnyArray) -> F32:
        """Places of ours, …×2, in theirs."""
        carried = np.empty(places.shape, np.float32)
        flat, into = places.reshape(-1, 2), carried.reshape(-1, 2)
        for start in range(0, len(flat), _CARRIED):  # in double precision, which a whole page has no room for
            block = slice(start, start + _CARRIED)
            into[block] = flat[block] @ self.matrix[:, :2].T + self.matrix[:, 2]
        return carried


def invert(matrix: F64) -> F64:
    """The 2×3 that undoes another."""
    back = np.linalg.inv(matrix[:, :2])
    return np.hstack([back, -back @ matrix[:, 2:]])


def find_placement(pairs: PointPairs, our_unit: float, their_unit: float) -> Placement | None:
    """The placement that explains most pairs; None where too few agree.

    ``our_unit`` and ``their_unit``: pixels of the page for one of those in which ``params.py`` counts.
    """
    if len(pairs.ours) < POINTS.least_pairs:
        return None
    ours, theirs = _complex(pairs.ours / our_unit), _complex(pairs.theirs / their_unit)
    proposals = _propose(ours, theirs, pairs, our_unit / their_unit, POINTS)
    if not len(proposals):
        return None
    scores = np.concatenate(
        [
            _explained(proposals[at : at + _BATCH], ours, theirs, POINTS).sum(axis=1)
            for at in range(0, len(proposals), _BATCH)
        ]
    )
    best = proposals[int(np.argmax(scores))]
    matrix, kept = _refine(best, ours, theirs, POINTS)
    if kept < POINTS.least_pairs:
        return None
    return Placement(matrix @ np.diag([1 / our_unit, 1 / our_unit, 1.0]) * their_unit, kept)


def _complex(places: F32) -> AnyArray:
    return places[:, 0].astype(np.complex64) + 1j * places[:, 1].astype(np.float32)


def _propose(
    ours: AnyArray, theirs: AnyArray, pairs: PointPairs, unit_ratio: float, params: PointParams
) -> AnyArray:
    """M×2 complex: factor and shift of the placements that two pairs propose, the most promising first."""
    count = min(len(ours), params.proposing)
    one, other = np.triu_indices(count, 1)
    order = np.argsort(one + other, kind="stable")
    one, other = one[order], other[order]
    span = ours[other] - ours[one]
    far = np.abs(span) > params.apart
    one, other, span = one[far], other[far], span[far]
    factor = (theirs[other] - theirs[one]) / span
    scale = np.abs(factor) + 1e-6
    good = np.abs(np.angle(factor)) < np.deg2rad(params.most_turn)
    good &= np.abs(np.log(scale)) < np.log(params.most_scale)
    of_sizes = np.log(pairs.their_sizes[:count] / pairs.our_sizes[:count] * unit_ratio)
    for end in (one, other):
        good &= np.abs(of_sizes[end] - np.log(scale)) < np.log(params.size_stray)
    one, factor = one[good][: params.proposals], factor[good][: params.proposals]
    return np.stack([factor, theirs[one] - factor * ours[one]], axis=1)


def _explained(proposals: AnyArray, ours: AnyArray, theirs: AnyArray, params: PointParams) -> F32:
    """M×N float32: how well each proposal explains each pair, 1 where it does exactly, 0 where not at all."""
    factor, shift = proposals[:, :1], proposals[:, 1:]
    stray = np.abs(factor * ours + shift - theirs) * np.maximum(1.0, 1.0 / np.abs(factor))
    return np.asarray(np.maximum(0.0, 1.0 - (stray / params.tolerance) ** 2), np.float32)


def _refine(best: AnyArray, ours: AnyArray, theirs: AnyArray, params: PointParams) -> tuple[F64, float]:
    """The 2×3 that fits best the pairs near a proposal, by reweighted least squares, and how many these are.

    What it shears and stretches is held towards nothing where few pairs speak for it.
    """
    factor, shift = complex(best[0]), complex(best[1])
    matrix = np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
    here = np.stack([ours.real, ours.imag, np.ones(len(ours))], axis=1).astype(np.float64)
    there = np.stack([theirs.real, theirs.imag], axis=1).astype(np.float64)
    unit = max(1.0, 1.0 / abs(factor)) / params.tolerance
    weights = np.zeros(len(ours))
    for _ in range(_ROUNDS):
        stray = np.hypot(*(there - here @ matrix.T).T) * unit
        weights = np.maximum(0.0, 1.0 - (stray / 1.5) ** 2) ** 2
        if weights.sum() < params.least_pairs / 2:
            break
        middle = (weights[:, None] * here).sum(axis=0) / weights.sum()
        lever = np.diag([_STRAIGHT * (params.size / 4) ** 2] * 2 + [0.0])
        centred = here - np.array([middle[0], middle[1], 0.0])
        left = (centred * weights[:, None]).T @ centred + lever
        rest = there - here @ matrix.T
        step = np.linalg.solve(left, (centred * weights[:, None]).T @ rest).T
        step[:, 2] -= step[:, :2] @ middle[:2]
        matrix = matrix + step
    stray = np.hypot(*(there - here @ matrix.T).T) * unit
    return matrix, float(np.maximum(0.0, 1.0 - stray**2).sum())
