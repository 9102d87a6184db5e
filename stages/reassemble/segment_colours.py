"""What each segment of a window makes of the network's colour: the rows of a table.

A row says which share of the network's own chroma and tone a segment keeps, and what is added. So what is
printed flat is coloured flat, corrections move it, and a colour that somebody chose is as it was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, Mask
from mangacolor.core.colour import INK, beyond_luma, share_in_gamut
from mangacolor.core.types import Image
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.harmonize.corrections import OWN_LUMA, WindowCorrections
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.open_borders import OpenBorders, smooth_across_open_borders
from mangacolor.stages.reassemble.params import EvennessParams, Params
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import WindowColours

# Columns of a table: the share of the network's chroma that is kept, and what is added to Cb and Cr; the
# share of its tone, and what is added.
KEEP_CHROMA, ADD_CB, ADD_CR, KEEP_TONE, ADD_TONE = range(5)
# The row of what is no segment: the network's colour as it is.
AS_IT_IS = (1.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose for a window's N segments. ``chosen``: N. ``chroma``: N×2, levels that these are to
    have. ``luma``: N, the mean luma, -1 for their own."""

    chosen: Mask
    chroma: F64
    luma: F64

    @classmethod
    def of(
        cls, window: WindowColours, corrections: WindowCorrections | None, edits: WindowEdits | None
    ) -> Choice:
        """``corrections``: what is locked or follows a kept palette is chosen there. ``edits`` go over it."""
        chroma = SegmentFeatures(window.features).chroma
        chosen, luma = np.zeros(len(chroma), np.bool_), np.full(len(chroma), float(OWN_LUMA))
        if corrections is not None:
            chosen, luma = corrections.overridden, corrections.luma.astype(np.float64)
            chroma = chroma + corrections.chroma
        if edits is not None:
            chosen = chosen | edits.chosen
            chroma = np.where(edits.chosen[:, None], edits.chroma, chroma)
            luma = np.where(edits.chosen, edits.luma, luma)
        return cls(chosen, chroma, luma)


@dataclass(frozen=True, slots=True)
class SegmentColours:
    """What is known of a window's N segments before anybody edits them.

    ``plain``: N×5, the network's mean Cb, Cr and share of the scan's tone, and by how much the chapter moves
    Cb and Cr. ``values``: N×5, the same drawn together across open borders. ``even``: N, as of ``evenness``.
    ``light``: N, by how much the scan's pixels that are no ink are lighter than ink, levels. ``given``: N, to
    which a guest gives a colour.
    """

    window: WindowColours
    corrections: WindowCorrections | None
    plain: F32
    values: F32
    even: F32
    light: F64
    given: Mask

    @classmethod
    def of(
        cls,
        window: WindowColours,
        tone: F32,
        scan: Image,
        borders: OpenBorders,
        corrections: WindowCorrections | None,
        guided: GuidedWindow | None,
        params: Params,
    ) -> SegmentColours:
        """``tone``: the network's share of the scan's tone, h×w at working scale. ``scan``: the page's luma,
        as large as the labels. ``guided``: what a guest says."""
        count, features = window.segments, SegmentFeatures(window.features)
        given = np.zeros(count, np.bool_) if guided is None else guided.given
        if not count:
            nothing = np.zeros((0, 5), np.float32)
            return cls(window, corrections, nothing, nothing, nothing[:, 0], np.zeros(0), given)
        own = np.column_stack([features.chroma, _mean_by_segment(window, tone, borders.area)])
        move = np.zeros((count, 2)) if corrections is None else corrections.base_chroma
        plain = np.column_stack([own, move]).astype(np.float32)
        values = smooth_across_open_borders(plain, borders, params.borders)
        even = evenness(features, params.evenness)
        return cls(window, corrections, plain, values, even, _light_by_segment(window, scan), given)

    def tabulate(self, edits: WindowEdits | None, params: Params) -> F32:
        """A row for each label of the window from 0 on, with what somebody chose: (N+1)×5."""
        window = self.window
        table = np.tile(np.array(AS_IT_IS, np.float32), (window.segments + 1, 1))
        if not window.segments:
            return table
        choice = Choice.of(window, self.corrections, edits)
        # What somebody chose, or a guest says, changes nothing beside it, and is flat.
        settled = choice.chosen | self.given
        values = np.where(settled[:, None], self.plain, self.values)
        even = np.where(settled, np.float32(params.evenness.chosen), self.even)
        wanted = _fit_gamut(values[:, :2] + values[:, 3:], SegmentFeatures(window.features).shown)
        wanted[choice.chosen] = choice.chroma[choice.chosen]
        factor = _tone_factors(values[:, 2], self.light, choice, params)
        table[1:, KEEP_CHROMA] = 1 - even
        table[1:, ADD_CB : ADD_CR + 1] = wanted - (1 - even[:, None]) * values[:, :2]
        table[1:, KEEP_TONE] = factor * (1 - even)
        table[1:, ADD_TONE] = factor * even * values[:, 2]
        return table


def evenness(features: SegmentFeatures, params: EvennessParams) -> F32:
    """How far each segment is evened out, N in [0, 1]: what is printed flat is to be coloured flat, and
    blotches in it are the network's; a painted segment may well change its colour."""
    span = params.painted_texture - params.flat_texture
    painted = (features.texture.astype(np.float32) - params.flat_texture) / span
    return np.asarray(params.flat + (params.painted - params.flat) * np.clip(painted, 0, 1), dtype=np.float32)


def _mean_by_segment(window: WindowColours, plane: F32, area: F32) -> F64:
    """The mean over each of a window's segments of a plane at working scale: N. ``area``: N, their pixels."""
    large = cv2.resize(plane, window.label_size, interpolation=cv2.INTER_LINEAR)
    sums = np.bincount(window.labels.ravel(), weights=large.ravel(), minlength=window.segments + 1)
    return np.asarray(sums[1:] / area.astype(np.float64), dtype=np.float64)


def _light_by_segment(window: WindowColours, scan: Image) -> F64:
    """By how much the pixels of each segment that are no ink are lighter than ink, mean: N, levels."""
    codes = window.labels.astype(np.int32) << 8
    codes |= scan
    counts = np.bincount(codes.ravel(), minlength=256 * (window.segments + 1)).reshape(-1, 256)[1:]
    above = np.maximum(np.arange(256) - INK, 0)
    return np.asarray(counts @ above / np.maximum(counts @ (above > 0), 1), dtype=np.float64)


def _fit_gamut(chroma: F32, shown: Image) -> F32:
    """Chroma of segments (N×2) shortened to what their luma (N) can hold."""
    cb, cr = np.ascontiguousarray(chroma.T)
    return chroma * share_in_gamut(shown.astype(np.float32), beyond_luma(cb, cr))[:, None]


def _tone_factors(tone: F32, light: F64, choice: Choice, params: Params) -> F32:
    """By what to multiply the tone (N) of each segment so that it has the luma that somebody chose.

    Undoes ``paint``'s mapping of luma for the mean of the pixels that are no ink (``light``: N). Paper is
    made no lighter than the scan, and so dark only that hatching on it is still seen.
    """
    factor = np.ones(len(tone), np.float32)
    chosen = choice.chosen & (choice.luma >= 0)
    share = ((choice.luma - INK) * (255 - INK) / np.maximum(light, 1) + INK) / 255
    share = np.clip(share, params.darkest_chosen, 1)
    factor[chosen] = (share / np.maximum(tone, params.darkest_chosen))[chosen]
    return factor
