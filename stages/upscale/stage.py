"""upscale: the page's luma (its ink) at the output's size, by super-resolution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from mangacolor.core.colour import luma
from mangacolor.core.devices import device_kind
from mangacolor.core.displays import Frame, display_of
from mangacolor.core.scale import output_scale
from mangacolor.core.settings import Options, Scale
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.models.runtime.parallel import tile_threads
from mangacolor.models.upscale.known import DEFAULT, DEFAULT_RGB
from mangacolor.models.upscale.upscaler import Backend, Upscaler
from mangacolor.stages.base import GUARD, WHERE_SET, Stage, StageContext
from mangacolor.stages.batching import Room, load_model
from mangacolor.stages.demand import Demand, PageSize, library
from mangacolor.stages.spreads.halves import page_of
from mangacolor.stages.upscale.params import DEFAULT_PARAMS, Params

LANCZOS = "lanczos"
# Bytes of the buffers of each thread that runs the network, from then on.
BUFFERS = 190 * 2**20


@dataclass(frozen=True, slots=True)
class Config:
    """``upscaler``: a name or a path; what is in the file counts, by ``fingerprint``. ``params``: becomes a
    field, and so part of the cache key, with the stage's next ``version``."""

    scale: Scale
    upscaler: str = field(metadata=GUARD)
    backend: Backend
    device: str
    cpu_backend: CpuBackend
    frame: Frame | None = field(default=None, metadata=WHERE_SET)  # that ``auto`` is to fill
    params: ClassVar[Params] = DEFAULT_PARAMS


def configure(options: Options, _chapter: Chapter) -> Config:
    computes = cpu_backend(options.cpu_backend)
    display = display_of(options) if options.scale == "auto" else None
    frame = display.frame if display else None
    return Config(options.scale, options.upscaler, options.upscale_backend, options.device, computes, frame)


def fingerprint(config: Config) -> str:
    """What the configuration names only indirectly: the weights' hash, or that there are none.

    Raises ``SetupError`` where the network is to be used and cannot be.
    """
    from mangacolor.models.upscale.loader import check_upscaler, weights_hash

    name = _name(config)
    if name == LANCZOS:
        return LANCZOS
    if config.scale != "1":
        check_upscaler(name, config.backend, device_kind(config.device), config.cpu_backend)
    return weights_hash(name)


def _name(config: Config) -> str:
    if config.upscaler != "auto":
        return config.upscaler
    return DEFAULT_RGB if config.backend == "realesrgan" else DEFAULT


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Enlarge the luma of the page that ``decode`` left.

    ``main`` is H·scale×W·scale uint8 luma (Rec. 601). Data: ``scale``, ``size`` [w, h] of ``main``,
    ``model``, ``backend``, ``computes`` and ``sha256`` of the weights (null for Lanczos and at scale 1, which
    passes the luma on as it is). Raises SetupError where a network asked for by name is unusable.
    """
    from mangacolor.stages.upscale.enlarge import upscale_luma

    config = context.config
    ink = luma(page_of(inputs["decode"]))
    height, width = ink.shape
    scale = output_scale(config.scale, (width, height), config.frame)
    upscaler = None if scale == 1 else shared_upscaler(context)
    room = context.resource(("room", "upscale"), Room) if upscaler else None
    large = upscale_luma(ink, scale, upscaler, context.check_cancelled, room, config.params)
    if upscaler and (note := upscaler.overflow.take_note()):
        context.warn(note)
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


def load(context: StageContext[Config], size: PageSize) -> None:
    """Load the network, unless pages of this size need none."""
    if size.scale > 1:
        shared_upscaler(context)


def shared_upscaler(context: StageContext[Config]) -> Upscaler | None:
    """The network of the configuration, loaded once a run and lane; None for Lanczos."""
    return context.resource(("upscaler", context.config), lambda: _load(context))


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


def demand(config: Config, size: PageSize) -> Demand:
    """The luma as it is at scale 1; else the network's tiles, and what puts screentone right."""
    if size.scale == 1:
        return Demand(0.01, size.pixels, size.pixels)
    working = 49 * size.pixels + round(3.75 * size.output_pixels)
    resident = round(size.tile_share * tile_threads() * BUFFERS)
    residents = {**library(config.cpu_backend, size, config.device), "upscale": resident}
    return Demand(0.2 * size.output_pixels / 1e6, size.output_pixels, working, residents)


STAGE = Stage(
    "upscale",
    run,
    configure,
    needs=("decode",),
    version=4,
    lane="device",
    # A network's work is kept, so that an edited page need not be enlarged again.
    soon_made=lambda artifact: artifact.data["scale"] == 1,
    fingerprint=fingerprint,
    load=load,
    demand=demand,
)
