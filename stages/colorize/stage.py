"""Colour of each panel, from the network, at the panel's own scale.

A network trained on whole scenes fails on tiles of a full-size scan, where it sees half a cheek.
So a panel is shrunk until its short side has 256 pixels, cut into overlapping 256×256 tiles, and
blended again: the result is a small colour picture that ``reassemble`` carries up to the scan.
Shrinking by area takes some of the screentone out of the network's sight; what is left it has learnt to
read. Surfaces are sought in the same picture with its tones as greys (``models/page/descreener.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.colour import luma
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Box, Chapter, Image, Inputs, Tile
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.batching import Room, load_model, run_in_batches
from mangacolor.stages.colorize.tiling import blend, cut
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.segments.features import FeaturePool, describe, embedded
from mangacolor.stages.segments.segmentation import find_surfaces
from mangacolor.stages.windows.assign import Labels, assign_windows
from mangacolor.stages.windows.preview import lay_out, window_picture

if TYPE_CHECKING:
    from mangacolor.models.colour.prediction import Coloured
    from mangacolor.models.colour.runner import ColourRunner

SHORT_SIDE = 256
OVERLAP = 96  # tiles see different context: the wider they overlap, the softer they meet
RIM = 1.15  # of a panel's short side: how much larger its window may be and still be shrunk to a tile
MAX_ENLARGEMENT = 2.0  # a tiny panel is enlarged no further, and padded with paper
PAPER = 255


@dataclass(frozen=True, slots=True)
class Config:
    weights: str = "default"
    batch: int = 8
    device: str = "auto"
    cpu_backend: CpuBackend = "torch"


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(options.weights, options.batch, options.device, cpu_backend(options.cpu_backend))


def fingerprint(config: Config) -> str:
    from mangacolor.models.colour.segment_embedding import embedding_fingerprint
    from mangacolor.models.files.reading import DESCREENER, sha256_of, weights_fingerprint

    digest = weights_fingerprint(config.weights)
    return digest + embedding_fingerprint(config.weights, digest) + sha256_of(DESCREENER)


def working_size(box: Box, short_side: int) -> tuple[int, int]:
    """Width and height of a window at the network's scale: ``short_side`` becomes 256 pixels.

    A window that is hardly wider than its panel, by the rim, becomes 256 pixels itself: at 272 it would
    take twice the tiles and show the network nothing more.
    """
    window = min(box[2:])
    if short_side < window <= RIM * short_side:
        short_side = window
    scale = min(SHORT_SIDE / short_side, MAX_ENLARGEMENT)
    return max(1, round(box[2] * scale)), max(1, round(box[3] * scale))


def shrink(grey: Image, box: Box, size: tuple[int, int]) -> Image:
    """The part ``box`` of the page's luma at ``size`` (width, height), uint8."""
    x, y, w, h = box
    method = cv2.INTER_AREA if size[0] <= w else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey[y : y + h, x : x + w], size, interpolation=method), dtype=np.uint8)


def run(context: StageContext, inputs: Inputs) -> Artifact:
    """One small RGB picture a window, named ``panel-000`` and so on, and what ``harmonize`` compares.

    ``descreened-000`` and so on: the window's luma without halftone, H×W. ``surfaces-000`` and so on: the
    labels of its surfaces (H×W, see ``surfaces.py``).
    ``surfaces``: a row for each of them, window after window (see ``surface_table.py``); missing where
    nothing is drawn. Data: for each window its ``box`` on the page, ``size`` and number of ``surfaces``;
    ``palette``: Cb and Cr of the colours, in levels, for which the network voted; as many columns of a row,
    the last ones, are its votes. ``embedded``: the features of a row are the point of an embedding.
    """
    config: Config = context.config
    grey = luma(inputs["decode"].images["main"])
    layout = PanelLayout.from_artifact(inputs["panels"])
    windows = assign_windows(layout.panels, layout.ground)
    sizes = [working_size(*pair) for pair in zip(windows.boxes, windows.short_sides, strict=True)]
    small = [shrink(grey, box, size) for box, size in zip(windows.boxes, sizes, strict=True)]
    runner = _runner(context, context.device)
    plain = _without_halftone(small)
    labels = [
        find_surfaces(picture, drawn_part(windows.labels, box, size))
        for picture, box, size in zip(plain, windows.boxes, sizes, strict=True)
    ]
    pools = [FeaturePool(surfaces) for surfaces in labels]
    pictures = colorize_pictures(runner, small, config.batch, context, pools)
    tables = [
        describe(surfaces, grey, picture, pool.rows())
        for surfaces, grey, picture, pool in zip(labels, plain, pictures, pools, strict=True)
    ]
    sides = [runner.size.tile, runner.size.multiple_of]
    data = {
        "panels": [
            {
                "box": list(box),
                "size": list(size),
                "scale": round(size[0] / box[2], 4),
                "surfaces": len(table),
            }
            for box, size, table in zip(windows.boxes, sizes, tables, strict=True)
        ],
        "tiles": sum(len(tiles_of(picture.shape, *sides)) for picture in small),
        "tile": sides,
        "palette": [list(colour) for colour in runner.palette],
        "embedded": runner.embedding is not None,
        "backend": runner.backend,
    }
    images = {f"panel-{number:03d}": picture for number, picture in enumerate(pictures)}
    images |= {f"descreened-{number:03d}": picture for number, picture in enumerate(plain)}
    images |= {f"surfaces-{number:03d}": surfaces for number, surfaces in enumerate(labels)}
    if any(len(table) for table in tables):
        rows = np.concatenate(tables)
        if runner.embedding is not None:
            rows = embedded(rows, len(runner.palette), runner.embedding)
        images["surfaces"] = rows
    return Artifact(data, images)


def _without_halftone(pictures: Sequence[Image]) -> list[Image]:
    from mangacolor.models.page.descreener import descreen, shared_descreener
    from mangacolor.models.runtime.parallel import parallel_map

    network = shared_descreener()
    return parallel_map(lambda picture: descreen(network, picture), pictures)


def drawn_part(labels: Labels, box: Box, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Where a window is drawn on and not ground, at ``size`` (width, height)."""
    x, y, w, h = box
    drawn = (labels[y : y + h, x : x + w] >= 0).astype(np.uint8)
    return np.asarray(cv2.resize(drawn * 255, size, interpolation=cv2.INTER_AREA) >= 128)


def _runner(context: StageContext, device: str) -> ColourRunner:
    config: Config = context.config

    def load() -> ColourRunner:
        from mangacolor.models.colour.runner import load_colour_runner

        return load_colour_runner(config.weights, device, config.cpu_backend)

    return context.resource(("colour", config, device), lambda: load_model(load, device))


def colorize_pictures(
    runner: ColourRunner,
    pictures: Sequence[Image],
    batch: int,
    context: StageContext | None = None,
    pools: Sequence[FeaturePool] = (),
) -> list[Image]:
    """Colour grey pictures (H×W uint8, at working scale), ``batch`` tiles of whatever picture at a time.

    Returns H×W×3 uint8 pictures. ``pools``: one a picture, to be filled with what the network saw.
    """
    plans = [tiles_of(picture.shape, runner.size.tile, runner.size.multiple_of) for picture in pictures]
    padded = [_padded(picture, tiles) for picture, tiles in zip(pictures, plans, strict=True)]
    inputs = [full[tile.area] for full, tiles in zip(padded, plans, strict=True) for tile in tiles]
    outputs = _network_calls(runner, inputs, batch, context, runner.feature_maps if pools else ())
    results = []
    for number, (picture, full, tiles) in enumerate(zip(pictures, padded, plans, strict=True)):
        coloured = []
        for tile in tiles:
            made = next(outputs)
            coloured.append(made.picture)
            if pools:
                pools[number].add(tile, made.maps)
        whole = blend(tiles, coloured, *full.shape)[: picture.shape[0], : picture.shape[1]]
        results.append(np.rint((whole + 1.0) * 127.5).clip(0, 255).astype(np.uint8))
    return results


def _network_calls(
    runner: ColourRunner,
    tiles: Sequence[Image],
    batch: int,
    context: StageContext | None,
    maps: Sequence[str],
) -> Iterator[Coloured]:
    def call(group: Sequence[Image]) -> list[Coloured]:
        if context is None:
            return runner.run(group, maps)
        context.check_cancelled()
        made = runner.run(group, maps)
        context.count("network_calls")
        return made

    room = context.resource(("room", "colorize"), Room) if context else Room()
    rescue = _processor(context, maps) if context and context.device != "cpu" else None
    for _, made in run_in_batches(tiles, batch, room, call, rescue=rescue):
        yield made


def _processor(context: StageContext, maps: Sequence[str]) -> Callable[[Image], Coloured]:
    """Colour a tile that does not fit on the card: slower, and the same to within a level."""
    told: list[bool] = []

    def rescue(tile: Image) -> Coloured:
        if not told:
            told.append(True)
            context.warn(f"{context.device} is out of memory: some tiles were coloured by the processor")
        context.check_cancelled()
        context.count("network_calls")
        return _runner(context, "cpu").run([tile], maps)[0]

    return rescue


def tiles_of(shape: tuple[int, ...], most: int, multiple_of: int) -> list[Tile]:
    """Tiles for a picture of (height, width), which may reach beyond its right and lower edge."""
    height, width = (side if side > most else -(-side // multiple_of) * multiple_of for side in shape)
    return cut(height, width, most, OVERLAP)


def _padded(picture: Image, tiles: Sequence[Tile]) -> Image:
    height, width = tiles[-1].y + tiles[-1].height, tiles[-1].x + tiles[-1].width
    more = ((0, height - picture.shape[0]), (0, width - picture.shape[1]))
    return np.pad(picture, more, constant_values=PAPER)


def preview(artifact: Artifact, _inputs: Inputs) -> Image:
    """The small pictures where they belong on the page, at about the network's scale."""
    return lay_out(artifact, lambda number, size: window_picture(artifact, number, size))


STAGE = Stage(
    name="colorize",
    run=run,
    configure=configure,
    needs=("decode", "panels"),
    version=7,
    lane="device",
    fingerprint=fingerprint,
    preview=preview,
)
