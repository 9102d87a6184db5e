"""A group in two: the two of its segments that divide it best."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.errors import UsageError
from mangacolor.stages.edits.params import EditParams
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.segments.likeness import segment_likeness

# Rounds after which two medoids no longer move, and then some.
ROUNDS = 8


def find_halves(members: Mask, segments: ChapterSegments, params: EditParams) -> tuple[bytes, bytes]:
    """The rows of features of two of a group's ``members`` (N) that the others are like: k-medoids for two.

    The one with the larger part comes first. Raises ``UsageError`` for a group that has less than two.
    """
    weight = segments.features.root_area
    indices = np.nonzero(members)[0]
    if len(indices) < 2:
        raise UsageError("a group of one surface cannot be split", "Give the surface a colour with --at.")
    indices = indices[np.argsort(-weight[indices], kind="stable")][: params.typical_among]
    # By their rows, as ``harmonize`` divides the group (``is_second_half``).
    features, own = segments.features.take(indices).without_identities(), weight[indices]
    alike = segment_likeness(features, features)
    first = int((own[:, None] * alike).sum(axis=0).argmax())
    pair = [first, int(alike[first].argmin())]
    for _ in range(ROUNDS):
        nearer = alike[:, pair[1]] > alike[:, pair[0]]
        pair = [_medoid(alike, own, side, old) for side, old in ((~nearer, pair[0]), (nearer, pair[1]))]
    nearer = alike[:, pair[1]] > alike[:, pair[0]]
    if own[nearer].sum() > own[~nearer].sum():
        pair.reverse()
    one, other = (features.rows[place].tobytes() for place in pair)
    return one, other


def is_second_half(features: SegmentFeatures, looks: tuple[bytes, bytes]) -> Mask:
    """Which of N segments are more like the second of two rows of features than like the first."""
    rows = np.array([np.frombuffer(row, np.uint8) for row in looks])
    alike = segment_likeness(features, SegmentFeatures(rows, features.vote_count))
    return np.asarray(alike[:, 1] > alike[:, 0])


def _medoid(alike: F64, weight: F64, side: Mask, old: int) -> int:
    """The member of a side to which the others of it are most like; the ``old`` one for an empty side."""
    if not side.any():
        return old
    total = np.where(side, (weight[side][:, None] * alike[side]).sum(axis=0), -1.0)
    return int(total.argmax())
