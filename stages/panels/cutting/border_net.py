"""What a small network sees on a page: where borders of panels run, also behind figures and balloons."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.models.files.reading import BUNDLED

WEIGHTS = BUNDLED / "panels.safetensors"
_PIXELS = 0.4  # of the page's own, at the working scale: a long side of about 768


def border_chance(luma: Image) -> Image:
    """How likely each pixel of a page at working scale (H×W luma) is on a panel's border: 255 = sure.

    Raises ``SetupError`` if the network's weights, which come with the package, cannot be loaded.
    """
    from mangacolor.models.page.page_net import page_probabilities, shared_page_net

    scale = _PIXELS**0.5
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    chance, _outside = page_probabilities(shared_page_net(WEIGHTS), small)
    return np.asarray(cv2.resize(chance, luma.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
