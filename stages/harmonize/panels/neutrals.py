"""Which segments lose colours that they cannot have: what is blank and no skin, and the sheen of black."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.sheen import dull, find_sheen
from mangacolor.stages.harmonize.panels.skin import doubt_skin, whiten
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.chapter import ChapterSegments


@dataclass(frozen=True, slots=True)
class Neutrals:
    """How surely each of N segments is blank and no skin (``white``), and the ``sheen`` of something black:
    N in [0, 1]."""

    white: F64
    sheen: F64

    @classmethod
    def find(
        cls, segments: ChapterSegments, votes: Image, travelled: F32, panels: Panels, params: Params
    ) -> Neutrals:
        """Of a chapter's segments. ``votes``, ``travelled``: as of ``doubt_skin``."""
        doubts = doubt_skin(segments, votes, travelled, panels, params.skin)
        return cls(doubts.white, find_sheen(segments, doubts.no_skin, panels, params.sheen))

    def take(self, which: I64) -> Neutrals:
        """Of some of the segments."""
        return Neutrals(self.white[which], self.sheen[which])

    def but_for(self, held: Mask) -> Neutrals:
        """Without those segments, N, whose colours stay."""
        return Neutrals(np.where(held, 0.0, self.white), np.where(held, 0.0, self.sheen))

    def draw(self, chroma: F64, params: Params) -> F64:
        """The colours (N×2, levels) that segments of these colours keep."""
        return dull(whiten(chroma, self.white, params.skin), self.sheen, params.sheen)
