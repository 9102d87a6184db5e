"""Every hyper-parameter of a training run, in one place, and the named presets."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.training.data.synthesis import Synthesis


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Weights of the generator's loss terms.

    ``l1`` and ``adversarial`` are the notebook's; ``luma`` and ``chroma`` are L1 on luma and on Cb and
    Cr; ``palette`` is the cross-entropy of a palette generator; ``perceptual`` scales the sum of the
    ``vgg`` and ``anime`` parts.
    """

    l1: float = 1.0
    luma: float = 0.0
    chroma: float = 0.0
    palette: float = 0.0
    adversarial: float = 0.01
    perceptual: float = 0.0
    vgg: float = 0.0
    anime: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the curriculum: so many steps on crops of ``size`` pixels, ``batch`` at a time."""

    steps: int
    size: int
    batch: int


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A whole run. It travels in every checkpoint."""

    generator: str = "efficient-palette"
    width: int = 40
    levels: int = 5
    dropout: float = 0.1
    pretrained_encoder: bool = True  # of a generator that has one: start from ImageNet
    discriminator_width: int = 32
    losses: LossWeights = field(
        default_factory=lambda: LossWeights(l1=0.0, luma=1.0, palette=1.0, adversarial=0.0)
    )
    phases: tuple[Phase, ...] = (Phase(4200, 128, 16), Phase(180, 256, 8))
    adversarial_from: float = 0.8  # share of the run that goes by without a discriminator
    accumulate: int = 1  # batches whose gradients are added up before a step
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    decay_from: float = 0.55  # share of the run after which the learning rate falls linearly
    ema: float = 0.998
    seed: int = 42
    kind: str = "mixed"  # of input: mixed, or one of synthesis.KINDS
    synthesis: Synthesis = field(default_factory=Synthesis)
    warp: float = 0.0  # how far crops are turned, sheared, stretched and bent; 1: up to 25 degrees (warp.py)
    faithful_losses: bool = False
    mixed_precision: bool = True  # bfloat16, where the hardware has it
    compile: bool = False  # the generator with torch.compile: minutes at the start, then a fifth faster
    checkpoint_every: int = 250
    sample_every: int = 500

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)


_SMALL = Synthesis(balloons=0.0, scan_noise=0.0, kinds={"grey": 1.0})
_NOTEBOOK = TrainConfig(
    generator="unet-faithful",
    width=64,
    levels=8,
    dropout=0.5,
    discriminator_width=64,
    losses=LossWeights(),
    phases=(Phase(50 * 445, 256, 32),),  # 50 epochs of 14,224 pictures
    adversarial_from=0.0,
    learning_rate=2e-4,
    betas=(0.5, 0.999),
    decay_from=1.0,
    ema=0.0,
    kind="grey",
    synthesis=_SMALL,
)

PRESETS: dict[str, TrainConfig] = {
    "default": TrainConfig(),
    "notebook": _NOTEBOOK,
    "l1": replace(_NOTEBOOK, generator="unet"),
    "perceptual": replace(_NOTEBOOK, generator="unet", losses=LossWeights(perceptual=0.1, vgg=1.0)),
    "anime": replace(_NOTEBOOK, generator="unet", losses=LossWeights(perceptual=0.1, vgg=0.9, anime=0.1)),
    "anime_100": replace(_NOTEBOOK, generator="unet", losses=LossWeights(perceptual=0.1, anime=1.0)),
}


def override(config: TrainConfig, assignments: dict[str, Any]) -> TrainConfig:
    """The configuration with dotted names set, as ``{"losses.vgg": 0.5, "width": 48}``."""
    for name, value in assignments.items():
        config = _set(config, name.split("."), value, name)
    return config


def like(config: TrainConfig, network: GeneratorConfig) -> TrainConfig:
    """The configuration for fine-tuning ``network``: its architecture, the run's everything else."""
    return replace(
        config,
        generator=network.name,
        width=network.width,
        levels=network.levels,
        dropout=network.dropout,
    )


def to_json(config: TrainConfig) -> dict[str, Any]:
    return asdict(config)


def from_json(data: dict[str, Any]) -> TrainConfig:
    """The inverse of ``to_json``; raises ``UsageError`` for names that no configuration has."""
    built: TrainConfig = _build(TrainConfig, data)
    return built


def _set(target: Any, path: list[str], value: Any, whole: str) -> Any:
    names = [entry.name for entry in dataclasses.fields(target)]
    if path[0] not in names:
        raise UsageError(f"training has no setting {whole!r}", f"here there are {', '.join(names)}")
    if len(path) > 1:
        return replace(target, **{path[0]: _set(getattr(target, path[0]), path[1:], value, whole)})
    wanted = typing.get_type_hints(type(target))[path[0]]
    return replace(target, **{path[0]: _convert(wanted, value, whole)})


def _convert(wanted: Any, value: Any, name: str) -> Any:
    try:
        if wanted is bool and isinstance(value, str):
            return {"true": True, "false": False}[value.lower()]
        if dataclasses.is_dataclass(wanted) and isinstance(value, dict):
            return _build(wanted, value)
        if typing.get_origin(wanted) is tuple:
            inner = typing.get_args(wanted)[0]
            return tuple(_convert(inner, item, name) for item in value)
        if wanted in (int, float, str):
            return wanted(value)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{name} cannot be {value!r}", f"it is a {wanted.__name__}") from error
    return value


def _build(kind: Any, data: dict[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    unknown = data.keys() - hints.keys()
    if unknown:
        raise UsageError(
            f"training has no setting {', '.join(sorted(unknown))}", f"there are {', '.join(hints)}"
        )
    return kind(**{name: _convert(hints[name], value, name) for name, value in data.items()})
