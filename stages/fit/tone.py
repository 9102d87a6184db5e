"""Screentone too fine for a display becomes the grey that it stands for; what is drawn over it stays.

A tone's mean is a mean of light: half black and half white dots look like level 188, not 128. Strokes are
told from it twice: thick ones in the page as it is, blurred until dots have melted; thin ones in the page
without its dots. Where there is a stroke the darker of the two is taken (the lighter, for white strokes),
since taking dots out of a black stroke leaves their negative in it.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.stages.fit.lattices import remove_dots
from mangacolor.stages.fit.light import ramp, to_levels, to_light
from mangacolor.stages.fit.params import Params, ToneParams

# Rows smoothed at once, and rows beside them that the blurs see, both for each pixel of the display's.
_BAND = 384
_BESIDE = 96
# Least weight of a pixel in a mean, so that one of strokes alone has a mean, too.
_LEAST_WEIGHT = 1e-3
# A wide mean is made of a picture so many times smaller.
_COARSE = 6


def smooth_tones(luma: Image, detail: float, params: Params) -> F32:
    """``luma`` (H×W uint8) as float32 levels, without dots that the display cannot show.

    ``detail``: its pixels for each of the display's.
    """
    light = to_light(luma)
    clean, tone = remove_dots(light, detail, params.lattices)
    result = luma.astype(np.float32)
    if not tone.any():
        return result
    band, beside = round(_BAND * detail), round(_BESIDE * detail)
    for top in range(0, luma.shape[0], band):
        bottom = min(top + band, luma.shape[0])
        if not tone[top:bottom].any():
            continue
        first, last = max(0, top - beside), min(luma.shape[0], bottom + beside)
        rows = slice(first, last)
        smoothed = _smooth_band(result[rows], light[rows], clean[rows], tone[rows], detail, params.tone)
        own = smoothed[top - first : bottom - first]
        share = tone[top:bottom]
        result[top:bottom] = luma[top:bottom] + share * (own - luma[top:bottom])
    return result


def _smooth_band(levels: F32, light: F32, clean: F32, tone: F32, detail: float, params: ToneParams) -> F32:
    """The levels of a band: its tone's mean, and strokes over it."""
    thin = to_levels(clean)
    calm = _blur(thin, params.noise_sigma * detail)
    thick = to_levels(_blur(light, params.stroke_sigma * detail))
    mean = to_levels(_blur(clean, 1.3 * params.mean_sigma * detail))
    for _ in range(2):
        weight = 1 - np.maximum(
            ramp(np.abs(calm - mean), params.thin), ramp(np.abs(thick - mean), params.thick)
        )
        weight = np.maximum(weight, np.float32(_LEAST_WEIGHT))
        sigma = params.mean_sigma * detail
        mean = to_levels(_blur(clean * weight, sigma) / _blur(weight, sigma))
    mean = _without_beats(mean, weight * np.maximum(tone, _LEAST_WEIGHT), detail, params)
    lines = _make_lines(params.stroke_length * detail, params.directions)
    dark = np.maximum(ramp(_strokes(mean - calm, lines), params.thin), ramp(mean - thick, params.thick))
    pale = np.maximum(ramp(_strokes(calm - mean, lines), params.thin), ramp(thick - mean, params.thick))
    drawn = mean + dark * np.minimum(np.minimum(thin, levels) - mean, 0)
    drawn += pale * np.maximum(np.maximum(thin, levels) - mean, 0)
    solid = np.maximum(ramp(thick, params.solid_ink), ramp(thick, params.solid_paper))
    return np.asarray(drawn + solid * (levels - drawn), dtype=np.float32)


def _without_beats(mean: F32, weight: F32, detail: float, params: ToneParams) -> F32:
    """A tone's mean, drawn to those of wider neighbourhoods by as much as dots beat with pixels."""
    height, width = mean.shape
    small = (max(1, width // _COARSE), max(1, height // _COARSE))
    coarse_weight = np.asarray(cv2.resize(weight, small, interpolation=cv2.INTER_AREA), np.float32)
    for sigma, beat in params.beats:
        coarse = np.asarray(cv2.resize(mean * weight, small, interpolation=cv2.INTER_AREA), np.float32)
        blurred = (_blur(plane, sigma * detail / _COARSE) for plane in (coarse, coarse_weight))
        wide = cv2.resize(np.divide(*blurred), (width, height), interpolation=cv2.INTER_LINEAR)
        apart = mean - wide
        mean = wide + np.sign(apart) * np.maximum(np.abs(apart) - np.float32(beat), 0)
    return np.asarray(mean, dtype=np.float32)


def _make_lines(length: float, directions: int) -> list[Image]:
    """Structuring elements: lines of ``length`` pixels in so many directions."""
    reach = max(1, round((length - 1) / 2))
    lines = []
    for turn in np.pi * np.arange(directions) / directions:
        line = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
        end = np.rint(reach * np.array([np.cos(turn), np.sin(turn)])).astype(int)
        cv2.line(line, tuple(map(int, reach - end)), tuple(map(int, reach + end)), 1)
        lines.append(line)
    return lines


def _strokes(height: F32, lines: list[Image]) -> F32:
    """What of ``height`` (levels above nothing) is at least as long as a line (openings by lines: Soille)."""
    levels = np.clip(height, 0, 255).astype(np.uint8)
    longest = np.zeros_like(levels)
    for line in lines:
        cv2.max(longest, cv2.morphologyEx(levels, cv2.MORPH_OPEN, line), dst=longest)
    return longest.astype(np.float32)


def _blur(plane: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), dtype=np.float32)
