"""Colours of segments: corrected up to the ink, evened out, and drawn together where nothing divides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from mangacolor.core.colour import DARKEST
from mangacolor.core.types import Artifact
from mangacolor.stages.harmonize.corrections import Correction, Corrections, WindowCorrections
from mangacolor.stages.reassemble.params import Params
from mangacolor.stages.reassemble.recolour import recolour_window
from mangacolor.stages.reassemble.segment_fields import (
    evenness,
    find_open_borders,
    smooth_across_open_borders,
)
from mangacolor.stages.reassemble.segment_tone import flatten_tone
from mangacolor.stages.segments.features import COLUMNS, TEXTURE, SegmentFeatures
from mangacolor.stages.segments.segmentation import find_segments
from mangacolor.stages.windows.artifact import WindowColours
from mangacolor.tests.helpers.segments import SEGMENTATION, circle, everywhere, window_of

PARAMS = Params()


def recolour(window: WindowColours, corrections: Iterable[Correction] | None) -> np.ndarray:
    """The window's picture with these corrections of its segments, as int."""
    borders = find_open_borders(window.labels, window.descreened, PARAMS.borders)
    columns = None if corrections is None else WindowCorrections.of(corrections)
    return recolour_window(window, borders, columns, PARAMS).astype(int)


def test_a_correction_ends_at_the_ink_and_evens_blotches() -> None:
    grey = np.full((128, 128), 230, np.uint8)
    grey[:, 63:66] = 0
    labels = find_segments(grey, everywhere(grey), SEGMENTATION)
    picture = np.full((128, 128, 3), (190, 180, 170), np.uint8)
    picture[40:60, 10:30] = (230, 160, 150)  # a blotch
    window = window_of(grey, labels, picture)
    left = int(labels[64, 20])
    corrections = [Correction(group=1), Correction(group=1)]
    corrections[left - 1] = Correction(group=1, cb=12, cr=-6, base_cb=12, base_cr=-6)
    recoloured = recolour(window, corrections)
    assert np.abs(recoloured[:, 70:] - picture[:, 70:]).max() <= 1
    moved = recoloured[100, 20] - picture[100, 20]
    assert moved[2] > 10 > moved[0]
    before = np.abs(picture[50, 20].astype(int) - picture[100, 20])
    assert np.abs(recoloured[50, 20] - recoloured[100, 20]).sum() < 0.75 * before.sum()


def test_without_a_correction_segments_are_evened_out_and_not_moved() -> None:
    grey = circle()
    picture = np.full((256, 256, 3), (120, 99, 80), np.uint8)
    labels = find_segments(grey, everywhere(grey), SEGMENTATION)
    window = window_of(grey, labels, picture)
    for decided in (None, Corrections.from_artifact(Artifact({"windows": []})).of_window(0)):
        assert decided is None
        assert np.abs(recolour(window, decided) - picture).max() <= 1
    picture[20:40, 20:40] = (180, 90, 60)
    recoloured = recolour(window, None)
    assert (
        np.abs(recoloured[30, 30] - recoloured[60, 20]).max()
        < 0.4 * np.abs(picture[30, 30].astype(int) - picture[60, 20]).max()
    )
    nothing = replace(window, features=np.zeros((0, 0), np.uint8))
    borders = find_open_borders(labels, grey, PARAMS.borders)
    assert recolour_window(nothing, borders, None, PARAMS) is picture


def test_what_is_painted_may_change_its_colour_more_than_what_is_printed_flat() -> None:
    rows = np.zeros((3, len(COLUMNS)), np.uint8)
    rows[:, TEXTURE] = (0, 20, 60)
    flat, between, painted = evenness(SegmentFeatures(rows), PARAMS.evenness)
    assert 0.8 < flat <= 1 and flat > between > painted < 0.5


def tones(grey: np.ndarray, shade: np.ndarray, chroma: tuple[int, int] = (0, 0)) -> np.ndarray:
    """What ``flatten_tone`` makes of a window's tones, whose segments are all of this Cb and Cr."""
    labels = find_segments(grey, everywhere(grey), SEGMENTATION)
    layer = np.dstack([np.full_like(grey, 128 + chroma[0]), np.full_like(grey, 128 + chroma[1]), shade])
    window = window_of(grey, labels, np.repeat(grey[..., None], 3, 2))
    borders = find_open_borders(labels, grey, PARAMS.borders)
    flat = flatten_tone(layer, labels, borders, SegmentFeatures(window.features), PARAMS)
    return flat[..., 2].astype(int)


def test_a_halo_beside_a_line_goes_into_the_whole_segment() -> None:
    grey = np.full((128, 128), 255, np.uint8)
    grey[:, 63:66] = 0
    shade = np.full_like(grey, 255)
    shade[:, 50:63] = 155
    flat = tones(grey, shade)
    assert abs(flat[64, 56] - flat[64, 20]) < 15  # of 100
    assert flat[64, 20] < 250 and flat[64, 100] > 250  # and stays on its side of the line


def test_a_segment_is_as_dark_as_its_colour_needs() -> None:
    grey = np.full((128, 128), 255, np.uint8)
    white = np.full_like(grey, 255)
    assert tones(grey, white).min() == 255
    flat = tones(grey, white, (-12, 20))
    value = 255 * (DARKEST + (1 - DARKEST) * flat / 255)
    assert np.abs(value + 1.402 * 20 - 255).max() < 1


def test_what_nothing_divides_is_drawn_together_and_what_ink_divides_is_not() -> None:
    grey = np.full((120, 120), 230, np.uint8)
    grey[:, 78:82] = 0
    labels = np.ones((120, 120), np.uint16)
    labels[:, 40:80], labels[:, 80:] = 2, 3
    borders = find_open_borders(labels, grey, PARAMS.borders)
    assert borders.length[0, 1] == borders.length[1, 0] > 60
    assert borders.length[1, 2] < 1 and borders.length[0, 2] == 0
    values = np.array([[20.0], [-20.0], [50.0]], np.float32)
    together = smooth_across_open_borders(values, borders, PARAMS.borders)[:, 0]
    assert together[0] - together[1] < 4
    assert abs(together[2] - 50) < 2


def two_halves() -> WindowColours:
    """A window of two segments that no ink divides."""
    grey = np.full((120, 120), 230, np.uint8)
    labels = np.ones((120, 120), np.uint16)
    labels[:, 60:] = 2
    return window_of(grey, labels, np.full((120, 120, 3), (190, 180, 170), np.uint8))


def test_a_colour_chosen_for_one_segment_changes_nothing_of_its_neighbour() -> None:
    """Even where no ink divides them, so that they are drawn together otherwise."""
    before, after = (
        recolour(
            two_halves(),
            [Correction(1, cb, cr, luma, base_cb=10, base_cr=-5), Correction(group=2)],
        )
        for cb, cr, luma in ((10, -5, -1), (-30, 40, 150))
    )
    assert np.array_equal(before[:, 90:], after[:, 90:])
    assert np.abs(before[:, :30] - after[:, :30]).max() > 40


def test_a_locked_colour_holds_though_it_says_no_luma() -> None:
    """Locks and kept palettes choose chroma alone."""
    free, locked = (
        recolour(two_halves(), [Correction(1, cb, cr, base_cb=10, base_cr=-5), Correction(group=2)])
        for cb, cr in ((10, -5), (-30, 40))
    )
    assert np.abs(free[:, :30] - locked[:, :30]).max() > 40
    assert np.array_equal(free[:, 90:], locked[:, 90:])
