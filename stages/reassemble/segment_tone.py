"""The tone of surfaces: even within each where the scan is flat, and dark enough to hold its colour.

Printed paper has no tone; the network gives it one. What it gives strays within a surface, darkest beside
the lines, and would stand there as a halo. And at full white no colour can be seen: a surface that is to be
skin must take some tone, as a colourist would give it.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.colour import Plane, beyond_luma
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.ink_transfer import DARKEST
from mangacolor.stages.reassemble.segment_fields import Borders, eased, evenness, settled


def evened(plan: Image, labels: Image, borders: Borders, table: Image) -> Image:
    """``plan`` (H×W×3 as of ``small_plan``) with its tones evened out.

    ``labels``: H×W, the window's surfaces. ``borders``: their ``open_borders``. ``table``: their rows.
    """
    if not len(table):
        return plan
    shade = plan[..., 2].astype(np.float32)
    total = np.bincount(labels.ravel(), weights=shade.ravel())[1:].astype(np.float32)
    mean = eased((total / borders.area)[:, None], borders)[:, 0]
    share = evenness(table)
    rows = np.concatenate([np.zeros((1, 2), np.float32), np.stack([share * mean, share], axis=1)])
    field = settled(rows[labels], labels, borders)
    tone = shade * (1 - field[..., 1]) + field[..., 0]
    evened_plan = plan.copy()
    evened_plan[..., 2] = np.rint(np.minimum(tone, _lightest(plan))).clip(0, 255)
    return evened_plan


def _lightest(plan: Image) -> Plane:
    """The highest tone, in steps of the plan, at which paper shows the plan's chroma unclipped, H×W."""
    cb, cr = (plan[..., channel].astype(np.float32) - 128 for channel in (0, 1))
    brightest = np.maximum.reduce(beyond_luma(cb, cr))
    ratio = 1 - np.maximum(brightest, 0) / 255
    return np.asarray((ratio - DARKEST) * (255 / (1 - DARKEST)), dtype=np.float32)
