"""A page at screen size, for somebody who looks at it while colours change: the finished page, scaled down.

What no edit changes is made once and kept: luma, paper, and the layer of every window. An edit then costs the
layers of the windows that it touches and the pixels of their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.types import Image, Inputs
from mangacolor.formats.pixels import is_grey
from mangacolor.stages.edits.model import OWN_LOOK, Look
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.reassemble.compose import Band, compose_layers
from mangacolor.stages.reassemble.drawing import ReadyDrawing
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import WindowLayer
from mangacolor.stages.reassemble.params import PARAMS, Params
from mangacolor.stages.spreads.halves import half_of, page_of
from mangacolor.stages.windows.scale import scale_box


class ScreenPage:
    """A page that is painted again and again. Not to be shared between threads.

    ``inputs``: what ``decode``, ``classify``, ``panels``, ``balloons`` and ``colorize`` left of it, and
    ``harmonize`` and ``guest`` if they ran. ``long_side``: pixels at most; a smaller page keeps its size.
    ``saturation``: strength of the colours, 1 as they are. Raises ``PageError`` where the artifacts are of
    different panels.
    """

    def __init__(
        self, inputs: Inputs, long_side: int, saturation: float = 1.0, params: Params = PARAMS
    ) -> None:
        page, half = page_of(inputs["decode"]), half_of(inputs["decode"].data)
        self._ready = ready = ReadyDrawing.of(inputs)
        self._params, self._saturation = params, saturation
        windows, keep, boxes = ready.windows, ready.keep, ready.colours.boxes
        if half is not None:
            windows, keep = half.cut_windows(windows), half.cut_mask(keep)
            boxes = tuple(half.to_page(box) for box in boxes)
        scale = min(1.0, long_side / max(page.shape[:2]))
        height, width = (max(1, round(side * scale)) for side in page.shape[:2])
        self.size = width, height
        self._scale, self._boxes = scale, [scale_box(box, scale) for box in boxes]
        small = _reduce(page, self.size)
        self._light, self._keep = luma(small), _reduce(keep, self.size)
        self._tint = None if is_grey(page) else small
        self._windows = np.asarray(cv2.resize(windows, self.size, interpolation=cv2.INTER_NEAREST), np.int16)
        numbers = range(len(ready.colours.windows))
        self._layers = [self._make_layer(number, PageEdits()) for number in numbers]
        self._finished = self._paint_rows(slice(0, height), self._layers, OWN_LOOK)

    def paint(self, edits: PageEdits | None = None) -> Image:
        """The page with these edits, H×W×3 RGB, W×H as ``size`` says."""
        finished, edits = self._finished.copy(), edits or PageEdits()
        changed = [n for n in range(len(self._layers)) if edits.of_window(n) is not None]
        where = np.isin(self._windows, changed)
        if edits.look != OWN_LOOK:
            where[:] = True
        if not where.any():
            return finished
        layers = list(self._layers)
        for number in changed:
            layers[number] = self._make_layer(number, edits)
        rows = _rows_of(where)
        finished[rows] = self._paint_rows(rows, layers, edits.look)
        return finished

    def _make_layer(self, number: int, edits: PageEdits) -> WindowLayer:
        """The layer of a window where it lies at screen size."""
        layer = self._ready.make_layer(number, edits, self._params)
        return replace(layer, box=self._boxes[number], reach=layer.reach * self._scale)

    def _paint_rows(self, rows: slice, layers: Sequence[WindowLayer], look: Look) -> Image:
        """The finished pixels of some rows."""
        look = replace(look, saturation=look.saturation * self._saturation)
        width, height = self.size
        composed = compose_layers(
            layers, self._windows, self._light, Band(rows.start, rows.stop, width, 1.0, height)
        )
        tint = None if self._tint is None else self._tint[rows]
        return paint(self._light[rows], composed, self._keep[rows], tint, look)


def _rows_of(where: Mask) -> slice:
    rows = np.nonzero(where.any(axis=1))[0]
    return slice(int(rows[0]), int(rows[-1]) + 1)


def _reduce(picture: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
