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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mangacolor.core.errors import SetupError
from mangacolor.core.installed import need_torch
from mangacolor.core.types import Image

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

    from mangacolor.models.upscale.sources import State

REMEDY = "Use the default back end (--upscale-backend spandrel): the same weights give the same picture."
GONE = "torchvision.transforms.functional_tensor"


def realesrgan_enlarge(
    descriptor: ImageModelDescriptor[Any], state: State, name: str, device: str, halo: int
) -> Callable[[Image, int], Image]:
    """An ``Upscaler.enlarge`` that runs RealESRGANer on each tile.

    Raises SetupError where the package is not installed (it cannot be on Python 3.13 and newer), or the
    weights are not in Real-ESRGAN's own form or not for RGB.
    """
    import cv2

    upsampler = realesrganer(descriptor, state, name, device)
    own = descriptor.scale

    def enlarge(tiles: Image, scale: int) -> Image:
        rim = halo * own
        larges = [upsampler.enhance(tile)[0][rim:-rim, rim:-rim] for tile in tiles]
        height, width = (side - 2 * halo for side in tiles.shape[1:])
        filter_ = cv2.INTER_AREA if scale <= own else cv2.INTER_CUBIC
        return np.stack(
            [cv2.resize(large, (width * scale, height * scale), interpolation=filter_) for large in larges]
        )

    return enlarge


def realesrganer(descriptor: ImageModelDescriptor[Any], state: State, name: str, device: str) -> Any:
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
                half=device.startswith("cuda"),
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
