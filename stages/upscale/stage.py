"""upscale: the page's luma (its ink) at the output's size, by super-resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mangacolor.core.colour import luma
from mangacolor.core.settings import Options, Scale
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.models.upscale.known import DEFAULT, DEFAULT_RGB
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.batching import Room, load_model
from mangacolor.stages.upscale.params import DEFAULT_PARAMS, Params

if TYPE_CHECKING:
    from mangacolor.models.upscale.loader import Upscaler

# Pixels of the long side that ``--scale auto`` aims at.
LONG_SIDE = 2400
LANCZOS = "lanczos"
Backend = Literal["spandrel", "realesrgan"]


@dataclass(frozen=True, slots=True)
class Config:
    """``params``: becomes a field, and so part of the cache key, with the stage's next ``version``."""

    scale: Scale
    upscaler: str
    backend: Backend
    device: str
    cpu_backend: CpuBackend
    params: ClassVar[Params] = DEFAULT_PARAMS


def configure(options: Options, _chapter: Chapter) -> Config:
    computes = cpu_backend(options.cpu_backend)
    return Config(options.scale, options.upscaler, options.upscale_backend, options.device, computes)


def output_scale(scale: Scale, size: tuple[int, int]) -> int:
    """The factor for a page of (width, height): ``auto`` is the smallest that gives 2400 px."""
    if scale != "auto":
        return int(scale)
    return next((factor for factor in (1, 2) if max(size) * factor >= LONG_SIDE), 4)


def fingerprint(config: Config) -> str:
    """What the configuration names only indirectly: the weights' hash, or that there are none."""
    from mangacolor.models.upscale.loader import weights_hash

    name = _name(config)
    return LANCZOS if name == LANCZOS else weights_hash(name)


def _name(config: Config) -> str:
    if config.upscaler != "auto":
        return config.upscaler
    return DEFAULT_RGB if config.backend == "realesrgan" else DEFAULT


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Enlarge the luma of decode's picture.

    ``main`` is H·scale×W·scale uint8 luma (Rec. 601). Data: ``scale``, ``size`` [w, h] of ``main``,
    ``model``, ``backend``, ``computes`` and ``sha256`` of the weights (null for Lanczos and at scale 1, which
    passes the luma on as it is). Raises SetupError where a network asked for by name is unusable.
    """
    from mangacolor.stages.upscale.enlarge import upscale_luma

    config = context.config
    page = inputs["decode"].images["main"]
    ink = luma(page)
    height, width = ink.shape
    scale = output_scale(config.scale, (width, height))
    upscaler = None if scale == 1 else context.resource(("upscaler", config), lambda: _load(context))
    room = context.resource(("room", "upscale"), Room) if upscaler else None
    large = upscale_luma(ink, scale, upscaler, context.check_cancelled, room, config.params)
    model = upscaler.name if upscaler else (LANCZOS if scale > 1 else None)
    data = {
        "scale": scale,
        "size": [width * scale, height * scale],
        "model": model,
        "backend": upscaler.backend if upscaler else None,
        "computes": upscaler.kernels if upscaler else None,
        "sha256": upscaler.sha256 if upscaler else None,
    }
    return Artifact(data, {"main": large})


def _load(context: StageContext[Config]) -> Upscaler | None:
    """The network of the configuration; None for Lanczos."""
    from mangacolor.models.upscale.loader import load_upscaler

    config = context.config
    name = _name(config)
    if name == LANCZOS:
        return None
    return load_model(
        lambda: load_upscaler(name, context.device, config.backend, config.cpu_backend), context.device
    )


STAGE = Stage(
    "upscale",
    run,
    configure,
    needs=("decode",),
    version=4,
    lane="device",
    keep="asked",
    fingerprint=fingerprint,
)
