"""The figure of the tiles that the colour network saw."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.stages.colorize.tile_figure import draw_tiles, tile_edges
from mangacolor.stages.windows.artifact import WindowFrame
from mangacolor.stages.windows.views import View


def test_tiles_are_drawn_where_the_network_saw_them() -> None:
    page = np.full((600, 400, 3), 255, np.uint8)
    window = {"box": [100, 50, 200, 500], "size": [256, 640], "surfaces": 3, "views": [[192, 480, False]]}
    drawn = draw_tiles({"panels": [window], "tile": [256, 32]}, page, 300)["tiles"]
    assert drawn.shape == (300, 200, 3)
    rows, columns = np.nonzero(drawn[..., 2] != drawn[..., 0])
    assert (rows.min(), rows.max()) == pytest.approx((25, 275), abs=2)
    assert (columns.min(), columns.max()) == pytest.approx((50, 150), abs=2)
    assert draw_tiles({}, page, 300) == {}


def test_tiles_of_a_mirrored_view_lie_from_the_other_side() -> None:
    views = View((300, 200)), View((300, 200), mirrored=True)
    frame = WindowFrame((10, 20, 600, 400), (300, 200), 0, (), views)
    plain, mirrored = (list(tile_edges(frame, view, 256, 32)) for view in views)
    assert plain == [(10, 20, 522, 420), (98, 20, 610, 420)]
    assert mirrored == [(98, 20, 610, 420), (10, 20, 522, 420)]
