"""Which generators there are, by name, and what they are built from. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mangacolor.core.errors import UsageError

MAX_LEVELS = 8
ATTENTION_SIDE = 16  # positions a side of the map that the corrected form attends over


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
    palette: int = 0  # chroma values to choose from; 0: the network puts out RGB itself
    temperature: float = 0.5  # of the palette's annealed mean: near 0 the likeliest colour, 1 the mean

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
PALETTE_NAME = "unet-palette"  # attention and a palette head: not the notebook's, and the default
EFFICIENT_NAME = "efficient-palette"  # the same head on an encoder that knows ImageNet
PALETTE_COLOURS = 64
GENERATOR_NAMES = (*VARIANTS, *(f"{name}-faithful" for name in VARIANTS), PALETTE_NAME, EFFICIENT_NAME)


def generator_config(name: str, width: int = 64, **overrides: Any) -> GeneratorConfig:
    """The configuration that ``name`` stands for; ``overrides`` are fields of ``GeneratorConfig``.

    Levels follow from ``size``: as many halvings as it allows, at most eight. Raises ``UsageError``
    for an unknown name or field and for what cannot be built.
    """
    base, _, form = name.partition("-faithful")
    if name not in GENERATOR_NAMES or form:
        raise UsageError(
            f"there is no generator called {name!r}", f"choose from {', '.join(GENERATOR_NAMES)}"
        )
    unknown = overrides.keys() - GeneratorConfig.__dataclass_fields__.keys()
    if unknown:
        known = ", ".join(GeneratorConfig.__dataclass_fields__)
        raise UsageError(f"a generator has no setting {', '.join(sorted(unknown))}", f"there are {known}")
    attention, extractor = VARIANTS.get(base, (True, False))
    faithful = name.endswith("-faithful")
    size = int(overrides.get("size", 256))
    levels = int(overrides.get("levels", MAX_LEVELS if faithful else _halvings(size)))
    settings: dict[str, Any] = {"extractor": extractor, "faithful": faithful, "levels": levels}
    if name in (PALETTE_NAME, EFFICIENT_NAME):
        settings["palette"] = PALETTE_COLOURS
    if name == EFFICIENT_NAME:
        settings["levels"] = 5  # EfficientNet-Lite0 has five, and no attention
    elif attention:
        settings["attention"] = levels if faithful else _attention_level(size, levels)
    config = replace(GeneratorConfig(name=name, width=width), **{**settings, **overrides})
    check_config(config)
    return config


def _halvings(size: int) -> int:
    """How often ``size`` can be halved, at most eight times."""
    return min(MAX_LEVELS, (size & -size).bit_length() - 1)


def _attention_level(size: int, levels: int) -> int:
    level = max(1, round(size / ATTENTION_SIDE).bit_length() - 1)
    return min(level, levels)


def check_config(config: GeneratorConfig) -> None:
    """Raise ``UsageError`` for a configuration that no network can be built from."""
    defaults = GeneratorConfig()
    for name in GeneratorConfig.__dataclass_fields__:
        value, like = getattr(config, name), getattr(defaults, name)
        if type(value) is not type(like) and not (isinstance(like, float) and type(value) is int):
            raise UsageError(f"{name} of a generator cannot be {value!r}", f"give it a {type(like).__name__}")
    if not 1 <= config.levels <= MAX_LEVELS or config.size < 2**config.levels:
        raise UsageError(
            f"no generator of {config.levels} levels for {config.size} pixels",
            f"choose 1 to {MAX_LEVELS} levels and a size of at least 2**levels",
        )
    if min(config.width, config.in_channels, config.out_channels) < 1 or not 0 <= config.dropout < 1:
        raise UsageError(
            f"no generator of width {config.width}, {config.in_channels} to {config.out_channels} channels "
            f"and dropout {config.dropout}",
            "width and channels count from 1, and dropout is from 0 to below 1",
        )
    if config.palette < 0 or config.temperature <= 0:
        raise UsageError(
            f"no palette of {config.palette} colours at temperature {config.temperature}",
            "colours count from 0 (none), and the temperature is above 0",
        )
    if not 0 <= config.attention <= config.levels:
        raise UsageError(
            f"attention after level {config.attention} of {config.levels}",
            f"choose a level from 1 to {config.levels}, or 0 for none",
        )
