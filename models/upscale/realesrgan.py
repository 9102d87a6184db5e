"""The ``realesrgan`` package as the other back end: Real-ESRGAN's own inference code.

Its dependency ``basicsr`` imports a torchvision module that is gone since torchvision 0.17, so a
stand-in is registered first. The package's tiler is not used (out of memory, it prints and pastes
the previous tile again); with ``tile=0`` it prints nothing, and our tiler cuts the page.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mangacolor.core.errors import SetupError
from mangacolor.core.installed import need_torch
from mangacolor.core.types import Image
from mangacolor.models.runtime.half import Overflow, no_numbers

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

    from mangacolor.models.upscale.sources import State

REMEDY = "Use the default back end (--upscale-backend spandrel): the same weights give the same picture."
GONE = "torchvision.transforms.functional_tensor"


def realesrgan_enlarge(
    descriptor: ImageModelDescriptor[Any],
    state: State,
    name: str,
    device: str,
    halo: int,
    overflow: Overflow,
    half: bool | None = None,
) -> Callable[[Image, int], Image]:
    """An ``Upscaler.enlarge`` that runs RealESRGANer on each tile. ``half``, ``overflow``: as of
    ``torch_form.compact_enlarge``.

    Raises SetupError where the package is not installed (it cannot be on Python 3.13 and newer), or the
    weights are not in Real-ESRGAN's own form or not for RGB.
    """
    import cv2

    own = descriptor.scale
    halved = device.startswith("cuda") if half is None else half

    @cache
    def upsampler(in_half: bool) -> _Watched:
        return _Watched(realesrganer(descriptor, state, name, device, in_half))

    upsampler(halved)

    def enhanced(tile: Image) -> Image:
        large, infinite = upsampler(halved).enhance(tile)
        if halved and infinite:
            overflow.add(1)
            large, infinite = upsampler(False).enhance(tile)
        if infinite:
            raise no_numbers("the network for super-resolution", "choose --upscaler auto")
        return large

    def enlarge(tiles: Image, scale: int) -> Image:
        rim = halo * own
        larges = [enhanced(tile)[rim:-rim, rim:-rim] for tile in tiles]
        height, width = (side - 2 * halo for side in tiles.shape[1:])
        filter_ = cv2.INTER_AREA if scale <= own else cv2.INTER_CUBIC
        return np.stack(
            [cv2.resize(large, (width * scale, height * scale), interpolation=filter_) for large in larges]
        )

    return enlarge


class _Watched:
    """A ``RealESRGANer``, and whether its network gave numbers alone, before it bounded them."""

    def __init__(self, upsampler: Any) -> None:
        self._upsampler = upsampler
        self._infinite: Any = None
        upsampler.model.register_forward_hook(self._watch)

    def enhance(self, tile: Image) -> tuple[Image, bool]:
        """The tile enlarged, and whether it holds anything that was no number."""
        large = self._upsampler.enhance(tile)[0]
        # The result has come from the card, which has nothing left to do.
        return large, bool(self._infinite.cpu().numpy().any())

    def _watch(self, _network: Any, _given: Any, out: Any) -> None:
        self._infinite = (~out.isfinite()).any().reshape(1)


def realesrganer(
    descriptor: ImageModelDescriptor[Any], state: State, name: str, device: str, half: bool = False
) -> Any:
    """The package's ``RealESRGANer`` with these weights, without its own tiles and padding."""
    import torch

    package = _import_realesrgan()
    own_form: Any = state.get("params_ema", state.get("params", state))
    model = _empty_network(descriptor, own_form)
    with tempfile.TemporaryDirectory(prefix="mangacolor-") as folder:
        path = Path(folder) / "weights.pth"  # RealESRGANer reads weights from a file only
        torch.save({"params": own_form}, path)
        try:
            return package.RealESRGANer(
                scale=descriptor.scale,
                model_path=str(path),
                model=model,
                tile=0,
                pre_pad=0,
                half=half,
                device=torch.device(device),
            )
        except RuntimeError as error:
            raise SetupError(
                f"The weights of {name} are not in the form of the realesrgan package", REMEDY
            ) from error


def _empty_network(descriptor: ImageModelDescriptor[Any], state: State) -> Any:
    from basicsr.archs.rrdbnet_arch import RRDBNet
    from realesrgan.archs.srvgg_arch import SRVGGNetCompact

    channels, scale = descriptor.input_channels, descriptor.scale
    if channels != 3:
        raise SetupError("The realesrgan package runs networks for RGB, and this one is for luma", REMEDY)
    if descriptor.architecture.id == "Compact":
        net = descriptor.model
        return SRVGGNetCompact(
            channels, descriptor.output_channels, net.num_feat, net.num_conv, scale, "prelu"
        )
    if descriptor.architecture.id == "ESRGAN" and "conv_first.weight" in state:
        features = state["conv_first.weight"].shape[0]
        blocks = len({key.split(".")[1] for key in state if key.startswith("body.")})
        growth = state["body.0.rdb1.conv1.weight"].shape[0]
        return RRDBNet(channels, descriptor.output_channels, scale, features, blocks, growth)
    raise SetupError(
        f"The realesrgan package has no {descriptor.architecture.name} network of this form", REMEDY
    )


def check_installed() -> None:
    """Raise ``SetupError`` unless the package and what it is built on are installed. Imports neither."""
    need_torch("--upscale-backend realesrgan", "use --upscale-backend spandrel")
    missing = [name for name in ("realesrgan", "basicsr") if importlib.util.find_spec(name) is None]
    if missing and sys.version_info >= (3, 13):
        raise SetupError("The realesrgan package cannot be installed on Python 3.13 and newer", REMEDY)
    if missing:
        raise SetupError(
            f"--upscale-backend realesrgan: the package {' and '.join(missing)} is not installed",
            f"{REMEDY} Or: pip install realesrgan",
        )


def _import_realesrgan() -> Any:
    check_installed()
    if GONE not in sys.modules and importlib.util.find_spec(GONE) is None:
        from torchvision.transforms.functional import rgb_to_grayscale

        stand_in = types.ModuleType(GONE)
        stand_in.rgb_to_grayscale = rgb_to_grayscale  # type: ignore[attr-defined]
        sys.modules[GONE] = stand_in
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old code's deprecations are not the user's business
            import realesrgan
    except ImportError as error:
        raise SetupError(
            f"The realesrgan package is installed but does not import: {error}", REMEDY
        ) from error
    return realesrgan
