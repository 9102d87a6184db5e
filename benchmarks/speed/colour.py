"""The colour pass of a page against other ways to colour it, all on one core and in turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from mangacolor.benchmarks.speed.timing import Ratio, Seconds, alternate, matmul_peak, ratio
from mangacolor.core.types import Image
from mangacolor.models import create_generator
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.interface import SizeRequirements
from mangacolor.models.colour.runner import colour_runner
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.colorize.network import colorize_pictures
from mangacolor.stages.colorize.tiling import tiles_of
from mangacolor.stages.panels import PanelLayout, find_panels
from mangacolor.stages.windows.assign import assign_windows

BATCH = 8
SAMPLE = 4  # tiles or layers of the slow ways that are timed; the rest costs the same
# The strongest peer's network takes 1,037 GFLOP for a page of 576×800. Its stand-in: 3×3 convolutions of 64
# channels at that size, which suit a CPU better than the peer's own layers do.
PEER_GFLOP, PEER_SIZE, PEER_WIDTH = 1037, (576, 800), 64


def bench_colour(page: Image, backend: CpuBackend, repeat: int) -> tuple[dict[str, Any], list[Ratio]]:
    """Figures and ratios for a page's luma, H×W uint8."""
    network = load_generator("default")
    runner = colour_runner(network, backend)
    layout = find_panels(page)
    tiles = [tile for picture in working_pictures(page, layout) for tile in cut_up(picture, runner.size)]
    eager = load_generator("default").to(memory_format=torch.contiguous_format)
    notebook = create_generator("unet-faithful").eval()
    native = sum(-(-panel.box[2] // 256) * -(-panel.box[3] // 256) for panel in layout.panels)
    layer = nn.Conv2d(PEER_WIDTH, PEER_WIDTH, 3, padding=1)
    layers = PEER_GFLOP * 1e9 / (2 * layer.weight.numel() * PEER_SIZE[0] * PEER_SIZE[1])
    square, wide = torch.zeros(1, 1, 256, 256), torch.zeros(1, PEER_WIDTH, *PEER_SIZE)
    ways: dict[str, Callable[[], Any]] = {
        "colour pass": lambda: colorize_pictures(runner, working_pictures(page, layout), BATCH),
        "network alone": lambda: runner.run(tiles, ()),
        "eager NCHW, one at a time": lambda: [network_call(eager, tensor(tile)) for tile in tiles],
        "notebook": lambda: [network_call(notebook, square) for _ in range(SAMPLE)],
        "peer's cost": lambda: [network_call(layer, wide) for _ in range(SAMPLE)],
    }
    times = alternate(ways, repeat)
    times["notebook"] *= native / SAMPLE
    times["peer's cost"] *= layers / SAMPLE
    figures = {
        "back end": runner.backend,
        "matmul GFLOP/s": round(matmul_peak(), 1),
        "network calls": len(tiles),
        "notebook's tiles": native,
        "seconds (wall, CPU)": {name: shown(pair) for name, pair in times.items()},
    }
    return figures, colour_ratios(times, f"colour ({runner.backend}): ")


def working_pictures(page: Image, layout: PanelLayout) -> list[Image]:
    """The panels of a page as the network sees them, in all views."""
    windows = assign_windows(layout.panels, layout.ground)
    return [grey for window in windows.show(page) for grey in window.greys]


def colour_ratios(times: Mapping[str, Seconds], name: str) -> list[Ratio]:
    """What performance.md promises of the pass; ``name`` stands before each."""
    ours, alone = times["colour pass"], times["network alone"]
    return [
        ratio(f"{name}pass / its network alone", ours, alone, 1.15, at_most=True),
        ratio(f"{name}eager NCHW / network", times["eager NCHW, one at a time"], alone, 1.6),
        ratio(f"{name}notebook's way / page", times["notebook"], ours, 25),
        ratio(f"{name}network of the peer's cost / page", times["peer's cost"], ours, 10),
    ]


def cut_up(picture: Image, size: SizeRequirements) -> list[Image]:
    """A picture's overlapping tiles, as the colour pass shows them to the network, with paper at the rim."""
    tiles = tiles_of(picture.shape, size.tile, size.multiple_of)
    high, wide = tiles[-1].y + tiles[-1].height, tiles[-1].x + tiles[-1].width
    more = ((0, high - picture.shape[0]), (0, wide - picture.shape[1]))
    whole = np.pad(picture, more, constant_values=255)
    return [whole[tile.area] for tile in tiles]


def tensor(tile: Image) -> torch.Tensor:
    return torch.from_numpy(tile.astype(np.float32) / 127.5 - 1)[None, None]


def network_call(network: nn.Module, x: torch.Tensor) -> Any:
    with torch.inference_mode():
        return network(x)


def shown(seconds: Seconds) -> list[float]:
    return [round(seconds.wall, 3), round(seconds.cpu, 3)]
