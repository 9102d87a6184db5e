"""A window painted as ``reassemble`` paints it, alone on a page as large as it."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.edits.model import OWN_LOOK
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.reassemble.compose import compose_band, cut_bands
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import PageSegments, ReadyWindow
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.stages.windows.artifact import WindowColours


def draw_window(
    window: WindowColours,
    grey: np.ndarray,
    corrections: WindowCorrections | None = None,
    edits: WindowEdits | None = None,
    guided: GuidedWindow | None = None,
) -> np.ndarray:
    """The page of which ``grey`` is the luma, H×W×3 RGB."""
    ready = ReadyWindow.of(window, corrections, guided, grey, PARAMS)
    height, width = grey.shape
    traced = TracedPage.of(
        [ready], np.zeros(grey.shape, np.int16), grey, np.zeros_like(grey), np.zeros_like(grey)
    )
    traced = TracedPage.from_artifact(traced.to_artifact())
    layers = [traced.windows[0].edited(edits, PARAMS)]
    segments = PageSegments.of(layers)
    bands = []
    for band in cut_bands(width, height, 1, height):
        composed = compose_band(traced, layers, segments, band)
        keep = np.zeros(composed.shape[:2], np.uint8)
        bands.append(paint(grey[band.rows], composed, keep, None, OWN_LOOK))
    return np.concatenate(bands)
