"""What each segment of a window makes of the network's colour, as edits need it: rows of a table.

A row says which share of the network's own chroma and tone a segment keeps, and what is added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import F32, F64, Mask
from mangacolor.core.colour import INK
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.reassemble.params import Params

# Columns of a table: the share of the network's chroma that is kept, and what is added to Cb and Cr; the
# share of its tone, and what is added.
KEEP_CHROMA, ADD_CB, ADD_CR, KEEP_TONE, ADD_TONE = range(5)
COLUMNS = 5
# The row of what is no segment: the network's colour as it is.
AS_IT_IS = (1.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class SegmentRows:
    """A window's N segments before anybody edits them, and what an edit has to know of them.

    ``table``: (N+1)×5, a row for each label from 0 on. ``network``: N×3, the network's mean Cb, Cr and share
    of the scan's tone. ``light``: N, by how much the scan's pixels that are no ink are lighter than ink,
    levels.
    """

    table: F32
    network: F32
    light: F64

    @property
    def painted(self) -> F32:
        """The mean Cb, Cr and share of the scan's tone that segments are painted with: N×3."""
        rows = self.table[1:]
        keep = rows[:, (KEEP_CHROMA, KEEP_CHROMA, KEEP_TONE)]
        return np.asarray(keep * self.network + rows[:, (ADD_CB, ADD_CR, ADD_TONE)], dtype=np.float32)

    def moved(self, by: F32) -> SegmentRows:
        """The same, each segment painted with so much more (N×3) Cb, Cr and tone."""
        table = self.table.copy()
        table[1:, (ADD_CB, ADD_CR, ADD_TONE)] += by
        return replace(self, table=table)

    def edited(self, edits: WindowEdits | None, params: Params) -> F32:
        """The table with what somebody chose: rows of other segments stay as they are."""
        if edits is None or not edits.chosen.any():
            return self.table
        which = edits.chosen
        table, network = self.table.copy(), self.network[which]
        even = np.full(len(network), params.evenness.chosen, np.float32)
        factor = tone_factors(network[:, 2], self.light[which], edits.luma[which].astype(np.float64), params)
        chroma = edits.chroma[which].astype(np.float32)
        table[1:][which] = make_rows(network, chroma, (even, even), factor)
        return table


def make_rows(network: F32, wanted: F32, even: tuple[F32, F32], factor: F32) -> F32:
    """Rows of N segments, N×5, that are to have ``wanted`` chroma (N×2) and ``factor`` (N) times their tone.

    ``network``: N×3, mean Cb, Cr and tone. ``even``: N each, how far its chroma and its tone are evened out.
    """
    of_chroma, of_tone = even
    rows = np.empty((len(network), COLUMNS), np.float32)
    rows[:, KEEP_CHROMA] = 1 - of_chroma
    rows[:, ADD_CB : ADD_CR + 1] = wanted - (1 - of_chroma[:, None]) * network[:, :2]
    rows[:, KEEP_TONE] = factor * (1 - of_tone)
    rows[:, ADD_TONE] = factor * of_tone * network[:, 2]
    return rows


def tone_factors(tone: F32, light: F64, luma: F64, params: Params) -> F32:
    """By what to multiply the tone (N) of each segment so that it has the luma (N) that somebody chose; 1
    where that is below 0.

    Undoes ``paint``'s mapping of luma for the mean of the pixels that are no ink (``light``: N). Paper is
    made no lighter than the scan, and so dark only that hatching on it is still seen.
    """
    factor = np.ones(len(tone), np.float32)
    chosen: Mask = luma >= 0
    share = ((luma - INK) * (255 - INK) / np.maximum(light, 1) + INK) / 255
    share = np.clip(share, params.darkest_chosen, 1)
    factor[chosen] = (share / np.maximum(tone, params.darkest_chosen))[chosen]
    return factor
