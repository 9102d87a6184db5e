"""Every hyper-parameter of a training run, in one place, and the named presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import torch

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.config import MAX_LEVELS, GeneratorConfig
from mangacolor.models.colour.factory import build_generator, generator_config
from mangacolor.models.colour.interface import generator_names
from mangacolor.models.encoders.efficientnet_layout import SCALINGS, encoder_layout
from mangacolor.training.colour.adversary import ADVERSARIES
from mangacolor.training.data.synthesis import KINDS, Synthesis
from mangacolor.training.settings import assign, build, choice, limits, number

MAX_WIDTH = 1024  # channels of the first map: the notebook has 64
MAX_BLOCKS = max(len(encoder_layout(size).blocks) for size in SCALINGS)
MAX_STEPS = 10**9
MAX_MINUTES = 60 * 24 * 365
MAX_SIDE = 4096  # pixels of a crop
MIN_SIDE = 32  # pixels of a crop: the discriminator has one answer for less than that, or none
MAX_BATCH = 65536
MAX_SEED = 2**32 - 1
AFRESH = 2 * (MAX_SEED + 1)  # added to the seed of crops for a further phase of one size: beyond all others


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Weights of the generator's loss terms.

    ``l1`` and ``adversarial`` are the notebook's; ``luma`` and ``chroma`` are L1 on luma and on Cb and
    Cr; ``palette`` is the cross-entropy of a palette generator; ``perceptual`` scales the sum of the
    ``vgg`` and ``anime`` parts.
    """

    l1: float = number(1.0, at_least=0)
    luma: float = number(0.0, at_least=0)
    chroma: float = number(0.0, at_least=0)
    palette: float = number(0.0, at_least=0)
    adversarial: float = number(0.01, at_least=0)
    perceptual: float = number(0.0, at_least=0)
    vgg: float = number(0.0, at_least=0)
    anime: float = number(0.0, at_least=0)


# Terms that are no ``COMPARISONS`` (objectives.py): each takes a network of its own, or is a part of one.
_OF_NETWORKS = ("palette", "adversarial", "perceptual", "vgg", "anime")
COMPARED = tuple(entry.name for entry in fields(LossWeights) if entry.name not in _OF_NETWORKS)
TERMS = (*COMPARED, "palette", "adversarial", "perceptual", "discriminator")  # of curves


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the curriculum: so many steps on crops of ``size`` pixels, ``batch`` at a time.

    In a run by the clock, its share of the steps is its share of the minutes.
    """

    steps: int = number(at_least=1, at_most=MAX_STEPS)
    size: int = number(at_least=MIN_SIDE, at_most=MAX_SIDE)
    batch: int = number(at_least=1, at_most=MAX_BATCH)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A whole run. It travels in every checkpoint."""

    generator: str = choice("efficient-palette", generator_names())
    width: int = number(40, at_least=1, at_most=MAX_WIDTH)
    levels: int = number(5, at_least=1, at_most=MAX_LEVELS)
    attention: int = number(-1, at_least=-1, at_most=MAX_LEVELS)  # level, 0: none; -1: as the name says
    encoder: str = choice("lite0", tuple(SCALINGS))  # of efficient-palette
    dropout: float = number(0.1, at_least=0, below=1)
    pretrained_encoder: bool = True  # of a generator that has one: start from ImageNet
    # Against what losses.adversarial sets the generator (adversary.py): the notebook's PatchGAN, or one that
    # sees chroma alone, at two scales, whose weight is a share of the slope of the other losses.
    adversary: str = choice("patch", tuple(ADVERSARIES))
    discriminator_width: int = number(32, at_least=1, at_most=MAX_WIDTH)
    # Factor of the discriminator's learning rate (two time scales: Heusel et al. 2017). One that starts from
    # nothing against a trained generator has to learn faster than that is tuned.
    discriminator_rate: float = number(1.0, above=0, at_most=100)
    losses: LossWeights = field(
        default_factory=lambda: LossWeights(l1=0.0, luma=1.0, palette=1.0, adversarial=0.0)
    )
    phases: tuple[Phase, ...] = (Phase(4200, 128, 16), Phase(180, 256, 8))
    # Of learning, from the first step to the last checkpoint; 0: as long as the phases' steps take.
    minutes: float = number(0.0, at_least=0, at_most=MAX_MINUTES)
    adversarial_from: float = number(0.8, at_least=0, at_most=1)  # share of the run without a discriminator
    accumulate: int = number(1, at_least=1, at_most=MAX_BATCH)  # batches whose gradients add up to a step
    learning_rate: float = number(1e-3, above=0, at_most=1)
    # Factor of a pretrained encoder's learning rate; at 0 its weights stay (its batch statistics do not).
    encoder_rate: float = number(1.0, at_least=0, at_most=10)
    # First blocks of a pretrained encoder that stay as they are, statistics included; 0: none, nor the stem.
    frozen_blocks: int = number(0, at_least=0, at_most=MAX_BLOCKS)
    # Norms keep the statistics they have: those of few crops are too noisy to fine-tune by.
    frozen_norms: bool = False
    # Decoupled (AdamW), of matrices and kernels, not of biases and norms.
    weight_decay: float = number(0.0, at_least=0, at_most=1)
    betas: tuple[float, float] = number((0.9, 0.999), at_least=0, below=1)
    # Share of the run after which the learning rate falls linearly.
    decay_from: float = number(0.55, at_least=0, at_most=1)
    ema: float = number(0.998, at_least=0, below=1)
    seed: int = number(42, at_least=0, at_most=MAX_SEED)
    kind: str = choice("mixed", ("mixed", *KINDS))  # of input
    synthesis: Synthesis = field(default_factory=Synthesis)
    # Shares of sources by patterns of their names, instead of the data's own.
    source_weights: dict[str, float] = field(default_factory=dict, metadata=limits(at_least=0))
    # How far crops are turned, sheared, stretched and bent; 1: up to 25 degrees (warp.py).
    warp: float = number(0.0, at_least=0, at_most=4)
    # Share of crops in which one colour becomes white (whitening.py), by patterns of their sources' names.
    whitened: dict[str, float] = field(default_factory=dict, metadata=limits(at_least=0, at_most=1))
    faithful_losses: bool = False
    mixed_precision: bool = True  # bfloat16, where the hardware has it
    compile: bool = False  # the generator with torch.compile: minutes at the start, then a fifth faster
    checkpoint_every: int = number(250, at_least=1, at_most=MAX_STEPS)
    sample_every: int = number(500, at_least=1, at_most=MAX_STEPS)
    validate_every: int = number(1000, at_least=1, at_most=MAX_STEPS)

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    def seed_of_crops(self, number: int) -> int:
        """That of the crops of a phase, counted from 0: no two phases see the same ones."""
        size = self.phases[number].size
        earlier = sum(phase.size == size for phase in self.phases[:number])
        return self.seed + size + AFRESH * earlier


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


def override(config: TrainConfig, assignments: Mapping[str, Any]) -> TrainConfig:
    """The configuration with dotted names set, as ``{"losses.vgg": 0.5, "width": 48}``.

    Raises ``UsageError`` for names that no configuration has, for values that a field does not take, and for
    settings that do not go together.
    """
    changed = assign(config, assignments)
    check_config(changed)
    return changed


# What decides the crops and how long is learnt from them: of networks that learn together the first one's.
STREAM = frozenset(
    {
        "phases", "minutes", "accumulate", "seed", "kind", "synthesis", "source_weights", "warp", "whitened",
        "checkpoint_every", "sample_every", "validate_every",
    }
)  # fmt: skip


def override_also(config: TrainConfig, name: str, assignments: Mapping[str, Any]) -> TrainConfig:
    """The configuration of a network that learns from another's crops, which ``config`` is the other's of.

    Raises ``UsageError`` as ``override``, and for what is the same for all.
    """
    for setting in assignments:
        if setting.split(".")[0] in STREAM:
            raise UsageError(
                f"--also {name}:{setting}: networks that learn together have one stream of crops",
                f"set {setting} for all of them, with --set",
            )
    return override(config, assignments)


def check_config(config: TrainConfig) -> None:
    """Raise ``UsageError`` for settings that no run can have together."""
    network = generator_of(config)
    losses, kinds = config.losses, config.synthesis.kinds
    perceptual = losses.perceptual * (losses.vgg + losses.anime)
    compared = sum(getattr(losses, name) for name in COMPARED)
    if compared + perceptual + losses.palette * bool(network.palette) <= 0:
        names = ", ".join(f"losses.{name}" for name in COMPARED)
        raise UsageError(
            f"nothing is left to learn {config.generator} by: its losses have no weight",
            f"give one of {names} or, to a palette, losses.palette more than 0",
        )
    if config.kind == "mixed" and sum(kinds.values()) <= 0:
        raise UsageError(
            "synthesis.kinds leaves no kind of input a share", f"give one of {', '.join(KINDS)} more than 0"
        )
    crops = tuple((min(phase.batch, 2), phase.size) for phase in config.phases)  # what two can do, more can
    for index, (phase, reason) in enumerate(zip(config.phases, _complaints(network, crops), strict=True)):
        if reason is not None:
            shown = f"{phase.batch} crops of {phase.size} pixels"
            raise UsageError(
                f"phases[{index}]: {network.name} cannot learn from {shown}: {reason}",
                "take crops of another size, more at a time, or a generator of other levels",
            )


@lru_cache(maxsize=64)
def _complaints(network: GeneratorConfig, crops: tuple[tuple[int, int], ...]) -> tuple[str | None, ...]:
    """What the network says to crops, so many of so many pixels, that it is to learn from; None: nothing.

    It has no numbers, and so is quickly made, and as particular about what it is shown.
    """
    generator, said = build_generator(network, empty=True).train(), list[str | None]()
    for batch, size in crops:
        try:
            generator.colour_and_logits(torch.empty(batch, 1, size, size, device="meta"))
        except Exception as error:  # whatever its layers say
            said.append(error.message if isinstance(error, UsageError) else str(error))
        else:
            said.append(None)
    return tuple(said)


def generator_of(config: TrainConfig) -> GeneratorConfig:
    """The network that a run trains. Raises ``UsageError`` if it cannot be built."""
    settings: dict[str, Any] = {
        "levels": config.levels,
        "dropout": config.dropout,
        "encoder": config.encoder,
    }
    if config.attention >= 0:
        settings["attention"] = config.attention
    return generator_config(config.generator, config.width, **settings)


# What decides the network: each field's name in ``GeneratorConfig``.
NETWORK = {
    "generator": "name",
    **{name: name for name in ("width", "levels", "attention", "encoder", "dropout")},
}


def match_network(config: TrainConfig, network: GeneratorConfig) -> TrainConfig:
    """The configuration for fine-tuning ``network``: its architecture, the run's everything else."""
    return replace(config, **{mine: getattr(network, theirs) for mine, theirs in NETWORK.items()})


def to_json(config: TrainConfig) -> dict[str, Any]:
    return asdict(config)


def from_json(data: Mapping[str, Any]) -> TrainConfig:
    """The inverse of ``to_json``; raises ``UsageError`` as ``override``."""
    return build(TrainConfig, data)
