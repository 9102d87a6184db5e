"""The sheen of what is black has no warm colour.

Black hair, suits and hats are solid ink, which holds no colour, and what is left white in them is their
sheen. A network takes that for hair of a lighter colour, or for skin, another one in each panel: black hair
ends in orange, pink and tan. How much of a segment is solid ink tells it from all else but a face in deep
shadow, which votes tell. A lock that runs out into light has little ink itself, but is part of a head of
hair, or like one in its panel, that has much.
Blue and green stay: nights are drawn so, too, and black hair may well shine blue.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.skin import degrees_beyond
from mangacolor.stages.harmonize.params import SheenParams
from mangacolor.stages.segments.chapter import ChapterSegments


def find_sheen(segments: ChapterSegments, no_skin: F64, panels: Panels, params: SheenParams) -> F64:
    """How surely each of a chapter's segments is the sheen of something black, N in [0, 1].

    ``no_skin``: N in [0, 1], how likely each is none.
    """
    own = segments.ink / 255.0
    among = _ramp(panels.average(segments.average_coarse(own)), params.ink_around)
    return np.maximum(_ramp(own, params.own_ink), among * no_skin)


def _ramp(share: F64, ends: tuple[float, float]) -> F64:
    return np.asarray(np.clip((share - ends[0]) / (ends[1] - ends[0]), 0, 1))


def dull(chroma: F64, sheen: F64, params: SheenParams) -> F64:
    """Colours (N×2, levels) drawn to neutral as far as they are warm, and segments ``sheen`` (N)."""
    turned = degrees_beyond(chroma, params.hue, params.hue_range)
    warm = np.exp(-((turned / params.hue_bandwidth) ** 2) / 2)
    return np.asarray(chroma * (1 - params.amount * sheen * warm)[:, None])
