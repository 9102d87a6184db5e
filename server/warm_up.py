"""A page of the server's own, coloured before anybody sends one."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from mangacolor.core.devices import resolve_device
from mangacolor.core.settings import Options
from mangacolor.core.types import Image
from mangacolor.formats.writers import encode_picture
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import PageRequest

# Pixels: one tile of every network.
_SIDE: Final = 320


def first_page(engine: PageEngine, options: Options, cancel: CancelToken) -> str:
    """Have every network loaded that a page at scale 1 needs; returns the device that computes.

    Raises ``SetupError`` where one is unusable.
    """
    page = encode_picture(_drawing(), "PNG", None, lossless=True, quality=100)
    engine.load(PageRequest(page, dataclasses.replace(options, scale="1")), cancel)
    return resolve_device(options.device)


def _drawing() -> Image:
    """A frame, a tone and a figure of a kind: nothing that is taken for a blank page."""
    grey = np.full((_SIDE, _SIDE), 255, np.uint8)
    y, x = np.mgrid[:_SIDE, :_SIDE]
    inside = (abs(x - _SIDE // 2) < 140) & (abs(y - _SIDE // 2) < 140)
    grey[inside] = 170
    ring = np.hypot(x - _SIDE // 2, y - _SIDE // 2)
    grey[(ring < 70)] = 235
    grey[(abs(ring - 70) < 2) | (inside & (np.maximum(abs(x - _SIDE // 2), abs(y - _SIDE // 2)) > 136))] = 0
    return np.repeat(grey[..., None], 3, axis=2)
