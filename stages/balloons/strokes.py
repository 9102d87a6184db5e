"""What stands within a shape of clean paper: how many strokes, where, and how like lettering they lie."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.balloons.params import LetteringParams
from mangacolor.stages.nearest import depth_within

_AROUND = np.ones((3, 3), np.uint8)  # pixels over which ink fades into paper


@dataclass(frozen=True, slots=True)
class Strokes:
    """Of a shape with ``count`` strokes as large as a glyph's, and with sides w and h.

    ``ink`` (H×W) is where it is inked. Shares of the shape: ``tones``, neither paper nor ink; ``smudges``,
    the same without the pixels beside ink, which are only blurred. Shares of min(w, h): ``clear``, the least
    distance of ink to the outline; ``narrow``, the lesser side of the box around all strokes. ``nested``: the
    share of that box that one stroke's fills. ``beside``: how far its middle lies from the shape's, of w and
    of h, the greater of the two.
    """

    ink: Mask
    count: int
    tones: float
    smudges: float
    clear: float
    narrow: float
    nested: float
    beside: float


def measure_strokes(view: Image, mask: Image, darkest_paper: int, params: LetteringParams) -> Strokes:
    """The strokes within ``mask`` (255) of ``view``, both H×W uint8; of a shape without any, ``count`` is 0.

    ``darkest_paper``: the level from which the shape's pixels are paper.
    """
    inside = mask > 0
    area = np.count_nonzero(inside)
    ink = inside & (view < params.ink)
    tones = inside & ~ink & (view < darkest_paper)
    smudges = tones & (cv2.dilate(ink.view(np.uint8), _AROUND) == 0)
    shares = np.count_nonzero(tones) / area, np.count_nonzero(smudges) / area
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(ink.view(np.uint8))
    glyphs = stats[1:][stats[1:, 2:4].max(axis=1) >= params.smallest_glyph]
    if not len(glyphs):
        return Strokes(ink, 0, *shares, 0.0, 0.0, 0.0, 0.0)
    sides = np.array(mask.shape[::-1], np.float64)
    low, high = glyphs[:, :2].min(axis=0), (glyphs[:, :2] + glyphs[:, 2:4]).max(axis=0)
    distance = depth_within(mask)
    return Strokes(
        ink,
        len(glyphs),
        *shares,
        clear=float(distance[ink].min()) / sides.min(),
        narrow=float((high - low).min() / sides.min()),
        nested=float((glyphs[:, 2] * glyphs[:, 3]).max() / np.prod(high - low)),
        beside=float((np.abs((low + high) / 2 - sides / 2) / sides).max()),
    )
