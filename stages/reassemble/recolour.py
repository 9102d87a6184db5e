"""Correcting the colours of a window's segments: smooth inside each, ending at the ink around it."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.colour import chroma, luma, to_rgb
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.params import Params
from mangacolor.stages.reassemble.segment_fields import (
    OpenBorders,
    evenness,
    feather,
    smooth_across_open_borders,
    spread_over_pixels,
)
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import WindowColours


def recolour_window(
    window: WindowColours,
    borders: OpenBorders,
    corrections: WindowCorrections | None,
    params: Params,
    guided: GuidedWindow | None = None,
) -> Image:
    """A window's picture (H×W×3 RGB uint8), its segments evened out and corrected, at the same luma.

    ``borders``: its ``find_open_borders``. Without ``corrections`` its segments are only evened out.
    ``guided``: what a guest says of it.
    """
    if not window.segments:
        return window.picture
    values = _segment_values(SegmentFeatures(window.features), borders, corrections, params, guided)
    field = feather(spread_over_pixels(values, window.labels), window.labels, borders, params.borders)
    cb, cr = (
        plane * (1 - field[..., 2]) + field[..., channel]
        for channel, plane in enumerate(chroma(window.picture))
    )
    return to_rgb(luma(window.picture).astype(np.float32), cb, cr)


def _segment_values(
    features: SegmentFeatures,
    borders: OpenBorders,
    corrections: WindowCorrections | None,
    params: Params,
    guided: GuidedWindow | None,
) -> F32:
    """What each segment adds to Cb and Cr, and the share of its own variation that it loses: N×3."""
    even, move = evenness(features, params.evenness), np.zeros((len(features), 2), np.float32)
    if corrections is not None:
        move = corrections.base_chroma.astype(np.float32)
    own = features.chroma.astype(np.float32)
    both = smooth_across_open_borders(np.concatenate([move, own], axis=1), borders, params.borders)
    if corrections is not None:  # a chosen colour is as it was chosen, and changes nothing beside it
        chosen = corrections.overridden
        even = np.where(corrections.has_luma, params.evenness.chosen, even)
        both[chosen] = np.concatenate([corrections.chroma, own], axis=1)[chosen]
    if guided is not None:  # nor does a guest's, which says where surfaces end
        even = np.where(guided.given, params.evenness.chosen, even)
        both[guided.given, 2:] = own[guided.given]
        if corrections is not None:
            moved = guided.given & ~corrections.overridden
            both[moved, :2] = corrections.base_chroma[moved]
    values = np.concatenate([both[:, :2] + even[:, None] * both[:, 2:], even[:, None]], axis=1)
    return np.asarray(values, dtype=np.float32)
