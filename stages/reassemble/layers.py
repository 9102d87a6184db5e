"""A window's colour as it is carried to the page: what the network says, and what its segments make of it.

The segments of all windows of a page are one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from mangacolor.core.arrays import F32, I32, Mask, SegmentMap
from mangacolor.core.types import Box, Image
from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.reassemble.borders.open_borders import OpenBorders, find_open_borders
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.ink_transfer import LEAST_TONE, own_colour, pack_tone
from mangacolor.stages.reassemble.params import Params
from mangacolor.stages.reassemble.segment_colours import find_rows
from mangacolor.stages.reassemble.segment_rows import (
    ADD_CB,
    ADD_CR,
    ADD_TONE,
    AS_IT_IS,
    KEEP_CHROMA,
    KEEP_TONE,
    SegmentRows,
)
from mangacolor.stages.windows.artifact import WindowColours
from mangacolor.stages.windows.scale import shrink

# Pixels of the page over which segments meet at most.
MOST_REACH = 32.0

L = TypeVar("L", bound="Layer")


@dataclass(frozen=True, slots=True)
class Layer:
    """``box``: the window on its page, which it may stick out of.

    ``table``: a row for each label from 0 on, as of ``SegmentRows``, for packed colours. ``own``: h×w×4 at
    working scale, the network's Cb + 128, Cr + 128, packed tone, and the mean luma of the scan there.
    ``reach``: pixels of the page over which segments meet where no ink divides them.
    """

    box: Box
    table: F32
    own: Image
    reach: float


@dataclass(frozen=True, slots=True)
class WindowLayer(Layer):
    """A layer with where its segments are. ``labels``: H×W, at drawing scale. ``free``: H×W, where no ink is,
    as of ``OpenBorders``."""

    labels: SegmentMap
    free: Image

    @property
    def scale(self) -> float:
        """Pixels of the page for one at drawing scale."""
        return float(self.box[3] / self.labels.shape[0])


def edit_layer(layer: L, rows: SegmentRows, edits: WindowEdits | None, params: Params) -> L:
    """A layer, whose segments have these rows, with what somebody chose."""
    if edits is None:
        return layer
    return replace(layer, table=pack_rows(rows.edited(edits, params)))


@dataclass(frozen=True, slots=True)
class ReadyWindow:
    """A window made ready to be coloured: its layer before anybody edits it, which only its table changes.

    ``layer``: with the table of no edits. ``rows``: what that table is made of. ``borders``: between its
    segments. ``settled``: N, those whose colours others do not change.
    """

    layer: WindowLayer
    rows: SegmentRows
    borders: OpenBorders
    settled: Mask
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
        rows, settled = find_rows(window, own[..., 2], scan, borders, corrections, guided, params)
        packed = np.stack([own[..., 0] + 128, own[..., 1] + 128, pack_tone(own[..., 2]), own[..., 3]], axis=2)
        layer = WindowLayer(
            window.box,
            pack_rows(rows.table),
            np.rint(packed).clip(0, 255).astype(np.uint8),
            params.borders.soft_reach * window.box[3] / window.size[1],
            window.labels,
            borders.free,
        )
        return cls(layer, rows, borders, settled, params)

    def moved(self, by: F32) -> ReadyWindow:
        """The same, each segment painted with so much more (N×3) Cb, Cr and tone."""
        rows = self.rows.moved(by)
        return replace(self, layer=replace(self.layer, table=pack_rows(rows.table)), rows=rows)


def pack_rows(table: F32) -> F32:
    """Rows of a table (N×5) for colours that are packed: chroma + 128 and packed tones."""
    packed = table.copy()
    packed[:, ADD_CB : ADD_CR + 1] += 128 * (1 - table[:, KEEP_CHROMA, None])
    packed[:, ADD_TONE] = pack_tone(table[:, KEEP_TONE] * LEAST_TONE + table[:, ADD_TONE])
    return packed


@dataclass(frozen=True, slots=True)
class PageSegments:
    """The segments of all windows of a page, counted one after the other: for each window first what is none,
    and before all what no window holds.

    ``table``: S×5, their rows. ``window``: S, whose they are, -1 for none. ``reach``: S, pixels over which
    they meet where no ink is.
    """

    table: F32
    window: I32
    reach: F32

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> PageSegments:
        counts = [1, *(len(layer.table) for layer in layers)]
        reach = [0.0, *(min(layer.reach, MOST_REACH) for layer in layers)]
        return cls(
            np.concatenate([np.array([AS_IT_IS], np.float32), *(layer.table for layer in layers)]),
            np.repeat(np.arange(-1, len(layers), dtype=np.int32), counts),
            np.repeat(np.array(reach, np.float32), counts),
        )
