"""Colours of segments on the page: corrected up to the ink, evened out, softly met where nothing divides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.colour import chroma, luma
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.harmonize.corrections import Correction, Corrections, WindowCorrections
from mangacolor.stages.reassemble import compose
from mangacolor.stages.reassemble.borders.open_borders import find_open_borders, smooth_across_open_borders
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.reassemble.segment_colours import evenness
from mangacolor.stages.segments.features import COLUMNS, TEXTURE, TONE, SegmentFeatures
from mangacolor.stages.windows.artifact import WindowColours
from mangacolor.tests.helpers.drawing import draw_window
from mangacolor.tests.helpers.segments import circle, find_segments, window_of

RED = (-20, 45)


def draw(window: WindowColours, corrections: Iterable[Correction] | None = None) -> np.ndarray:
    """The page of a window with these corrections of its segments, as int."""
    columns = None if corrections is None else WindowCorrections.of(corrections)
    return draw_window(window, window.descreened, columns).astype(int)


def choose(window: WindowColours, label: int, colour: tuple[int, int], value: int = -1) -> WindowEdits:
    """The edit that gives one segment this chroma and luma."""
    edits = WindowEdits.none(window.segments)
    edits.chosen[label - 1] = True
    edits.chroma[label - 1] = colour
    edits.luma[label - 1] = value
    return edits


def distance(picture: np.ndarray, colour: tuple[int, int]) -> np.ndarray:
    """How far each pixel's chroma is from a colour, levels."""
    cb, cr = chroma(picture)
    return np.hypot(cb - colour[0], cr - colour[1])


def test_a_correction_ends_at_the_ink_and_evens_blotches() -> None:
    grey = np.full((128, 128), 230, np.uint8)
    grey[:, 63:66] = 0
    labels = find_segments(grey)
    picture = np.full((128, 128, 3), (190, 180, 170), np.uint8)
    picture[40:60, 10:30] = (230, 160, 150)  # a blotch
    window = window_of(grey, labels, picture)
    left = int(labels[64, 20])
    corrections = [Correction(group=1), Correction(group=1)]
    plain = draw(window, corrections)
    corrections[left - 1] = Correction(group=1, cb=12, cr=-6, base_cb=12, base_cr=-6)
    corrected = draw(window, corrections)
    assert np.abs(corrected[:, 66:] - plain[:, 66:]).max() <= 1
    moved = corrected[100, :62] - plain[100, :62]
    assert (moved[:, 2] > 10).all() and (moved[:, 0] < 10).all()
    before = np.abs(picture[50, 20].astype(int) - picture[100, 20])
    assert np.abs(corrected[50, 20] - corrected[100, 20]).sum() < 0.75 * before.sum()


def test_without_a_correction_segments_are_evened_out_and_not_moved() -> None:
    grey = circle()
    picture = np.full((256, 256, 3), (120, 99, 80), np.uint8)
    labels = find_segments(grey)
    assert Corrections().of_window(0) is None
    printed = np.minimum(grey, 200)  # blank paper would be lightened
    nothing = replace(window_of(printed, labels, picture), labels=np.zeros_like(labels))
    assert np.abs(draw(window_of(printed, labels, picture)) - draw(nothing)).max() <= 2
    picture[20:40, 20:40] = (180, 90, 60)
    evened = draw(window_of(grey, labels, picture))
    assert (
        np.abs(evened[30, 30] - evened[60, 20]).max()
        < 0.4 * np.abs(picture[30, 30].astype(int) - picture[60, 20]).max()
    )


def test_what_is_painted_may_change_its_colour_more_than_what_is_printed_flat() -> None:
    rows = np.zeros((3, len(COLUMNS)), np.uint8)
    rows[:, TEXTURE] = (0, 20, 60)
    flat, between, painted = evenness(SegmentFeatures(rows), PARAMS.evenness)
    assert 0.8 < flat <= 1 and flat > between > painted < 0.5


def tones(grey: np.ndarray, shade: np.ndarray, colour: tuple[int, int] = (0, 0)) -> np.ndarray:
    """The luma of a page whose network sees these tones, its segments all of this Cb and Cr."""
    labels = find_segments(grey)
    window = window_of(grey, labels, np.repeat(shade[..., None], 3, 2))
    move = [Correction(1, *colour, base_cb=colour[0], base_cr=colour[1])] * window.segments
    if colour != (0, 0):  # as somebody chose it: else white paper takes the colour that it can hold
        move = [Correction(1, *colour)] * window.segments
    return luma(draw(window, move).astype(np.uint8)).astype(int)


def test_a_halo_beside_a_line_goes_into_the_whole_segment() -> None:
    grey = np.full((128, 128), 200, np.uint8)  # blank paper would be lightened
    grey[:, 63:66] = 0
    shade = np.full_like(grey, 200)
    shade[:, 50:63] = 110
    flat = tones(grey, shade)
    assert abs(flat[64, 56] - flat[64, 20]) < 11  # of 90
    assert flat[64, 20] < 192 and flat[64, 100] > 196  # and stays on its side of the line


def test_paper_is_as_dark_as_its_colour_needs() -> None:
    grey = np.full((128, 128), 255, np.uint8)
    white = np.full_like(grey, 255)
    assert tones(grey, white).min() == 255
    assert np.abs(tones(grey, white, (-12, 20)) + 1.402 * 20 - 255).max() < 1.5


def paper_of(tone: int, painted: int) -> tuple[float, float]:
    """The mean luma of paper of this tone that the network paints so, and what its row says."""
    grey = np.full((128, 128), tone, np.uint8)
    window = window_of(grey, np.ones((128, 128), np.uint16), np.full((128, 128, 3), painted, np.uint8))
    shown = SegmentFeatures(window.features).shown
    return float(draw_window(window, grey)[40:80, 40:80].mean()), float(shown[0])


@pytest.mark.parametrize(("tone", "painted"), [(255, 215), (255, 150), (228, 190), (160, 130)])
def test_a_segment_is_as_light_as_its_row_says(tone: int, painted: int) -> None:
    drawn, told = paper_of(tone, painted)
    assert drawn == pytest.approx(told, abs=2)


def test_blank_paper_is_lighter_than_the_network_paints_it_and_tones_are_not() -> None:
    assert paper_of(255, 215)[0] > 230
    assert paper_of(160, 130)[0] == pytest.approx(paper_of(160, 160)[0] - 30, abs=6)


def test_clouds_that_the_network_sees_on_blank_paper_are_evened_out() -> None:
    grey = np.full((128, 128), 255, np.uint8)
    grey[:, ::8] = 100  # textured as paintings are
    labels = np.ones((128, 128), np.uint16)
    cloudy = np.full((128, 128, 3), 230, np.uint8)
    cloudy[:64] = 200
    window = window_of(grey, labels, cloudy)
    window.features[:, TONE] = 255
    light = draw_window(window, grey)[..., 0].astype(int)
    printed = window_of(grey, labels, cloudy)
    printed.features[:, TONE] = 200
    as_printed = draw_window(printed, grey)[..., 0].astype(int)

    def step(drawn: np.ndarray) -> float:
        return float(np.median(drawn[90:120, 4::8]) - np.median(drawn[10:40, 4::8]))

    assert step(light) < 0.5 * step(as_printed)


def test_what_nothing_divides_is_drawn_together_and_what_ink_divides_is_not() -> None:
    grey = np.full((120, 120), 230, np.uint8)
    grey[:, 78:82] = 0
    labels = np.ones((120, 120), np.uint16)
    labels[:, 40:80], labels[:, 80:] = 2, 3
    window = window_of(grey, labels, np.full((120, 120, 3), 200, np.uint8))
    borders = find_open_borders(window, PARAMS.borders)
    length = {tuple(pair): value for pair, value in zip(borders.pairs.tolist(), borders.length, strict=True)}
    assert length[0, 1] > 100
    assert length[1, 2] < 1 and (0, 2) not in length
    values = np.array([[20.0], [-20.0], [50.0]], np.float32)
    together = smooth_across_open_borders(values, borders, PARAMS.borders)[:, 0]
    assert together[0] - together[1] < 4
    assert abs(together[2] - 50) < 2


def test_drawing_together_is_the_least_squares_solution() -> None:
    rng = np.random.default_rng(4)
    labels = np.kron(np.arange(1, 65, dtype=np.uint16).reshape(8, 8), np.ones((16, 16), np.uint16))
    window = window_of(
        np.full(labels.shape, 230, np.uint8), labels, np.full((*labels.shape, 3), 99, np.uint8)
    )
    borders = find_open_borders(window, PARAMS.borders)
    values = rng.normal(0, 30, (64, 3)).astype(np.float32)
    weights = np.zeros((64, 64))
    weights[tuple(borders.pairs.T)] = borders.length
    weights += weights.T
    anchor = PARAMS.borders.anchor * np.sqrt(borders.area)
    exact = np.linalg.solve(np.diag(anchor + weights.sum(axis=1)) - weights, anchor[:, None] * values)
    assert np.abs(smooth_across_open_borders(values, borders, PARAMS.borders) - exact).max() < 0.05


def two_halves(tone: int = 230) -> WindowColours:
    """A window of two segments that no ink divides."""
    grey = np.full((120, 120), tone, np.uint8)
    labels = np.ones((120, 120), np.uint16)
    labels[:, 60:] = 2
    return window_of(grey, labels, np.full((120, 120, 3), (190, 180, 170), np.uint8))


def test_a_colour_chosen_for_one_segment_changes_nothing_of_its_neighbour() -> None:
    """Even where no ink divides them, so that they are drawn together otherwise."""
    before, after = (
        draw(two_halves(), [Correction(1, cb, cr, value, base_cb=10, base_cr=-5), Correction(group=2)])
        for cb, cr, value in ((10, -5, -1), (-30, 40, 150))
    )
    assert np.array_equal(before[:, 90:], after[:, 90:])
    assert np.abs(before[:, :30] - after[:, :30]).max() > 40


def test_a_locked_colour_holds_though_it_says_no_luma() -> None:
    """Locks and kept palettes choose chroma alone."""
    free, locked = (
        draw(two_halves(), [Correction(1, cb, cr, base_cb=10, base_cr=-5), Correction(group=2)])
        for cb, cr in ((10, -5), (-30, 40))
    )
    assert np.abs(free[:, :30] - locked[:, :30]).max() > 40
    assert np.array_equal(free[:, 90:], locked[:, 90:])


def test_blank_paper_is_as_light_as_its_locked_chroma_lets_it_be() -> None:
    """And not as that lets it be which the chapter would have given it."""
    grey = np.full((120, 120), 255, np.uint8)
    window = window_of(grey, np.ones((120, 120), np.uint16), np.full((120, 120, 3), 205, np.uint8))
    plain, locked = draw(window), draw(window, [Correction(1, base_cb=-20, base_cr=32)])
    assert plain[60, 60].min() > 220 and np.abs(locked - plain).max() <= 1


def test_an_edit_without_ink_at_its_border_ends_little_by_little() -> None:
    window = two_halves()
    edited = draw_window(window, window.descreened, edits=choose(window, 1, RED, 150))
    plain = draw(window).astype(np.uint8)
    change = np.stack(chroma(edited), axis=2) - np.stack(chroma(plain), axis=2)
    step = np.hypot(*np.diff(change, axis=1).reshape(-1, 2).T)
    assert step.max() <= 6
    assert np.hypot(*change[:, 30].T).min() > 40
    assert np.array_equal(edited[:, 90:], plain[:, 90:])


def drawn_at_page_scale() -> tuple[WindowColours, np.ndarray, np.ndarray]:
    """A window at a third of its page's resolution, its labels a pixel off; the page; left of its line."""
    rows, columns = np.mgrid[:360, :360]
    across = columns - 180 - 60 * np.sin(rows / 50)  # a curved line, five pixels wide
    grey = np.full((360, 360), 255, np.uint8)
    grey[np.abs(across) < 3] = 0
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), dtype=np.uint8)
    small = cv2.resize(grey, (120, 120), interpolation=cv2.INTER_AREA)
    labels = np.where(cv2.resize(across, (120, 120), interpolation=cv2.INTER_AREA) < 3, 1, 2).astype(
        np.uint16
    )
    window = window_of(small, labels, np.full((120, 120, 3), (230, 225, 215), np.uint8))
    return replace(window, box=(0, 0, 360, 360)), grey, across < 0


def test_an_edit_ends_beneath_the_ink_at_the_resolution_of_the_page() -> None:
    window, grey, left = drawn_at_page_scale()
    plain = draw_window(window, grey)
    edited = draw_window(window, grey, edits=choose(window, 1, RED, 150))
    changed = np.abs(edited.astype(int) - plain).max(axis=2)
    light = grey >= 128
    assert changed[light & ~left].max() <= 2  # nothing beyond the line
    assert distance(edited, RED)[grey == 255][left[grey == 255]].max() <= 3  # and no rim before it


def test_ink_stays_black_and_neutral_under_an_edit() -> None:
    window, grey, _ = drawn_at_page_scale()
    hatched = grey.copy()
    hatched[::6, :90] = np.minimum(hatched[::6, :90], 20)
    hatched[1::6, :90] = np.minimum(hatched[1::6, :90], 130)  # a stroke's soft edge
    edited = draw_window(window, hatched, edits=choose(window, 1, RED, 120))
    ink = hatched < 64
    assert np.abs(luma(edited)[ink].astype(float) - hatched[ink]).mean() <= 0.5
    assert distance(edited, (0, 0))[ink].max() <= 4
    strokes = luma(edited)[:, 20:80].astype(int)
    assert (strokes[2::6] - strokes[::6]).min() > 70  # hatching is as plain as before
    assert (strokes[2::6] > strokes[1::6]).all() and (strokes[1::6] > strokes[::6]).all()


@pytest.mark.parametrize("value", [60, 120, 230])
def test_paper_takes_the_luma_that_was_chosen_within_reason(value: int) -> None:
    window, grey, left = drawn_at_page_scale()
    edited = draw_window(window, grey, edits=choose(window, 1, (10, -10), value))
    paper = luma(edited)[left & (grey == 255)]
    assert np.abs(paper.astype(int) - max(value, round(255 * PARAMS.darkest_chosen))).max() <= 3


def test_a_dark_printed_surface_is_made_no_lighter_and_keeps_its_texture() -> None:
    window = two_halves(tone=120)
    grey = window.descreened.copy()
    grey[::4, ::4] = 0
    grey[2::4, 2::4] = 180
    edited = luma(draw_window(window, grey, edits=choose(window, 1, RED, 240))).astype(int)
    assert (edited <= grey + 1).all()
    assert edited[2::4, 2::4][:, :8].min() - edited[1::4, 1::4][:, :8].max() > 0.6 * (180 - 120)


def test_bands_of_a_page_meet_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    window, grey, _ = drawn_at_page_scale()
    edits = choose(window, 1, RED, 150)
    whole = draw_window(window, grey, edits=edits)
    monkeypatch.setattr(compose, "BAND_ROWS", 100)
    banded = draw_window(window, grey, edits=edits)
    assert np.abs(whole.astype(int) - banded).max() <= 1
