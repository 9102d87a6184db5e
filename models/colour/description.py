"""What a file of weights says of its network, read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.colour.config import GeneratorConfig, check_config
from mangacolor.models.files.reading import check_form, generator_metadata, is_ours


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


def unknown_network(path: Path, error: Exception) -> SetupError:
    """What to raise where a file's description leads to ``error``."""
    return SetupError(
        f"{path} describes a network that this version does not know: {error}",
        "install the mangacolor that wrote it, or a newer one",
    )
