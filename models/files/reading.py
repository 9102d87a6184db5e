"""Files of weights: where they lie, what they hash to, and reading them without executing anything."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.hashing import sha256_once
from mangacolor.core.installed import reinstall_command
from mangacolor.core.system.kind import on_windows
from mangacolor.models.files.known import DESCREEN, WEIGHTS, Weights, find_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

FORMAT = "mangacolor-generator-1"
SUFFIX = ".safetensors"  # of the files that are written
BUNDLED = Path(__file__).parents[1] / "weights"  # the folder of the weights that come with the program
DESCREENER = BUNDLED / DESCREEN.file
REINSTALL = (
    f"Install mangacolor again, this file comes with it: {reinstall_command()}"  # no full stop: to copy
)
_FETCH_AGAIN = "Fetch the file again, or name other weights."
_OURS = "Name a file that mangacolor train or mangacolor models import has written."


def bundled_file(entry: Weights) -> Path:
    """Where a bundled entry of the weights table lies."""
    return BUNDLED / entry.file


def cache_folder() -> Path:
    """The user's cache for mangacolor: under ``XDG_CACHE_HOME``, else in the platform's own place."""
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "mangacolor"
    if on_windows() and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "mangacolor" / "cache"
    return Path.home() / ".cache" / "mangacolor"


def weights_path(name_or_path: str | Path) -> Path:
    """The file of a bundled entry of the weights table, or the path itself.

    Raises ``SetupError`` if there is no such file.
    """
    entry = find_weights(str(name_or_path))
    path = bundled_file(entry) if entry and entry.bundled else Path(name_or_path)
    if path.is_file():
        return path
    if path.exists():
        inside = path / "weights.safetensors"  # as training leaves it
        named = f"Name {inside}." if inside.is_file() else "Name a .safetensors or .pth file."
        raise SetupError(f"{path} is not a file of weights", named)
    known = ", ".join(entry.name for entry in WEIGHTS if entry.role == "generator" and entry.bundled)
    raise SetupError(
        f"there are no weights {str(name_or_path)!r}: no file {path}",
        f"Give the path of a .safetensors or .pth file, or one of the names {known}.",
    )


def check_suffix(out: Path) -> None:
    """Raise ``UsageError`` for a name that no file of weights is to be written under."""
    if out.suffix.lower() != SUFFIX:
        raise UsageError(f"{out} would hold safetensors", f"Give --out a name that ends in {SUFFIX}.")


def check_bundled(file: str, sha256: str, does: str) -> str:
    """The sha256 of a file in ``models/weights``, once it is seen to be the one that comes with the program.

    ``does``: what its network does. Raises ``SetupError`` where it is missing, cut short or another.
    """
    path = BUNDLED / file
    try:
        digest = sha256_once(path)
    except FileNotFoundError as error:
        raise SetupError(f"{path} is missing, the network that {does}", REINSTALL) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if digest != sha256:
        raise SetupError(
            f"{path} is damaged or another file, not the network that {does} in this version", REINSTALL
        )
    return digest


def weights_fingerprint(name_or_path: str | Path) -> str:
    """The sha256 of a generator's file, in hex, after cheap checks of its form; no torch needed.

    Raises ``SetupError`` for a file that is missing or cannot be a generator's weights.
    """
    entry = find_weights(str(name_or_path))
    if entry is not None and entry.bundled:
        return check_bundled(entry.file, entry.sha256, "colours")
    path = weights_path(name_or_path)
    _check_generator(path)
    return sha256_once(path)


def _check_generator(path: Path) -> None:
    header = check_form(path)
    if header is None:
        return
    metadata, keys = header
    if is_ours(metadata):
        generator_metadata(path, metadata)
    elif not any(key.removeprefix("module.").startswith("down1.") for key in keys):
        raise SetupError(f"{path} holds no generator's weights", _OURS)


def check_form(path: Path) -> tuple[dict[str, str], list[str]] | None:
    """Metadata and names of tensors of a safetensors file; None for one of torch's own format.

    Looks at no tensor and needs no torch. Raises ``SetupError`` for a file that is neither, or is cut short.
    """
    try:
        kind = _torch_kind(path)
        if kind is None:
            return safetensors_header(path)
        if kind == "zip" and not _holds_a_pickle(path):
            raise SetupError(f"{path} is not a whole file of weights", _FETCH_AGAIN)
    except OSError as error:
        raise _unreadable(path, error) from error
    return None


def _unreadable(path: Path, error: OSError) -> SetupError:
    return SetupError(
        f"{path} cannot be read: {error.strerror or error}", "Check the path and its permissions."
    )


def _torch_kind(path: Path) -> str | None:
    """``"zip"`` or ``"pickle"`` for what torch.save writes now and wrote before 1.6; else None."""
    with path.open("rb") as file:
        start = file.read(9)
    # A safetensors file begins with its header's length, whose first bytes may be those of a pickle or zip.
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return None
    if start[:2] == b"PK":
        return "zip"
    return "pickle" if start[:1] == b"\x80" else None


def _holds_a_pickle(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("data.pkl") for name in archive.namelist())


def safetensors_header(path: Path) -> tuple[dict[str, str], list[str]]:
    """Metadata and names of the tensors of a safetensors file. Raises ``SetupError`` if it is not whole."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {}), list(file.keys())
    except (SafetensorError, OSError) as error:
        raise SetupError(f"{path} is not a whole file of weights: {error}", _FETCH_AGAIN) from error


def is_ours(metadata: Mapping[str, str]) -> bool:
    """Whether a safetensors file's metadata is of mangacolor's writing, of any version."""
    return metadata.get("format", "").startswith("mangacolor-")


def generator_metadata(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The decoded metadata of a file of ours. Raises ``SetupError`` if this version cannot read it."""
    if metadata["format"] != FORMAT:
        raise SetupError(
            f"{path} is of the format {metadata['format']}, and this version reads {FORMAT}",
            "Install the mangacolor that wrote it, or a newer one.",
        )
    try:
        return {key: json.loads(value) for key, value in metadata.items() if key != "format"}
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path} has unreadable metadata: {error}", _FETCH_AGAIN) from error


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU. Raises ``SafetensorError`` or ``OSError``."""
    from safetensors.torch import load, load_file

    try:
        str(path).encode()
    except UnicodeEncodeError:  # it maps no file into memory whose path is no UTF-8
        return load(path.read_bytes())
    return load_file(path)


def fill_bundled(network: nn.Module, path: Path, name: str) -> None:
    """Give a ``network`` the weights of a file that comes with the program, in single precision.

    ``name``: what it is called in messages. Raises ``SetupError`` if the file is missing, damaged or of
    another network.
    """
    from safetensors import SafetensorError

    try:
        stored = {key: value.float() for key, value in load_tensors(path).items()}
        result = network.load_state_dict(stored, strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise SetupError(f"the network {path} cannot be loaded: {error}", REINSTALL) from error
    missing = [key for key in result.missing_keys if not key.endswith("num_batches_tracked")]
    if missing or result.unexpected_keys:
        raise SetupError(f"{path} holds another network than {name}", REINSTALL)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A file's tensors on the CPU and its metadata, from safetensors or torch's own format.

    Pickles are read with ``weights_only``: nothing in them is executed. A training checkpoint that
    keeps its network under a key (``generator``, ``state_dict``, …) is unwrapped. Raises
    ``SetupError`` for anything else.
    """
    try:
        if _torch_kind(path):
            return _read_torch(path), {}
    except OSError as error:
        raise _unreadable(path, error) from error
    metadata, _ = safetensors_header(path)
    return load_tensors(path), metadata


def _read_torch(path: Path) -> dict[str, Tensor]:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd pickle protocols: refused below if it matters
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a broken or hostile pickle can raise anything at all
        raise SetupError(
            # torch's own message advises to load it unsafely; that is not passed on.
            f"{path} cannot be read as weights ({type(error).__name__}); nothing in it was executed",
            "It is damaged, or holds more than tensors: save its state_dict() alone, or fetch it again.",
        ) from error
    for key in ("average", "generator", "state_dict", "model_state_dict", "generator_state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    if not isinstance(content, Mapping):
        content = {}
    tensors = {str(key): value for key, value in content.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        raise SetupError(f"{path} holds no weights", "Name a file with a network's state_dict().")
    return tensors
