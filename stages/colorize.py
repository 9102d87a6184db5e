"""Colour of each panel, from the network, at the panel's own scale.

A network trained on whole scenes fails on tiles of a full-size scan, where it sees half a cheek.
So a panel is shrunk until its short side has 256 pixels, cut into overlapping 256×256 tiles, and
blended again: the result is a small colour picture that ``reassemble`` carries up to the scan.
Shrinking by area is also what takes the screentone out of the network's sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Artifact, Box, Chapter, Image, Inputs, Tile
from mangacolor.settings import Options
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.colour_space import luma
from mangacolor.stages.panels import panels_of
from mangacolor.stages.surface_table import FeaturePool, describe
from mangacolor.stages.surfaces import find_surfaces
from mangacolor.stages.tiles import blend, cut
from mangacolor.stages.windows import Labels, assign_windows

if TYPE_CHECKING:
    from torch import nn

Floats = npt.NDArray[np.float32]

TILE = 256
OVERLAP = 96  # tiles see different context: the wider they overlap, the softer they meet
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
    """One small RGB picture a window, named ``panel-000`` and so on, and what ``harmonize`` compares.

    ``surfaces-000`` and so on: the labels of each window's surfaces (H×W, see ``surfaces.py``).
    ``surfaces``: a row for each of them, window after window (see ``surface_table.py``); missing where
    nothing is drawn. Data: for each window its ``box`` on the page, ``size`` and number of ``surfaces``.
    """
    config: Config = context.config
    grey = luma(inputs["decode"].images["main"])
    windows = assign_windows(panels_of(inputs["panels"]), inputs["panels"].images["ground"])
    sizes = [working_size(*pair) for pair in zip(windows.boxes, windows.short_sides, strict=True)]
    small = [shrink(grey, box, size) for box, size in zip(windows.boxes, sizes, strict=True)]
    network = context.resource(
        ("generator", config.weights, context.device), lambda: _load(config.weights, context.device)
    )
    labels = [
        find_surfaces(picture, drawn_part(windows.labels, box, size))
        for picture, box, size in zip(small, windows.boxes, sizes, strict=True)
    ]
    pools = [FeaturePool(surfaces) for surfaces in labels]
    pictures = colorize_pictures(network, small, config.batch, context, pools)
    tables = [
        describe(surfaces, grey, picture, pool.rows())
        for surfaces, grey, picture, pool in zip(labels, small, pictures, pools, strict=True)
    ]
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
        "tiles": sum(len(_tiles(picture)) for picture in small),
    }
    images = {f"panel-{number:03d}": picture for number, picture in enumerate(pictures)}
    images |= {f"surfaces-{number:03d}": surfaces for number, surfaces in enumerate(labels)}
    if any(len(table) for table in tables):
        images["surfaces"] = np.concatenate(tables)
    return Artifact(data, images)


def drawn_part(labels: Labels, box: Box, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Where a window is drawn on and not ground, at ``size`` (width, height)."""
    x, y, w, h = box
    drawn = (labels[y : y + h, x : x + w] >= 0).astype(np.uint8)
    return np.asarray(cv2.resize(drawn * 255, size, interpolation=cv2.INTER_AREA) >= 128)


def _load(weights: str, device: str) -> nn.Module:
    from mangacolor.models.weights_io import load_generator

    return load_generator(weights, device)


def colorize_pictures(
    network: nn.Module,
    pictures: Sequence[Image],
    batch: int,
    context: StageContext | None = None,
    pools: Sequence[FeaturePool] = (),
) -> list[Image]:
    """Colour grey pictures (H×W uint8, at working scale), tile by tile, tiles of all in full batches.

    ``network``: N×1×256×256 in [-1, 1] to N×3×256×256 in [-1, 1]. Returns H×W×3 uint8 pictures.
    ``pools``: one a picture, to be filled with what the network saw, if it tells
    (``colour_and_features``: the same colours, and a list of N×C×h×w feature maps).
    """
    padded = [_padded(picture) for picture in pictures]
    plans = [_tiles(picture) for picture in pictures]
    inputs = [
        picture[tile.y : tile.y + TILE, tile.x : tile.x + TILE]
        for picture, tiles in zip(padded, plans, strict=True)
        for tile in tiles
    ]
    outputs = _network_calls(network, inputs, batch, context, bool(pools))
    results = []
    for number, (picture, full, tiles) in enumerate(zip(pictures, padded, plans, strict=True)):
        coloured = np.empty((len(tiles), 3, TILE, TILE), np.float32)
        for tile, target in zip(tiles, coloured, strict=True):
            target[:], seen = next(outputs)
            if pools:
                pools[number].add(tile, seen)
        whole = blend(tiles, coloured, *full.shape)[:, : picture.shape[0], : picture.shape[1]]
        scaled = np.rint((whole + 1.0) * 127.5).clip(0, 255).astype(np.uint8)
        results.append(np.ascontiguousarray(scaled.transpose(1, 2, 0)))
    return results


def _network_calls(
    network: nn.Module, tiles: Sequence[Image], batch: int, context: StageContext | None, look: bool
) -> Iterator[tuple[Floats, list[Floats]]]:
    """Each tile's colour, 3×256×256, and the feature maps behind it, if wanted and told."""
    import torch

    watched = getattr(network, "colour_and_features", None) if look else None

    device = next(network.parameters()).device
    for start in range(0, len(tiles), batch):
        if context is not None:
            context.check_cancelled()
            context.count("network_calls")
        stack = np.stack(tiles[start : start + batch])[:, None].astype(np.float32) / 127.5 - 1.0
        with torch.inference_mode():
            tensor = torch.from_numpy(stack).to(device, memory_format=torch.channels_last)
            colour, maps = watched(tensor) if watched else (network(tensor), [])
            found = colour.float().cpu().numpy()
            seen = [features.float().cpu().numpy() for features in maps]
        for number, picture in enumerate(found):
            yield picture, [features[number] for features in seen]


def _tiles(picture: Image) -> list[Tile]:
    height, width = (max(side, TILE) for side in picture.shape)
    return cut(height, width, TILE, OVERLAP)


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
    version=2,
    lane="device",
    fingerprint=fingerprint,
    preview=preview,
)
