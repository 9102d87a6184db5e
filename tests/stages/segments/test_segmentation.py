"""Surfaces, their rows, and the graph that groups them."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import sparse

from mangacolor.core.types import Artifact, Tile
from mangacolor.models.colour.prediction import VOTES
from mangacolor.stages.harmonize.clustering import joined, nearest
from mangacolor.stages.harmonize.louvain import communities
from mangacolor.stages.harmonize.smoothing import agreed, hold_for
from mangacolor.stages.reassemble.ink_transfer import DARKEST
from mangacolor.stages.reassemble.recolour import corrected
from mangacolor.stages.reassemble.segment_fields import Borders, eased, evenness, open_borders
from mangacolor.stages.reassemble.segment_tone import evened
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    CB,
    COLUMNS,
    CR,
    LEFT,
    SIDES,
    TEXTURE,
    TONE,
    FeaturePool,
    describe,
)
from mangacolor.stages.segments.segmentation import MOST, find_surfaces


def everywhere(grey: np.ndarray) -> np.ndarray:
    return np.ones(grey.shape, np.bool_)


def circle(gap: bool = False) -> np.ndarray:
    grey = np.full((256, 256), 255, np.uint8)
    cv2.circle(grey, (128, 128), 70, 0, 2, cv2.LINE_AA)
    if gap:
        grey[125:131, 190:206] = 255  # the line is open for six pixels
    return grey


def test_inside_and_outside_of_a_line_are_two_surfaces() -> None:
    labels = find_surfaces(circle(), everywhere(circle()))
    assert labels.max() == 2
    assert labels[128, 128] != labels[10, 10]


def test_a_gap_in_the_line_does_not_leak() -> None:
    grey = circle(gap=True)
    labels = find_surfaces(grey, everywhere(grey))
    assert labels[128, 128] != labels[10, 10]
    assert (labels[100:156, 100:156] == labels[128, 128]).mean() > 0.95


def test_edges_of_tone_divide_and_slow_gradients_do_not() -> None:
    grey = np.full((128, 256), 120, np.uint8)
    grey[:, 128:] = 200
    labels = find_surfaces(grey, everywhere(grey))
    assert labels.max() == 2 and labels[60, 40] != labels[60, 200]
    slope = np.tile(np.linspace(180, 192, 256).astype(np.uint8), (128, 1))
    assert find_surfaces(slope, everywhere(slope)).max() == 1


def test_ground_is_no_surface_and_nothing_drawn_gives_none() -> None:
    grey = circle()
    drawn = np.zeros(grey.shape, np.bool_)
    assert find_surfaces(grey, drawn).max() == 0
    drawn[:, :128] = True
    labels = find_surfaces(grey, drawn)
    assert (labels[:, 128:] == 0).all() and (labels[:, :128] > 0).all()


def test_noise_and_specks_stay_within_the_labels() -> None:
    for grey in (
        np.random.default_rng(0).integers(0, 256, (256, 400), np.uint8),
        np.where(np.indices((400, 400)).sum(axis=0) // 9 % 2, 255, 0).astype(np.uint8),
        np.zeros((1, 1), np.uint8),
    ):
        labels = find_surfaces(grey, everywhere(grey))
        assert labels.shape == grey.shape and 1 <= labels.max() <= MOST
        assert (labels > 0).all()


def test_a_row_says_what_a_surface_is() -> None:
    labels = np.ones((64, 64), np.uint8)
    labels[:, 48:] = 2
    grey = np.where(labels == 1, 220, 120).astype(np.uint8)
    coloured = np.where(labels[..., None] == 1, (200, 150, 100), (60, 90, 200)).astype(np.uint8)
    table = describe(labels, grey, coloured, np.zeros((2, 0), np.uint8))
    assert table.shape == (2, len(COLUMNS))
    assert table[0, TONE] == 220 and table[1, TONE] == 120
    assert abs(2 ** (table[0, AREA] / AREA_STEPS) - 48 * 64) < 0.03 * 48 * 64
    assert table[0, CR] > 128 > table[0, CB] and table[1, CB] > 128
    assert table[0, SIDES] & LEFT and not table[1, SIDES] & LEFT


def test_features_are_pooled_over_the_surface_and_all_tiles() -> None:
    labels = np.ones((256, 384), np.uint8)
    labels[:, 128:] = 2
    pool = FeaturePool(labels)
    for x in (0, 128):
        seen = np.zeros((1, 8, 8), np.float32)
        seen[0, :, :] = np.where(np.arange(8) * 32 + x < 128, 3.0, -1.0)
        pool.add(Tile(x, 0, 256, 256), {"deepest": seen})
    first, second = pool.rows()[:, 0].astype(int)
    assert abs(first - (128 + 127 * 0.75)) <= 1 and abs(second - (128 - 127 * 0.5)) <= 1


def test_a_network_that_tells_nothing_leaves_no_features() -> None:
    assert FeaturePool(np.ones((4, 4), np.uint8)).rows().shape == (1, 0)


def test_votes_are_the_roots_of_chances_and_come_last() -> None:
    pool = FeaturePool(np.ones((64, 64), np.uint8))
    logits = np.zeros((4, 16, 16), np.float32)
    logits[2] = np.log(13.0)
    pool.add(Tile(0, 0, 64, 64), {VOTES: logits, "deepest": np.zeros((3, 2, 2), np.float32)})
    assert pool.sums[VOTES].shape[1] == 4
    quarter, most = round(255 * 0.25), round(255 * np.sqrt(13 / 16))
    assert pool.rows()[0].tolist() == [128, 128, 128, quarter, quarter, most, quarter]


def near_and_far(count: int, likeness: float) -> tuple[np.ndarray, np.ndarray]:
    """Everybody's look-alikes are the next ones in a ring, all as alike as this."""
    near = (np.arange(count)[:, None] + np.arange(1, 7)) % count
    return near, np.full(near.shape, likeness)


def test_look_alikes_agree_on_what_most_of_them_have() -> None:
    chroma = np.repeat([[-10.0, 30.0]], 24, axis=0)
    chroma[::4] = (30, -25)
    chroma += np.random.default_rng(0).normal(0, 4, chroma.shape)
    agreement = agreed(chroma, np.ones(24), *near_and_far(24, 1.0))
    assert np.abs(agreement - (-10, 30)).max() < 4  # and not the mean, (0, 16)


def test_what_is_like_nothing_keeps_its_colour() -> None:
    chroma = np.random.default_rng(0).normal(0, 20, (24, 2))
    np.testing.assert_allclose(agreed(chroma, np.ones(24), *near_and_far(24, 0.0)), chroma)
    little = agreed(chroma, np.ones(24), *near_and_far(24, 0.0004))
    much = agreed(chroma, np.ones(24), *near_and_far(24, 0.5))
    assert 0 < np.abs(little - chroma).mean() < 0.3 * np.abs(much - chroma).mean()


def test_where_votes_tell_little_surfaces_hold_on_to_their_own_colours() -> None:
    chroma = np.random.default_rng(1).normal(0, 12, (24, 2))

    def spread(told: float) -> float:
        made = agreed(chroma, np.ones(24), *near_and_far(24, 0.3), hold_for(told))
        return float(np.ptp(made, axis=0).mean())

    assert spread(0.25) < 0.1  # one colour
    assert spread(0.25) < spread(0.1) < spread(0.02)
    assert spread(0.02) > 0.6 * spread(-0.2)  # of what the majority left


def test_groups_of_one_colour_that_are_closely_linked_are_joined() -> None:
    blocks = np.kron(np.eye(3), np.ones((4, 4)))
    blocks[3, 4] = blocks[4, 3] = blocks[7, 8] = blocks[8, 7] = 3.0
    number = np.repeat([0, 1, 2], 4)
    colours = np.repeat([[0.0, 0.0], [3.0, 0.0], [30.0, 0.0]], 4, axis=0)
    assert joined(number, sparse.csr_matrix(blocks), colours).tolist() == [0] * 8 + [1] * 4


def test_communities_are_found_and_numbered_by_first_member() -> None:
    blocks = sparse.block_diag([np.ones((5, 5)), np.ones((7, 7)), np.ones((3, 3))]).tolil()
    blocks.setdiag(0)
    blocks[0, 6] = blocks[6, 0] = 0.5
    found = communities(sparse.csr_matrix(blocks))
    assert found.tolist() == [0] * 5 + [1] * 7 + [2] * 3


def test_neighbours_are_of_other_windows_and_nearly_all_found_without_comparing_all() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, 16))
    places = (centres[rng.integers(60, size=4000)] + 0.15 * rng.normal(size=(4000, 16))).astype(np.float32)
    windows = np.arange(4000) // 20
    near, distance = nearest(places, windows, 5)
    assert (windows[near] != windows[:, None]).all() and np.isfinite(distance).all()
    some = rng.integers(4000, size=150)
    square = ((places[some, None] - places[None]) ** 2).sum(axis=2)
    square[windows[some][:, None] == windows[None]] = np.inf
    true = np.argsort(square, axis=1)[:, :5]
    kept = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(true, near[some], strict=True)])
    assert kept > 0.9


def window_of(grey: np.ndarray, labels: np.ndarray, picture: np.ndarray) -> Artifact:
    table = describe(labels, grey, picture, np.zeros((int(labels.max()), 0), np.uint8))
    images = {"panel-000": picture, "surfaces-000": labels, "surfaces": table}
    return Artifact({"panels": [{"surfaces": int(labels.max())}]}, images)


def test_a_move_ends_at_the_ink_and_evens_blotches() -> None:
    grey = np.full((128, 128), 230, np.uint8)
    grey[:, 63:66] = 0
    labels = find_surfaces(grey, everywhere(grey))
    picture = np.full((128, 128, 3), (190, 180, 170), np.uint8)
    picture[40:60, 10:30] = (230, 160, 150)  # a blotch
    colorize = window_of(grey, labels, picture)
    left = int(labels[64, 20])
    moves = [[1, 0, 0, -1, 0, 0], [1, 0, 0, -1, 0, 0]]
    moves[left - 1] = [1, 12, -6, -1, 12, -6]
    borders = open_borders(labels, grey)
    made = corrected(colorize, 0, borders, Artifact({"windows": [[*moves[0], *moves[1]]]})).astype(int)
    assert np.abs(made[:, 70:] - picture[:, 70:]).max() <= 1
    moved = made[100, 20] - picture[100, 20]
    assert moved[2] > 10 > moved[0]
    before = np.abs(picture[50, 20].astype(int) - picture[100, 20])
    assert np.abs(made[50, 20] - made[100, 20]).sum() < 0.75 * before.sum()


def test_without_a_correction_surfaces_are_evened_out_and_not_moved() -> None:
    grey = circle()
    picture = np.full((256, 256, 3), (120, 99, 80), np.uint8)
    labels = find_surfaces(grey, everywhere(grey))
    colorize, borders = window_of(grey, labels, picture), open_borders(labels, grey)
    for harmonize in (None, Artifact({"windows": []})):
        assert np.abs(corrected(colorize, 0, borders, harmonize).astype(int) - picture).max() <= 1
    picture[20:40, 20:40] = (180, 90, 60)
    made = corrected(colorize, 0, borders, None).astype(int)
    assert (
        np.abs(made[30, 30] - made[60, 20]).max()
        < 0.4 * np.abs(picture[30, 30].astype(int) - picture[60, 20]).max()
    )
    nothing = Artifact({"panels": [{"surfaces": 0}]}, {"panel-000": picture})
    assert corrected(nothing, 0, borders, None) is picture


def test_what_is_painted_may_change_its_colour_more_than_what_is_printed_flat() -> None:
    table = np.zeros((3, len(COLUMNS)), np.uint8)
    table[:, TEXTURE] = (0, 20, 60)
    flat, between, painted = evenness(table)
    assert 0.8 < flat <= 1 and flat > between > painted < 0.5


def tones(grey: np.ndarray, shade: np.ndarray, chroma: tuple[int, int] = (0, 0)) -> np.ndarray:
    """What ``evened`` makes of a window's tones, whose surfaces are all of this Cb and Cr."""
    labels = find_surfaces(grey, everywhere(grey))
    plan = np.dstack([np.full_like(grey, 128 + chroma[0]), np.full_like(grey, 128 + chroma[1]), shade])
    table = describe(
        labels, grey, np.repeat(grey[..., None], 3, 2), np.zeros((int(labels.max()), 0), np.uint8)
    )
    return evened(plan, labels, open_borders(labels, grey), table)[..., 2].astype(int)


def test_a_halo_beside_a_line_goes_into_the_whole_surface() -> None:
    grey = np.full((128, 128), 255, np.uint8)
    grey[:, 63:66] = 0
    shade = np.full_like(grey, 255)
    shade[:, 50:63] = 155
    made = tones(grey, shade)
    assert abs(made[64, 56] - made[64, 20]) < 15  # was 100
    assert made[64, 20] < 250 and made[64, 100] > 250  # and stays on its side of the line


def test_a_surface_is_as_dark_as_its_colour_needs() -> None:
    grey = np.full((128, 128), 255, np.uint8)
    white = np.full_like(grey, 255)
    assert tones(grey, white).min() == 255
    made = tones(grey, white, (-12, 20))
    value = 255 * (DARKEST + (1 - DARKEST) * made / 255)
    assert np.abs(value + 1.402 * 20 - 255).max() < 1


def test_what_nothing_divides_is_drawn_together_and_what_ink_divides_is_not() -> None:
    grey = np.full((120, 120), 230, np.uint8)
    grey[:, 78:82] = 0
    labels = np.ones((120, 120), np.uint8)
    labels[:, 40:80], labels[:, 80:] = 2, 3
    borders = open_borders(labels, grey)
    assert borders.length[0, 1] == borders.length[1, 0] > 60
    assert borders.length[1, 2] < 1 and borders.length[0, 2] == 0
    values = np.array([[20.0], [-20.0], [50.0]], np.float32)
    together = eased(values, borders)[:, 0]
    assert together[0] - together[1] < 4
    assert abs(together[2] - 50) < 2


def two_halves() -> tuple[Artifact, Borders]:
    """A window of two surfaces that no ink divides, and their borders."""
    grey = np.full((120, 120), 230, np.uint8)
    labels = np.ones((120, 120), np.uint8)
    labels[:, 60:] = 2
    colorize = window_of(grey, labels, np.full((120, 120, 3), (190, 180, 170), np.uint8))
    borders = open_borders(labels, grey)
    return colorize, borders


def test_a_wish_for_one_surface_changes_nothing_of_its_neighbour() -> None:
    """Even where no ink divides them, so that they are drawn together otherwise."""
    colorize, borders = two_halves()
    before, after = (
        corrected(colorize, 0, borders, Artifact({"windows": [[1, *first, 10, -5, 2, 0, 0, -1, 0, 0]]}))
        for first in ((10, -5, -1), (-30, 40, 150))
    )
    assert np.array_equal(before[:, 90:], after[:, 90:])
    assert np.abs(before[:, :30].astype(int) - after[:, :30]).max() > 40


def test_a_locked_colour_holds_though_it_says_no_light() -> None:
    """Locks and kept palettes wish for chroma alone."""
    colorize, borders = two_halves()
    free, locked = (
        corrected(colorize, 0, borders, Artifact({"windows": [[1, *first, -1, 10, -5, 2, 0, 0, -1, 0, 0]]}))
        for first in ((10, -5), (-30, 40))
    )
    assert np.abs(free[:, :30].astype(int) - locked[:, :30]).max() > 40
    assert np.array_equal(free[:, 90:], locked[:, 90:])
