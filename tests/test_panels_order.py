"""Reading order of given boxes."""

from __future__ import annotations

import pytest

import mangacolor.stages.panel_order as subject
from mangacolor.errors import UsageError

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


def test_every_box_is_read_once_even_when_all_overlap() -> None:
    boxes = [(i * 7 % 90, i * 13 % 80, 400, 600) for i in range(12)]
    assert sorted(subject.order_panels(boxes, SIZE, "rtl")) == list(range(12))


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(UsageError, match="ttb"):
        subject.order_panels([(0, 0, 1, 1)], SIZE, "ttb")  # type: ignore[arg-type]
