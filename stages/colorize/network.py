"""Calls of the colour network: pictures cut into tiles, coloured in batches, and blended again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mangacolor.core.types import Image, Tile
from mangacolor.models.runtime.half import no_numbers
from mangacolor.stages.base import StageContext
from mangacolor.stages.batching import Room, load_model, run_in_batches
from mangacolor.stages.colorize.config import Config
from mangacolor.stages.colorize.tiling import blend, tiles_of
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.windows.views import ShownWindow

if TYPE_CHECKING:
    from mangacolor.models.colour.prediction import Coloured
    from mangacolor.models.colour.runner import ColourRunner

# Level of what a picture is padded with.
PAPER = 255


def shared_runner(context: StageContext[Config], device: str) -> ColourRunner:
    """The network of the stage's configuration on ``device``, loaded once a run and lane."""
    config = context.config

    def load() -> ColourRunner:
        from mangacolor.models.colour.runner import load_colour_runner

        return load_colour_runner(config.weights, device, config.cpu_backend)

    return context.resource(("colour", config, device), lambda: load_model(load, device))


def colorize_pictures(
    runner: ColourRunner,
    pictures: Sequence[Image],
    batch: int,
    context: StageContext[Config] | None = None,
    pools: Sequence[FeaturePool] = (),
) -> list[Image]:
    """Colour grey pictures (H×W uint8) as they are, ``batch`` tiles of whatever picture at a time.

    Returns H×W×3 uint8 pictures. ``pools``: one a picture, to be filled with what the network saw.
    """
    tilings = [tiles_of(picture.shape, runner.size.tile, runner.size.multiple_of) for picture in pictures]
    padded = [_pad(picture, tiles) for picture, tiles in zip(pictures, tilings, strict=True)]
    inputs = [full[tile.area] for full, tiles in zip(padded, tilings, strict=True) for tile in tiles]
    outputs = _call_network(runner, inputs, batch, context, runner.feature_maps if pools else ())
    results = []
    for number, (picture, full, tiles) in enumerate(zip(pictures, padded, tilings, strict=True)):
        coloured = []
        for tile in tiles:
            output = next(outputs)
            coloured.append(output.picture)
            if pools:
                pools[number].add(tile, output.maps)
        whole = blend(tiles, coloured, *full.shape)[: picture.shape[0], : picture.shape[1]]
        results.append(np.rint((whole + 1.0) * 127.5).clip(0, 255).astype(np.uint8))
    return results


def colorize_windows(
    runner: ColourRunner,
    windows: Sequence[ShownWindow],
    batch: int,
    context: StageContext[Config] | None = None,
    pools: Sequence[FeaturePool] = (),
) -> list[Image]:
    """Colour windows by the mean of what the network makes of their views; all views share batches.

    Returns H×W×3 uint8 pictures at working scale. ``pools``: one a window, to be filled with what the network
    saw in all of its views.
    """
    greys = [grey for window in windows for grey in window.greys]
    views = (
        [
            pool.seen(grey.shape, view.mirrored)
            for pool, window in zip(pools, windows, strict=True)
            for view, grey in zip(window.views, window.greys, strict=True)
        ]
        if pools
        else ()
    )
    seen = iter(colorize_pictures(runner, greys, batch, context, views))
    return [_average(window, [next(seen) for _ in window.views]) for window in windows]


def _average(window: ShownWindow, pictures: Sequence[Image]) -> Image:
    """The mean of the pictures (h×w×3) of a window's views, at working scale."""
    turned = (view.turn(picture) for view, picture in zip(window.views, pictures, strict=True))
    large = [
        cv2.resize(one.astype(np.float32), window.size, interpolation=cv2.INTER_LINEAR) for one in turned
    ]
    return np.asarray(np.rint(np.mean(large, axis=0)), np.uint8)


def _call_network(
    runner: ColourRunner,
    tiles: Sequence[Image],
    batch: int,
    context: StageContext[Config] | None,
    maps: Sequence[str],
) -> Iterator[Coloured]:
    def call(group: Sequence[Image]) -> list[Coloured]:
        if context is None:
            return runner.run(group, maps)
        context.check_cancelled()
        outputs = runner.run(group, maps)
        if note := runner.overflow.take_note():
            context.warn(note)
        context.count("network_calls")
        return outputs

    room = context.resource(("room", "colorize"), Room) if context else Room()
    rescue = _use_processor(context, maps) if context and context.device != "cpu" else None
    for _, output in run_in_batches(tiles, batch, room, call, rescue=rescue):
        if not np.isfinite(output.picture).all():  # maps that are not make no picture that is
            raise no_numbers("the colour network", "choose the bundled one (--weights default)")
        yield output


def _use_processor(context: StageContext[Config], maps: Sequence[str]) -> Callable[[Image], Coloured]:
    """Colour a tile that does not fit on the card: slower, and the same to within a level."""
    warned: list[bool] = []

    def rescue(tile: Image) -> Coloured:
        if not warned:
            warned.append(True)
            context.warn(f"{context.device} is out of memory: some tiles were coloured by the processor")
        context.check_cancelled()
        context.count("network_calls")
        return shared_runner(context, "cpu").run([tile], maps)[0]

    return rescue


def _pad(picture: Image, tiles: Sequence[Tile]) -> Image:
    height, width = tiles[-1].y + tiles[-1].height, tiles[-1].x + tiles[-1].width
    more = height - picture.shape[0], width - picture.shape[1]
    padded = cv2.copyMakeBorder(picture, 0, more[0], 0, more[1], cv2.BORDER_CONSTANT, value=PAPER)
    return np.asarray(padded, np.uint8)
