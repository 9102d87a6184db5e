"""Neighbours come to one colour, and what is like nothing keeps its own."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.params import SmoothingParams
from mangacolor.stages.harmonize.smoothing import (
    anchor_weight,
    find_support,
    keep_own,
    own_weight,
    smooth_colours,
    start_colours,
)

SMOOTHING = SmoothingParams()
ANCHOR = SMOOTHING.anchor_without_votes


def ring(count: int, similarity: float) -> KnnGraph:
    """Everybody's neighbours are the next ones in a ring, all as alike as this."""
    near = (np.arange(count)[:, None] + np.arange(1, 7)) % count
    return KnnGraph(near, np.full(near.shape, similarity))


def smooth(chroma: F64, similarity: float, anchor: float = ANCHOR) -> F64:
    """What segments in a ring agree on of which none is held."""
    even, nobody = np.ones(len(chroma)), np.zeros(len(chroma), np.bool_)
    return smooth_colours(chroma, even, ring(len(chroma), similarity), anchor, SMOOTHING, 0, nobody)


def test_neighbours_agree_on_what_most_of_them_have() -> None:
    chroma = np.repeat([[-10.0, 30.0]], 24, axis=0)
    chroma[::4] = (30, -25)
    chroma += np.random.default_rng(0).normal(0, 4, chroma.shape)
    agreement = smooth(chroma, 1.0)
    assert np.abs(agreement - (-10, 30)).max() < 4  # and not the mean, (0, 16)


def test_what_is_like_nothing_keeps_its_colour() -> None:
    chroma = np.random.default_rng(0).normal(0, 20, (24, 2))
    np.testing.assert_allclose(smooth(chroma, 0.0), chroma)
    little = smooth(chroma, 0.0004)
    much = smooth(chroma, 0.5)
    assert 0 < np.abs(little - chroma).mean() < 0.3 * np.abs(much - chroma).mean()


def test_where_votes_tell_little_segments_hold_on_to_their_own_colours() -> None:
    chroma = np.random.default_rng(1).normal(0, 12, (24, 2))

    def spread(uncertainty: float) -> float:
        return float(np.ptp(smooth(chroma, 0.3, anchor_weight(uncertainty, SMOOTHING)), axis=0).mean())

    assert spread(0.25) < 0.1  # one colour
    assert spread(0.25) < spread(0.1) < spread(0.02)
    assert spread(0.02) > 0.6 * spread(-0.2)  # of what the majority left


def test_a_segment_starts_from_what_was_assigned_as_far_as_neighbours_support_it() -> None:
    read, assigned, even = np.full((24, 2), 5.0), np.full((24, 2), 45.0), np.ones(24)
    alone = start_colours(read, assigned, find_support(even, ring(24, 0.0)), SMOOTHING)
    np.testing.assert_allclose(alone, read)
    # Twelve links each, in both directions.
    half = start_colours(
        read, assigned, find_support(even, ring(24, SMOOTHING.assigned_support / 12)), SMOOTHING
    )
    np.testing.assert_allclose(half, (read + assigned) / 2)
    crowd = start_colours(read, assigned, find_support(even, ring(24, 1.0)), SMOOTHING)
    assert np.abs(crowd - assigned).max() < 2


def test_a_segment_goes_to_what_was_agreed_as_far_as_neighbours_support_it() -> None:
    own, agreed, even = np.full((24, 2), 30.0), np.full((24, 2), 10.0), np.ones(24)
    alone = keep_own(agreed, own, 1.0, find_support(even, ring(24, 0.0)), SMOOTHING)
    np.testing.assert_allclose(alone, own)
    # Twelve links each, in both directions: one neighbour that is just alike, all together, is half of it.
    half = keep_own(agreed, own, 1.0, find_support(even, ring(24, 1 / 12)), SMOOTHING)
    np.testing.assert_allclose(half, (own + agreed) / 2)
    crowd = keep_own(agreed, own, 1.0, find_support(even, ring(24, 1.0)), SMOOTHING)
    np.testing.assert_allclose(crowd, agreed + (own - agreed) / 13)


def test_neighbours_that_weigh_more_support_more() -> None:
    own, agreed = np.full((24, 2), 30.0), np.full((24, 2), 10.0)
    weight = np.ones(24)
    weight[0] = 4
    kept = keep_own(agreed, own, 1.0, find_support(weight, ring(24, 1 / 12)), SMOOTHING)[:, 0]
    assert kept[0] > kept[12] > kept[1]  # a large one keeps more, and the next ones to it less


def test_nothing_is_kept_without_a_weight_of_ones_own() -> None:
    own, agreed = np.full((24, 2), 30.0), np.full((24, 2), 10.0)
    np.testing.assert_allclose(
        keep_own(agreed, own, 0.0, find_support(np.ones(24), ring(24, 0.3)), SMOOTHING), agreed
    )


def test_one_keeps_less_of_ones_own_where_votes_tell_much() -> None:
    most = SMOOTHING.own_weight
    assert own_weight(0.05, SMOOTHING) == own_weight(SMOOTHING.own_midpoint, SMOOTHING) == most
    assert 0.1 * most < own_weight(0.175, SMOOTHING) < 0.2 * most
    assert own_weight(0.28, SMOOTHING) < 0.001


def test_between_two_hues_nothing_goes_grey() -> None:
    own, agreed = np.tile((20.0, 0.0), (24, 1)), np.tile((-2.0, 20.0), (24, 1))
    between = keep_own(agreed, own, 1.0, find_support(np.ones(24), ring(24, 1 / 12)), SMOOTHING)
    np.testing.assert_allclose(np.hypot(*between.T), (np.hypot(*own.T) + np.hypot(*agreed.T)) / 2)
    np.testing.assert_allclose(between[:, 0] / between[:, 1], 18 / 20)  # of the mean
    opposite = keep_own(-own, own, 1.0, find_support(np.ones(24), ring(24, 1 / 12)), SMOOTHING)
    assert np.abs(opposite).max() < 1e-6  # where there is none
