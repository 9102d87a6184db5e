"""Two windows meet softly where nothing is drawn, and end at whatever is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mangacolor.stages.reassemble.borders.meeting import find_neighbours
from mangacolor.stages.reassemble.layers import MOST_REACH, PageSegments, ReadyWindow
from mangacolor.stages.reassemble.page_part import make_part
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.tests.helpers.segments import window_of

SIDE, MIDDLE = 240, 120
COLOURS = (200, 160, 150), (150, 165, 205)


def compose(grey: np.ndarray) -> np.ndarray:
    """Cb and Cr of a page of two windows, its halves, each of one segment of its own colour."""
    ready = []
    for number, colour in enumerate(COLOURS):
        labels = np.ones((SIDE, MIDDLE), np.uint16)
        half = grey[:, number * MIDDLE : (number + 1) * MIDDLE]
        window = window_of(half, labels, np.full((*half.shape, 3), colour, np.uint8))
        window = replace(window, box=(number * MIDDLE, 0, MIDDLE, SIDE))
        ready.append(ReadyWindow.of(window, None, None, grey, PARAMS))
    layers = [window.layer for window in ready]
    windows = np.repeat(np.array([0, 1], np.int16), MIDDLE)[None].repeat(SIDE, axis=0)
    segments = PageSegments.of(layers)
    part = make_part(layers, segments, windows, grey, (0, SIDE), (0, SIDE))
    return np.asarray(part.compose(segments)[..., :2], np.float64)


def steps(colours: np.ndarray) -> np.ndarray:
    """How far the colours of neighbours in a row in the middle are apart, levels."""
    return np.asarray(np.linalg.norm(np.diff(colours[SIDE // 2], axis=0), axis=1))


def test_where_nothing_is_drawn_one_goes_over_into_the_other() -> None:
    colours = compose(np.full((SIDE, SIDE), 235, np.uint8))
    apart = np.linalg.norm(colours[SIDE // 2, 0] - colours[SIDE // 2, -1])
    assert apart > 40 and steps(colours).max() < 0.2 * apart
    reach = int(MOST_REACH)
    assert np.ptp(colours[:, : MIDDLE - reach], axis=(0, 1)).max() <= 1


@pytest.mark.parametrize("ink", [0, 170])
def test_a_frame_parts_them_however_thin_and_pale(ink: int) -> None:
    grey = np.full((SIDE, SIDE), 235, np.uint8)
    grey[:, MIDDLE - 1 : MIDDLE + 1] = ink
    colours = compose(grey)
    apart = np.linalg.norm(colours[SIDE // 2, 0] - colours[SIDE // 2, -1])
    assert steps(colours).max() > 0.9 * apart


@pytest.mark.parametrize("shape", [(2, 1), (1, 2)])
def test_segments_meet_on_a_page_one_pixel_wide_as_on_one_as_high(shape: tuple[int, int]) -> None:
    segments = PageSegments(
        np.zeros((3, 5), np.float32), np.array([-1, 0, 0], np.int32), np.zeros(3, np.float32)
    )
    other = find_neighbours(np.array([1, 2], np.int32).reshape(shape), segments)
    assert other.ravel().tolist() == [2, 1]
