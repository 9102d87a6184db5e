"""Screentone too fine for a display becomes the grey that it stands for; what is drawn over it stays.

A tone's mean is a mean of light: half black and half white dots look like level 188, not 128. Strokes are
told from it twice: thick ones in the page as it is, blurred until dots have melted; thin ones in the page
without its dots. Where there is a stroke the darker of the two is taken (the lighter, for white strokes),
since taking dots out of a black stroke leaves their negative in it.

Means are wide, so they are made of a picture half as large; strokes are told apart in whole levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.types import Image
from mangacolor.stages.fit.lattices import remove_dots
from mangacolor.stages.fit.light import ramp_table, to_levels, to_light, to_whole_levels
from mangacolor.stages.fit.params import Params, ToneParams

# Rows put together at once.
_BAND = 128
# Least weight of a pixel in a mean, so that one of strokes alone has a mean, too.
_LEAST_WEIGHT = np.float32(1e-3)
# Means are made of a picture so many times smaller, wide ones of one so many times smaller than that.
_HALF = 2
_COARSE = 3
_WHOLE = np.float32(1 / 255)  # of a share in whole levels


@dataclass(frozen=True, slots=True)
class _Views:
    """A page in whole levels, H×W: without its dots, that without its noise, and blurred until dots melt."""

    thin: Image
    calm: Image
    thick: Image


def smooth_tones(luma: Image, detail: float, params: Params) -> F32:
    """``luma`` (H×W uint8) as float32 levels, without dots that the display cannot show.

    ``detail``: its pixels for each of the display's.
    """
    clean, tone = remove_dots(luma, detail, params.lattices)
    if not tone.any():
        return luma.astype(np.float32)
    views = _look(luma, clean, detail, params.tone)
    mean = _mean_tone(clean, tone, views, detail, params.tone)
    return _lay_strokes(luma, tone, mean, views, detail, params.tone)


def _look(luma: Image, clean: F32, detail: float, params: ToneParams) -> _Views:
    thin = to_whole_levels(clean)
    calm = np.asarray(cv2.GaussianBlur(thin, (0, 0), params.noise_sigma * detail), np.uint8)
    melted = _blur(_shrink(to_light(luma), _HALF), params.stroke_sigma * detail / _HALF)
    return _Views(thin, calm, _enlarge(to_whole_levels(melted), luma.shape))


def _mean_tone(clean: F32, tone: F32, views: _Views, detail: float, params: ToneParams) -> F32:
    """The levels of the tone around each pixel of a picture half as large, strokes left out."""
    sigma = params.mean_sigma * detail / _HALF
    mean = _blur(_shrink(clean, _HALF), 1.3 * sigma)
    for _ in range(2):
        shown = _enlarge(to_whole_levels(mean), clean.shape)
        strokes = cv2.max(
            cv2.LUT(cv2.absdiff(views.calm, shown), ramp_table(params.thin)),
            cv2.LUT(cv2.absdiff(views.thick, shown), ramp_table(params.thick)),
        )
        weight = (255 - strokes) * _WHOLE
        np.maximum(weight, _LEAST_WEIGHT, out=weight)
        share = _shrink(weight, _HALF)
        mean = _blur(_shrink(clean * weight, _HALF), sigma) / _blur(share, sigma)
    certain = share * np.maximum(_shrink(tone, _HALF), _LEAST_WEIGHT)
    return _without_beats(to_levels(mean), certain, detail / _HALF, params)


def _without_beats(mean: F32, weight: F32, detail: float, params: ToneParams) -> F32:
    """A tone's mean, drawn to those of wider neighbourhoods by as much as dots beat with pixels."""
    coarse_weight = _shrink(weight, _COARSE)
    for sigma, beat in params.beats:
        coarse = _shrink(mean * weight, _COARSE)
        blurred = [_blur(plane, sigma * detail / _COARSE) for plane in (coarse, coarse_weight)]
        wide = cv2.resize(blurred[0] / blurred[1], mean.shape[::-1], interpolation=cv2.INTER_LINEAR)
        apart = mean - wide
        mean = mean - np.minimum(np.maximum(apart, np.float32(-beat)), np.float32(beat))
    return np.asarray(mean, dtype=np.float32)


def _lay_strokes(luma: Image, tone: F32, mean: F32, views: _Views, detail: float, params: ToneParams) -> F32:
    """The page where it has no tone, and where it has one its mean with the strokes over it."""
    shown = _enlarge(np.rint(mean).astype(np.uint8), luma.shape)
    lines = _make_lines(params.stroke_length * detail, params.directions)
    thin, thick = ramp_table(params.thin), ramp_table(params.thick)
    dark = cv2.max(
        cv2.LUT(_keep_lines(cv2.subtract(shown, views.calm), lines), thin),
        cv2.LUT(cv2.subtract(shown, views.thick), thick),
    )
    pale = cv2.max(
        cv2.LUT(_keep_lines(cv2.subtract(views.calm, shown), lines), thin),
        cv2.LUT(cv2.subtract(views.thick, shown), thick),
    )
    solid = cv2.LUT(views.thick, cv2.max(ramp_table(params.solid_ink), ramp_table(params.solid_paper)))
    darker, paler = cv2.min(views.thin, luma), cv2.max(views.thin, luma)
    ground = _enlarge(mean, luma.shape)
    result = luma.astype(np.float32)
    for top in range(0, len(luma), _BAND):
        rows = slice(top, top + _BAND)
        if not tone[rows].any():
            continue
        drawn = ground[rows]
        drawn = (
            drawn
            + np.minimum(darker[rows] - drawn, 0) * (dark[rows] * _WHOLE)
            + np.maximum(paler[rows] - drawn, 0) * (pale[rows] * _WHOLE)
        )
        result[rows] += (drawn - result[rows]) * tone[rows] * (1 - solid[rows] * _WHOLE)
    return result


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


def _keep_lines(heights: AnyArray, lines: list[Image]) -> AnyArray:
    """What of ``heights`` (uint8) is at least as long as a line (openings by lines: Soille)."""
    longest = np.zeros_like(heights)
    for line in lines:
        cv2.max(longest, cv2.morphologyEx(heights, cv2.MORPH_OPEN, line), dst=longest)
    return longest


def _blur(plane: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), dtype=np.float32)


def _shrink(plane: F32, times: int) -> F32:
    """Means of squares of so many pixels a side."""
    height, width = plane.shape
    size = max(1, width // times), max(1, height // times)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _enlarge(plane: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    return cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
