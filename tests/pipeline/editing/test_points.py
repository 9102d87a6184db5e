"""Points and lines as people write them."""

from __future__ import annotations

from mangacolor.pipeline.editing.points import read_outline


def test_a_line_that_comes_by_a_corner_again_goes_on_from_there() -> None:
    """Two triangles that meet at 100,100: without the second visit the line would go around more."""
    corners = [(0, 0), (100, 100), (200, 0), (200, 200), (100, 100), (0, 200)]
    text = ",".join(f"{x},{y}" for x, y in corners)
    assert [(point.x, point.y) for point in read_outline(f"0.png:{text}", "--outline")] == corners
