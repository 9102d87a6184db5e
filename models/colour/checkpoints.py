"""Generators to and from files: a safetensors file that says how to rebuild its network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.colour.config import Description, GeneratorConfig, describe_weights, unknown_network
from mangacolor.models.colour.factory import build_generator
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.notebook_checkpoints import from_notebook
from mangacolor.models.colour.series.weights import ColourWeights, open_weights
from mangacolor.models.encoders.stand_in import RESNETS, blank_resnet
from mangacolor.models.files.download import fetch, weights_cache
from mangacolor.models.files.known import WEIGHTS
from mangacolor.models.files.pretrained import WeightsSource
from mangacolor.models.files.reading import FORMAT, read_tensors, weights_fingerprint, weights_path

__all__ = ["load_generator", "save_generator", "weights_fingerprint"]


def save_generator(
    path: str | Path,
    generator: nn.Module,
    config: GeneratorConfig,
    metadata: Mapping[str, Any],
    half: bool = True,
) -> None:
    """Write ``generator``'s state to a safetensors file, whole or not at all.

    ``half`` stores parameters as float16; statistics stay float32, since a variance can leave
    float16's range. ``metadata`` is anything JSON can say (data, step, licence) under names
    other than ``format``, ``config`` and ``extractor``. Raises ``OutputError`` if the file cannot be
    written.
    """
    header = {key: json.dumps(value) for key, value in metadata.items()}
    context = getattr(generator, "context", None)
    if context is not None:
        header["extractor"] = json.dumps(context.origin)
    header |= {"format": FORMAT, "config": json.dumps(asdict(config))}
    parameters = {name for name, _ in generator.named_parameters()}
    state = {
        key: _stored(tensor, half and key in parameters) for key, tensor in generator.state_dict().items()
    }
    write_atomic(Path(path), save(state, header), durable=True)


def _stored(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu()
    if half:
        narrow = tensor.half()
        if bool(torch.isfinite(narrow).all()):
            tensor = narrow
    return tensor.contiguous()


def load_generator(
    weights: str | Path | ColourWeights,
    device: str | torch.device = "cpu",
    extractor_weights: WeightsSource = None,
) -> Generator:
    """The generator of a name of the weights table, of a mangacolor file or of a notebook's ``.pth``.

    Of a series' file it is the network that the series was learnt on, with what was learnt.

    Returns the network in eval mode, float32, channels-last, on ``device``; ``.config`` tells what it
    is. A network trained with the extractor looks for the same extractor file (by its hash) beside
    itself and in the cache, and fetches the danbooru one; ``extractor_weights`` names another. Raises
    ``SetupError`` for a file that is missing, damaged, hostile or of another network; nothing in it is
    ever executed.
    """
    opened = open_weights(weights)
    path = weights_path(opened.network)
    described = describe_weights(path)
    if opened.series is None:
        tensors, _header = read_tensors(path)
    else:
        tensors = {name: torch.from_numpy(array.copy()) for name, array in opened.arrays().items()}
    if described is not None:
        generator = _described(path, described, extractor_weights)
    else:
        config, tensors = from_notebook(tensors, path)
        generator = build_generator(config, empty=True)
    _fill(generator, tensors, path)
    generator.eval().to(device)
    return generator.to(memory_format=torch.channels_last)


def _described(path: Path, described: Description, extractor_weights: WeightsSource) -> Generator:
    """The network that a file describes, empty."""
    config = described.config
    try:
        weights = _extractor(path, config, described.extractor, extractor_weights)
        return build_generator(config, weights, empty=True)
    except (TypeError, UsageError) as error:
        raise unknown_network(path, error) from error


def _extractor(
    path: Path, config: GeneratorConfig, origin: Mapping[str, str] | None, given: WeightsSource
) -> WeightsSource:
    """The weights of the extractor that a file's network was trained with."""
    if not config.extractor or given is not None:
        return given
    if config.faithful:  # its extractor is in the checkpoint; only the layout is to be known
        layout = (origin or {}).get("layout")
        return blank_resnet(layout) if layout in RESNETS else None
    if origin is None:
        raise SetupError(
            f"{path} was trained with an extractor that came from no file",
            "Train it again with weights for the extractor, or pass them as extractor_weights.",
        )
    return _extractor_file(path, origin)


def _extractor_file(path: Path, origin: Mapping[str, str]) -> Path:
    """The file that ``path`` was trained with: beside it, in the cache, or fetched; told by its hash."""
    name, wanted = origin["file"], origin["sha256"]
    for folder in (path.parent, weights_cache()):
        candidate = folder / name
        if candidate.is_file() and sha256_of(candidate) == wanted:
            return candidate
    entry = next((entry for entry in WEIGHTS if entry.role == "extractor" and entry.file == name), None)
    if entry is not None and wanted.startswith(entry.sha256):
        return fetch(entry)
    raise SetupError(
        f"{path} needs the extractor it was trained with, {name} (sha256 {wanted[:8]}…), which is not here",
        f"Put {name} beside it, or into {weights_cache()}.",
    )


def _fill(generator: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    state = {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}
    try:
        result = generator.load_state_dict(state, strict=False, assign=True)
        odd = [*result.missing_keys, *result.unexpected_keys]
    except RuntimeError as error:
        odd = [str(error).splitlines()[-1].strip()]
    if odd:
        raise SetupError(
            f"{path} is of another network than it says: {'; '.join(odd[:3])}",
            "Name weights of a generator, or fetch the file again.",
        )
