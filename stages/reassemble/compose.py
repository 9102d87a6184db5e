"""Bands of the output: source pictures enlarged, and the layers of all windows laid where their pixels
are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.reassemble.areas.area import LaidArea
from mangacolor.stages.reassemble.layers import Layer, PageSegments
from mangacolor.stages.reassemble.laying import NEUTRAL
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.stages.spreads.halves import Half

# Rows painted at once: bounds memory on long strips and large scales.
BAND_ROWS = 256
# Rows of the source beside a band, so that interpolation sees its neighbours across bands.
EXTRA_ROWS = 2

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


def compose_band(
    traced: TracedPage,
    layers: Sequence[Layer],
    segments: PageSegments,
    band: Band,
    half: Half | None = None,
    areas: Sequence[LaidArea] = (),
) -> Image:
    """The layers of all windows, each where its pixels are: H×W×4 uint8 of the band, as ``paint`` takes it.

    ``segments``: of the ``layers``. Of a ``half`` the whole drawing is ``traced``, so that nothing shows
    where it was cut. ``areas``: outlines on the drawing.
    """
    first, last = band.source_rows
    if half is None:
        part = traced.part(layers, segments, (first, last), (0, traced.labels.shape[1]))
        composed = part.compose(segments, areas)
    else:
        x, y, width, _ = half.box
        composed = np.full((last - first, half.size[0], len(NEUTRAL)), NEUTRAL, np.uint8)
        part = traced.part(layers, segments, (first + y, last + y), (x, x + width))
        composed[:, half.left : half.left + width] = part.compose(segments, areas)
    return band.enlarge_rows(composed, cv2.INTER_CUBIC)
