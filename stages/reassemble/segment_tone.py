"""The tone of segments: even within each where the scan is flat, and dark enough to hold its colour.

Printed paper has no tone; the network gives it one. What it gives strays within a segment, darkest beside
the lines, and would stand there as a halo. And at full white no colour can be seen: a segment that is to be
skin must take some tone, as a colourist would give it.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F32, SegmentMap
from mangacolor.core.colour import DARKEST, INK, beyond_luma
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.reassemble.params import Params
from mangacolor.stages.reassemble.segment_fields import (
    OpenBorders,
    evenness,
    feather,
    smooth_across_open_borders,
    spread_over_pixels,
)
from mangacolor.stages.segments.features import SegmentFeatures


def flatten_tone(
    layer: Image, labels: SegmentMap, borders: OpenBorders, features: SegmentFeatures, params: Params
) -> Image:
    """``layer`` (H×W×3 as of ``colour_layer``) with its tones evened out.

    ``labels``: H×W, the window's segments. ``borders``: their ``find_open_borders``.
    """
    if not len(features):
        return layer
    shade = layer[..., 2].astype(np.float32)
    count = len(features) + 1
    total = np.bincount(labels.ravel(), weights=shade.ravel(), minlength=count)[1:].astype(np.float32)
    mean = smooth_across_open_borders((total / borders.area)[:, None], borders, params.borders)[:, 0]
    share = evenness(features, params.evenness)
    values = spread_over_pixels(np.stack([share * mean, share], axis=1), labels)
    field = feather(values, labels, borders, params.borders)
    tone = shade * (1 - field[..., 1]) + field[..., 0]
    flat = layer.copy()
    flat[..., 2] = np.rint(np.minimum(tone, _lightest_tone(layer))).clip(0, 255)
    return flat


def _lightest_tone(layer: Image) -> F32:
    """The highest tone, in steps of the layer, at which paper shows the layer's chroma unclipped, H×W."""
    cb, cr = (layer[..., channel].astype(np.float32) - 128 for channel in (0, 1))
    brightest = np.maximum.reduce(beyond_luma(cb, cr))
    ratio = 1 - np.maximum(brightest, 0) / 255
    return np.asarray((ratio - DARKEST) * (255 / (1 - DARKEST)), dtype=np.float32)


def tone_gain(
    labels: SegmentMap, grey: Image, layer: Image, corrections: WindowCorrections, params: Params
) -> F32:
    """By what to multiply the layer's tones so that segments have the mean luma they are to have, H×W.

    ``layer``: the window's, as of ``colour_layer``. Undoes ``paint``'s mapping of luma for the mean of the
    segment's pixels that are no ink.
    """
    gain = np.ones(len(corrections) + 1, np.float32)
    target = corrections.luma.astype(np.float32)
    shade = layer[..., 2].astype(np.float32) * ((1 - DARKEST) / 255) + DARKEST
    above = np.maximum(grey.astype(np.float32) - INK, 0)
    for segment in np.nonzero(corrections.has_luma)[0]:
        inside = (labels == segment + 1) & (above > 0)
        if inside.any():
            light, shaded = float(above[inside].mean()), float((above * shade)[inside].mean())
            gain[segment + 1] = ((target[segment] - INK) * (255 - INK) + INK * light) / (255 * shaded)
    return np.clip(gain, *params.tone_gains)[labels]
