"""A page at screen size, for somebody who looks at it while colours change: the finished page, scaled down.

What no edit changes is made once and kept: luma, where segments end and meet, and, as ``trace`` found them,
paper and what each window's segments are without an edit. So are the colours that were painted last. An edit
then costs the rows of the tables that it changes, and the pixels around the segments whose rows these are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.errors import PageError
from mangacolor.core.types import Image, Inputs, Point
from mangacolor.formats.pixels import is_grey
from mangacolor.stages.edits.model import Look
from mangacolor.stages.edits.page_edits import AreaEdits, PageEdits
from mangacolor.stages.edits.params import PARAMS as EDITS
from mangacolor.stages.reassemble.areas.area import LaidArea, chosen_segments, lay_area
from mangacolor.stages.reassemble.borders.open_borders import find_free
from mangacolor.stages.reassemble.drawing import ReadyDrawing
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import MOST_REACH, PageSegments, WindowLayer, edit_layer
from mangacolor.stages.reassemble.page_part import Range, make_part
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.reassemble.traced_page import TracedWindow, keep_of, windows_of
from mangacolor.stages.spreads.halves import half_of, page_of
from mangacolor.stages.windows.scale import scale_box

# Pixels a side of the squares in which changed segments are looked for, and how many squares around them are
# painted, too: their colour goes over into what is that near.
SQUARE = 8
AROUND = math.ceil(1.1 * MOST_REACH / SQUARE)
# Outlines whose shapes are kept: those of a page that somebody works at.
MOST_SHAPES = 16


class ScreenPage:
    """A page that is painted again and again. Not to be shared between threads.

    ``inputs``: what ``decode``, ``panels``, ``kinds``, ``balloons``, ``colorize`` and ``trace`` left of it,
    and ``harmonize`` and ``guest`` if they ran. ``long_side``: pixels at most; a smaller page keeps its size.
    ``saturation``: strength of the colours, 1 as they are. Raises ``PageError`` where the artifacts are of
    different panels, or ``trace`` is of other segments.
    """

    def __init__(self, inputs: Inputs, long_side: int, saturation: float = 1.0) -> None:
        page, half = page_of(inputs["decode"]), half_of(inputs["decode"].data)
        ready, traced = ReadyDrawing.of(inputs), windows_of(inputs["trace"])
        self._saturation = saturation
        windows, keep = ready.windows, keep_of(inputs["trace"])
        boxes = ready.colours.boxes
        if half is not None:
            windows, keep = half.cut_windows(windows), half.cut_mask(keep)
            boxes = tuple(half.to_page(box) for box in boxes)
        scale = min(1.0, long_side / max(page.shape[:2]))
        height, width = (max(1, round(side * scale)) for side in page.shape[:2])
        self.size = width, height
        self._scale = scale
        small = _reduce(page, self.size)
        self._light, self._keep = luma(small), _reduce(keep, self.size)
        self._tint = None if is_grey(page) else small
        windows = np.asarray(cv2.resize(windows, self.size, interpolation=cv2.INTER_NEAREST), np.int16)
        self._rows = [window.rows for window in traced]
        self._layers = [
            replace(layer, box=scale_box(box, scale), reach=layer.reach * scale)
            for layer, box in zip(_with_labels(traced, ready), boxes, strict=True)
        ]
        self._segments = PageSegments.of(self._layers)
        self._part = make_part(self._layers, self._segments, windows, self._light, (0, height), (0, width))
        self._composed = self._part.compose(self._segments)
        self._look = self._look_of(PageEdits())
        self._areas: list[LaidArea] = []
        self._shapes: dict[tuple[tuple[Point, ...], bytes], LaidArea] = {}
        self._tremor = EDITS.tremor * min(ready.windows.shape) * scale
        self._half = half
        self._finished = self._paint_part((0, height), (0, width))

    def paint(self, edits: PageEdits | None = None) -> Image:
        """The page with these edits, H×W×3 RGB, W×H as ``size`` says."""
        edits = edits or PageEdits()
        segments, look = PageSegments.of(self._make_layers(edits)), self._look_of(edits)
        areas = [self._lay(area) for area in edits.areas]
        where = self._find_changed(segments, areas)
        self._segments, self._areas = segments, areas
        parts = list(_parts_of(where)) if where.any() else []
        for rows, columns in parts:
            composed = self._part.cut(rows, columns).compose(segments, areas)
            self._composed[slice(*rows), slice(*columns)] = composed
        if look != self._look:
            self._look, parts = look, [((0, self.size[1]), (0, self.size[0]))]
        for rows, columns in parts:
            self._finished[slice(*rows), slice(*columns)] = self._paint_part(rows, columns)
        return self._finished.copy()

    def _find_changed(self, segments: PageSegments, areas: Sequence[LaidArea]) -> Mask:
        """The pixels, H×W, that other rows of segments change, or other outlines."""
        rows, labels = (segments.table != self._segments.table).any(axis=1), self._part.labels
        changed = rows[labels] if rows.any() else np.zeros(labels.shape, np.bool_)
        for area in _moved(self._areas, areas):
            part = area.part(labels.shape, (0, 0))
            if part is not None:
                where, share = part
                changed[where] |= (share > 0) & (area.place[labels[where]] >= 0)
        return changed

    def _lay(self, edits: AreaEdits) -> LaidArea:
        """Where an outline changes the page as it is on the screen, and how. What was there before is found
        again, whatever colour it has now."""
        chosen = chosen_segments(edits.windows)
        table = PageSegments.of(self._make_layers(PageEdits(edits.windows))).table
        key = edits.outline, chosen.tobytes()
        known = self._shapes.get(key)
        if known is None:
            corners = np.array(edits.outline, np.float64)
            if self._half is not None:
                corners -= (self._half.box[0] - self._half.left, self._half.box[1])
            corners = (corners + 0.5) * self._scale - 0.5
            known = lay_area(corners, chosen, table, self._part.labels, self._tremor)
            self._shapes = dict([*self._shapes.items(), (key, known)][-MOST_SHAPES:])
        return replace(known, rows=table[chosen])

    def _make_layers(self, edits: PageEdits) -> list[WindowLayer]:
        """The layers of all windows where they lie at screen size."""
        return [
            edit_layer(layer, rows, edits.of_window(number), PARAMS)
            for number, (layer, rows) in enumerate(zip(self._layers, self._rows, strict=True))
        ]

    def _look_of(self, edits: PageEdits) -> Look:
        return replace(edits.look, saturation=edits.look.saturation * self._saturation)

    def _paint_part(self, rows: Range, columns: Range) -> Image:
        """The finished pixels of some rows and columns."""
        where = slice(*rows), slice(*columns)
        tint = None if self._tint is None else self._tint[where]
        return paint(self._light[where], self._composed[where], self._keep[where], tint, self._look)


def _with_labels(traced: Sequence[TracedWindow], ready: ReadyDrawing) -> list[WindowLayer]:
    """The layers of windows as the run has traced them, with where their segments are. What each segment is
    painted with may rest on lines that are too thin to be seen at screen size."""
    counts = [window.segments for window in ready.colours.windows]
    if counts != [len(window.rows.light) for window in traced]:
        raise PageError("what was kept of the page does not fit together", "Colour the page again.")
    layers: list[WindowLayer] = []
    for window, guided, its in zip(ready.colours.windows, ready.guided, traced, strict=True):
        free = find_free(window, PARAMS.borders, None if guided is None else guided.steps)
        layer = its.layer
        layers.append(WindowLayer(layer.box, layer.table, layer.own, layer.reach, window.labels, free))
    return layers


def _moved(before: Sequence[LaidArea], after: Sequence[LaidArea]) -> Iterator[LaidArea]:
    """The outlines that are not what they were, as they were and as they are."""
    for one, other in zip_longest(before, after):
        same = one and other and one.share is other.share and np.array_equal(one.rows, other.rows)
        if not same:
            yield from (area for area in (one, other) if area is not None)


def _parts_of(changed: Mask) -> Iterator[tuple[Range, Range]]:
    """Rows and columns of the page that hold all pixels (H×W) whose segments changed, and what these go over
    into. Of segments that lie far from each other each has its own."""
    height, width = changed.shape
    padded = np.pad(changed, ((0, -height % SQUARE), (0, -width % SQUARE)))
    by_square = padded.reshape(padded.shape[0] // SQUARE, SQUARE, -1, SQUARE)
    squares = np.asarray(by_square.any(axis=(1, 3)), dtype=np.uint8)
    near = cv2.dilate(squares, np.ones((2 * AROUND + 1, 2 * AROUND + 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    for left, top, wide, high, _ in stats[1:count].tolist():
        yield (
            (top * SQUARE, min(height, (top + high) * SQUARE)),
            (left * SQUARE, min(width, (left + wide) * SQUARE)),
        )


def _reduce(picture: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
