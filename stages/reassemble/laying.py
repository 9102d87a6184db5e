"""The layers of all windows laid where each paints: segments, and the network's own colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.core.arrays import I64, LabelMap, WindowMap
from mangacolor.core.types import Box, Image
from mangacolor.stages.reassemble.layers import Layer, WindowLayer

# What a pixel has that no window colours: no chroma, the scan's tone, and paper around.
NEUTRAL = (128, 128, 255, 255)


def lay_labels(layers: Sequence[WindowLayer], windows: WindowMap, start: int) -> tuple[LabelMap, Image]:
    """The segment of each pixel of some rows of the page, from ``start`` on, as ``PageSegments`` counts them;
    and where no ink is, 0 to 255."""
    labels, free = np.zeros(windows.shape, np.int32), np.zeros(windows.shape, np.uint8)
    count = 1
    for number, layer in enumerate(layers):
        part = _part_of(layer.box, windows.shape, start)
        if part is not None:
            inside = windows[part] == number
            down, across = _places(layer, part, start)
            own = layer.labels.take(down, axis=0).take(across, axis=1)
            np.copyto(labels[part], np.add(own, count, dtype=np.int32), where=inside)
            np.copyto(free[part], layer.free.take(down, axis=0).take(across, axis=1), where=inside)
        count += len(layer.table)
    return labels, free


def _part_of(box: Box, shape: tuple[int, ...], start: int) -> tuple[slice, slice] | None:
    """Which of these rows and columns of the page lie in a box (first row: ``start``); None if none."""
    left, upper, wide, high = box
    rows = slice(max(0, upper - start), min(shape[0], upper + high - start))
    columns = slice(max(0, left), min(shape[1], left + wide))
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def _places(layer: WindowLayer, part: tuple[slice, slice], start: int) -> tuple[I64, I64]:
    """Rows and columns at drawing scale of a part of the page, whose first row is ``start``."""
    (rows, columns), (left, upper, wide, high) = part, layer.box
    down = _nearest(rows.start + start - upper, rows.stop + start - upper, layer.labels.shape[0], high)
    across = _nearest(columns.start - left, columns.stop - left, layer.labels.shape[1], wide)
    return down, across


def _nearest(first: int, last: int, pixels: int, length: int) -> I64:
    """Of ``pixels`` along a side of ``length`` on the page, those nearest to its places ``first`` to
    ``last``."""
    return ((np.arange(first, last) + 0.5) * pixels / length).astype(np.int64)


def lay_own(layers: Sequence[Layer], windows: WindowMap, first: int) -> Image:
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
