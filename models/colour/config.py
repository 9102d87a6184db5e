"""What a generator is built from, and what a file of weights says of it. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.wording import byte_size, counted, printable
from mangacolor.models.files.reading import check_form, generator_metadata, is_ours

MAX_LEVELS = 8  # halvings: what 256 pixels allow


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """All that is needed to build a generator again; it travels in the checkpoint.

    ``size`` is the working size in pixels. ``levels`` is the number of halvings: both sides of an
    input must be multiples of ``2**levels``. ``attention`` is the level at which attention stands (0: none):
    after its down block, and the extractor's features if it is the last; of ``efficient-palette`` on the
    way up.
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
    encoder: str = "lite0"  # of ``efficient-palette``: which EfficientNet-Lite, lite0 to lite4
    # Of ``efficient-palette``: width and encoder of a second, coarser network that votes as well; 0: none.
    partner_width: int = 0
    partner_encoder: str = "lite0"

    def channels(self, level: int) -> int:
        """Channels of the map after down block ``level``, counted from 1."""
        return int(self.width * min(2 ** (level - 1), 8))


def check_config(config: GeneratorConfig) -> None:
    """Raise ``UsageError`` for a configuration that no network can be built from."""
    defaults = GeneratorConfig()
    for name in GeneratorConfig.__dataclass_fields__:
        value, like = getattr(config, name), getattr(defaults, name)
        if type(value) is not type(like) and not (isinstance(like, float) and type(value) is int):
            raise UsageError(
                f"{name} of a generator cannot be {value!r}", f"Give it a {type(like).__name__}."
            )
    if not 1 <= config.levels <= MAX_LEVELS or config.size < 2**config.levels:
        raise UsageError(
            f"no generator of {config.levels} levels for {config.size} pixels",
            f"Choose 1 to {MAX_LEVELS} levels and a size of at least 2**levels.",
        )
    if min(config.width, config.in_channels, config.out_channels) < 1 or not 0 <= config.dropout < 1:
        raise UsageError(
            f"no generator of width {config.width}, {config.in_channels} to {config.out_channels} channels "
            f"and dropout {config.dropout}",
            "Width and channels count from 1, and dropout is from 0 to below 1.",
        )
    if config.partner_width < 0:
        raise UsageError(
            f"no partner of width {config.partner_width}", "Give it a width from 1, or 0 for none."
        )
    if config.palette < 0 or config.temperature <= 0:
        raise UsageError(
            f"no palette of {config.palette} colours at temperature {config.temperature}",
            "Colours count from 0 (none), and the temperature is above 0.",
        )
    if not 0 <= config.attention <= config.levels:
        raise UsageError(
            f"attention after level {config.attention} of {config.levels}",
            f"Choose a level from 1 to {config.levels}, or 0 for none.",
        )


def query_channels(channels: int) -> int:
    """Channels of query and key in self-attention over a map of so many."""
    return max(1, channels // 8)


@dataclass(frozen=True, slots=True)
class Description:
    """``config``: what the network is built from. ``extractor``: name, hash and layout of the file that its
    extractor is from, if it has one."""

    config: GeneratorConfig
    extractor: Mapping[str, str] | None = None


def describe_weights(path: Path) -> Description | None:
    """What a file of ours says of its network; None for one that says nothing, as the notebook's.

    Raises ``SetupError`` for a file that is not whole, or describes what this version cannot build.
    """
    header = check_form(path)
    if header is None or not is_ours(header[0]):
        return None
    metadata = generator_metadata(path, header[0])
    stored: Any = metadata.get("config")
    try:
        config = GeneratorConfig(**stored)
        check_config(config)
    except (TypeError, UsageError) as error:
        raise unknown_network(path, error) from error
    return Description(config, metadata.get("extractor"))


@dataclass(frozen=True, slots=True)
class WeightsFacts:
    """What a file of weights says of itself, for people. ``file``: its path; ``bytes``: its size.

    ``learnt``: of each network in it, a pair's two or the one, how many ``steps`` and ``crops`` it has learnt
    from, and ``pictures`` of ``sources``, as far as it is told.
    """

    file: str
    bytes: int
    config: GeneratorConfig
    learnt: list[dict[str, int]]

    def to_document(self) -> dict[str, Any]:
        """The same as one JSON-able object."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The same for people: a line about the network, and one about what each part has learnt from."""
        config = self.config
        on = f" on {config.encoder}" if config.name == "efficient-palette" else ""
        partner = f", with a partner of {config.partner_width} on {config.partner_encoder}"
        network = f"{config.name} of width {config.width}{on}{partner * bool(config.partner_width)}"
        told = [", ".join(counted(number, fact[:-1]) for fact, number in one.items()) for one in self.learnt]
        return [
            f"{self.file}: {printable(network)}, {byte_size(self.bytes)}",  # anybody may have named it
            *(f"  learnt from {one or 'what it does not say'}" for one in told),
        ]


def weights_facts(path: Path) -> WeightsFacts | None:
    """What a file of a colour network's weights says of itself; None for one that says nothing.

    Raises as ``describe_weights``.
    """
    described, header = describe_weights(path), check_form(path)
    if described is None or header is None:
        return None
    said = generator_metadata(path, header[0])
    halves = said.get("pair")
    learnt = [_learnt(half) for half in halves] if isinstance(halves, list) else [_learnt(said)]
    return WeightsFacts(str(path), path.stat().st_size, described.config, learnt)


def _learnt(said: Any) -> dict[str, int]:
    """What a file, or half of a pair, whose values are still JSON, says of its training, in numbers."""
    if not isinstance(said, Mapping):
        return {}
    steps, crops, pictures = (_decoded(said.get(name)) for name in ("steps", "crops", "pictures"))
    learnt = {name: n for name, n in (("steps", steps), ("crops", crops)) if type(n) is int}
    if isinstance(pictures, dict) and all(type(count) is int for count in pictures.values()):
        learnt |= {"pictures": sum(pictures.values()), "sources": len(pictures)}
    return learnt


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def unknown_network(path: Path, error: Exception) -> SetupError:
    """What to raise where a file's description leads to ``error``."""
    return SetupError(
        f"{path} describes a network that this version does not know: {error}",
        "Install the mangacolor that wrote it, or a newer one.",
    )
