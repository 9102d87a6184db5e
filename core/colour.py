"""Luma and chroma (Rec. 601, full range), the tone that paper takes, and how a colour is kept in gamut."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64
from mangacolor.core.types import Image

# Levels of luma (0 to 255) up to which the scan is ink, which colouring leaves as it is.
INK = 64.0
# The least share of the scan's tone that a coloured segment keeps: paint never turns paper into shadow.
DARKEST = 0.55
# Luma of the scan from which a surface begins to be blank paper, and wholly is.
PRINTED, BLANK = 208.0, 248.0
# What blank paper's colour lacks of the lightest paint of its chroma, as a share of the most it can lack, is
# raised to this power; and of the most, this share is left.
LIGHTENING = 2.5
LEFT_DARK = 0.4

# Shares of red, green and blue in luma (Rec. 601).
LUMA_SHARES = (0.299, 0.587, 0.114)
# What red, green and blue have more than luma for each level of Cb and of Cr centred on 0 (Rec. 601).
TO_RGB = ((0.0, 1.402), (-0.344136, -0.714136), (1.772, 0.0))
(_, _RED_CR), (_GREEN_CB, _GREEN_CR), (_BLUE_CB, _) = TO_RGB


def luma(rgb: Image) -> Image:
    """Rec. 601 luma of H×W×3 uint8 RGB, as H×W uint8. A luma picture is returned as it is."""
    if rgb.ndim == 2:
        return rgb
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def chroma(rgb: Image) -> tuple[F32, F32]:
    """Cb and Cr of H×W×3 uint8 RGB, centred on 0 (about -128 to 127), float32."""
    red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
    of_red, of_green, of_blue = LUMA_SHARES
    value = of_red * red + of_green * green + of_blue * blue
    return (blue - value) / np.float32(_BLUE_CB), (red - value) / np.float32(_RED_CR)


def beyond_luma(cb: F32, cr: F32) -> tuple[F32, F32, F32]:
    """What red, green and blue have more than luma, in levels, by centred chroma, all H×W float32."""
    green = cb * np.float32(_GREEN_CB) + cr * np.float32(_GREEN_CR)
    return cr * np.float32(_RED_CR), green, cb * np.float32(_BLUE_CB)


def share_in_gamut(value: F32, offsets: tuple[F32, F32, F32]) -> F32:
    """By what to multiply chroma so that no channel leaves 0 to 255: at most 1. ``value``: luma.
    ``offsets``: as of ``beyond_luma``."""
    red, green, blue = offsets
    highest = np.maximum(np.maximum(red, green), blue)
    lowest = np.minimum(np.minimum(red, green), blue)
    room_up = (255.0 - value) / np.maximum(highest, np.float32(1e-3))
    room_down = value / np.maximum(-lowest, np.float32(1e-3))
    return np.asarray(np.minimum(np.minimum(room_up, room_down), np.float32(1)), dtype=np.float32)


def blankness(tone: F32) -> F32:
    """How far surfaces are paper that was left blank, N in [0, 1]. ``tone``: their luma in the scan, without
    halftone."""
    return np.asarray(np.clip((tone - PRINTED) * np.float32(1 / (BLANK - PRINTED)), 0, 1), dtype=np.float32)


def lightest_share(cb: F32, cr: F32) -> F32:
    """The share of white's tone that the lightest paint of a chroma has, the one with a channel at 255: N."""
    return np.asarray(1.0 - np.maximum.reduce(beyond_luma(cb, cr)) * np.float32(1 / 255), dtype=np.float32)


def lightened(share: F32, tone: F32, cb: F32, cr: F32) -> F32:
    """The shares of the scan's tone that surfaces are painted with, N, from those that the network gave them.

    ``share``: ``DARKEST`` to 1. ``tone``: the scan's luma without halftone. ``cb``, ``cr``: the chroma that a
    surface is painted with, centred on 0. All N.

    Where a network does not know how dark a thing is it answers with the middle of all that it might be, and
    a page of such answers is dim. But who has tones, and leaves a surface blank, means it to be light: there,
    what is a little darker than the lightest paint of its chroma (the one with a channel at 255) is brought
    near to that, and what is clearly darker stays so by less than half. What is printed in tones is left
    alone.
    """
    lightest = lightest_share(cb, cr)
    most = np.float32(1.0 - DARKEST)
    lacking = np.maximum(lightest - share, 0.0) * (1 / most)
    blank = blankness(tone)
    left = 1 - (1 - LEFT_DARK) * blank
    lighter = lightest - most * left * lacking ** (1 + (LIGHTENING - 1) * blank)
    return np.asarray(np.maximum(share, lighter), dtype=np.float32)


def to_rgb(value: F32, cb: F32, cr: F32) -> Image:
    """RGB uint8 of luma (0–255) and centred chroma, all H×W float32.

    Chroma outside the gamut is shortened at constant luma and hue. Clipping in RGB instead would
    change the luma: grey rims along lines and washed-out highlights.
    """
    offsets = beyond_luma(cb, cr)
    share = share_in_gamut(value, offsets)
    # cv2.add to 8 bits rounds to the nearest and clips.
    planes = [cv2.add(offset * share, value, dtype=cv2.CV_8U) for offset in offsets]
    return np.asarray(cv2.merge(planes), np.uint8)


def painted_luma(scan: F32, network: F32) -> F64:
    """The mean luma that the network gives N segments, from the mean luma of each in the scan and in the
    network's picture.

    The mapping of ``scaled_luma``, in double precision and before anything is lightened: up to ``INK`` luma
    stays as it is, and lighter luma is scaled so that white paper takes the tone the network gave.
    """
    tone = scan.astype(np.float64)
    ratio = np.clip(network.astype(np.float64) / np.maximum(tone, 1.0), DARKEST, 1.0)
    return np.where(tone <= INK, tone, INK + (tone - INK) * (255.0 * ratio - INK) / (255.0 - INK))


def scaled_luma(tone: F32, share: F32) -> F32:
    """What luma ``tone`` (levels) becomes where paper takes this share of its tone; arrays of one shape."""
    lit = INK + (tone - INK) * (255.0 * share - INK) * np.float32(1 / (255.0 - INK))
    return np.asarray(np.where(tone <= INK, tone, lit), dtype=np.float32)


def share_of_tone(tone: F32, painted: F32) -> F32:
    """The share (N) with which ``scaled_luma`` makes ``painted`` of ``tone``; 1 for ink."""
    lit = (INK + (painted - INK) * (255.0 - INK) / np.maximum(tone - INK, 1.0)) * np.float32(1 / 255.0)
    return np.asarray(np.where(tone <= INK, 1.0, np.minimum(lit, 1.0)), dtype=np.float32)
