"""A colour network made ready to run: the one thing that ``stages/colorize/stage.py`` calls.

On a CPU every tile is computed by itself on one core, by ncnn or by torch (``backends.py``); on a GPU
tiles of one size go together, in half precision. All give luma and chroma, which become RGB here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.models.colour.segment_embedding import SurfaceEmbedding, load_embedding
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.runtime.parallel import each

if TYPE_CHECKING:
    import torch
    from torch import nn

    from mangacolor.models.colour.unet import ColorizationUNet, Generator

Plane = npt.NDArray[np.float32]

TILE = 256  # longest side of what a network is shown at once
VOTES = "votes"  # the map of what a palette network holds each colour for: logits, colours × h × w


@dataclass(frozen=True, slots=True)
class Coloured:
    """``picture``: H×W×3 RGB float32 in [-1, 1]. ``maps``: the feature maps asked for, each C×h×w float32."""

    picture: Plane
    maps: Mapping[str, Plane] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColourRunner:
    """``run(tiles, maps)`` colours grey tiles (H×W uint8) and gives a ``Coloured`` each, in their order.

    ``maps`` names feature maps of the way down to hand out, from the same pass; ``seen`` are those that tell
    surfaces apart (of ``EfficientUNet`` any of ``inference.MAPS`` can be had), and ``VOTES`` if it has them;
    ``palette`` is then what they are for, the Cb and Cr of each colour in levels. ``embedding`` says what
    surfaces are from ``seen``, if somebody trained one for these weights. A tile's sides are at most
    ``tile`` pixels and multiples of ``grain``. ``backend`` says what computes.
    """

    backend: str
    tile: int
    grain: int
    seen: tuple[str, ...]
    run: Callable[[Sequence[Image], Sequence[str]], list[Coloured]]
    palette: Sequence[Sequence[float]] = ()
    embedding: SurfaceEmbedding | None = None


def load_colour_runner(
    weights: str | Path, device: str = "cpu", backend: CpuBackend = "torch"
) -> ColourRunner:
    """The network of a name or file (as ``load_generator``), ready to run on ``device``, with its embedding.

    ``backend`` counts on a CPU; a network that ncnn is not taught runs on torch there too. Raises
    ``SetupError`` for unusable weights.
    """
    from mangacolor.models.colour.checkpoints import load_generator

    runner = colour_runner(load_generator(weights, device), backend)
    embedding = load_embedding(weights)
    return runner if embedding is None else replace(runner, seen=embedding.maps, embedding=embedding)


def colour_runner(network: Generator, backend: CpuBackend = "torch") -> ColourRunner:
    """The same for a network in memory; it stays as it is."""
    import torch

    from mangacolor.models.colour.efficient_unet import STEP, EfficientUNet

    device = next(network.parameters()).device
    takes_any_size = isinstance(network, EfficientUNet)
    tile, grain = TILE, STEP if takes_any_size else TILE  # small windows need not fill a tile
    seen = ("sixteenth", VOTES) if takes_any_size else _unet_maps(network.config.levels)
    palette: Sequence[Sequence[float]] = ()
    if isinstance(network, EfficientUNet):
        palette = network.palette.centres.float().mul(127.5).round(decimals=1).tolist()
    if isinstance(network, EfficientUNet) and backend == "ncnn" and device.type == "cpu":
        return ColourRunner("ncnn", tile, grain, seen, _on_ncnn(network), palette)
    with torch.inference_mode(False), torch.no_grad():  # the caller's mode would mark the new weights
        form = _inference_form(network)
    call = _torch_call(form, device)
    if device.type == "cpu":
        return ColourRunner(
            "torch", tile, grain, seen, lambda tiles, maps: each(lambda t: call([t], maps)[0], tiles), palette
        )
    return ColourRunner("torch", tile, grain, seen, lambda tiles, maps: _by_size(call, tiles, maps), palette)


def _on_ncnn(network: Any) -> Callable[[Sequence[Image], Sequence[str]], list[Coloured]]:
    from mangacolor.models.colour.ncnn_form import colour_graph

    compiled = colour_graph(network).compiled()

    def run(tiles: Sequence[Image], maps: Sequence[str]) -> list[Coloured]:
        def one(tile: Image) -> Coloured:
            *seen, chroma, luma = compiled({"grey": _scaled(tile)}, [*maps, "chroma", "luma"])
            picture = assembled(luma[0], np.ascontiguousarray(chroma.transpose(1, 2, 0)))
            return Coloured(picture, dict(zip(maps, seen, strict=True)))

        return each(one, tiles)

    return run


def _inference_form(network: Generator) -> nn.Module:
    import torch

    from mangacolor.models.colour.efficient_unet import EfficientUNet
    from mangacolor.models.colour.folded import FoldedEfficientUNet, without_norms

    device = next(network.parameters()).device
    form: nn.Module
    if isinstance(network, EfficientUNet):
        form = FoldedEfficientUNet(network)
        if device.type == "cuda":
            form = form.half()
    else:
        form = without_norms(network)
    form.eval().to(device)
    form.to(memory_format=torch.channels_last)
    return form


def _torch_call(
    form: nn.Module, device: torch.device
) -> Callable[[Sequence[Image], Sequence[str]], list[Coloured]]:
    import torch

    from mangacolor.models.colour.folded import Output
    from mangacolor.models.colour.unet import ColorizationUNet

    dtype = next(form.parameters()).dtype

    def call(tiles: Sequence[Image], maps: Sequence[str]) -> list[Coloured]:
        """Tiles of one size, together."""
        stack = torch.from_numpy(np.stack([_scaled(tile) for tile in tiles])[:, None])
        if device.type == "cuda":
            stack = stack.pin_memory()
        with torch.inference_mode():
            grey = stack.to(device, dtype, non_blocking=True).contiguous(memory_format=torch.channels_last)
            if isinstance(form, ColorizationUNet):
                return _of_unet(form, grey, maps)
            made: Output = form(grey)
            lumas, chromas = _numpy(made.luma), _numpy(made.chroma.permute(0, 2, 3, 1))
            seen = {name: _numpy(made.maps[name]) for name in maps}
        return [
            Coloured(assembled(luma[0], chroma), {name: stacked[number] for name, stacked in seen.items()})
            for number, (luma, chroma) in enumerate(zip(lumas, chromas, strict=True))
        ]

    return call


def _of_unet(form: ColorizationUNet, grey: torch.Tensor, maps: Sequence[str]) -> list[Coloured]:
    colour, found = form.colour_and_features(grey)
    pictures = _numpy(colour.permute(0, 2, 3, 1))
    named = dict(zip(_unet_maps(form.config.levels), map(_numpy, found), strict=True)) if maps else {}
    return [
        Coloured(np.ascontiguousarray(picture), {name: named[name][number] for name in maps})
        for number, picture in enumerate(pictures)
    ]


def _unet_maps(levels: int) -> tuple[str, ...]:
    from mangacolor.models.colour.unet import seen_levels

    return tuple(f"down{level}" for level in seen_levels(levels))


def _numpy(tensor: torch.Tensor) -> Plane:
    array: Plane = tensor.float().cpu().numpy()
    return array


def _by_size(
    call: Callable[[Sequence[Image], Sequence[str]], list[Coloured]],
    tiles: Sequence[Image],
    maps: Sequence[str],
) -> list[Coloured]:
    """One call for all tiles of a size."""
    found: dict[int, Coloured] = {}
    for shape in dict.fromkeys(tile.shape for tile in tiles):
        numbers = [number for number, tile in enumerate(tiles) if tile.shape == shape]
        found |= zip(numbers, call([tiles[number] for number in numbers], maps), strict=True)
    return [found[number] for number in range(len(tiles))]


def _scaled(tile: Image) -> Plane:
    """0–255 to [-1, 1]."""
    return tile.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)


def assembled(luma: Plane, chroma: Plane) -> Plane:
    """H×W×3 RGB in [-1, 1] of luma H×W and chroma h×w×2, enlarged bilinearly (Rec. 601)."""
    from mangacolor.models.colour.palette_head import TO_RGB

    size = luma.shape[1], luma.shape[0]
    large = cv2.resize(chroma, size, interpolation=cv2.INTER_LINEAR)
    cb, cr = large[..., 0], large[..., 1]
    (_, red_cr), (green_cb, green_cr), (blue_cb, _) = TO_RGB
    picture = np.empty((*luma.shape, 3), np.float32)
    picture[..., 0] = luma + np.float32(red_cr) * cr
    picture[..., 1] = luma + np.float32(green_cb) * cb + np.float32(green_cr) * cr
    picture[..., 2] = luma + np.float32(blue_cb) * cb
    return np.clip(picture, -1, 1, out=picture)
