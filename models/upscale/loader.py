"""Load a super-resolution network, by name or from a user's file, to be used on luma.

On ncnn a SRVGGNetCompact needs neither torch nor spandrel; every other network has its ``torch_form``.
"""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.errors import SetupError
from mangacolor.core.installed import has_torch, need_torch
from mangacolor.models.files.arrays import read_arrays
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.runtime.half import Overflow
from mangacolor.models.upscale.compact import CompactNetwork, read_compact
from mangacolor.models.upscale.known import BY_NAME, KnownNetwork
from mangacolor.models.upscale.sources import (
    check_known_files,
    check_user_file,
    known_arrays,
    known_state,
    user_state,
    weights_sha256,
)
from mangacolor.models.upscale.upscaler import Backend, Enlarge, Kernels, Upscaler

__all__ = ["Backend", "Upscaler", "check_upscaler", "load_upscaler", "weights_hash"]

INSTEAD = "choose --upscaler auto"


def weights_hash(name_or_path: str) -> str:
    """The sha256 that names a network's weights, without loading them.

    For a name of the table it is that of the published file. Raises SetupError for a name that
    is neither in the table nor a file.
    """
    if name_or_path in BY_NAME:
        return BY_NAME[name_or_path].sha256
    return weights_sha256(_user_path(name_or_path))


def check_upscaler(
    name_or_path: str, backend: Backend = "spandrel", device: str = "cpu", kernels: CpuBackend = "torch"
) -> None:
    """See, without loading anything, that a network can be loaded. Raises ``SetupError`` where it cannot.

    A user's file is looked at from outside: whether it holds a network for super-resolution is seen once it
    is loaded.
    """
    known = BY_NAME.get(name_or_path)
    if known is None:
        check_user_file(_user_path(name_or_path))
    else:
        check_known_files(known)
    if backend == "realesrgan":
        from mangacolor.models.upscale.realesrgan import check_installed

        check_installed()
    elif device != "cpu":
        need_torch(f"--device {device}", "use --device cpu")
    elif not has_torch() and (kernels != "ncnn" or not _compact_network(name_or_path, known)):
        need_torch(f"the upscaler {name_or_path}", INSTEAD)


def _user_path(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if not path.is_file():
        known = ", ".join(("auto", *BY_NAME, "lanczos"))
        raise SetupError(
            f"There is no upscaler {name_or_path!r}, neither a known name nor a file",
            f"Choose one of {known}, or give the path of a .safetensors or .pth file.",
        )
    return path


def load_upscaler(
    name_or_path: str, device: str = "cpu", backend: Backend = "spandrel", kernels: CpuBackend = "torch"
) -> Upscaler:
    """Load a network by its name in the table, or a user's file.

    ``kernels`` counts on a CPU, with the back end spandrel, for the networks that ncnn is taught here
    (SRVGGNetCompact): others run on torch.

    Raises SetupError where the weights are missing, are not plain weights, are of no network that
    spandrel knows for super-resolution, or where the back end cannot be used.
    """
    known = BY_NAME.get(name_or_path)
    compact = _compact_network(name_or_path, known) if backend == "spandrel" else None
    if compact is not None:
        return _of_compact(name_or_path, compact, device, kernels)
    need_torch(f"the upscaler {name_or_path}", INSTEAD)
    from mangacolor.models.upscale import torch_form

    state = known_state(known) if known else user_state(_user_path(name_or_path))
    overflow = Overflow()
    descriptor = torch_form.describe(state, name_or_path)
    compact = torch_form.compact_of(descriptor)
    if compact is not None and backend == "spandrel":  # of a .pth, or under names that only spandrel knows
        return _of_compact(name_or_path, compact, device, kernels)
    halo = compact.halo if compact else known.halo if known else torch_form.UNKNOWN_HALO
    sizes = descriptor.scale, descriptor.input_channels, halo
    if backend == "realesrgan":
        from mangacolor.models.upscale.realesrgan import realesrgan_enlarge

        enlarge = realesrgan_enlarge(descriptor, state, name_or_path, device, halo, overflow)
    else:
        enlarge = torch_form.other_enlarge(descriptor, halo, device, overflow)
    return _upscaler(name_or_path, backend, device, sizes, enlarge, "torch", overflow)


def _compact_network(name_or_path: str, known: KnownNetwork | None) -> CompactNetwork | None:
    """The arrays of a SRVGGNetCompact of the table or in a user's .safetensors; None of another network."""
    if known is not None:
        return read_compact(known_arrays(known)) if known.architecture == "Compact" else None
    path = _user_path(name_or_path)
    check_user_file(path)
    return read_compact(read_arrays(path)) if path.suffix.lower() == ".safetensors" else None


def _of_compact(name_or_path: str, network: CompactNetwork, device: str, kernels: CpuBackend) -> Upscaler:
    sizes = network.scale, network.channels, network.halo
    if (device, kernels) == ("cpu", "ncnn"):
        from mangacolor.models.upscale.ncnn_form import ncnn_enlarge

        return _upscaler(name_or_path, "spandrel", device, sizes, ncnn_enlarge(network), "ncnn")
    need_torch(f"the upscaler {name_or_path}", INSTEAD)
    from mangacolor.models.upscale import torch_form

    by = torch_form.compact_kernels(device)
    overflow = Overflow()
    enlarge = torch_form.compact_enlarge(network, device, by, overflow)
    return _upscaler(name_or_path, "spandrel", device, sizes, enlarge, by, overflow)


def _upscaler(
    name_or_path: str,
    backend: Backend,
    device: str,
    sizes: tuple[int, int, int],
    enlarge: Enlarge,
    kernels: Kernels,
    overflow: Overflow | None = None,
) -> Upscaler:
    scale, channels, halo = sizes
    tile, area, multiple_of, batch = _advice(device, kernels)
    return Upscaler(
        name=name_or_path if name_or_path in BY_NAME else Path(name_or_path).name,
        backend=backend,
        device=device,
        scale=scale,
        channels=channels,
        halo=halo,
        sha256=weights_hash(name_or_path),
        tile=tile,
        area=area,
        multiple_of=multiple_of,
        batch=batch,
        enlarge=enlarge,
        kernels=kernels,
        parallel=device == "cpu" and backend == "spandrel",
        overflow=overflow or Overflow(),
    )


def _advice(device: str, kernels: Kernels) -> tuple[int, int, int, int]:
    """``tile``, ``area``, ``multiple_of`` and ``batch`` of an Upscaler (benchmarks/speed/upscale.py).

    On a CPU one tile at a time stays in its cache, and trimming it to the drawing pays. NNPACK takes wide
    maps in a sixth less time, but above 32 MiB a map comes from the system, zeroed, each time. Of ncnn's
    larger tiles less is computed twice; a page should still be enough of them for several cores. A GPU
    wants many tiles of one size.
    """
    if kernels == "nnpack":
        return 1024, 1024 * 80, 16, 1
    if kernels == "ncnn":
        return 512, 512 * 384, 16, 1
    if device == "cpu":
        return 256, 256 * 256, 16, 1
    return 512, 512 * 512, 256, 4
