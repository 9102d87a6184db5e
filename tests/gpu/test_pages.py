"""A page coloured on the card is the page coloured on the processor."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor import colorize_page
from mangacolor.tests.gpu.card import CARD, LEVELS, needs_card
from mangacolor.tests.helpers.stages import comic_page

pytestmark = needs_card

AGREEING = 0.999  # of the pixels


@pytest.mark.parametrize("scale", ["1", "2"])
def test_a_page_of_two_panels(scale: str) -> None:
    page = comic_page()
    # The network for enlargement is named: by itself, another one is chosen for a card than for a processor.
    here, there = (
        colorize_page(page, device=device, scale=scale, upscaler="manga-x2") for device in ("cpu", CARD)
    )
    assert here.shape == there.shape
    apart = np.abs(here.astype(int) - there).max(axis=2)
    assert np.mean(apart <= LEVELS) >= AGREEING
