"""What people have decided, over what the chapter has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mangacolor.stages.edits.page_edits import PageEdits, WindowEdits
from mangacolor.stages.harmonize.corrections import Corrections, WindowCorrections
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import PageColours, WindowColours


def apply_edits(corrections: Corrections, edits: PageEdits, colours: PageColours) -> Corrections:
    """The corrections of a page with those that give each edited segment the colour it is to have."""
    if not edits.windows:
        return corrections
    return Corrections(
        tuple(
            _edit_window(window, corrections.of_window(number), edits.of_window(number))
            for number, window in enumerate(colours.windows)
        )
    )


def _edit_window(
    window: WindowColours, corrections: WindowCorrections | None, edits: WindowEdits | None
) -> WindowCorrections:
    corrections = corrections or WindowCorrections.none(window.segments)
    if edits is None:
        return corrections
    move = edits.chroma - np.rint(SegmentFeatures(window.features).chroma).astype(np.int64)
    return replace(
        corrections,
        chroma=np.where(edits.chosen[:, None], move, corrections.chroma),
        luma=np.where(edits.chosen, edits.luma, corrections.luma),
    )
