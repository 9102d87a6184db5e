"""classify: is this page black and white, in colour already, or blank? The last two are copied.

A scan of a black-and-white page is seldom grey: paper yellows, unevenly and in stains; sepia and blue
inks, JPEG and colour misregistration add chroma everywhere. All of it is *smooth*: it depends on the
tone and slowly on the place. So chroma is measured as what such a smooth tint does not explain.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Artifact, Chapter, Image, Inputs
from mangacolor.settings import Options
from mangacolor.stages import colour_space
from mangacolor.stages.base import Stage, StageContext

Floats = npt.NDArray[np.float64]
_AGE_HUE = np.radians(28)  # of Cr against -Cb; yellow is at 9°, stained paper at 25–33°, skin at 45–50°
_AGE_WEIGHT = 0.5  # chroma along that hue counts half, so that a stain is no colour


@dataclass(frozen=True, slots=True)
class Config:
    """``chroma`` is in levels of Cr, Cb (0–255); ``area`` and ``drawn`` are shares of the page."""

    force_color: bool
    working_side: int = 160  # pixels of the long side: fringes and noise average out, figures stay
    chroma: float = 6.0
    area: float = 0.035
    vivid: float = 26.0  # chroma that no stain has: a smaller area of it is enough
    vivid_area: float = 0.012
    blank_contrast: float = 24.0  # levels a pixel must differ from the page's median to be drawn
    drawn: float = 0.0005


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(force_color=options.force_color)


def run(context: StageContext, inputs: Inputs) -> Artifact:
    """Measure ``decode``'s picture.

    Data: ``kind`` (``manga``, ``colour`` or ``blank``), ``coloured`` (share of the page whose chroma
    no smooth tint explains), ``vivid`` (share where it is strong), ``drawn`` (share that
    differs from the page's ground), ``forced``.
    ``outcome`` is ``copy`` for blank pages, and for coloured ones unless the user forces colour.
    """
    config: Config = context.config
    pixels = inputs["decode"].images["main"]
    drawn = drawn_share(pixels, config.blank_contrast)
    coloured, vivid = (0.0, 0.0) if inputs["decode"].data["grey"] else coloured_shares(pixels, config)
    is_colour = coloured > config.area or vivid > config.vivid_area
    kind = "colour" if is_colour else "blank" if drawn < config.drawn else "manga"
    copied = kind == "blank" or (kind == "colour" and not config.force_color)
    data = {
        "kind": kind,
        "coloured": round(coloured, 5),
        "vivid": round(vivid, 5),
        "drawn": round(drawn, 6),
        "forced": kind == "colour" and config.force_color,
    }
    return Artifact(data=data, outcome="copy" if copied else None)


def drawn_share(pixels: Image, contrast: float) -> float:
    """Share of the pixels (at half size) whose luma differs from the median's by ``contrast`` levels."""
    luma = colour_space.luma(pixels)
    half = (max(1, luma.shape[1] // 2), max(1, luma.shape[0] // 2))
    luma = np.asarray(cv2.resize(luma, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return float(np.mean(np.abs(luma.astype(np.int16) - int(np.median(luma))) >= contrast))


def coloured_shares(pixels: Image, config: Config) -> tuple[float, float]:
    """Shares of the page whose chroma stands out from its own tint by ``chroma`` and by ``vivid``."""
    small = _shrink(pixels, config.working_side).astype(np.float32) / 255
    luma_chroma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), dtype=np.float64)
    tone, plane = luma_chroma[..., 0], (luma_chroma[..., 1:] - 0.5) * 255
    useful = (tone > 0.06) & (tone < 0.97)  # black and white pixels say nothing of colour
    if np.count_nonzero(useful) < 64:
        return 0.0, 0.0
    residual = np.zeros_like(plane)
    residual[useful] = _without_tint(_by_hue_of_age(plane[useful]), tone[useful], _places(tone.shape)[useful])
    # Colour fringes of a misregistered scan alternate in sign; areas of colour do not.
    areas = np.asarray(cv2.GaussianBlur(residual, (0, 0), config.working_side / 64), dtype=np.float64)
    strength = np.hypot(areas[..., 0] * _AGE_WEIGHT, areas[..., 1])
    return float(np.mean(strength > config.chroma)), float(np.mean(strength > config.vivid))


def _shrink(pixels: Image, side: int) -> Image:
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _by_hue_of_age(chroma: Floats) -> Floats:
    """N×2 Cr, Cb as N×2: along the hue of ageing paper and stains, and across it."""
    along = np.array([np.sin(_AGE_HUE), -np.cos(_AGE_HUE)])
    return np.asarray(chroma @ np.stack([along, [-along[1], along[0]]], axis=1))


def _places(shape: tuple[int, ...]) -> Floats:
    """H×W×8 functions of the place that change slowly over the page."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**4, y**4], axis=-1)


def _without_tint(chroma: Floats, tone: Floats, places: Floats) -> Floats:
    """What is left of N×2 ``chroma`` (along, across the hue of age) when the page's tint is taken off.

    Any tint is a curve of the tone; only along the hue of age may that curve change with the place.
    Robust: least squares, reweighted so that areas of real colour do not bend the fit.
    """
    tones = np.stack([tone**power for power in range(4)], axis=-1)
    ageing = (places[:, :, None] * tones[:, None, :]).reshape(len(tone), -1)
    weights, left = np.ones(len(tone)), chroma
    for _ in range(4):
        fits = [_fit(basis, chroma[:, i], weights) for i, basis in enumerate((ageing, tones))]
        left = chroma - np.stack(fits, axis=-1)
        weights = np.maximum(np.hypot(left[:, 0], left[:, 1]), 2.0) ** -1.5
    return left


def _fit(basis: Floats, values: Floats, weights: Floats) -> Floats:
    """Weighted least squares by normal equations, a little damped: a flat page decides few functions."""
    weighted = (basis * weights[:, None]).T
    damping = 1e-6 * len(values) * np.eye(basis.shape[1])
    return np.asarray(basis @ np.linalg.solve(weighted @ basis + damping, weighted @ values))


STAGE = Stage("classify", run, configure, needs=("decode",), version=2, decides=True)
