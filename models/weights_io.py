"""Generators to and from files: a safetensors file that says how to rebuild its network."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from mangacolor.errors import OutputError, SetupError
from mangacolor.models.generators import ColorizationUNet, GeneratorConfig, build_generator
from mangacolor.models.notebook_layout import from_notebook
from mangacolor.models.weights_file import (
    FORMAT,
    generator_metadata,
    read_tensors,
    weights_fingerprint,
    weights_path,
)

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
    float16's range. ``metadata`` is anything JSON can say (data, step, licence) under names other
    than ``format`` and ``config``. Raises ``OutputError`` if the file cannot be written.
    """
    header = {key: json.dumps(value) for key, value in metadata.items()}
    context = getattr(generator, "context", None)
    if context is not None:
        header["extractor"] = json.dumps(getattr(context, "fingerprint", None))
    header |= {"format": FORMAT, "config": json.dumps(asdict(config))}
    parameters = {name for name, _ in generator.named_parameters()}
    state = {
        key: _stored(tensor, half and key in parameters) for key, tensor in generator.state_dict().items()
    }
    _write_whole(Path(path), save(state, header))


def _stored(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu()
    if half:
        narrow = tensor.half()
        if bool(torch.isfinite(narrow).all()):
            tensor = narrow
    return tensor.contiguous()


def _write_whole(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)  # mkstemp's 0600 would keep the file from everybody else
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error}", "choose another place, or free space"
        ) from error


def load_generator(
    name_or_path: str | Path, device: str | torch.device = "cpu", extractor_weights: str | Path | None = None
) -> ColorizationUNet:
    """The generator of a name of the weights table, of a mangacolor file or of a notebook's ``.pth``.

    Returns the network in eval mode, float32, channels-last, on ``device``; ``.config`` tells what it
    is. ``extractor_weights`` (a name or a file) is for networks trained with the extractor, whose
    weights are not in the file; the default is the danbooru network. Raises ``SetupError`` for a file
    that is missing, damaged, hostile or of another network; nothing in it is ever executed.
    """
    path = weights_path(name_or_path)
    tensors, header = read_tensors(path)
    if header:
        metadata = generator_metadata(path, header)
        config = _config(path, metadata.get("config"))
        generator = _build(path, config, metadata.get("extractor"), extractor_weights)
    else:
        config, tensors = from_notebook(tensors, path)
        generator = build_generator(config)
    _fill(generator, tensors, path)
    generator.eval().to(device)
    return generator.to(memory_format=torch.channels_last)


def _config(path: Path, stored: Any) -> GeneratorConfig:
    try:
        return GeneratorConfig(**stored)
    except TypeError as error:
        raise SetupError(
            f"{path} describes a network that this version does not know: {error}",
            "install the mangacolor that wrote it, or a newer one",
        ) from error


def _build(
    path: Path, config: GeneratorConfig, fingerprint: str | None, extractor_weights: str | Path | None
) -> ColorizationUNet:
    return build_generator(config)


def _fill(generator: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    try:
        result = generator.load_state_dict(
            {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()},
            strict=False,
        )
    except RuntimeError as error:
        detail = str(error).splitlines()[1].strip()
        raise SetupError(f"{path} is of another network: {detail}", "name weights of a generator") from error
    if result.missing_keys or result.unexpected_keys:
        detail = ", ".join([*result.missing_keys, *result.unexpected_keys][:4])
        raise SetupError(
            f"{path} is of another network: weights missing or unknown: {detail}",
            "name weights of a generator",
        )
