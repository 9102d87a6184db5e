"""Segments lie between lines and edges of tone, and small gaps do not leak."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.segments.segmentation import MAX_SEGMENTS, segment
from mangacolor.tests.helpers.segments import SEGMENTATION, circle, everywhere, find_segments


def test_inside_and_outside_of_a_line_are_two_segments() -> None:
    labels = find_segments(circle())
    assert labels.max() == 2
    assert labels[128, 128] != labels[10, 10]


def test_a_gap_in_the_line_does_not_leak() -> None:
    grey = circle(gap=True)
    labels = find_segments(grey)
    assert labels[128, 128] != labels[10, 10]
    assert (labels[100:156, 100:156] == labels[128, 128]).mean() > 0.95


def test_edges_of_tone_divide_and_slow_gradients_do_not() -> None:
    grey = np.full((128, 256), 120, np.uint8)
    grey[:, 128:] = 200
    labels = find_segments(grey)
    assert labels.max() == 2 and labels[60, 40] != labels[60, 200]
    slope = np.tile(np.linspace(180, 192, 256).astype(np.uint8), (128, 1))
    assert find_segments(slope).max() == 1


def test_ground_is_no_segment_and_nothing_drawn_gives_none() -> None:
    grey = circle()
    drawn = np.zeros(grey.shape, np.bool_)
    assert find_segments(grey, drawn).max() == 0
    drawn[:, :128] = True
    labels = find_segments(grey, drawn)
    assert (labels[:, 128:] == 0).all() and (labels[:, :128] > 0).all()


def test_noise_and_specks_stay_within_the_labels() -> None:
    for grey in (
        np.random.default_rng(0).integers(0, 256, (256, 400), np.uint8),
        np.where(np.indices((400, 400)).sum(axis=0) // 9 % 2, 255, 0).astype(np.uint8),
        np.zeros((1, 1), np.uint8),
    ):
        labels = find_segments(grey)
        assert labels.shape == grey.shape and 1 <= labels.max() <= MAX_SEGMENTS
        assert (labels > 0).all()


def hatched() -> Image:
    """A contour around hatching, beside a plain sleeve of white paper."""
    grey = np.full((240, 240), 255, np.uint8)
    for x in range(-240, 240, 6):
        cv2.line(grey, (x, 0), (x + 240, 240), 0, 1, cv2.LINE_AA)
    grey[:, 120:] = 255
    cv2.line(grey, (120, 0), (120, 239), 0, 3)
    return grey


def test_hatching_is_one_thing() -> None:
    grey = hatched()
    labels = find_segments(grey)
    left, right = labels[20:220, 10:110], labels[20:220, 130:230]
    assert (np.bincount(left.ravel()).max() > 0.9 * left.size) and len(np.unique(right)) == 1
    assert not set(np.unique(left)) & set(np.unique(right))


def test_a_thin_strand_between_two_lines_is_kept() -> None:
    grey = np.full((200, 200), 255, np.uint8)
    for x in (90, 98):  # between them lie six pixels of paper
        cv2.line(grey, (x, 0), (x, 199), 0, 2)
    labels = find_segments(grey)
    assert labels.max() == 3 and len({int(labels[100, x]) for x in (40, 94, 150)}) == 3


def test_ink_goes_to_the_segments_at_either_side() -> None:
    grey = np.full((100, 100), 255, np.uint8)
    grey[:, 48:52] = 0
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), np.uint8)
    labels = find_segments(soft)
    assert labels.max() == 2
    changes = np.nonzero(np.diff(labels.astype(int), axis=1))[1]
    assert (changes >= 47).all() and (changes <= 52).all()


def test_a_lock_is_part_of_the_hair() -> None:
    """Faint lines divide locks from each other, ink divides hair from skin: fine and coarse."""
    grey = np.full((240, 240), 200, np.uint8)
    for x in (60, 120, 180):
        cv2.line(grey, (x, 0), (x, 119), 186, 2, cv2.LINE_AA)
    cv2.line(grey, (0, 120), (239, 120), 0, 3)
    found = segment(grey, everywhere(grey), lambda part: part, SEGMENTATION)
    locks = [int(found.labels[60, x]) for x in (30, 90, 150, 210)]
    skin = int(found.labels[200, 120])
    assert len({*locks, skin}) == found.labels.max() == 5 == len(found.parents)
    assert len({int(found.parents[lock - 1]) for lock in locks}) == 1
    assert found.parents[skin - 1] != found.parents[locks[0] - 1]


def test_parts_that_lie_apart_are_looked_at_one_by_one() -> None:
    """What lies between them is neither descreened nor labelled, and none reaches into another."""
    grey = np.full((300, 300), 255, np.uint8)
    drawn = np.zeros(grey.shape, np.bool_)
    drawn[10:60, 10:60] = drawn[200:260, 200:290] = True
    seen: list[tuple[int, ...]] = []

    def descreen(part: Image) -> Image:
        seen.append(part.shape)
        return np.full_like(part, 250)

    found = segment(grey, drawn, descreen, SEGMENTATION)
    assert found.labels.max() == 2 and np.array_equal(found.labels > 0, drawn)
    assert found.labels[230, 250] == 1 and found.labels[30, 30] == 2  # the larger one first
    assert found.parents[0] != found.parents[1]
    assert sum(high * wide for high, wide in seen) < 0.25 * grey.size
    assert (found.plain[drawn] == 250).all() and (found.plain[~drawn] == 255).all()
