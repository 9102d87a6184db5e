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
from mangacolor.stages.base import Stage, StageContext

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Config:
    """``chroma`` is in levels of Cr, Cb (0–255); ``area`` and ``drawn`` are shares of the page."""

    force_color: bool
    working_side: int = 160  # pixels of the long side: fringes and noise average out, figures stay
    chroma: float = 6.0
    area: float = 0.035
    blank_contrast: float = 24.0  # levels a pixel must differ from the page's median to be drawn
    drawn: float = 0.0005


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(force_color=options.force_color)


def run(context: StageContext, inputs: Inputs) -> Artifact:
    """Measure ``decode``'s picture.

    Data: ``kind`` (``manga``, ``colour`` or ``blank``), ``coloured`` (share of the page whose chroma
    no smooth tint explains), ``drawn`` (share that differs from the page's ground), ``forced``.
    ``outcome`` is ``copy`` for blank pages, and for coloured ones unless the user forces colour.
    """
    config: Config = context.config
    pixels = inputs["decode"].images["main"]
    drawn = drawn_share(pixels, config.blank_contrast)
    coloured = 0.0 if inputs["decode"].data["grey"] else coloured_share(pixels, config)
    kind = "colour" if coloured > config.area else "blank" if drawn < config.drawn else "manga"
    copied = kind == "blank" or (kind == "colour" and not config.force_color)
    data = {
        "kind": kind,
        "coloured": round(coloured, 5),
        "drawn": round(drawn, 6),
        "forced": kind == "colour" and config.force_color,
    }
    return Artifact(data=data, outcome="copy" if copied else None)


def drawn_share(pixels: Image, contrast: float) -> float:
    """Share of the pixels (at half size) whose luma differs from the median's by ``contrast`` levels."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    half = (max(1, luma.shape[1] // 2), max(1, luma.shape[0] // 2))
    luma = cv2.resize(luma, half, interpolation=cv2.INTER_AREA)
    return float(np.mean(np.abs(luma.astype(np.int16) - int(np.median(luma))) >= contrast))


def coloured_share(pixels: Image, config: Config) -> float:
    """Share of the page whose chroma stands out by ``config.chroma`` from the page's own tint."""
    small = _shrink(pixels, config.working_side).astype(np.float32) / 255
    luma_chroma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), dtype=np.float64)
    tone, plane = luma_chroma[..., 0], (luma_chroma[..., 1:] - 0.5) * 255
    useful = (tone > 0.06) & (tone < 0.97)  # black and white pixels say nothing of colour
    if np.count_nonzero(useful) < 64:
        return 0.0
    residual = np.zeros_like(plane)
    residual[useful] = _without_tint(plane[useful], _tint_basis(tone)[useful])
    # Colour fringes of a misregistered scan alternate in sign; areas of colour do not.
    areas = np.asarray(cv2.GaussianBlur(residual, (0, 0), config.working_side / 64), dtype=np.float64)
    return float(np.mean(_strength(areas) > config.chroma))


def _shrink(pixels: Image, side: int) -> Image:
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _tint_basis(tone: Floats) -> Floats:
    """H×W×32 functions whose sums are tints: a curve of the tone that changes slowly over the page."""
    height, width = tone.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    places = [np.ones_like(x), x, y, x * x, x * y, y * y, x**4, y**4]
    tones = [tone**power for power in range(4)]
    return np.stack([place * level for place in places for level in tones], axis=-1)


def _without_tint(chroma: Floats, basis: Floats) -> Floats:
    """What is left of N×2 ``chroma`` after a robust fit of ``basis`` (reweighted normal equations)."""
    weights = np.ones(len(chroma))
    left = chroma
    ridge = 1e-6 * len(chroma) * np.eye(basis.shape[1])  # a flat page leaves most functions undecided
    for _ in range(4):
        weighted = (basis * weights[:, None]).T
        left = chroma - basis @ np.linalg.solve(weighted @ basis + ridge, weighted @ chroma)
        weights = np.maximum(np.hypot(left[:, 0], left[:, 1]), 2.0) ** -1.5
    return left


def _strength(residual: Floats) -> Floats:
    """Length of the Cr, Cb residual; half for the hue of ageing paper, so that stains are no colour."""
    cr, cb = residual[..., 0], residual[..., 1]
    angle = np.degrees(np.arctan2(cr, -cb))  # yellow is at 9°, stained paper at 25–33°, skin at 45–50°
    off_axis = np.minimum(np.abs(angle - 28), 180 - np.abs(angle - 28) % 180)
    return np.asarray(np.hypot(cr, cb) * np.where(off_axis < 12, 0.5, 1.0))


STAGE = Stage("classify", run, configure, needs=("decode",), decides=True)
