"""A part of the page, made ready to be coloured: what no edit changes, and the colours of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mangacolor.core.arrays import F32, LabelMap, WindowMap
from mangacolor.core.colour import beyond_luma
from mangacolor.core.types import Image, Point
from mangacolor.stages.reassemble.areas.area import LaidArea
from mangacolor.stages.reassemble.areas.pixel_rows import PixelRows
from mangacolor.stages.reassemble.borders.meeting import find_kinds, find_neighbours, mix_meeting
from mangacolor.stages.reassemble.ink_transfer import ROWS, pack_tone
from mangacolor.stages.reassemble.layers import MOST_REACH, PageSegments, WindowLayer
from mangacolor.stages.reassemble.laying import lay_labels, lay_own
from mangacolor.stages.reassemble.page_labels import refine_labels
from mangacolor.stages.reassemble.segment_rows import (
    ADD_CB,
    ADD_CR,
    ADD_TONE,
    KEEP_CHROMA,
    KEEP_TONE,
)

# Rows and columns beside a part in which borders of segments are sought and met: they go on across parts.
BORDER = round(MOST_REACH) + 8

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PagePart:
    """Some rows and columns of the page with what is beside them, H×W.

    ``own``: h×w×4 uint8, the network's colours of the ``rows`` and ``columns`` (from, to) of H×W that are
    the part itself. ``labels``: its segments, as ``PageSegments`` counts them. ``other``, ``kinds``: as of
    ``find_neighbours`` and ``find_kinds``. ``corner``: x and y of H×W on the page.
    """

    own: Image
    labels: LabelMap
    other: LabelMap
    kinds: Image
    rows: Range
    columns: Range
    corner: Point = (0, 0)

    def cut(self, rows: Range, columns: Range) -> PagePart:
        """Some rows and columns of the part, with what is beside them; not copied."""
        first, last = (row + self.rows[0] for row in rows)
        begin, end = (column + self.columns[0] for column in columns)
        top, bottom = max(0, first - BORDER), min(len(self.labels), last + BORDER)
        left, right = max(0, begin - BORDER), min(self.labels.shape[1], end + BORDER)
        here = slice(top, bottom), slice(left, right)
        return PagePart(
            self.own[slice(*rows), slice(*columns)],
            self.labels[here],
            self.other[here],
            self.kinds[here],
            (first - top, last - top),
            (begin - left, end - left),
            (self.corner[0] + left, self.corner[1] + top),
        )

    def compose(self, segments: PageSegments, areas: Sequence[LaidArea] = ()) -> Image:
        """The colours of the part, h×w×4 uint8 as ``paint`` takes it. ``areas``: outlines on the page, of
        which a later one lies over an earlier."""
        composed = self._compose(segments, PixelRows(segments.table, self.labels))
        corner = self.corner[0] + self.columns[0], self.corner[1] + self.rows[0]
        for number, area in enumerate(areas):
            found = area.part(self.own.shape, corner)
            if found is None:
                continue
            (rows, columns), share = found
            part = self.cut((rows.start, rows.stop), (columns.start, columns.stop))
            # As if the outline went around all of its segments: so they meet others as they do elsewhere.
            within = [*areas[:number], area.everywhere(part.labels.shape, part.corner)]
            pixels = PixelRows.lay(part.labels, segments.table, within, part.corner)
            composed[rows, columns] = _blend(composed[rows, columns], part._compose(segments, pixels), share)
        return composed

    def _compose(self, segments: PageSegments, pixels: PixelRows) -> Image:
        """The same, with the row that each pixel takes before segments meet."""
        places, mixed = mix_meeting(self.labels, self.other, self.kinds, segments, pixels)
        table, width = np.ascontiguousarray(pixels.table.T), self.labels.shape[1]
        columns = slice(*self.columns)
        composed = np.empty_like(self.own)
        for top in range(0, len(self.own), ROWS):
            part = self.own[top : top + ROWS]
            first = self.rows[0] + top
            labels = pixels.of[first : first + len(part)].astype(np.intp)  # as take would five times
            begin, end = np.searchsorted(places, (first * width, (first + len(part)) * width))
            at = places[begin:end] - first * width
            rows = [plane.take(labels) for plane in table]
            for plane, value in zip(rows, mixed[begin:end].T, strict=True):
                plane.ravel()[at] = value
            composed[top : top + ROWS] = _compose_rows(part, [plane[:, columns] for plane in rows])
        return composed


def make_part(
    layers: Sequence[WindowLayer],
    segments: PageSegments,
    windows: WindowMap,
    grey: Image,
    rows: Range,
    columns: Range,
) -> PagePart:
    """Some rows and columns (from, to) of the page at its own scale. ``windows``: the window of each pixel of
    the page. ``grey``: its luma. Of ``layers`` and ``segments`` the tables say nothing here."""
    first, last = rows
    # Before columns are left away: the last bit of what is enlarged depends on where it begins.
    own = lay_own(layers, windows[first:last], first)[:, columns[0] : columns[1]]
    labels, kinds, (top, left) = trace_part(layers, segments, windows, grey, rows, columns)
    other = find_neighbours(labels, segments)
    own_rows, own_columns = (first - top, last - top), (columns[0] - left, columns[1] - left)
    return PagePart(own, labels, other, kinds, own_rows, own_columns, (left, top))


def trace_part(
    layers: Sequence[WindowLayer],
    segments: PageSegments,
    windows: WindowMap,
    grey: Image,
    rows: Range,
    columns: Range,
) -> tuple[LabelMap, Image, tuple[int, int]]:
    """Where the segments of a part of the page are at its own scale: their labels as ``PageSegments`` counts
    them, and ``find_kinds``, both H×W with what is beside the part; and where that begins (row, column).
    The arguments are as of ``make_part``."""
    top, bottom = max(0, rows[0] - BORDER), min(len(windows), rows[1] + BORDER)
    left, right = max(0, columns[0] - BORDER), min(windows.shape[1], columns[1] + BORDER)
    layers = [replace(layer, box=(layer.box[0] - left, *layer.box[1:])) for layer in layers]
    windows, grey = windows[top:bottom, left:right], grey[top:bottom, left:right]
    labels, free = lay_labels(layers, windows, top)
    refined = refine_labels(labels, grey, max((layer.scale for layer in layers), default=1))
    labels = np.where(segments.window[refined] == windows, refined, labels)
    return labels, find_kinds(grey, free), (top, left)


def _compose_rows(own: Image, rows: Sequence[F32]) -> Image:
    """Each pixel (h×w×4) as its segment's row has it. ``rows``: the columns of a table, h×w each."""
    cb = own[..., 0] * rows[KEEP_CHROMA] + rows[ADD_CB]
    cr = own[..., 1] * rows[KEEP_CHROMA] + rows[ADD_CR]
    tone = own[..., 2] * rows[KEEP_TONE] + rows[ADD_TONE]
    # Paper is as dark as its colour needs: at full white none can be seen.
    red, green, blue = beyond_luma(cb - 128, cr - 128)
    brightest = np.maximum(np.maximum(red, green), np.maximum(blue, 0))
    tone = np.minimum(tone, pack_tone(1 - brightest * np.float32(1 / 255)))
    no_more = np.zeros_like(cb)
    # cv2.add to 8 bits rounds to the nearest and clips.
    planes = [cv2.add(plane, no_more, dtype=cv2.CV_8U) for plane in (cb, cr, tone)]
    return np.asarray(cv2.merge([*planes, np.ascontiguousarray(own[..., 3])]), dtype=np.uint8)


def _blend(outside: Image, inside: Image, share: Image) -> Image:
    """Two layers (h×w×4) by how much of each pixel (``share``, h×w, 0 to 255) the second has."""
    weight = share.astype(np.uint16)[..., None]
    return np.asarray((outside * (255 - weight) + inside * weight + 127) // 255, dtype=np.uint8)
