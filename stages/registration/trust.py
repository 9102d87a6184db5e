"""Where two prints that lie on each other show the same, and how much they do as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.stages.registration.bend import Compared
from mangacolor.stages.registration.follow import blur_cells, to_cells
from mangacolor.stages.registration.params import TRUST, TrustParams

# The size at which windows are told.
_SIZE = 840.0


@dataclass(frozen=True, slots=True)
class Trust:
    """``here``: H×W float32 cells, agreement of each, 0 outside theirs.

    ``inside``: the share of each cell that lies in theirs. ``whole``: agreement of all lines there; 0 for none.
    """

    here: F32
    inside: F32
    whole: float


def measure_trust(compared: Compared, params: TrustParams = TRUST) -> Trust:
    """How far lines of both are the same lines."""
    common = to_cells(compared.ours * compared.theirs)
    drawn = to_cells((compared.ours**2 + compared.theirs**2) / 2)
    inside = to_cells(compared.inside.astype(np.float32))
    scale = float(np.sqrt(compared.ours.size)) / _SIZE
    near, wide = params.near * scale, params.wide * scale
    floor = np.float32(params.empty)
    around = blur_cells(common, wide) / (blur_cells(drawn, wide) + floor)
    here = (blur_cells(common, near) + floor * around) / (blur_cells(drawn, near) + floor)
    total = float(drawn.sum())
    # Where next to nothing is drawn there is nothing to agree on.
    lively = total > params.empty * float(inside.sum())
    whole = float(common.sum()) / total if lively else 0.0
    return Trust(np.asarray(here * inside, np.float32), inside, whole)
