"""Panels drawn for the eye: the ground is tinted, and nothing else is but the lines."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.panels.marked_parts import NO_PARTS
from mangacolor.stages.panels.overlay import draw_panels

BLUE = np.array((120, 190, 235))


def test_the_ground_is_tinted_and_the_page_stays_as_it_was() -> None:
    page = np.random.default_rng(0).integers(0, 256, (60, 40, 3), dtype=np.uint8)
    before, ground = page.copy(), np.zeros((60, 40), np.uint8)
    ground[:, 25:] = 255
    drawn = draw_panels(page, [], ground, NO_PARTS)
    assert np.array_equal(page, before)
    assert np.array_equal(drawn[:, :25], page[:, :25])
    assert np.abs(drawn[:, 25:] - (0.55 * page[:, 25:] + 0.45 * BLUE)).max() < 1
