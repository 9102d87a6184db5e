"""Reading order of given boxes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import mangacolor.stages.panels.reading_order as subject
from mangacolor.core.errors import UsageError

SIZE = (600, 900)


@pytest.mark.parametrize(
    ("boxes", "rtl", "ltr"),
    [
        ([], [], []),
        ([(0, 0, 600, 900)], [0], [0]),
        ([(0, 0, 290, 400), (310, 0, 290, 400), (0, 410, 600, 490)], [1, 0, 2], [0, 1, 2]),
        # A tall panel beside two: the column is read to its end first.
        ([(310, 0, 290, 900), (0, 0, 300, 440), (0, 450, 300, 450)], [0, 1, 2], [1, 2, 0]),
        # Four-panel strips in two columns: only where rows do not line up does a column go first.
        (
            [(0, 0, 290, 500), (310, 0, 290, 300), (310, 310, 290, 590), (0, 510, 290, 390)],
            [1, 2, 0, 3],
            [0, 3, 1, 2],
        ),
        # Rows that overlap by less than a quarter still are rows.
        ([(0, 0, 600, 320), (0, 290, 290, 400), (310, 300, 290, 400)], [0, 2, 1], [0, 1, 2]),
    ],
)
def test_reads_rows_from_the_top_and_from_the_right_side(
    boxes: list[tuple[int, int, int, int]], rtl: list[int], ltr: list[int]
) -> None:
    assert subject.order_panels(boxes, SIZE, "rtl") == rtl
    assert subject.order_panels(boxes, SIZE, "ltr") == ltr


def test_four_panel_strips_are_read_column_by_column() -> None:
    grid = [(x, y, 270, 205) for y in (20, 240, 460, 680) for x in (20, 310)]
    assert subject.order_panels(grid, SIZE, "rtl") == [1, 3, 5, 7, 0, 2, 4, 6]
    rows = [*grid[:-2], (20, 680, 560, 205)]
    assert subject.order_panels(rows, SIZE, "rtl") == [1, 0, 3, 2, 5, 4, 6]


def test_an_inset_follows_its_host_unless_it_lies_where_the_eye_enters() -> None:
    host, below = (0, 0, 600, 500), (0, 520, 600, 380)
    assert subject.order_panels([(200, 300, 180, 150), host, below], SIZE, "rtl") == [1, 0, 2]
    assert subject.order_panels([host, (430, 20, 160, 200), below], SIZE, "rtl") == [1, 0, 2]


def test_every_box_is_read_once_even_when_all_overlap() -> None:
    boxes = [(i * 7 % 90, i * 13 % 80, 400, 600) for i in range(12)]
    assert sorted(subject.order_panels(boxes, SIZE, "rtl")) == list(range(12))


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(UsageError, match="ttb"):
        subject.order_panels([(0, 0, 1, 1)], SIZE, "ttb")  # type: ignore[arg-type]


def test_the_clearest_cut_wins_where_none_is_clear() -> None:
    """Two columns overlap by 40 %; the panels of the left one overlap more, one over the other."""
    right = [(340, 40, 260, 260), (280, 320, 320, 150), (290, 480, 310, 120)]
    left = [(0, 0, 390, 340), (0, 190, 280, 410)]
    assert subject.order_panels([*left, *right], SIZE, "rtl") == [2, 3, 4, 0, 1]


def test_a_strip_along_the_upper_edge_of_a_panel_is_read_before_it() -> None:
    host, strip, floating = (0, 300, 600, 500), (0, 290, 600, 90), (40, 310, 520, 150)
    assert subject.order_panels([host, strip], SIZE, "rtl") == [1, 0]
    assert subject.order_panels([host, floating], SIZE, "rtl") == [0, 1]


def test_a_first_column_that_starts_far_below_the_top_is_read_last() -> None:
    boxes = [(310, 220, 290, 680), (0, 0, 300, 440), (0, 430, 300, 470)]
    assert subject.order_panels(boxes, SIZE, "rtl") == [1, 2, 0]
    assert subject.order_panels([(310, 40, 290, 860), *boxes[1:]], SIZE, "rtl") == [0, 1, 2]


def test_tiers_that_slant_are_read_one_after_the_other() -> None:
    """A gutter falls by 250 pixels over the page's width; boxes of its two sides overlap by up to a third."""
    above, below = [(510, 0, 490, 840), (0, 0, 490, 710)], [(510, 720, 490, 680), (0, 600, 490, 800)]
    for boxes in ([*above, *below], [*above[::-1], *below[::-1]]):
        right_first = sorted(range(4), key=lambda i: (boxes[i] in below, -boxes[i][0]))
        assert subject.order_panels(boxes, (1000, 1400), "rtl") == right_first


def test_columns_that_are_cut_at_other_heights_stay_columns() -> None:
    ragged = [(510, 0, 490, 840), (510, 850, 490, 550), (0, 0, 490, 500), (0, 510, 490, 890)]
    assert subject.order_panels(ragged, (1000, 1400), "rtl") == [0, 1, 2, 3]


def test_a_column_below_a_slanted_tier_does_not_start_late() -> None:
    boxes = [(0, 0, 1000, 620), (510, 620, 490, 460), (0, 480, 490, 600), (0, 1100, 1000, 300)]
    assert subject.order_panels(boxes, (1000, 1400), "rtl") == [0, 1, 2, 3]


def test_made_up_pages_of_slanted_tiers_are_read_as_they_were_cut() -> None:
    """Tiers of one to three columns, every cut slanted at random: nearly all of the pages."""
    rng = np.random.default_rng(2)
    right = 0
    for _ in range(60):
        lows = [0.0, *(np.cumsum(rng.uniform(280, 420, 3))), 1420.0]
        slopes = [0.0, *rng.uniform(-0.2, 0.2, 3), 0.0]
        boxes = []
        for tier in range(4):
            edges = np.linspace(1000, 0, int(rng.integers(1, 4)) + 1)
            for end, start in pairwise(edges):
                top, bottom = (
                    lows[cut] + slopes[cut] * (np.array([start, end]) - 500) for cut in (tier, tier + 1)
                )
                boxes.append((int(start), int(top.min()), int(end - start), int(bottom.max() - top.min())))
        right += subject.order_panels(boxes, (1000, 1420), "rtl") == list(range(len(boxes)))
    assert right >= 57
