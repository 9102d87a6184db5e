"""A window's colour as it is carried to the page: what the network says, and what its segments make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import F32, SegmentMap
from mangacolor.core.types import Box, Image
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.ink_transfer import LEAST_TONE, own_colour, pack_tone
from mangacolor.stages.reassemble.open_borders import find_open_borders
from mangacolor.stages.reassemble.params import Params
from mangacolor.stages.reassemble.segment_colours import (
    ADD_CB,
    ADD_CR,
    ADD_TONE,
    KEEP_CHROMA,
    KEEP_TONE,
    SegmentColours,
)
from mangacolor.stages.windows.artifact import WindowColours
from mangacolor.stages.windows.scale import shrink


@dataclass(frozen=True, slots=True)
class WindowLayer:
    """``box``: the window on its page, which it may stick out of.

    ``labels``: H×W, its segments at drawing scale. ``free``: H×W, where no ink is, as of ``OpenBorders``.
    ``table``: a row for each label from 0 on, as of ``SegmentColours``, for packed colours. ``own``: h×w×4
    at working scale, the network's Cb + 128, Cr + 128, packed tone, and the mean luma of the scan there.
    ``reach``: pixels of the page over which segments meet where no ink divides them.
    """

    box: Box
    labels: SegmentMap
    free: Image
    table: F32
    own: Image
    reach: float

    @property
    def scale(self) -> float:
        """Pixels of the page for one at drawing scale."""
        return float(self.box[3] / self.labels.shape[0])


@dataclass(frozen=True, slots=True)
class ReadyWindow:
    """A window made ready to be coloured: its layer before anybody edits it, which only its table changes.

    ``layer``: with the table of no edits. ``colours``: what that table is made of.
    """

    layer: WindowLayer
    colours: SegmentColours
    params: Params

    @classmethod
    def of(
        cls,
        window: WindowColours,
        corrections: WindowCorrections | None,
        guided: GuidedWindow | None,
        grey: Image,
        params: Params,
    ) -> ReadyWindow:
        """``grey``: the luma of the page that its box lies on, H×W.

        ``corrections``: what the chapter decided; ``guided``: what a guest says.
        """
        own = own_colour(window.picture, shrink(grey, window.box, window.size), params.ink)
        borders = find_open_borders(window, params.borders, None if guided is None else guided.steps)
        scan = shrink(grey, window.box, window.label_size)
        colours = SegmentColours.of(window, own[..., 2], scan, borders, corrections, guided, params)
        packed = np.stack([own[..., 0] + 128, own[..., 1] + 128, pack_tone(own[..., 2]), own[..., 3]], axis=2)
        layer = WindowLayer(
            window.box,
            window.labels,
            borders.free,
            _pack_rows(colours.tabulate(None, params)),
            np.rint(packed).clip(0, 255).astype(np.uint8),
            params.borders.soft_reach * window.box[3] / window.size[1],
        )
        return cls(layer, colours, params)

    def edited(self, edits: WindowEdits | None) -> WindowLayer:
        """The layer with what somebody chose."""
        if edits is None:
            return self.layer
        return replace(self.layer, table=_pack_rows(self.colours.tabulate(edits, self.params)))


def _pack_rows(table: F32) -> F32:
    """Rows of a table (N×5) for colours that are packed: chroma + 128 and packed tones."""
    packed = table.copy()
    packed[:, ADD_CB : ADD_CR + 1] += 128 * (1 - table[:, KEEP_CHROMA, None])
    packed[:, ADD_TONE] = pack_tone(table[:, KEEP_TONE] * LEAST_TONE + table[:, ADD_TONE])
    return packed
