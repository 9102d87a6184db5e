"""Segments lie between lines and edges of tone, and small gaps do not leak."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.segments.segmentation import MAX_SEGMENTS, find_segments
from mangacolor.tests.helpers.segments import SEGMENTATION, circle, everywhere


def test_inside_and_outside_of_a_line_are_two_segments() -> None:
    labels = find_segments(circle(), everywhere(circle()), SEGMENTATION)
    assert labels.max() == 2
    assert labels[128, 128] != labels[10, 10]


def test_a_gap_in_the_line_does_not_leak() -> None:
    grey = circle(gap=True)
    labels = find_segments(grey, everywhere(grey), SEGMENTATION)
    assert labels[128, 128] != labels[10, 10]
    assert (labels[100:156, 100:156] == labels[128, 128]).mean() > 0.95


def test_edges_of_tone_divide_and_slow_gradients_do_not() -> None:
    grey = np.full((128, 256), 120, np.uint8)
    grey[:, 128:] = 200
    labels = find_segments(grey, everywhere(grey), SEGMENTATION)
    assert labels.max() == 2 and labels[60, 40] != labels[60, 200]
    slope = np.tile(np.linspace(180, 192, 256).astype(np.uint8), (128, 1))
    assert find_segments(slope, everywhere(slope), SEGMENTATION).max() == 1


def test_ground_is_no_segment_and_nothing_drawn_gives_none() -> None:
    grey = circle()
    drawn = np.zeros(grey.shape, np.bool_)
    assert find_segments(grey, drawn, SEGMENTATION).max() == 0
    drawn[:, :128] = True
    labels = find_segments(grey, drawn, SEGMENTATION)
    assert (labels[:, 128:] == 0).all() and (labels[:, :128] > 0).all()


def test_noise_and_specks_stay_within_the_labels() -> None:
    for grey in (
        np.random.default_rng(0).integers(0, 256, (256, 400), np.uint8),
        np.where(np.indices((400, 400)).sum(axis=0) // 9 % 2, 255, 0).astype(np.uint8),
        np.zeros((1, 1), np.uint8),
    ):
        labels = find_segments(grey, everywhere(grey), SEGMENTATION)
        assert labels.shape == grey.shape and 1 <= labels.max() <= MAX_SEGMENTS
        assert (labels > 0).all()
