"""Bands of the output: source pictures enlarged, and the layers of all windows laid where their pixels
are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, I64, LabelMap, WindowMap
from mangacolor.core.colour import beyond_luma
from mangacolor.core.types import Box, Image
from mangacolor.stages.reassemble.ink_transfer import ROWS, pack_tone
from mangacolor.stages.reassemble.layers import WindowLayer, apply_rows
from mangacolor.stages.reassemble.meeting import MOST_REACH, PageSegments, rows_of_pixels
from mangacolor.stages.reassemble.page_labels import refine_labels
from mangacolor.stages.spreads.halves import Half

# Rows painted at once: bounds memory on long strips and large scales.
BAND_ROWS = 256
# Rows of the source beside a band, so that interpolation sees its neighbours across bands.
EXTRA_ROWS = 2
# Rows and columns beside a part in which borders of segments are sought and met: they go on across parts.
BORDER_ROWS = round(MOST_REACH) + 8
# What a pixel has that no window colours: no chroma, the scan's tone, and paper around.
NEUTRAL = (128, 128, 255, 255)

Picture = TypeVar("Picture", bound=npt.NDArray[Any])


@dataclass(frozen=True, slots=True)
class Band:
    """The output's rows from ``top`` to ``bottom``. ``width``: pixels of the output.

    ``scale``: output pixels for each of the source. ``source_height``: of the source page.
    """

    top: int
    bottom: int
    width: int
    scale: float
    source_height: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.bottom)

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def source_rows(self) -> tuple[int, int]:
        """The first row of the source that the band is made of, and the one after the last."""
        if self.scale == 1:
            return self.top, self.bottom
        factor = round(self.scale)
        last = min(self.source_height, -(-self.bottom // factor) + EXTRA_ROWS)
        return max(0, self.top // factor - EXTRA_ROWS), last

    def enlarge(self, picture: Picture, method: int) -> Picture:
        """The band's part of a picture of the source's size, at output size. ``method``: of
        ``cv2.resize``."""
        first, last = self.source_rows
        return self.enlarge_rows(cast(Picture, picture[first:last]), method)

    def enlarge_rows(self, picture: Picture, method: int) -> Picture:
        """The same of the band's ``source_rows`` alone."""
        if self.scale == 1:
            return picture
        factor = round(self.scale)
        large = cv2.resize(picture, (self.width, len(picture) * factor), interpolation=method)
        offset = self.top - self.source_rows[0] * factor
        return cast(Picture, np.asarray(large[offset : offset + self.height], dtype=picture.dtype))


def cut_bands(width: int, height: int, scale: float, source_height: int) -> Iterator[Band]:
    """Bands of an output of this size, from top to bottom."""
    for top in range(0, height, BAND_ROWS):
        yield Band(top, min(height, top + BAND_ROWS), width, scale, source_height)


def compose_layers(
    layers: Sequence[WindowLayer], windows: WindowMap, grey: Image, band: Band, half: Half | None = None
) -> Image:
    """The layers of all windows, each where its pixels are: H×W×4 uint8 of the band, as ``paint`` takes it.

    ``windows``: the window of each pixel of the page, -1 for none. ``grey``: the page's luma, as large. Of a
    ``half`` both are of the whole drawing, so that nothing shows where it was cut.
    """
    first, last = band.source_rows
    if half is None:
        composed = _compose_part(layers, windows, grey, (first, last), (0, windows.shape[1]))
    else:
        x, y, width, _ = half.box
        composed = np.full((last - first, half.size[0], len(NEUTRAL)), NEUTRAL, np.uint8)
        part = _compose_part(layers, windows, grey, (first + y, last + y), (x, x + width))
        composed[:, half.left : half.left + width] = part
    return band.enlarge_rows(composed, cv2.INTER_CUBIC)


def _compose_part(
    layers: Sequence[WindowLayer],
    windows: WindowMap,
    grey: Image,
    rows: tuple[int, int],
    columns: tuple[int, int],
) -> Image:
    """Some rows and columns (from, to) of the page at its own scale, H×W×4 uint8."""
    first, last = rows
    start, end = max(0, first - BORDER_ROWS), min(len(windows), last + BORDER_ROWS)
    left, right = max(0, columns[0] - BORDER_ROWS), min(windows.shape[1], columns[1] + BORDER_ROWS)
    # Before columns are left away: the last bit of what is enlarged depends on where it begins.
    own = _lay_own(layers, windows[first:last], first)[:, left:right]
    layers = [replace(layer, box=(layer.box[0] - left, *layer.box[1:])) for layer in layers]
    windows, grey = windows[:, left:right], grey[start:end, left:right]
    segments = PageSegments.of(layers)
    labels, free = _lay_labels(layers, windows[start:end], start)
    refined = refine_labels(labels, grey, max((layer.scale for layer in layers), default=1))
    labels = np.where(segments.window[refined] == windows[start:end], refined, labels)
    row_of = rows_of_pixels(labels, grey, free, segments)[first - start : last - start]
    composed = np.empty_like(own)
    for top in range(0, len(own), ROWS):
        part = slice(top, top + ROWS)
        composed[part] = _compose_rows(own[part], row_of[part])
    return composed[:, columns[0] - left : columns[1] - left]


def _lay_labels(layers: Sequence[WindowLayer], windows: WindowMap, start: int) -> tuple[LabelMap, Image]:
    """The segment of each pixel of some rows of the page, from ``start`` on, as ``PageSegments`` counts them;
    and where no ink is, 0 to 255."""
    labels, free = np.zeros(windows.shape, np.int32), np.zeros(windows.shape, np.uint8)
    count = 1
    for number, layer in enumerate(layers):
        part = _part_of(layer.box, windows.shape, start)
        if part is not None:
            inside = windows[part] == number
            places = _places(layer, part, start)
            labels[part][inside] = layer.labels[places][inside].astype(np.int32) + count
            free[part][inside] = layer.free[places][inside]
        count += len(layer.table)
    return labels, free


def _part_of(box: Box, shape: tuple[int, ...], start: int) -> tuple[slice, slice] | None:
    """Which of these rows and columns of the page lie in a box (first row: ``start``); None if none."""
    left, upper, wide, high = box
    rows = slice(max(0, upper - start), min(shape[0], upper + high - start))
    columns = slice(max(0, left), min(shape[1], left + wide))
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def _places(layer: WindowLayer, part: tuple[slice, slice], start: int) -> tuple[I64, I64]:
    """Row and column at drawing scale of a part of the page, whose first row is ``start``."""
    (rows, columns), (left, upper, wide, high) = part, layer.box
    down = _nearest(rows.start + start - upper, rows.stop + start - upper, layer.labels.shape[0], high)
    across = _nearest(columns.start - left, columns.stop - left, layer.labels.shape[1], wide)
    return down[:, None], across[None]


def _nearest(first: int, last: int, pixels: int, length: int) -> I64:
    """Of ``pixels`` along a side of ``length`` on the page, those nearest to its places ``first`` to
    ``last``."""
    return ((np.arange(first, last) + 0.5) * pixels / length).astype(np.int64)


def _lay_own(layers: Sequence[WindowLayer], windows: WindowMap, first: int) -> Image:
    """The network's own colours, each where its pixels are in these rows of the page: H×W×4."""
    laid = np.full((*windows.shape, len(NEUTRAL)), NEUTRAL, np.uint8)
    for number, layer in enumerate(layers):
        part = _part_of(layer.box, windows.shape, first)
        if part is not None:
            inside = (windows[part] == number).view(np.uint8)
            corner = part[1].start - layer.box[0], part[0].start + first - layer.box[1]
            cv2.copyTo(_enlarge_part(layer.own, layer.box[2:], corner, inside.shape), inside, laid[part])
    return laid


def _enlarge_part(
    picture: Image, size: tuple[int, int], corner: tuple[int, int], shape: tuple[int, ...]
) -> Image:
    """A part (from ``corner``, x and y, on) of a picture enlarged to ``size``, without making the rest."""
    across, down = size[0] / picture.shape[1], size[1] / picture.shape[0]
    # warpAffine samples at pixel centres like resize does, and can start anywhere.
    matrix = np.array(
        [
            [1 / across, 0, (corner[0] + 0.5) / across - 0.5],
            [0, 1 / down, (corner[1] + 0.5) / down - 0.5],
        ]
    )
    return np.asarray(
        cv2.warpAffine(
            picture,
            matrix,
            (shape[1], shape[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )


def _compose_rows(own: Image, rows: F32) -> Image:
    """Each pixel as its segment's row (H×W×5) has it."""
    cb, cr, tone = apply_rows(own, rows)
    # Paper is as dark as its colour needs: at full white none can be seen.
    brightest = np.maximum.reduce(beyond_luma(cb - 128, cr - 128))
    tone = np.minimum(tone, pack_tone(1 - np.maximum(brightest, 0) * np.float32(1 / 255)))
    planes = [np.rint(plane).clip(0, 255).astype(np.uint8) for plane in (cb, cr, tone)]
    return np.asarray(cv2.merge([*planes, np.ascontiguousarray(own[..., 3])]), dtype=np.uint8)
