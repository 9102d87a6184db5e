"""A colour network made ready to run: the one thing that ``stages/colorize/stage.py`` calls.

On a CPU every tile is computed by itself on one core, by ncnn or by torch (``runtime/backends.py``); on a GPU
tiles of one size go together, in half precision where the network bears it. What a network takes and gives is
said by its architecture (``interface.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.cpu import use_one_core
from mangacolor.core.errors import UsageError
from mangacolor.core.installed import has_torch, need_torch
from mangacolor.core.types import Image
from mangacolor.models.colour.config import GeneratorConfig, describe_weights, unknown_network
from mangacolor.models.colour.interface import Architecture, SizeRequirements, find_architecture
from mangacolor.models.colour.prediction import VOTES, Coloured, Output, assemble, scale_tile
from mangacolor.models.colour.segment_embedding import SegmentEmbedding, load_embeddings
from mangacolor.models.colour.series.weights import ColourWeights, open_weights
from mangacolor.models.files.arrays import State
from mangacolor.models.files.reading import weights_path
from mangacolor.models.files.segment_cohort import SegmentCohort, load_cohort
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.runtime.half import Overflow
from mangacolor.models.runtime.parallel import parallel_map

if TYPE_CHECKING:
    import torch
    from torch import nn

    from mangacolor.models.colour.generator import Generator
    from mangacolor.models.runtime.ncnn_graph import Graph

CENTRES = "palette.centres"  # the array of a network that holds the colours it votes for
_INSTEAD = "choose the bundled network (--weights default)"
Run = Callable[[Sequence[Image], Sequence[str]], list[Coloured]]


@dataclass(frozen=True, slots=True)
class ColourRunner:
    """``run(tiles, maps)`` colours grey tiles (H×W uint8) and gives a ``Coloured`` each, in their order.

    ``maps`` names feature maps to hand out, from the same pass. ``feature_maps`` are those that tell segments
    apart, with ``VOTES`` among them if the network has them: ``palette`` is then what they are for, the Cb
    and Cr of each colour in levels. A network without feature maps gives colour alone. ``embedding`` says
    what segments are from ``feature_maps``, if somebody trained one for these weights; ``identity``, from the
    same ones, whose they are. ``cohort``: segments of other works as both describe them. A tile's sides are
    as ``size`` says. ``backend`` says what computes, ``overflow`` what half precision did not hold.
    """

    backend: str
    size: SizeRequirements
    feature_maps: tuple[str, ...]
    run: Run
    palette: Sequence[Sequence[float]] = ()
    embedding: SegmentEmbedding | None = None
    identity: SegmentEmbedding | None = None
    cohort: SegmentCohort | None = None
    overflow: Overflow = field(default_factory=Overflow)


def check_colour_runner(weights: str | Path, device: str = "cpu") -> None:
    """Raise ``SetupError`` where the network of ``weights`` needs torch and there is none.

    Reads the file's description only.
    """
    if has_torch():
        return
    if device != "cpu":
        need_torch(f"--device {device}", "use --device cpu")
    described = describe_weights(weights_path(open_weights(weights).network))
    if described is None:
        need_torch(f"the notebook's checkpoint {weights}", _INSTEAD)
    else:
        find_architecture(described.config.name)


def load_colour_runner(
    weights: str | Path | ColourWeights, device: str = "cpu", backend: CpuBackend = "torch"
) -> ColourRunner:
    """The network of a name or file (as ``load_generator``), ready to run on ``device``, with its embeddings.

    ``backend`` counts on a CPU, and ncnn needs no torch; a network without a form for ncnn runs on torch
    there, too. Raises ``SetupError`` for unusable weights, or where torch is needed and missing.
    """
    opened = open_weights(weights)
    runner = _load_for_ncnn(opened) if (device, backend) == ("cpu", "ncnn") else None
    runner = runner or _load_for_torch(opened, device)
    embedding, identity = load_embeddings(opened.network)  # a series leaves the encoder as it was
    if embedding is None:
        return runner
    cohort = load_cohort(opened.network, embedding.digest, identity.digest) if identity is not None else None
    return replace(runner, feature_maps=embedding.maps, embedding=embedding, identity=identity, cohort=cohort)


def _load_for_torch(weights: ColourWeights, device: str) -> ColourRunner:
    need_torch(f"the colour network {weights.source}", _INSTEAD)
    from mangacolor.models.colour.checkpoints import load_generator

    use_one_core()
    return colour_runner(load_generator(weights, device))


def _load_for_ncnn(weights: ColourWeights) -> ColourRunner | None:
    """A file's network on ncnn, without torch; None where it has no form for ncnn."""
    path = weights_path(weights.network)
    described = describe_weights(path)
    if described is None:
        return None
    config = described.config
    try:
        architecture = find_architecture(config.name)
        if architecture.ncnn_form is None:
            return None
        return _ncnn_runner(config, architecture, State(weights.arrays(), str(weights.source)))
    except UsageError as error:
        raise unknown_network(path, error) from error


def colour_runner(
    network: Generator, backend: CpuBackend = "torch", half: bool | None = None
) -> ColourRunner:
    """The same for a network of torch's in memory; it stays as it is.

    ``half``: whether half precision is tried first; by default it is on a card, where the network bears it.
    """
    architecture = find_architecture(network.config.name)
    device = next(network.parameters()).device
    if backend == "ncnn" and device.type == "cpu" and architecture.ncnn_form is not None:
        arrays = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
        return _ncnn_runner(network.config, architecture, State(arrays, network.config.name))
    maps = architecture.feature_maps(network.config)
    palette: Sequence[Sequence[float]] = ()
    if VOTES in maps and network.palette is not None:
        palette = _levels(network.palette.centres.float().cpu().numpy())
    if half is None:
        half = architecture.supports_half and device.type == "cuda"
    overflow = Overflow()
    run = _on_torch(network, architecture, device, half, overflow)
    return ColourRunner("torch", architecture.size, maps, run, palette, overflow=overflow)


def _ncnn_runner(config: GeneratorConfig, architecture: Architecture, state: State) -> ColourRunner:
    assert architecture.ncnn_form is not None
    run = _on_ncnn(architecture.ncnn_form(config, state))
    maps = architecture.feature_maps(config)
    palette = _levels(state.arrays[CENTRES]) if VOTES in maps else ()
    return ColourRunner("ncnn", architecture.size, maps, run, palette)


def _levels(centres: AnyArray) -> list[list[float]]:
    """Colours of a palette in levels, to a tenth."""
    rounded: list[list[float]] = np.round(np.asarray(centres, np.float32) * np.float32(127.5), 1).tolist()
    return rounded


def _on_ncnn(graph: Graph) -> Run:
    compiled = graph.compiled()

    def run(tiles: Sequence[Image], maps: Sequence[str]) -> list[Coloured]:
        def colour(tile: Image) -> Coloured:
            *features, chroma, luma = compiled({"grey": scale_tile(tile)}, [*maps, "chroma", "luma"])
            picture = assemble(luma[0], np.ascontiguousarray(chroma.transpose(1, 2, 0)))
            return Coloured(picture, dict(zip(maps, features, strict=True)))

        return parallel_map(colour, tiles)

    return run


def _on_torch(
    network: Generator, architecture: Architecture, device: torch.device, half: bool, overflow: Overflow
) -> Run:
    import torch

    @cache
    def form(dtype: torch.dtype) -> nn.Module:
        with torch.inference_mode(False), torch.no_grad():  # the caller's mode would mark the new weights
            made = _inference_form(network, architecture).eval().to(device, dtype)
            return made.to(memory_format=torch.channels_last)

    def compute(tiles: Sequence[Image], maps: Sequence[str], dtype: torch.dtype) -> list[Coloured]:
        """Tiles of one size, together."""
        stack = torch.from_numpy(np.stack([scale_tile(tile) for tile in tiles])[:, None])
        if device.type == "cuda":
            # Rounded before it is pinned: torch rounds on the processor, into memory that is not.
            stack = stack.to(dtype).pin_memory()
        with torch.inference_mode():
            grey = stack.to(device, dtype, non_blocking=True).contiguous(memory_format=torch.channels_last)
            return _coloured(form(dtype)(grey), maps)

    def call(tiles: Sequence[Image], maps: Sequence[str]) -> list[Coloured]:
        if not half:
            return compute(tiles, maps, torch.float32)
        coloured = compute(tiles, maps, torch.float16)
        lost = [number for number, one in enumerate(coloured) if not one.is_finite()]
        if lost:
            overflow.add(len(lost))
            again = compute([tiles[number] for number in lost], maps, torch.float32)
            for number, one in zip(lost, again, strict=True):
                coloured[number] = one
        return coloured

    form(torch.float16 if half else torch.float32)
    if device.type == "cpu":
        return lambda tiles, maps: parallel_map(lambda tile: call([tile], maps)[0], tiles)
    return lambda tiles, maps: _by_size(call, tiles, maps)


def _inference_form(network: Generator, architecture: Architecture) -> nn.Module:
    from mangacolor.models.colour.generator import PlainForm

    return (architecture.torch_form or PlainForm)(network)


def _coloured(output: Output, maps: Sequence[str]) -> list[Coloured]:
    """The pictures of an output one by one, with the maps asked for."""
    pictures = _numpy(output.picture.permute(0, 2, 3, 1))
    if output.chroma is not None:
        chromas = _numpy(output.chroma.permute(0, 2, 3, 1))
        pictures = np.stack([assemble(*pair) for pair in zip(pictures[..., 0], chromas, strict=True)])
    stacks = {name: _numpy(output.maps[name]) for name in maps}
    return [
        Coloured(np.ascontiguousarray(picture), {name: stack[number] for name, stack in stacks.items()})
        for number, picture in enumerate(pictures)
    ]


def _numpy(tensor: torch.Tensor) -> F32:
    array: F32 = tensor.float().cpu().numpy()
    return array


def _by_size(call: Run, tiles: Sequence[Image], maps: Sequence[str]) -> list[Coloured]:
    """One call for all tiles of a size."""
    coloured: dict[int, Coloured] = {}
    for shape in dict.fromkeys(tile.shape for tile in tiles):
        numbers = [number for number, tile in enumerate(tiles) if tile.shape == shape]
        coloured |= zip(numbers, call([tiles[number] for number in numbers], maps), strict=True)
    return [coloured[number] for number in range(len(tiles))]
