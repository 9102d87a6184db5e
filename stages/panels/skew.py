"""Pages that were scanned askew: by how much, and the same page straight.

Frames and gutters are a page's longest straight lines, and a page that is turned turns all of them alike, the
level and the upright ones. So the angle that most of their length has (the mode) is the page's, if both
directions tell the same one. What is merely drawn aslant does not agree like that.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.panels.params import SkewParams


def find_skew(segments: F64, size: tuple[int, int], params: SkewParams) -> float:
    """The angle in degrees by which a page of ``size`` (width, height in pixels) is turned, clockwise.

    ``segments``: N×4 of x1, y1, x2, y2 in pixels. 0 where the page is straight, or nothing sure is seen.
    """
    delta = segments[:, 2:] - segments[:, :2]
    length = np.hypot(delta[:, 0], delta[:, 1])
    delta, length = (values[length >= params.shortest * max(size)] for values in (delta, length))
    angle = np.degrees(np.arctan2(delta[:, 1], delta[:, 0]))
    angle = (angle + 45) % 180 - 45  # level lines are near 0, upright ones near 90
    level, upright = np.abs(angle) <= params.most, np.abs(angle - 90) <= params.most
    found = [
        _mode(turned, length[those] ** 2, params.spread)
        for turned, those in ((angle[level], level), (angle[upright] - 90, upright))
    ]
    both = level | upright
    skew, share = _mode(np.where(level, angle, angle - 90)[both], length[both] ** 2, params.spread)
    agree = abs(found[0][0] - found[1][0]) <= params.agreement
    return skew if agree and share >= params.least_share and abs(skew) >= params.least else 0.0


def _mode(angles: F64, weights: F64, spread: float) -> tuple[float, float]:
    """The angle within ``spread`` of which most weight lies, and the share that does; nan and 0 of none."""
    if not len(angles):
        return float("nan"), 0.0
    order = np.argsort(angles)
    angles, weights = angles[order], weights[order]
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    first = np.searchsorted(angles, angles - spread)
    last = np.searchsorted(angles, angles + spread, side="right")
    best = int((sums[last] - sums[first]).argmax())
    near = slice(int(first[best]), int(last[best]))
    return float(np.average(angles[near], weights=weights[near])), float(weights[near].sum() / sums[-1])


def turn_back(luma: Image, skew: float) -> tuple[Image, F64]:
    """A page (H×W luma) that is turned by ``skew`` degrees clockwise, straight, in the same frame.

    Also the 2×3 matrix that brings points of the straight page to where they were. Beyond the page its edge
    is repeated: a margin goes on, and so does a picture that runs off it.
    """
    height, width = luma.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1)
    straight = cv2.warpAffine(
        luma, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(straight, np.uint8), np.asarray(cv2.invertAffineTransform(turn), np.float64)
