"""Generators by name and by configuration, with fresh weights."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import torch

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.config import GeneratorConfig, check_config
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.interface import find_architecture
from mangacolor.models.encoders.extractor import FeatureExtractor, create_extractor
from mangacolor.models.files.pretrained import WeightsSource


def generator_config(name: str, width: int = 64, **overrides: Any) -> GeneratorConfig:
    """The configuration that ``name`` stands for; ``overrides`` are fields of ``GeneratorConfig``.

    Raises ``UsageError`` for an unknown name or field and for what cannot be built.
    """
    architecture = find_architecture(name)
    unknown = overrides.keys() - GeneratorConfig.__dataclass_fields__.keys()
    if unknown:
        known = ", ".join(GeneratorConfig.__dataclass_fields__)
        raise UsageError(f"a generator has no setting {', '.join(sorted(unknown))}", f"There are {known}.")
    settings = architecture.settings(name, overrides) | overrides
    config = replace(GeneratorConfig(name=name, width=width), **settings)
    check_config(config)
    return config


def build_generator(
    config: GeneratorConfig, extractor_weights: WeightsSource = None, empty: bool = False
) -> Generator:
    """The network of a configuration, with fresh weights.

    ``empty`` builds on the meta device what a checkpoint is going to fill: all but a corrected form's
    extractor, which is not in any. Raises ``UsageError`` for a configuration that cannot be built.
    """
    architecture = find_architecture(config.name)
    with torch.device("meta") if empty else nullcontext():
        if config.extractor:
            return architecture.build(config, context=_extractor(config, extractor_weights))
        return architecture.build(config)


def _extractor(config: GeneratorConfig, weights: WeightsSource) -> FeatureExtractor:
    if weights is None:
        return create_extractor(None, faithful=config.faithful)
    with torch.device("cpu"):
        return create_extractor(weights, faithful=config.faithful)


def create_generator(
    name: str, width: int = 64, extractor_weights: WeightsSource = None, **overrides: Any
) -> Generator:
    """A fresh generator: N×1×S×S in [-1, 1] to N×3×S×S in [-1, 1].

    ``name`` is one of ``ARCHITECTURES``; ``overrides`` are fields of ``GeneratorConfig``
    (``size``, ``levels``, ``attention``, ``dropout``, …). ``extractor_weights`` is a name of the
    weights table or a file of the danbooru ResNet-50 layout; without it an extractor variant is built
    with random features, which is enough to count and to test, not to train. Raises ``UsageError``
    for an unknown name or setting, ``SetupError`` for unusable extractor weights.
    """
    return build_generator(generator_config(name, width, **overrides), extractor_weights)
