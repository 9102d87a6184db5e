"""Where two prints that lie on each other show the same, and how much they do as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.stages.registration.bend import Compared
from mangacolor.stages.registration.follow import blur_cells, to_cells
from mangacolor.stages.registration.params import TRUST, TrustParams

# The size at which windows are told.
_SIZE = 840.0


@dataclass(frozen=True, slots=True)
class Trust:
    """``here``: H×W float32 cells, agreement of each, 0 outside theirs.

    ``inside``: the share of each cell that lies in theirs. ``whole``: agreement of all lines but frames.
    """

    here: F32
    inside: F32
    whole: float


def measure_trust(compared: Compared) -> Trust:
    """How far lines of both are the same lines."""
    common = to_cells(compared.ours * compared.theirs)
    squares = [to_cells(lines * lines) for lines in (compared.ours, compared.theirs)]
    drawn = np.asarray((squares[0] + squares[1]) / 2, np.float32)
    inside = to_cells(compared.inside.astype(np.float32))
    scale = float(np.sqrt(compared.ours.size)) / _SIZE
    near, wide = TRUST.near * scale, TRUST.wide * scale
    floor = np.float32(TRUST.empty)
    around = blur_cells(common, wide) / (blur_cells(drawn, wide) + floor)
    here = (blur_cells(common, near) + floor * around) / (blur_cells(drawn, near) + floor)
    return Trust(np.asarray(here * inside, np.float32), inside, _agree(compared, TRUST, scale))


def _agree(compared: Compared, params: TrustParams, scale: float) -> float:
    """What is common of all lines that are no frames; 0 where next to nothing else is drawn."""
    frames = find_frames(compared.ours, params, scale) | find_frames(compared.theirs, params, scale)
    plain = compared.inside & ~frames
    ours, theirs = compared.ours[plain], compared.theirs[plain]
    drawn = float(ours @ ours + theirs @ theirs) / 2
    lively = drawn > params.empty * float(compared.inside.sum())
    return float(ours @ theirs) / drawn if lively else 0.0


def find_frames(lines: F32, params: TrustParams, scale: float) -> Mask:
    """H×W: long straight strokes, level or upright, and what is close beside them.

    The frames of panels: many pages have the same.
    """
    dark = cv2.dilate((lines > params.frame_level).astype(np.uint8), np.ones((3, 3), np.uint8))
    length = round(params.frame_length * scale)
    shapes = (1, length), (length, 1)
    straight = [cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones(shape, np.uint8)) for shape in shapes]
    beside = round(params.frame_beside * scale) * 2 + 1
    return np.asarray(cv2.dilate(cv2.max(*straight), np.ones((beside, beside), np.uint8)) > 0)
