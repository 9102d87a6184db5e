"""Pages of a series in colour: the comic page of ``stages.py``, each of its tones a colour of its own."""

from __future__ import annotations

import numpy as np

from mangacolor.core.types import Image
from mangacolor.tests.helpers.stages import comic_page

# A tone of ``comic_page``: what it is in colour.
COLOURS = {190: (120, 170, 230), 150: (90, 160, 70), 240: (250, 190, 150), 120: (200, 40, 50)}


def page_in_colour(height: int = 620, width: int = 440) -> Image:
    """H×W×3 uint8: two framed panels, blue above and green below, a balloon, a face and a red arm."""
    grey = comic_page(height, width)
    page = np.repeat(grey[..., None], 3, axis=2)
    for tone, colour in COLOURS.items():
        page[grey == tone] = colour
    return page
