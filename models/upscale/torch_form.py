"""Super-resolution networks in torch: recognised, loaded, and run on luma.

spandrel (MIT) recognises the architecture from the weights and loads them strictly; for the two
architectures of Real-ESRGAN we then use our own luma form of them (``luma_networks``), for any
other spandrel's module as it is. A SRVGGNetCompact of the table needs no recognising, and spandrel, which
takes a second to import, is left alone.
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import torch

from mangacolor.core.cpu import use_one_core
from mangacolor.core.errors import SetupError
from mangacolor.core.installed import TORCH, install_command
from mangacolor.core.types import Image
from mangacolor.models.upscale.compact import CompactNetwork, read_compact
from mangacolor.models.upscale.luma_networks import AnyOnLuma, LumaCompact, LumaESRGAN, compact_body
from mangacolor.models.upscale.pixels import as_pixels
from mangacolor.models.upscale.sources import State
from mangacolor.models.upscale.upscaler import Enlarge
from mangacolor.models.upscale.winograd import WinogradCompact, has_winograd

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

Described = Any  # spandrel's ImageModelDescriptor, or what there is of one without spandrel

UNKNOWN_HALO = 96  # pixels, for a user's network whose reach nobody has measured


def describe(state: State, name: str) -> ImageModelDescriptor[Any]:
    """spandrel's descriptor of the network that these weights belong to, with them loaded."""
    try:
        import spandrel
    except ModuleNotFoundError as error:
        raise SetupError(
            f"{name} needs the package spandrel, which is not installed", install_command(TORCH)
        ) from error
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


def compact_of(descriptor: Described) -> CompactNetwork | None:
    """The arrays of a network that is a SRVGGNetCompact; None of another."""
    if descriptor.architecture.id != "Compact":
        return None
    body = torch.nn.Sequential(*descriptor.model.body)
    return read_compact({f"body.{name}": tensor.numpy() for name, tensor in body.state_dict().items()})


def halo_of(descriptor: Described, known: int | None) -> int:
    if descriptor.architecture.id == "Compact":
        return int(descriptor.model.num_conv) + 2
    return known or UNKNOWN_HALO


def kernels_of(descriptor: Described, device: str) -> Literal["torch", "nnpack"]:
    """What multiplies on a device: NNPACK where torch carries it and the network suits it."""
    compact = device == "cpu" and descriptor.architecture.id == "Compact"
    return "nnpack" if compact and has_winograd() else "torch"


def torch_enlarge(descriptor: Described, halo: int, device: str, winograd: bool) -> Enlarge:
    """``Upscaler.enlarge`` of a network on torch."""
    use_one_core()
    dtype = torch.float16 if device.startswith("cuda") and descriptor.supports_half else torch.float32

    @lru_cache(maxsize=3)
    def network(scale: int) -> torch.nn.Module:
        with torch.inference_mode(False):  # the caller's mode would leave weights unusable outside it
            form = _luma_network(descriptor, scale, halo).eval().requires_grad_(False)
            if winograd:
                assert isinstance(form, LumaCompact)
                return WinogradCompact(form)
        return form.to(device=device, dtype=dtype).to(memory_format=torch.channels_last)

    def enlarge(tiles: Image, scale: int) -> Image:
        net = network(scale)
        with torch.inference_mode():
            x = torch.from_numpy(tiles).to(device).unsqueeze(1).to(dtype).div_(255)
            y = net(x.contiguous(memory_format=torch.channels_last))
            size = [(side - 2 * halo) * scale for side in tiles.shape[1:]]
            if list(y.shape[2:]) == size:
                pixels: Image = y.squeeze(1).mul(255).round_().to(torch.uint8).cpu().numpy()
                return pixels
            return as_pixels(y.squeeze(1).float().cpu().numpy(), size)

    return enlarge


def _luma_network(descriptor: Described, scale: int, halo: int) -> torch.nn.Module:
    own, model, colours = descriptor.scale, descriptor.model, descriptor.output_channels
    reduction = own // scale if own % scale == 0 else 1
    if descriptor.architecture.id == "Compact":
        return LumaCompact(model.body, own, reduction, colours)
    if descriptor.architecture.id == "ESRGAN" and not model.shuffle_factor:
        return LumaESRGAN(model.model, own, reduction, colours, halo)
    return AnyOnLuma(descriptor, halo)
