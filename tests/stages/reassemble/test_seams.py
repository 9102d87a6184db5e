"""Where two windows show one thing, nothing divides it: it has one colour, that of its larger part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.harmonize.corrections import Correction, WindowCorrections
from mangacolor.stages.reassemble.borders.meeting import EDGE, HIDDEN, OPEN
from mangacolor.stages.reassemble.borders.seams import find_seams
from mangacolor.stages.reassemble.layers import ReadyWindow
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.tests.helpers.segments import window_of

SIDE, MIDDLE, TALL = 240, 120, 60
COLOURS = (200, 160, 150), (150, 165, 205)
TINT = (-10, 20)


def ready_windows(grey: np.ndarray, chosen: bool = False) -> list[ReadyWindow]:
    """The left and the right half of a page. Each has a segment of its own colour above row ``TALL``, and in
    the right one another below it, divided by ink; ``chosen``: the left one's colour is somebody's."""
    ready = []
    for number, colour in enumerate(COLOURS):
        labels = np.ones((SIDE, MIDDLE), np.uint16)
        if number:
            labels[TALL:] = 2
        half = grey[:, number * MIDDLE : (number + 1) * MIDDLE]
        window = window_of(half, labels, np.full((*half.shape, 3), colour, np.uint8))
        window = replace(window, box=(number * MIDDLE, 0, MIDDLE, SIDE))
        decided = WindowCorrections.of([Correction(1, *TINT)]) if chosen and not number else None
        ready.append(ReadyWindow.of(window, decided, None, grey, PARAMS))
    return ready


def page(line: int = 235) -> np.ndarray:
    """Pale paper; ink divides the right half, and a ``line`` of this luma the two halves."""
    grey = np.full((SIDE, SIDE), 235, np.uint8)
    grey[TALL - 2 : TALL + 2, MIDDLE:] = 0
    grey[:, MIDDLE - 1 : MIDDLE + 1] = np.minimum(grey[:, MIDDLE - 1 : MIDDLE + 1], line)
    return grey


def painted(grey: np.ndarray, ready: Sequence[ReadyWindow]) -> list[np.ndarray]:
    """What the segments of each window are painted with, N×3."""
    windows = np.repeat(np.array([0, 1], np.int16), MIDDLE)[None].repeat(SIDE, axis=0)
    traced = TracedPage.of(ready, windows, grey, np.zeros_like(grey), np.zeros_like(grey))
    layers = TracedPage.from_artifact(traced.to_artifact()).layers(PageEdits(), PARAMS)
    assert len(layers) == len(ready)
    return [window.rows.painted for window in traced.windows]


def test_what_two_windows_show_has_the_colour_of_its_larger_part() -> None:
    grey = page()
    ready = ready_windows(grey)
    (own_left,), (own_upper, own_lower) = (window.rows.painted for window in ready)
    (left,), (upper, lower) = painted(grey, ready)
    before = np.linalg.norm((own_left - own_upper)[:2])
    assert before > 40 and np.linalg.norm((left - upper)[:2]) < 0.2 * before
    assert np.linalg.norm((lower - left)[:2]) < 0.2 * before  # it meets the left one, too
    assert np.linalg.norm((left - own_left)[:2]) < np.linalg.norm((left - own_lower)[:2])


@pytest.mark.parametrize("line", [0, 170])
def test_a_line_however_pale_lets_each_keep_its_own(line: int) -> None:
    grey = page(line)
    ready = ready_windows(grey)
    for window, now in zip(ready, painted(grey, ready), strict=True):
        assert (now == window.rows.painted).all()


def test_what_somebody_chose_stays_and_draws_nothing() -> None:
    grey = page()
    ready = ready_windows(grey, chosen=True)
    for window, now in zip(ready, painted(grey, ready), strict=True):
        assert np.allclose(now, window.rows.painted, atol=1e-5)


def test_seams_are_counted_where_nothing_is_drawn_and_between_windows_alone() -> None:
    labels = np.array([[1, 1, 3, 4], [1, 1, 3, 4], [2, 2, 3, 4]], np.int32)
    window = np.array([-1, 0, 0, 1, 1], np.int32)
    kinds, keep = np.full(labels.shape, OPEN, np.uint8), np.zeros(labels.shape, np.uint8)
    pairs, length = find_seams(labels, kinds, keep, window)
    assert pairs.tolist() == [[1, 3], [2, 3]] and length.tolist() == [2, 1]
    for kind in (HIDDEN, EDGE):
        kinds[:2] = kind
        pairs, length = find_seams(labels, kinds, keep, window)
        assert pairs.tolist() == [[2, 3]] and length.tolist() == [1]


def test_a_balloon_before_two_panels_makes_no_one_thing_of_them() -> None:
    labels = np.array([[1, 1, 3, 4], [1, 1, 3, 4], [2, 2, 3, 4]], np.int32)
    keep = np.zeros(labels.shape, np.uint8)
    keep[2] = 255
    kinds, window = np.full(labels.shape, OPEN, np.uint8), np.array([-1, 0, 0, 1, 1], np.int32)
    pairs, length = find_seams(labels, kinds, keep, window)
    assert pairs.tolist() == [[1, 3]] and length.tolist() == [2]


def test_an_edge_on_one_side_alone_is_a_tones_and_no_frame() -> None:
    labels = np.array([[1, 1, 2, 2]], np.int32)
    window, keep = np.array([-1, 0, 1], np.int32), np.zeros(labels.shape, np.uint8)
    for left, right, joined in ((EDGE, OPEN, 1), (OPEN, EDGE, 1), (EDGE, EDGE, 0), (HIDDEN, OPEN, 0)):
        kinds = np.array([[OPEN, left, right, OPEN]], np.uint8)
        assert len(find_seams(labels, kinds, keep, window)[0]) == joined


def test_bands_count_each_seam_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, (37, 11)).astype(np.int32)
    window = np.array([-1, 0, 0, 1, 1, 2], np.int32)
    kinds = rng.integers(0, 3, labels.shape).astype(np.uint8)
    keep = (rng.integers(0, 4, labels.shape) == 0).astype(np.uint8) * np.uint8(255)
    whole = find_seams(labels, kinds, keep, window)
    monkeypatch.setattr("mangacolor.stages.reassemble.borders.seams.ROWS", 4)
    banded = find_seams(labels, kinds, keep, window)
    assert whole[0].tolist() == banded[0].tolist() and whole[1].tolist() == banded[1].tolist()
