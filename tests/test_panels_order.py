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
