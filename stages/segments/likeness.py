"""How probable it is that two segments are the same part of the same thing, from these two alone.

Nothing of the chapter enters: what is added to it elsewhere must not change who is like whom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.segments.features import UNIT, ZERO, SegmentFeatures


@dataclass(frozen=True, slots=True)
class LikenessWeights:
    """What counts how much in the distance of two segments: a network's point or maps, the point of the
    identity embedding and votes (directions of length 1), and a tone from 0 to 255. ``even``: the distance at
    which it is as likely as not that two segments are the same thing."""

    features: float
    identity: float
    votes: float
    tone: float
    even: float


# Of marked points of real pages (benchmarks/quality/edit_marks.py) one in 25 of other things is nearer.
BY_ROWS = LikenessWeights(features=1.0, identity=0.0, votes=0.9, tone=5.0, even=0.9)
# Of these points one in 37 is. Whose a thing is and which colour it has count alike, and tone less.
BY_IDENTITY = LikenessWeights(features=0.7, identity=0.7, votes=0.9, tone=3.5, even=0.95)
# Where spacing is known: what the network would paint is the least sure, once blank things count less.
BY_SPACING = LikenessWeights(features=0.7, identity=0.7, votes=0.5, tone=3.5, even=0.95)
# Most segments have a spacing of about 1. At this distance it is as likely as not that two such ones, of
# different panels, are the same thing.
SPACED_EVEN = 1.0
# How much spacing counts: 0 not at all, .5 as in local scaling (Zelnik-Manor & Perona 2004).
SPACING_POWER = 0.6


def segment_likeness(a: SegmentFeatures, b: SegmentFeatures) -> F64:
    """Of each of N segments to each of M others: N×M in [0, 1], 1 for the same."""
    return likeness_at(segment_distance(a, b))


def segment_distance(a: SegmentFeatures, b: SegmentFeatures) -> F64:
    """What likeness falls with: from each of N segments to each of M others, N×M, 0 for the same, and 1 where
    it is as likely as not that they are. By rows and identities where both sides have these, else by rows."""
    known = a.identities is not None and b.identities is not None
    return weighted_distance(a, b, BY_IDENTITY if known else BY_ROWS)


def spaced_distance(a: SegmentFeatures, b: SegmentFeatures) -> tuple[F64, F64] | None:
    """Two distances of N segments to M others, N×M, where both sides know their spacing, else None: for those
    drawn side by side, and for those drawn at another time.

    The second is held against how far apart things of either look lie: what is near says little between blank
    faces, and much between patterned dresses.
    """
    if a.spacing is None or b.spacing is None:
        return None
    plain = weighted_distance(a, b, BY_SPACING)
    spacing = a.spacing[:, None] * b.spacing[None]
    return plain, np.asarray(plain / (SPACED_EVEN * spacing**SPACING_POWER))


def weighted_distance(a: SegmentFeatures, b: SegmentFeatures, weights: LikenessWeights) -> F64:
    """From each of N segments to each of M others, N×M, in units of ``weights.even``."""
    one, other = (_place(some, weights) for some in (a, b))
    square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    # Rounded: the last bit of a product depends on how many rows there are, and likeness must not.
    return np.asarray(np.sqrt(np.round(np.maximum(square, 0), 6)) / weights.even)


def likeness_at(distance: F64) -> F64:
    """How like segments are that are so far apart, in [0, 1]."""
    return np.asarray(0.5 ** (distance**4), dtype=np.float64)


def _place(segments: SegmentFeatures, weights: LikenessWeights) -> F64:
    """Where segments lie, so that the weighted distance of two is that of their places."""
    parts = [weights.features * _direction(_centred(segments.network))]
    if weights.identity and segments.points is not None:
        parts.append(weights.identity * _direction(_centred(segments.points)))
    parts.append(weights.votes * _direction(segments.votes.astype(np.float64)))
    return np.concatenate([*parts, weights.tone * segments.tone[:, None] / 255.0], axis=1)


def _centred(kept: Image) -> F64:
    """A network's features as they were before they were kept as bytes."""
    return np.asarray((kept.astype(np.float64) - ZERO) / UNIT)


def _direction(rows: F64) -> F64:
    """Rows of length 1; those of zeros stay so."""
    length = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.maximum(length, 1e-9))
