"""The colour network: a U-Net from a grey picture to a coloured one, in eight named variants.

``faithful`` is the notebook's network exactly, its defects included. ``corrected`` (the default) puts
the attention where the map has 16×16 positions, keeps the extractor frozen and out of the
checkpoint, and has no BatchNorm on the innermost map, so that a batch of one trains.
``docs/networks.md`` has the shapes and the names of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mangacolor.errors import UsageError
from mangacolor.models.attention import SelfAttention
from mangacolor.models.blocks import ConvBlock, DeconvBlock

MAX_LEVELS = 8
ATTENTION_SIDE = 16  # positions a side of the map that the corrected form attends over
FEATURES = 512  # of the extractor


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """All that is needed to build a generator again; it travels in the checkpoint.

    ``size`` is the working size in pixels. ``levels`` is the number of halvings: both sides of an
    input must be multiples of ``2**levels``. ``attention`` is the level after whose down block
    attention stands (0: none; after the extractor's features if it is the last level).
    """

    name: str = "unet"
    width: int = 64
    size: int = 256
    levels: int = MAX_LEVELS
    attention: int = 0
    extractor: bool = False
    faithful: bool = False
    in_channels: int = 1
    out_channels: int = 3
    dropout: float = 0.5

    def channels(self, level: int) -> int:
        """Channels of the map after down block ``level``, counted from 1."""
        return int(self.width * min(2 ** (level - 1), 8))


# name: (self-attention, extractor)
VARIANTS: dict[str, tuple[bool, bool]] = {
    "unet": (False, False),
    "unet-attention": (True, False),
    "unet-extractor": (False, True),
    "unet-attention-extractor": (True, True),
}
GENERATOR_NAMES = (*VARIANTS, *(f"{name}-faithful" for name in VARIANTS))


class ColorizationUNet(nn.Module):
    """N×1×H×W grey in [-1, 1] to N×3×H×W colour in [-1, 1] (channels as the configuration says).

    Modules ``down1`` … ``downL``, ``attn``, ``context`` (the extractor), ``up1`` … ``upL``.
    """

    def __init__(self, config: GeneratorConfig, context: nn.Module | None = None) -> None:
        super().__init__()
        self.config = config
        levels = config.levels
        for level in range(1, levels + 1):
            before = config.channels(level - 1) if level > 1 else config.in_channels
            innermost = level == levels and not config.faithful
            block = ConvBlock(before, config.channels(level), norm="layer" if innermost else "batch")
            self.add_module(f"down{level}", block)
        bottleneck = config.channels(levels) + (FEATURES if config.extractor else 0)
        self.context = context
        self.attn: SelfAttention | None = None
        if config.attention:
            at_end = config.attention == levels
            self.attn = SelfAttention(bottleneck if at_end else config.channels(config.attention))
        incoming = bottleneck
        for number in range(1, levels):
            skip = config.channels(levels - number)
            # The notebook drops out in the first three of eight: the blocks around the 512-channel maps
            # smaller than 16×16.
            dropout = config.dropout if number <= levels - 5 else 0.0
            self.add_module(f"up{number}", DeconvBlock(incoming, skip, dropout))
            incoming = 2 * skip
        last = nn.ConvTranspose2d(incoming, config.out_channels, kernel_size=4, stride=2, padding=1)
        self.add_module(f"up{levels}", last)

    def forward(self, grey: Tensor) -> Tensor:
        config = self.config
        self._check(grey)
        x = grey
        skips: list[Tensor] = []
        for level in range(1, config.levels + 1):
            x = self.get_submodule(f"down{level}")(x)
            if level == config.levels and self.context is not None:
                x = torch.cat([x, self._features(grey, x)], dim=1)
            if self.attn is not None and level == config.attention:
                x = self.attn(x)
            skips.append(x)
        skips.pop()
        for number in range(1, config.levels):
            x = torch.cat([self.get_submodule(f"up{number}")(x), skips.pop()], dim=1)
        return torch.tanh(self.get_submodule(f"up{config.levels}")(x))

    def _features(self, grey: Tensor, like: Tensor) -> Tensor:
        assert self.context is not None
        with torch.no_grad():
            features: Tensor = self.context((grey.expand(-1, 3, -1, -1) + 1) / 2)
        return features.to(like.dtype)[:, :, None, None].expand(-1, -1, *like.shape[2:])

    def _check(self, grey: Tensor) -> None:
        step = 2**self.config.levels
        if grey.ndim != 4 or grey.shape[1] != self.config.in_channels:
            raise UsageError(
                f"the generator {self.config.name} takes N×{self.config.in_channels}×H×W, not "
                f"{'×'.join(map(str, grey.shape))}",
                "give a batch of grey pictures in [-1, 1]",
            )
        if min(grey.shape[2:]) < step or grey.shape[2] % step or grey.shape[3] % step:
            raise UsageError(
                f"an input of {grey.shape[2]}×{grey.shape[3]} pixels does not fit a generator of "
                f"{self.config.levels} levels: its sides must be multiples of {step}",
                f"pad the input, or create the generator for another size (size={min(grey.shape[2:])})",
            )


def generator_config(name: str, width: int = 64, **overrides: Any) -> GeneratorConfig:
    """The configuration that ``name`` stands for; ``overrides`` are fields of ``GeneratorConfig``.

    Levels follow from ``size``: as many halvings as it allows, at most eight. Raises ``UsageError``
    for an unknown name or field and for what cannot be built.
    """
    base, _, form = name.partition("-faithful")
    if base not in VARIANTS or form:
        raise UsageError(
            f"there is no generator called {name!r}", f"choose from {', '.join(GENERATOR_NAMES)}"
        )
    unknown = overrides.keys() - GeneratorConfig.__dataclass_fields__.keys()
    if unknown:
        known = ", ".join(GeneratorConfig.__dataclass_fields__)
        raise UsageError(f"a generator has no setting {', '.join(sorted(unknown))}", f"there are {known}")
    attention, extractor = VARIANTS[base]
    faithful = name.endswith("-faithful")
    size = int(overrides.get("size", 256))
    levels = int(overrides.get("levels", MAX_LEVELS if faithful else _halvings(size)))
    settings: dict[str, Any] = {"extractor": extractor, "faithful": faithful, "levels": levels}
    if attention:
        settings["attention"] = levels if faithful else _attention_level(size, levels)
    config = replace(GeneratorConfig(name=name, width=width), **{**settings, **overrides})
    _check_config(config)
    return config


def _halvings(size: int) -> int:
    """How often ``size`` can be halved, at most eight times."""
    return min(MAX_LEVELS, (size & -size).bit_length() - 1)


def _attention_level(size: int, levels: int) -> int:
    level = max(1, round(size / ATTENTION_SIDE).bit_length() - 1)
    return min(level, levels)


def _check_config(config: GeneratorConfig) -> None:
    if config.width < 1 or config.levels < 1 or config.size < 2**config.levels:
        raise UsageError(
            f"no generator of width {config.width} and {config.levels} levels for {config.size} pixels",
            "width and levels count from 1, and the size must be at least 2**levels",
        )
    if not 0 <= config.attention <= config.levels:
        raise UsageError(
            f"attention after level {config.attention} of {config.levels}",
            f"choose a level from 1 to {config.levels}, or 0 for none",
        )


def build_generator(config: GeneratorConfig, extractor_weights: str | Path | None = None) -> ColorizationUNet:
    """The network of a configuration, with fresh weights."""
    if not config.extractor:
        return ColorizationUNet(config)
    from mangacolor.models.extractor import create_extractor

    return ColorizationUNet(config, create_extractor(extractor_weights, faithful=config.faithful))


def create_generator(
    name: str, width: int = 64, extractor_weights: str | Path | None = None, **overrides: Any
) -> ColorizationUNet:
    """A fresh generator: N×1×S×S in [-1, 1] to N×3×S×S in [-1, 1].

    ``name`` is one of ``GENERATOR_NAMES``; ``overrides`` are fields of ``GeneratorConfig``
    (``size``, ``levels``, ``attention``, ``dropout``, …). ``extractor_weights`` is a name of the
    weights table or a file of the danbooru ResNet-50 layout; without it an extractor variant is built
    with random features, which is enough to count and to test, not to train. Raises ``UsageError``
    for an unknown name or setting, ``SetupError`` for unusable extractor weights.
    """
    return build_generator(generator_config(name, width, **overrides), extractor_weights)
