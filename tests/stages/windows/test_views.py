"""The views in which the network is shown a window."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.stages.windows.views import View, find_views, page_share, show_window


def test_a_panel_among_others_is_seen_smaller_than_a_picture_that_fills_its_page() -> None:
    assert find_views((256, 384), 0.1) == (View((192, 288)), View((144, 216), mirrored=True))
    assert find_views((256, 384), 1.0) == (View((256, 384)), View((192, 288), mirrored=True))
    between = find_views((256, 384), 0.5)[0].size[0]
    assert 192 < between < 256


@pytest.mark.parametrize("working", [(80, 120), (144, 144), (160, 600)])
def test_a_tiny_panel_is_not_shrunk_below_what_a_view_has(working: tuple[int, int]) -> None:
    first, second = find_views(working, 0.01)
    assert first.size == working
    assert min(second.size) == min(144, *working)


def test_a_window_that_grew_is_seen_at_its_panels_scale() -> None:
    """What leans out of a panel makes its window wider than 256, and the panel no smaller."""
    assert find_views((350, 400), 0.1)[0].size == (262, 300)


def test_a_strips_page_is_one_screen() -> None:
    assert page_share((0, 0, 800, 600), (800, 20000)) == pytest.approx(0.5)
    assert page_share((0, 0, 800, 5000), (800, 20000)) == 1.0
    assert page_share((100, 100, 400, 300), (800, 600)) == pytest.approx(0.25)


def test_a_mirrored_view_shows_the_window_the_other_way_round() -> None:
    page = np.zeros((500, 500), np.uint8)
    page[:, 350:] = 200  # the right half of the window
    shown = show_window(page, (200, 50, 300, 300), (256, 256), 0.1)
    straight, mirrored = shown.greys
    assert (straight.shape, mirrored.shape) == ((192, 192), (144, 144))
    assert straight[:, :90].max() == 0 and straight[:, -90:].min() == 200
    assert mirrored[:, :70].min() == 200 and mirrored[:, -70:].max() == 0
    assert np.array_equal(shown.views[1].turn(mirrored), mirrored[:, ::-1])
