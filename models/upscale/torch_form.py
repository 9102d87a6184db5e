"""Super-resolution networks in torch: recognised, loaded, and run on luma.

spandrel (MIT) recognises the architecture from the weights and loads them strictly; for the two
architectures of Real-ESRGAN we then use our own luma form of them (``luma_networks``), for any
other spandrel's module as it is. A SRVGGNetCompact that its file's names tell (``compact.py``) needs no
recognising, and spandrel, which takes a second to import, is left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from mangacolor.core.arrays import Mask
from mangacolor.core.cpu import use_one_core
from mangacolor.core.errors import SetupError
from mangacolor.core.installed import TORCH, install_command
from mangacolor.core.types import Image
from mangacolor.models.runtime.half import Overflow, no_numbers
from mangacolor.models.upscale.compact import CompactNetwork, read_compact
from mangacolor.models.upscale.luma_networks import AnyOnLuma, LumaCompact, LumaESRGAN
from mangacolor.models.upscale.pixels import as_pixels
from mangacolor.models.upscale.sources import State
from mangacolor.models.upscale.upscaler import Enlarge, Kernels
from mangacolor.models.upscale.winograd import WinogradCompact, has_winograd

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

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


def compact_of(descriptor: ImageModelDescriptor[Any]) -> CompactNetwork | None:
    """The arrays of a network that is a SRVGGNetCompact; None of another."""
    if descriptor.architecture.id != "Compact":
        return None
    body = torch.nn.Sequential(*descriptor.model.body)
    return read_compact({f"body.{name}": tensor.numpy() for name, tensor in body.state_dict().items()})


def compact_kernels(device: str) -> Kernels:
    """What multiplies in a SRVGGNetCompact on a device: NNPACK where torch carries it."""
    return "nnpack" if device == "cpu" and has_winograd() else "torch"


def compact_enlarge(
    network: CompactNetwork, device: str, kernels: Kernels, overflow: Overflow, half: bool | None = None
) -> Enlarge:
    """``Upscaler.enlarge`` of a SRVGGNetCompact on torch. ``overflow``: as of ``Upscaler``."""

    def luma_form(reduction: int) -> torch.nn.Module:
        form = LumaCompact(network, reduction)
        return WinogradCompact(form) if kernels == "nnpack" else form

    halved = device.startswith("cuda") if half is None else half
    return _enlarge(luma_form, network.scale, network.halo, device, halved, overflow)


def other_enlarge(
    descriptor: ImageModelDescriptor[Any],
    halo: int,
    device: str,
    overflow: Overflow,
    half: bool | None = None,
) -> Enlarge:
    """``Upscaler.enlarge`` of another network on torch. ``half``, ``overflow``: as of ``compact_enlarge``."""
    own, model, colours = descriptor.scale, descriptor.model, descriptor.output_channels
    is_esrgan = descriptor.architecture.id == "ESRGAN" and not model.shuffle_factor

    def luma_form(reduction: int) -> torch.nn.Module:
        if is_esrgan:
            return LumaESRGAN(model.model, own, reduction, colours, halo)
        return AnyOnLuma(descriptor, halo)

    halved = (device.startswith("cuda") if half is None else half) and descriptor.supports_half
    return _enlarge(luma_form, own, halo, device, halved, overflow)


def _enlarge(
    luma_form: Callable[[int], torch.nn.Module],
    own: int,
    halo: int,
    device: str,
    half: bool,
    overflow: Overflow,
) -> Enlarge:
    """``luma_form``: the network on luma that enlarges ``own`` times, its result reduced so many times.

    ``half``: whether half precision is tried first.
    """
    use_one_core()

    @lru_cache(maxsize=6)
    def network(reduction: int, dtype: torch.dtype) -> torch.nn.Module:
        with torch.inference_mode(False):  # the caller's mode would leave weights unusable outside it
            form = luma_form(reduction).eval().requires_grad_(False)
            if half:  # forms may share weights, and those in half precision are no more what they were
                form = copy.deepcopy(form)
        form = form.to(device=device, dtype=dtype)
        return form if isinstance(form, WinogradCompact) else form.to(memory_format=torch.channels_last)

    def compute(tiles: Image, scale: int, dtype: torch.dtype) -> tuple[Image, Mask]:
        """The enlarged tiles, and which of them hold what is no number."""
        net = network(own // scale if own % scale == 0 else 1, dtype)
        with torch.inference_mode():
            x = torch.from_numpy(tiles).to(device).unsqueeze(1).to(dtype).div_(255)
            y = net(x.contiguous(memory_format=torch.channels_last)).squeeze(1)
            infinite = (~torch.isfinite(y)).flatten(1).any(1)
            size = [(side - 2 * halo) * scale for side in tiles.shape[1:]]
            if list(y.shape[1:]) == size:
                pixels: Image = y.mul(255).round_().to(torch.uint8).cpu().numpy()
            else:
                pixels = as_pixels(y.float().nan_to_num_().cpu().numpy(), size)
            return pixels, infinite.cpu().numpy()

    def enlarge(tiles: Image, scale: int) -> Image:
        pixels, infinite = compute(tiles, scale, torch.float16 if half else torch.float32)
        if half and infinite.any():
            overflow.add(int(infinite.sum()))
            pixels[infinite], infinite = compute(tiles[infinite], scale, torch.float32)
        if infinite.any():
            raise no_numbers("the network for super-resolution", "choose --upscaler auto")
        return pixels

    return enlarge
