"""A spear from side to side of a panel is a thing in it, and no border."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, texture

BLIND = replace(DEFAULTS, bar=replace(DEFAULTS.bar, widest=0.0))


def spear(thickness: int) -> Image:
    """A framed panel with two figures and a shaded bar before them, from side to side."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for seed, (x, y) in enumerate(((90, 120), (330, 480))):
        page[y : y + 220, x : x + 170] = texture(220, 170, seed)
    across = np.arange(WIDTH)
    middle = 330 + 0.22 * across
    depth = (np.arange(HEIGHT)[:, None] - middle) / thickness
    shade = 90 + 60 * (depth + 0.5) + 60 * np.cos(across / 9)
    page[np.abs(depth) <= 0.5] = shade.clip(0, 255).astype(np.uint8)[np.abs(depth) <= 0.5]
    for side in (-0.5, 0.5):
        ends = [(int(x), int(middle[x] + side * thickness)) for x in (0, WIDTH - 1)]
        cv2.line(page, ends[0], ends[1], 0, 1, cv2.LINE_AA)
    page[:20], page[-20:], page[:, :20], page[:, -20:] = 255, 255, 255, 255
    cv2.rectangle(page, (20, 20), (WIDTH - 20, HEIGHT - 20), 0, 2)
    return page


@pytest.mark.parametrize("thickness", [24, 40])
def test_a_spear_across_a_panel_does_not_part_it(thickness: int) -> None:
    page = spear(thickness)
    assert len(find_panels(page).detected) == 1
    assert len(find_panels(page, params=BLIND).detected) > 1, "the page does not ask the question"


def test_two_borders_with_a_panel_between_them_part_a_page() -> None:
    page = spear(90)
    assert len(find_panels(page).detected) == 3
