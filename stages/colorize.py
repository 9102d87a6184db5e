"""Colour of each panel, from the network, at the panel's own scale.

A network trained on whole scenes fails on tiles of a full-size scan, where it sees half a cheek.
So a panel is shrunk until its short side has 256 pixels, cut into overlapping 256×256 tiles, and
blended again: the result is a small colour picture that ``reassemble`` carries up to the scan.
Shrinking by area is also what takes the screentone out of the network's sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Artifact, Box, Chapter, Image, Inputs, Tile
from mangacolor.settings import Options
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.colour_space import luma
from mangacolor.stages.out_of_memory import Room, load_model, run_in_batches
from mangacolor.stages.panels import panels_of
from mangacolor.stages.tiles import blend, cut
from mangacolor.stages.windows import assign_windows

if TYPE_CHECKING:
    from torch import nn

TILE = 256
OVERLAP = 96  # tiles see different context: the wider they overlap, the softer they meet
Colours = npt.NDArray[np.float32]  # N×3×256×256 in [-1, 1], or one of them
MAX_ENLARGEMENT = 2.0  # a tiny panel is enlarged no further, and padded with paper
PAPER = 255


@dataclass(frozen=True, slots=True)
class Config:
    weights: str = "default"
    batch: int = 8
    device: str = "auto"


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(options.weights, options.batch, options.device)


def fingerprint(config: Config) -> str:
    from mangacolor.models.weights_file import weights_fingerprint

    return weights_fingerprint(config.weights)


def working_size(box: Box, short_side: int) -> tuple[int, int]:
    """Width and height of a window at the network's scale: ``short_side`` becomes 256 pixels."""
    scale = min(TILE / short_side, MAX_ENLARGEMENT)
    return max(1, round(box[2] * scale)), max(1, round(box[3] * scale))


def shrink(grey: Image, box: Box, size: tuple[int, int]) -> Image:
    """The part ``box`` of the page's luma at ``size`` (width, height), uint8."""
    x, y, w, h = box
    method = cv2.INTER_AREA if size[0] <= w else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey[y : y + h, x : x + w], size, interpolation=method), dtype=np.uint8)


def run(context: StageContext, inputs: Inputs) -> Artifact:
    """One small RGB picture a window, named ``panel-000`` and so on."""
    config: Config = context.config
    grey = luma(inputs["decode"].images["main"])
    windows = assign_windows(panels_of(inputs["panels"]), inputs["panels"].images["ground"])
    sizes = [working_size(*pair) for pair in zip(windows.boxes, windows.short_sides, strict=True)]
    small = [shrink(grey, box, size) for box, size in zip(windows.boxes, sizes, strict=True)]
    network = context.resource(
        ("generator", config.weights, context.device), lambda: _load(config.weights, context.device)
    )
    pictures = colorize_pictures(network, small, config.batch, context)
    data = {
        "panels": [
            {"box": list(box), "size": list(size), "scale": round(size[0] / box[2], 4)}
            for box, size in zip(windows.boxes, sizes, strict=True)
        ],
        "tiles": sum(len(tiles_of(*picture.shape)) for picture in small),
    }
    return Artifact(data, {f"panel-{number:03d}": picture for number, picture in enumerate(pictures)})


def _load(weights: str, device: str) -> nn.Module:
    from mangacolor.models.weights_io import load_generator

    return load_model(lambda: load_generator(weights, device), device)


def colorize_pictures(
    network: nn.Module, pictures: Sequence[Image], batch: int, context: StageContext | None = None
) -> list[Image]:
    """Colour grey pictures (H×W uint8, at working scale), tile by tile, tiles of all in full batches.

    ``network``: N×1×256×256 in [-1, 1] to N×3×256×256 in [-1, 1]. Returns H×W×3 uint8 pictures.
    """
    padded = [_padded(picture) for picture in pictures]
    plans = [tiles_of(*picture.shape) for picture in pictures]
    inputs = [
        picture[tile.y : tile.y + TILE, tile.x : tile.x + TILE]
        for picture, tiles in zip(padded, plans, strict=True)
        for tile in tiles
    ]
    outputs = _network_calls(network, inputs, batch, context)
    results = []
    for picture, full, tiles in zip(pictures, padded, plans, strict=True):
        coloured = np.stack([next(outputs) for _ in tiles])
        whole = blend(tiles, coloured, *full.shape)[:, : picture.shape[0], : picture.shape[1]]
        scaled = np.rint((whole + 1.0) * 127.5).clip(0, 255).astype(np.uint8)
        results.append(np.ascontiguousarray(scaled.transpose(1, 2, 0)))
    return results


def _network_calls(
    network: nn.Module, tiles: Sequence[Image], batch: int, context: StageContext | None
) -> Iterator[Colours]:
    def call(group: Sequence[Image]) -> Colours:
        if context is None:
            return _colour(network, group)
        context.check_cancelled()
        colours = _colour(network, group)
        context.count("network_calls")
        return colours

    room = context.resource(("room", "colorize"), Room) if context else Room()
    rescue = _processor(context) if context and context.device != "cpu" else None
    for _, colours in run_in_batches(tiles, batch, room, call, rescue=rescue):
        yield colours


def _colour(network: nn.Module, tiles: Sequence[Image]) -> Colours:
    import torch

    device = next(network.parameters()).device
    stack = np.stack(tiles)[:, None].astype(np.float32) / 127.5 - 1.0
    with torch.inference_mode():
        tensor = torch.from_numpy(stack).to(device, memory_format=torch.channels_last)
        result: Colours = network(tensor).float().cpu().numpy()
    return result


def _processor(context: StageContext) -> Callable[[Image], Colours]:
    """Colour a tile that does not fit on the card: slower, and the same to within a level."""
    told: list[bool] = []

    def rescue(tile: Image) -> Colours:
        if not told:
            told.append(True)
            context.warn(f"{context.device} is out of memory: some tiles were coloured by the processor")
        weights = context.config.weights
        network = context.resource(("generator", weights, "cpu"), lambda: _load(weights, "cpu"))
        context.check_cancelled()
        context.count("network_calls")
        colours: Colours = _colour(network, [tile])[0]
        return colours

    return rescue


def tiles_of(height: int, width: int) -> list[Tile]:
    """The tiles of a window of this size at the network's scale; a small one is padded to a whole tile."""
    return cut(max(height, TILE), max(width, TILE), TILE, OVERLAP)


def _padded(picture: Image) -> Image:
    height, width = picture.shape
    below, right = max(0, TILE - height), max(0, TILE - width)
    return np.pad(picture, ((0, below), (0, right)), constant_values=PAPER)


def preview(artifact: Artifact, _inputs: Inputs) -> Image:
    """The small pictures where they belong on the page, at about the network's scale."""
    panels = artifact.data["panels"]
    right = max(panel["box"][0] + panel["box"][2] for panel in panels)
    bottom = max(panel["box"][1] + panel["box"][3] for panel in panels)
    scale = min(1.0, 1024 / max(right, bottom))
    page = np.full((max(1, round(bottom * scale)), max(1, round(right * scale)), 3), 235, np.uint8)
    for number, panel in sorted(enumerate(panels), key=lambda entry: -_area(entry[1]["box"])):
        left, top, wide, high = (round(value * scale) for value in panel["box"])
        size = max(1, min(wide, page.shape[1] - left)), max(1, min(high, page.shape[0] - top))
        small = cv2.resize(artifact.images[f"panel-{number:03d}"], size, interpolation=cv2.INTER_AREA)
        page[top : top + size[1], left : left + size[0]] = small
    return page


def _area(box: Sequence[int]) -> int:
    return box[2] * box[3]


STAGE = Stage(
    name="colorize",
    run=run,
    configure=configure,
    needs=("decode", "panels"),
    lane="device",
    fingerprint=fingerprint,
    preview=preview,
)
