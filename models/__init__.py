"""Networks, losses and weights. Names below are imported on first use: torch is slow to load."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mangacolor.models.discriminator import PatchDiscriminator
    from mangacolor.models.generators import create_generator
    from mangacolor.models.losses import AnimeLoss, PerceptualLoss
    from mangacolor.models.weights_io import load_generator, save_generator

__all__ = [
    "AnimeLoss",
    "PatchDiscriminator",
    "PerceptualLoss",
    "create_generator",
    "load_generator",
    "save_generator",
]

_HOMES = {
    "AnimeLoss": "losses",
    "PatchDiscriminator": "discriminator",
    "PerceptualLoss": "losses",
    "create_generator": "generators",
    "load_generator": "weights_io",
    "save_generator": "weights_io",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
