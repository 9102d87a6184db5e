"""What a coloured page must not do: tint paper, touch ink, show its tiles, change its mind.

All work on whole pages at the scan's own size (scale 1), uint8 RGB; chroma is that of CIE Lab. A
measure with nothing to measure on is ``None``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.training.evaluation.colour import COLOURED, GREY, Lab, chroma, ciede2000, to_lab
from mangacolor.training.evaluation.samples import connected_to_edge

Line = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the page; upright or level

INK = 64  # luma below which the scan's ink is sacred
_PAPER, _BLACK = 245, 12  # luma of paper and of black gutters
_BESIDE = (1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6)  # where a seam's neighbours lie, in reaches
_KEPT = 3  # levels of luma that ink may change by
_REACH = 4  # pixels between the two sides of a seam, about the page's pixels to one of the network's
_BLUR = 2.0  # sigma, by which two colourings are smoothed before they are compared
_MARGIN = 4  # pixels on either side of an edge that belong to neither area


@dataclass(frozen=True, slots=True)
class Areas:
    """Where a page's measures are taken, H×W bool each; margins between them belong to none."""

    ground: Mask  # paper or black connected to the page's border: gutters and margins
    balloons: Mask  # surely inside a balloon, lettering and all
    drawn: Mask  # everything else


def page_areas(page: Image, balloons: Image | None = None) -> Areas:
    """Areas of a page, best taken from the coloured truth, where a white sky is no paper.

    ``page``: RGB or luma. ``balloons``: H×W uint8, 255 inside, 0 outside, anything else unsure
    (neither balloon nor drawn). Independent of the pipeline's own stages, whose errors must show.
    """
    ground = _ground(page)
    labels = np.zeros(ground.shape, np.uint8) if balloons is None else balloons
    inside = labels == 255
    kernel = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    near = cv2.dilate((ground | (labels > 0)).astype(np.uint8), kernel) > 0
    return Areas(_eroded(ground, kernel), _eroded(inside, kernel), ~near)


def _ground(page: Image) -> Mask:
    value = luma(page)
    neutral = np.ones(value.shape, np.bool_) if page.ndim == 2 else np.ptp(page, axis=2) < 24
    ground = np.zeros(value.shape, np.bool_)
    for surface in ((value >= _PAPER) & neutral, value <= _BLACK):
        ground |= connected_to_edge(surface)
    return ground


def _eroded(mask: Mask, kernel: Image) -> Mask:
    # The page's edge is no edge of the area: the border counts as inside.
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel, borderValue=1) > 0)


def added_chroma(result: Image, source: Image, where: Mask) -> float | None:
    """Mean chroma of the result (H×W×3) beyond that of its source page (H×W or H×W×3), over ``where``."""
    if not where.any():
        return None
    added = chroma(to_lab(result[where][:, None])) - chroma(to_lab(source[where][:, None]))
    return float(np.maximum(added, 0).mean())


def grey_share(result: Image, source: Image, where: Mask) -> float | None:
    """Share of ``where`` with no visible colour (chroma < 2); the source's ink, which has none, aside."""
    where = where & (luma(source) >= INK)
    if not where.any():
        return None
    return float(np.mean(chroma(to_lab(result[where][:, None])) < GREY))


def left_grey(truth: Lab, result: Lab) -> float | None:
    """Share of the truth's coloured pixels that ours leaves grey (chroma < ``GREY``)."""
    coloured = chroma(truth) >= COLOURED
    total = int(np.count_nonzero(coloured))
    return float(np.count_nonzero(coloured & (chroma(result) < GREY)) / total) if total else None


def ink_kept(result: Image, source: Image) -> tuple[float, float] | None:
    """Share of ink pixels (source luma < 64) within 3 levels, and their mean absolute change of luma."""
    before, after = luma(source), luma(result)
    ink = before < INK
    if not ink.any():
        return None
    change = np.abs(after[ink].astype(np.int16) - before[ink])
    return float(np.mean(change <= _KEPT)), float(change.mean())


def seam_ratio(result: Image, seams: Sequence[Line]) -> float | None:
    """Chroma step across ``seams`` over the step across parallel lines beside them; 1 is seamless.

    The neighbours lie 1.5 to 6 times ``_REACH`` away on both sides: a seam is held against the very
    surfaces that it crosses. Pictures have edges of their own, so few seams make a noisy figure: a
    painting without any tiles gets 0.8 to 1.1 on a page.
    """
    ab = to_lab(result)[..., 1:]
    at_seam, beside = [], []
    for line in seams:
        across, upright = _across(ab, line)
        position = line[0] if upright else line[1]
        step = _step(across, position)
        others = [_step(across, position + side * far * _REACH) for far in _BESIDE for side in (-1, 1)]
        usable = [other for other in others if other is not None]
        if step is not None and usable:
            at_seam.append(step * across.shape[1])
            beside.append(float(np.mean(usable)) * across.shape[1])
    total = sum(beside)
    return sum(at_seam) / total if total > 0 else None


def _across(ab: npt.NDArray[np.float32], line: Line) -> tuple[npt.NDArray[np.float32], bool]:
    """The chroma along a line's length, its first axis running across the line."""
    x0, y0, x1, y1 = line
    if x0 == x1:
        return ab[round(min(y0, y1)) : round(max(y0, y1))].transpose(1, 0, 2), True
    return ab[:, round(min(x0, x1)) : round(max(x0, x1))], False


def _step(across: npt.NDArray[np.float32], position: float) -> float | None:
    before = round(position) - (_REACH + 1) // 2
    after = before + _REACH
    if before < 0 or after >= len(across) or not across.shape[1]:
        return None
    return float(np.hypot(*np.moveaxis(across[after] - across[before], -1, 0)).mean())


def colour_change(first: Image, second: Image, where: Mask) -> float | None:
    """Mean CIEDE2000 between two colourings of the same page, lightness taken from the first.

    For a page that was shifted or scaled and brought back: ink that lies between two pixel grids
    must not count as a change of colour, so both get one lightness and both are smoothed.
    """
    if first.shape != second.shape:
        raise ValueError(f"pages of different sizes: {first.shape} and {second.shape}")
    if not where.any():
        return None
    labs = [
        to_lab(np.asarray(cv2.GaussianBlur(page, (0, 0), _BLUR), np.uint8))[where] for page in (first, second)
    ]
    labs[1][:, 0] = labs[0][:, 0]
    return float(ciede2000(labs[0], labs[1]).mean())
