"""Points and lines as people write them."""

from __future__ import annotations

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.pipeline.editing.points import read_outline, read_point


def test_a_line_that_comes_by_a_corner_again_goes_on_from_there() -> None:
    """Two triangles that meet at 100,100: without the second visit the line would go around more."""
    corners = [(0, 0), (100, 100), (200, 0), (200, 200), (100, 100), (0, 200)]
    text = ",".join(f"{x},{y}" for x, y in corners)
    assert [(point.x, point.y) for point in read_outline(f"0.png:{text}")] == corners


def test_a_number_without_end_is_none() -> None:
    with pytest.raises(UsageError, match="must be a page and"):
        read_point(f"0.png:{'9' * 5000},1", "--at")
    with pytest.raises(UsageError, match="must be a page and"):
        read_outline(f"0.png:{'9' * 5000},1,2,3,4,5")


def test_a_page_may_be_a_path_of_windows() -> None:
    point = read_point(r"C:\manga\out\003.png:120,340", "--at")
    assert (point.page, point.x, point.y) == (r"C:\manga\out\003.png", 120, 340)
    corners = read_outline(r"\\nas\manga\003.png:1,2,30,4,5,60")
    assert {corner.page for corner in corners} == {r"\\nas\manga\003.png"} and len(corners) == 3


def test_a_page_may_have_any_name() -> None:
    for page in (" a.png", "b\nc.png", "a:1,2.png", "é: x.png"):
        point = read_point(f"{page}: 3 , 4 ", "--at")
        assert (point.page, point.x, point.y) == (page, 3, 4)
        assert {corner.page for corner in read_outline(f"{page}:1,2,9,2,5,9")} == {page}
