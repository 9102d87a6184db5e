"""Networks and their weights.

``colour`` (grey to colour), ``page`` (what is where on a page) and ``upscale`` (super-resolution) rest on
``encoders`` (pretrained), ``runtime`` (what computes on a processor) and ``files`` (where weights come from);
``losses`` is what training judges by.

Public names, imported on first use: the generators, the discriminator, the losses, and their files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.models.colour.checkpoints import load_generator, save_generator
    from mangacolor.models.colour.factory import create_generator
    from mangacolor.models.losses.discriminator import PatchDiscriminator
    from mangacolor.models.losses.perceptual import AnimeLoss, PerceptualLoss

__all__ = [
    "AnimeLoss",
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
        "PatchDiscriminator": "losses.discriminator",
        "PerceptualLoss": "losses.perceptual",
        "create_generator": "colour.factory",
        "load_generator": "colour.checkpoints",
        "save_generator": "colour.checkpoints",
    },
)
