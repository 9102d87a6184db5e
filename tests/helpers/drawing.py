"""A window painted as ``reassemble`` paints it, alone on a page as large as it."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.edits.model import OWN_LOOK
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.reassemble.compose import compose_layers, cut_bands
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import ReadyWindow
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.windows.artifact import WindowColours


def draw_window(
    window: WindowColours,
    grey: np.ndarray,
    corrections: WindowCorrections | None = None,
    edits: WindowEdits | None = None,
    guided: GuidedWindow | None = None,
) -> np.ndarray:
    """The page of which ``grey`` is the luma, H×W×3 RGB."""
    layer = ReadyWindow.of(window, corrections, guided, grey, PARAMS).edited(edits)
    windows = np.zeros(grey.shape, np.int16)
    height, width = grey.shape
    bands = []
    for band in cut_bands(width, height, 1, height):
        composed = compose_layers([layer], windows, grey, band)
        keep = np.zeros(composed.shape[:2], np.uint8)
        bands.append(paint(grey[band.rows], composed, keep, None, OWN_LOOK))
    return np.concatenate(bands)
