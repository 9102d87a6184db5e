"""Enlarge a page's luma: network tiles, low-frequency correction, screentone guard. No engine needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.types import Box, Image
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.models.upscale.upscaler import Upscaler
from mangacolor.stages.batching import Room, run_in_batches
from mangacolor.stages.upscale.params import DEFAULT_PARAMS, Params
from mangacolor.stages.upscale.screentone import measure_damage
from mangacolor.stages.upscale.tiles import MIN_TILE, cut_drawn_tiles, group_by_size, halve

# Rows of the page that are corrected at once.
BAND_ROWS = 256
# Rows beyond a band that an enlarging filter may read.
FILTER_ROWS = 8
# Levels of missing luma, and share of damage, below which a band is left as it is.
MIN_MISSING = 0.25
MIN_DAMAGE = 0.01


def upscale_luma(
    luma: Image,
    scale: int,
    upscaler: Upscaler | None = None,
    check: Callable[[], None] = lambda: None,
    room: Room | None = None,
    params: Params = DEFAULT_PARAMS,
) -> Image:
    """Enlarge ``luma`` (H×W uint8) to H·scale×W·scale uint8; scale 1 returns ``luma`` itself.

    ``upscaler`` None means Lanczos. ``check`` is called between calls of the network and may raise
    to stop the work. ``room`` remembers what fitted on the device. Two corrections follow the
    network: what it changed at low frequency is put back (``SR += up(blur(page - down(SR)))``), and
    screentone that it melted or invented is replaced by Lanczos.
    """
    if scale == 1:
        return luma
    if upscaler is None:
        return lanczos(luma, scale)
    large = by_network(luma, scale, upscaler, check, room, params)
    _guard_screentone(large, luma, scale, params)
    return large


def by_network(
    luma: Image,
    scale: int,
    upscaler: Upscaler,
    check: Callable[[], None] = lambda: None,
    room: Room | None = None,
    params: Params = DEFAULT_PARAMS,
) -> Image:
    """``luma`` (H×W uint8) enlarged by the network, its low frequencies put right; screentone as it may come.

    A network that enlarges twice goes over its own result to enlarge four times.
    """
    if scale > upscaler.scale and scale % upscaler.scale == 0:
        luma = by_network(luma, upscaler.scale, upscaler, check, room, params)
        scale //= upscaler.scale
    large = _network_pass(luma, scale, upscaler, check, room or Room())
    _restore_low_frequencies(large, luma, scale, params)
    return large


def lanczos(luma: Image, scale: int) -> Image:
    """Enlarge H×W uint8 by an integer with OpenCV's 8×8 Lanczos filter."""
    return _resize(luma, luma.shape[0] * scale, luma.shape[1] * scale, cv2.INTER_LANCZOS4)


def _resize(field: AnyArray, height: int, width: int, interpolation: int) -> AnyArray:
    return np.asarray(cv2.resize(field, (width, height), interpolation=interpolation), field.dtype)


def _network_pass(
    luma: Image, scale: int, upscaler: Upscaler, check: Callable[[], None], room: Room
) -> Image:
    """Lanczos, and over it the network's result for every tile in which something is drawn."""
    c = upscaler.halo
    rim = c + upscaler.multiple_of  # tiles end at such a multiple, which may lie beyond the page
    padded = np.asarray(cv2.copyMakeBorder(luma, c, rim, c, rim, cv2.BORDER_REFLECT_101), np.uint8)
    large = lanczos(luma, scale)

    def call(group: Sequence[Box]) -> Image:
        check()
        tiles = np.stack([padded[y : y + h + 2 * c, x : x + w + 2 * c] for x, y, w, h in group])
        return upscaler.enlarge(tiles, scale)

    for (x, y, w, h), enlarged in _enlarge_tiles(luma, upscaler, room, call):
        target = large[y * scale : (y + h) * scale, x * scale : (x + w) * scale]
        target[...] = enlarged[: target.shape[0], : target.shape[1]]
    return large


def _enlarge_tiles(
    luma: Image, upscaler: Upscaler, room: Room, call: Callable[[Sequence[Box]], Image]
) -> Iterator[tuple[Box, Image]]:
    """Every tile in which something is drawn, enlarged by ``call``."""

    def divide(box: Box) -> list[Box]:
        room.tile = max(MIN_TILE, max(box[2:]) // 2)
        return halve(box)

    tile = room.tile_of(upscaler.tile)
    boxes = cut_drawn_tiles(luma, tile, upscaler.area, min(tile, upscaler.multiple_of))
    groups = list(group_by_size(boxes, upscaler.batch))
    if upscaler.parallel:  # on a processor, whose memory the engine's gate keeps
        for group, pictures in zip(groups, parallel_map(call, groups), strict=True):
            yield from zip(group, pictures, strict=True)
        return
    for group in groups:
        yield from run_in_batches(group, upscaler.batch, room, call, divide=divide)


def reduced(large: Image, scale: int) -> Image:
    """``large`` (H×W uint8) a ``scale``-th as large, each pixel the mean of its square."""
    return _resize(large, large.shape[0] // scale, large.shape[1] // scale, cv2.INTER_AREA)


def _relevant_bands(field: F32, threshold: float) -> Iterator[tuple[slice, slice]]:
    """Bands of rows in which ``field`` matters, and the rows a filter needs around each."""
    for top in range(0, field.shape[0], BAND_ROWS):
        band = slice(top, min(top + BAND_ROWS, field.shape[0]))
        if np.abs(field[band]).max() > threshold:
            yield band, slice(max(top - FILTER_ROWS, 0), min(top + BAND_ROWS + FILTER_ROWS, field.shape[0]))


def _enlarge_band(field: AnyArray, band: slice, around: slice, scale: int, interpolation: int) -> AnyArray:
    """The rows ``band`` of ``field``, enlarged as if with all of it."""
    source = field[around]
    large = _resize(source, source.shape[0] * scale, source.shape[1] * scale, interpolation)
    first = (band.start - around.start) * scale
    return large[first : first + (band.stop - band.start) * scale]


def _restore_low_frequencies(large: Image, luma: Image, scale: int, params: Params) -> None:
    """In place: add the smoothed difference between the page and the enlargement reduced again."""
    missing: F32 = np.subtract(luma, reduced(large, scale), dtype=np.float32)
    missing = np.asarray(cv2.GaussianBlur(missing, (0, 0), params.low_frequency_sigma), np.float32)
    for band, around in _relevant_bands(missing, MIN_MISSING):
        rows = large[band.start * scale : band.stop * scale]
        cv2.add(rows, _enlarge_band(missing, band, around, scale, cv2.INTER_LINEAR), rows, None, cv2.CV_8U)


def _guard_screentone(large: Image, luma: Image, scale: int, params: Params) -> None:
    """In place: fade to Lanczos where halftone dots changed their mean or contrast."""
    weight = measure_damage(luma, reduced(large, scale), params.screentone)
    for band, around in _relevant_bands(weight, MIN_DAMAGE):
        rows = large[band.start * scale : band.stop * scale]
        share = _enlarge_band(weight, band, around, scale, cv2.INTER_LINEAR)
        plain = _enlarge_band(luma, band, around, scale, cv2.INTER_LANCZOS4)
        difference = np.subtract(plain, rows, dtype=np.float32)
        cv2.add(rows, difference * share, rows, None, cv2.CV_8U)
