"""Bands of the output: source pictures enlarged, and the layers of all windows laid where their pixels
are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import WindowMap
from mangacolor.core.types import Box, Image
from mangacolor.stages.reassemble.ink_transfer import GAIN_STEPS

# Rows painted at once: bounds memory on long strips and large scales.
BAND_ROWS = 512
# Rows of the source beside a band, so that interpolation sees its neighbours across bands.
EXTRA_ROWS = 2
# What a pixel takes that no window colours: no chroma, the scan's tone, a gain of 1.
NEUTRAL_LAYER = (128, 128, 255, round(GAIN_STEPS))

Picture = TypeVar("Picture", bound=npt.NDArray[Any])


@dataclass(frozen=True, slots=True)
class Band:
    """The output's rows from ``top`` to ``bottom``. ``size``: width and height of the band, pixels.

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

    def enlarge(self, picture: Picture, method: int) -> Picture:
        """The band's part of a picture of the source's size, at output size. ``method``: of
        ``cv2.resize``."""
        if self.scale == 1:
            return cast(Picture, picture[self.rows])
        factor = round(self.scale)
        first = max(0, self.top // factor - EXTRA_ROWS)
        last = min(self.source_height, -(-self.bottom // factor) + EXTRA_ROWS)
        large = cv2.resize(picture[first:last], (self.width, (last - first) * factor), interpolation=method)
        offset = self.top - first * factor
        return cast(Picture, np.asarray(large[offset : offset + self.height], dtype=picture.dtype))


def cut_bands(width: int, height: int, scale: float, source_height: int) -> Iterator[Band]:
    """Bands of an output of this size, from top to bottom."""
    for top in range(0, height, BAND_ROWS):
        yield Band(top, min(height, top + BAND_ROWS), width, scale, source_height)


def compose_layers(layers: list[Image], boxes: tuple[Box, ...], windows: WindowMap, band: Band) -> Image:
    """The layers of all windows, each where its pixels are: H×W×C uint8 of the band.

    ``layers``: one a window, at working scale. ``boxes`` may stick out of the page. ``windows``: the band's
    part, at output size.
    """
    channels = layers[0].shape[2] if layers else 3
    composed = np.full((*windows.shape, channels), NEUTRAL_LAYER[:channels], np.uint8)
    for number, (layer, box) in enumerate(zip(layers, boxes, strict=True)):
        left, upper, wide, high = _scale_box(box, band.scale)
        first, last = max(band.top, upper), min(band.bottom, upper + high)
        if first >= last:
            continue
        start, end = max(0, left), min(windows.shape[1], left + wide)
        if start >= end:
            continue
        rows, columns = slice(first - band.top, last - band.top), slice(start, end)
        inside = (windows[rows, columns] == number).view(np.uint8)
        if inside.any():
            large = _enlarge_rows(layer, (wide, high), first - upper, last - upper)
            cv2.copyTo(large[:, start - left : end - left], inside, composed[rows, columns])
    return composed


def _scale_box(box: Box, scale: float) -> Box:
    left, top, width, height = (round(value * scale) for value in box)
    return left, top, width, height


def _enlarge_rows(layer: Image, size: tuple[int, int], first: int, last: int) -> Image:
    """Rows ``first`` to ``last`` of a layer enlarged to ``size``, without making the other rows."""
    wide, high = size
    across, down = wide / layer.shape[1], high / layer.shape[0]
    # warpAffine samples at pixel centres like resize does, and can start at any row.
    matrix = np.array([[1 / across, 0, 0.5 / across - 0.5], [0, 1 / down, (first + 0.5) / down - 0.5]])
    return np.asarray(
        cv2.warpAffine(
            layer,
            matrix,
            (wide, last - first),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )
