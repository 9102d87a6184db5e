"""Neighbours come to one colour, and what is like nothing keeps its own."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.params import SmoothingParams
from mangacolor.stages.harmonize.smoothing import anchor_weight, smooth_colours

SMOOTHING = SmoothingParams()
ANCHOR = SMOOTHING.anchor_without_votes


def ring(count: int, similarity: float) -> KnnGraph:
    """Everybody's neighbours are the next ones in a ring, all as alike as this."""
    near = (np.arange(count)[:, None] + np.arange(1, 7)) % count
    return KnnGraph(near, np.full(near.shape, similarity))


def test_neighbours_agree_on_what_most_of_them_have() -> None:
    chroma = np.repeat([[-10.0, 30.0]], 24, axis=0)
    chroma[::4] = (30, -25)
    chroma += np.random.default_rng(0).normal(0, 4, chroma.shape)
    agreement = smooth_colours(chroma, np.ones(24), ring(24, 1.0), ANCHOR, SMOOTHING)
    assert np.abs(agreement - (-10, 30)).max() < 4  # and not the mean, (0, 16)


def test_what_is_like_nothing_keeps_its_colour() -> None:
    chroma = np.random.default_rng(0).normal(0, 20, (24, 2))
    np.testing.assert_allclose(smooth_colours(chroma, np.ones(24), ring(24, 0.0), ANCHOR, SMOOTHING), chroma)
    little = smooth_colours(chroma, np.ones(24), ring(24, 0.0004), ANCHOR, SMOOTHING)
    much = smooth_colours(chroma, np.ones(24), ring(24, 0.5), ANCHOR, SMOOTHING)
    assert 0 < np.abs(little - chroma).mean() < 0.3 * np.abs(much - chroma).mean()


def test_where_votes_tell_little_segments_hold_on_to_their_own_colours() -> None:
    chroma = np.random.default_rng(1).normal(0, 12, (24, 2))

    def spread(uncertainty: float) -> float:
        colours = smooth_colours(
            chroma, np.ones(24), ring(24, 0.3), anchor_weight(uncertainty, SMOOTHING), SMOOTHING
        )
        return float(np.ptp(colours, axis=0).mean())

    assert spread(0.25) < 0.1  # one colour
    assert spread(0.25) < spread(0.1) < spread(0.02)
    assert spread(0.02) > 0.6 * spread(-0.2)  # of what the majority left
