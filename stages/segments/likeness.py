"""How probable it is that two segments are the same part of the same thing, from these two alone.

Nothing of the chapter enters: what is added to it elsewhere must not change who is like whom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.segments.features import UNIT, ZERO, SegmentFeatures

# Weights of a network's point or maps, of votes (directions of length 1) and of a tone from 0 to 255.
FEATURE_WEIGHT = 1.0
VOTE_WEIGHT = 0.9
TONE_WEIGHT = 5.0
# Distance at which it is as likely as not that two segments are the same thing: of marked points of real
# pages (benchmarks/quality/edit_marks.py) one in twenty-five of other things is nearer than that.
EVEN_DISTANCE = 0.9
# The same by the identity embedding; of these points one in fifty is.
EVEN_IDENTITY_DISTANCE = 1.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """By their points of the identity embedding where both sides have these, else by their features.

    ``embedded``: features are the point of an embedding."""

    embedded: bool = False

    def between(self, a: SegmentFeatures, b: SegmentFeatures) -> F64:
        """Of each of N segments to each of M others: N×M in [0, 1], 1 for the same."""
        return likeness_at(self.distance(a, b))

    def distance(self, a: SegmentFeatures, b: SegmentFeatures) -> F64:
        """What likeness falls with: from each of N segments to each of M others, N×M, 0 for the same, and 1
        where it is as likely as not that they are."""
        known = a.identities is not None and b.identities is not None
        one, other = (_place(some, some.identities if known else some.network) for some in (a, b))
        even = EVEN_IDENTITY_DISTANCE if known else EVEN_DISTANCE
        square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
        # Rounded: the last bit of a product depends on how many rows there are, and likeness must not.
        return np.asarray(np.sqrt(np.round(np.maximum(square, 0), 6)) / even)


def likeness_at(distance: F64) -> F64:
    """How like segments are that are so far apart, in [0, 1]."""
    return np.asarray(0.5 ** (distance**4), dtype=np.float64)


def _place(segments: SegmentFeatures, seen: Image | None) -> F64:
    """Where segments lie by what a network has ``seen`` of them (N×F), by votes and by tone."""
    assert seen is not None
    network = (seen.astype(np.float64) - ZERO) / UNIT
    votes = segments.votes.astype(np.float64)
    parts = [FEATURE_WEIGHT * _direction(network), VOTE_WEIGHT * _direction(votes)]
    return np.concatenate([*parts, TONE_WEIGHT * segments.tone[:, None] / 255.0], axis=1)


def _direction(rows: F64) -> F64:
    """Rows of length 1; those of zeros stay so."""
    length = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(length, 1e-9))
