"""Networks and their weights.

``colour`` (grey to colour), ``page`` (what is where on a page) and ``upscale`` (super-resolution) rest on
``encoders`` (pretrained), ``runtime`` (what computes on a processor) and ``files`` (where weights come from);
``losses`` is what training judges by.

Public names, imported on first use: the generators, their files and what one of one's own is made of, the
discriminator, and the losses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.models.colour.checkpoints import load_generator, save_generator
    from mangacolor.models.colour.config import GeneratorConfig
    from mangacolor.models.colour.factory import create_generator
    from mangacolor.models.colour.generator import Generator
    from mangacolor.models.colour.interface import Architecture
    from mangacolor.models.losses.discriminator import PatchDiscriminator
    from mangacolor.models.losses.perceptual import AnimeLoss, PerceptualLoss

__all__ = [
    "AnimeLoss",
    "Architecture",
    "Generator",
    "GeneratorConfig",
    "PatchDiscriminator",
    "PerceptualLoss",
    "create_generator",
    "load_generator",
    "save_generator",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AnimeLoss": "losses.perceptual",
        "Architecture": "colour.interface",
        "Generator": "colour.generator",
        "GeneratorConfig": "colour.config",
        "PatchDiscriminator": "losses.discriminator",
        "PerceptualLoss": "losses.perceptual",
        "create_generator": "colour.factory",
        "load_generator": "colour.checkpoints",
        "save_generator": "colour.checkpoints",
    },
)
