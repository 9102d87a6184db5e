"""The scales of a window."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.windows.scale import RIM, drawing_size, own_part


def test_at_drawing_scale_a_page_is_1200_pixels_high() -> None:
    assert drawing_size((100, 0, 800, 600), (1600, 2400), (341, 256)) == (400, 300)
    assert drawing_size((0, 0, 700, 1000), (700, 1000), (256, 366)) == (
        700,
        1000,
    )  # as it is


def test_no_window_is_smaller_than_the_network_sees_it() -> None:
    assert drawing_size((0, 0, 400, 300), (1600, 2400), (341, 256)) == (341, 256)
    assert drawing_size((0, 0, 80, 120), (1600, 2400), (160, 240)) == (160, 240)


def test_a_strip_is_as_wide_as_a_page() -> None:
    assert drawing_size((0, 0, 800, 800), (800, 20000), (256, 256)) == (800, 800)


def test_a_window_has_what_it_paints_and_not_what_is_only_seen_in_it() -> None:
    windows = np.full((100, 200), -1, np.int16)
    windows[:, :80], windows[:, 80:150] = 0, 1
    own = own_part(windows, 0, (0, 0, 200, 100), (200, 100))
    assert own[:, : 80 + RIM].all() and not own[:, 80 + RIM :].any()
    other = own_part(windows, 1, (0, 0, 200, 100), (200, 100))
    assert other[:, 80 - RIM : 150].all() and not other[:, 150:].any()  # no paper that is ground
