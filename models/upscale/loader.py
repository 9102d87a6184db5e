"""Load a super-resolution network and use it on luma.

spandrel (MIT) recognises the architecture from the weights and loads them strictly; for the two
architectures of Real-ESRGAN we then use our own luma form of them (``luma_networks``), for any
other spandrel's module as it is. A SRVGGNetCompact of the table needs no recognising, and spandrel, which
takes a second to import, is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mangacolor.core.errors import SetupError
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.upscale.known import BY_NAME
from mangacolor.models.upscale.sources import (
    State,
    check_known_files,
    check_user_file,
    known_state,
    user_state,
    weights_sha256,
)

if TYPE_CHECKING:
    import torch
    from spandrel import ImageModelDescriptor

Backend = Literal["spandrel", "realesrgan"]
Kernels = Literal["torch", "nnpack", "ncnn"]  # nnpack is torch's own, for networks that it suits
Enlarge = Callable[[Image, int], Image]
Described = Any  # spandrel's ImageModelDescriptor, or what there is of one without spandrel

UNKNOWN_HALO = 96  # pixels, for a user's network whose reach nobody has measured


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A loaded super-resolution network and what a tiler must know about it.

    ``enlarge(tiles, scale)`` takes N×(h+2c)×(w+2c) uint8 luma, where c is the ``halo``, and gives
    N×(h·scale)×(w·scale) uint8: the network's own ``scale``, then area reduction or cubic
    enlargement. ``channels`` is what the network itself reads. ``sha256`` names the weights.
    ``halo`` is how many pixels around a tile it must see for the tile's result to be that of the whole page.
    What runs fastest: ``tile`` is the longest side of a tile without its halo and ``area`` the most pixels
    in it, both sides multiples of ``multiple_of``; ``batch`` is how many tiles of one size a call should get.
    ``kernels`` are those that multiply. ``parallel``: any number of threads may call ``enlarge``, each on one
    core.
    """

    name: str
    backend: Backend
    device: str
    scale: int
    channels: int
    halo: int
    sha256: str
    tile: int
    area: int
    multiple_of: int
    batch: int
    enlarge: Enlarge
    kernels: Kernels = "torch"
    parallel: bool = False


def weights_hash(name_or_path: str) -> str:
    """The sha256 that names a network's weights, without loading them.

    For a name of the table it is that of the published file. Raises SetupError for a name that
    is neither in the table nor a file.
    """
    if name_or_path in BY_NAME:
        return BY_NAME[name_or_path].sha256
    return weights_sha256(_user_path(name_or_path))


def check_upscaler(name_or_path: str, backend: Backend = "spandrel") -> None:
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


def _user_path(name_or_path: str) -> Path:
    path = Path(name_or_path).expanduser()
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
    state = known_state(known) if known else user_state(_user_path(name_or_path))
    descriptor: Described
    if known and known.architecture == "Compact" and backend == "spandrel":
        descriptor = describe_compact(state)
    else:
        descriptor = describe(state, name_or_path)
    halo = _halo(descriptor, known.halo if known else None)
    if backend == "realesrgan":
        from mangacolor.models.upscale.realesrgan import realesrgan_enlarge

        enlarge = realesrgan_enlarge(descriptor, state, name_or_path, device, halo)
        by: Kernels = "torch"
    else:
        by = _kernels(descriptor, device, kernels)
        if by == "ncnn":
            enlarge = _ncnn_enlarge(descriptor, halo)
        else:
            enlarge = _torch_enlarge(descriptor, halo, device, winograd=by == "nnpack")
    tile, area, multiple_of, batch = _advice(device, by)
    return Upscaler(
        name=name_or_path if known else Path(name_or_path).name,
        backend=backend,
        device=device,
        scale=descriptor.scale,
        channels=descriptor.input_channels,
        halo=halo,
        sha256=weights_hash(name_or_path),
        tile=tile,
        area=area,
        multiple_of=multiple_of,
        batch=batch,
        enlarge=enlarge,
        kernels=by,
        parallel=device == "cpu" and backend == "spandrel",
    )


def describe(state: State, name: str) -> ImageModelDescriptor[Any]:
    """spandrel's descriptor of the network that these weights belong to, with them loaded."""
    import spandrel

    remedy = "Give the weights of a super-resolution network; spandrel's list says which it knows."
    try:
        descriptor = spandrel.ModelLoader("cpu").load_from_state_dict(spandrel.canonicalize_state_dict(state))
    # spandrel reads sizes off the weights: a file of another kind fails there in any way at all.
    except Exception as error:
        raise SetupError(f"The weights of {name} fit no known super-resolution network", remedy) from error
    if not isinstance(descriptor, spandrel.ImageModelDescriptor) or descriptor.output_channels not in (1, 3):
        raise SetupError(
            f"{name} is a {descriptor.architecture.name} network that enlarges no pictures", remedy
        )
    descriptor.eval()
    return descriptor


def describe_compact(state: State) -> Described:
    """The same of the weights of a SRVGGNetCompact, without spandrel."""
    from types import SimpleNamespace

    from mangacolor.models.upscale.luma_networks import compact_body

    body = compact_body(state)
    (first, *_), last = body, body[-1]
    channels = first.in_channels
    scale = math.isqrt(last.out_channels // channels)
    return SimpleNamespace(
        architecture=SimpleNamespace(id="Compact"),
        model=SimpleNamespace(body=body, num_conv=len(body) // 2 - 1),
        scale=scale,
        input_channels=channels,
        output_channels=channels,
        supports_half=True,
    )


def _halo(descriptor: Described, known: int | None) -> int:
    if descriptor.architecture.id == "Compact":
        return int(descriptor.model.num_conv) + 2
    return known or UNKNOWN_HALO


def _kernels(descriptor: Described, device: str, wanted: CpuBackend) -> Kernels:
    if device != "cpu" or descriptor.architecture.id != "Compact":
        return "torch"
    if wanted == "ncnn":
        return wanted
    from mangacolor.models.upscale.winograd import has_winograd

    return "nnpack" if has_winograd() else "torch"


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


def _torch_enlarge(descriptor: Described, halo: int, device: str, winograd: bool) -> Enlarge:
    import torch

    from mangacolor.models.upscale.luma_networks import LumaCompact

    dtype = torch.float16 if device.startswith("cuda") and descriptor.supports_half else torch.float32

    @lru_cache(maxsize=3)
    def network(scale: int) -> torch.nn.Module:
        with torch.inference_mode(False):  # the caller's mode would leave weights unusable outside it
            form = _luma_network(descriptor, scale, halo).eval().requires_grad_(False)
            if winograd:
                from mangacolor.models.upscale.winograd import WinogradCompact

                assert isinstance(form, LumaCompact)
                return WinogradCompact(form)
        return form.to(device=device, dtype=dtype).to(memory_format=torch.channels_last)

    def enlarge(tiles: Image, scale: int) -> Image:
        net = network(scale)
        with torch.inference_mode():
            x = torch.from_numpy(tiles).to(device).unsqueeze(1).to(dtype).div_(255)
            y = net(x.contiguous(memory_format=torch.channels_last))
            return _pixels(y, [(side - 2 * halo) * scale for side in tiles.shape[1:]])

    return enlarge


def _pixels(y: torch.Tensor, size: list[int]) -> Image:
    """N×1×h×w in [0, 1], brought to ``size``, as N×H×W uint8."""
    import torch

    if list(y.shape[2:]) != size:
        y = _resize(y.float(), size)
    pixels: Image = y.squeeze(1).mul(255).round_().to(torch.uint8).cpu().numpy()
    return pixels


def _ncnn_enlarge(descriptor: Described, halo: int) -> Enlarge:
    import numpy as np
    import torch

    from mangacolor.models.runtime.ncnn_graph import Network
    from mangacolor.models.upscale.luma_networks import LumaCompact
    from mangacolor.models.upscale.ncnn_form import compact_graph, enlarged

    @lru_cache(maxsize=3)
    def network(scale: int) -> Network:
        form = _luma_network(descriptor, scale, halo)
        assert isinstance(form, LumaCompact)
        return compact_graph(form).compiled()

    def enlarge(tiles: Image, scale: int) -> Image:
        ready = network(scale)
        large = np.stack([enlarged(ready, tile, halo) for tile in tiles])
        return _pixels(torch.from_numpy(large), [(side - 2 * halo) * scale for side in tiles.shape[1:]])

    return enlarge


def _luma_network(descriptor: Described, scale: int, halo: int) -> torch.nn.Module:
    from mangacolor.models.upscale.luma_networks import AnyOnLuma, LumaCompact, LumaESRGAN

    own, model, colours = descriptor.scale, descriptor.model, descriptor.output_channels
    reduction = own // scale if own % scale == 0 else 1
    if descriptor.architecture.id == "Compact":
        return LumaCompact(model.body, own, reduction, colours)
    if descriptor.architecture.id == "ESRGAN" and not model.shuffle_factor:
        return LumaESRGAN(model.model, own, reduction, colours, halo)
    return AnyOnLuma(descriptor, halo)


def _resize(y: torch.Tensor, size: list[int]) -> torch.Tensor:
    from torch.nn import functional as F

    if size[0] <= y.shape[2]:
        return F.interpolate(y, size, mode="area")
    return F.interpolate(y, size, mode="bicubic").clamp_(0, 1)
