"""The figure of the tiles that the colour network saw."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.stages.colorize.tile_figure import draw_tiles


def test_tiles_are_drawn_where_the_network_saw_them() -> None:
    page = np.full((600, 400, 3), 255, np.uint8)
    window = {"box": [100, 50, 200, 500], "size": [256, 640], "scale": 1.28, "surfaces": 3}
    drawn = draw_tiles({"panels": [window], "tile": [256, 32]}, page, 300)["tiles"]
    assert drawn.shape == (300, 200, 3)
    rows, columns = np.nonzero(drawn[..., 2] != drawn[..., 0])
    assert (rows.min(), rows.max()) == pytest.approx((25, 275), abs=2)
    assert (columns.min(), columns.max()) == pytest.approx((50, 150), abs=2)
    assert draw_tiles({}, page, 300) == {}
