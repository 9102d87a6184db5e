"""The U-Net on a pretrained EfficientNet-Lite as the program sees it: its settings, sizes and forms.

Its torch forms are imported when they are asked for: on ncnn it runs without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.models.colour.efficient_layout import MULTIPLE_OF
from mangacolor.models.colour.interface import Architecture, SizeRequirements
from mangacolor.models.colour.ncnn_form import colour_graph
from mangacolor.models.colour.prediction import VOTES

if TYPE_CHECKING:
    from torch import nn

    from mangacolor.models.colour.generator import Generator

PALETTE_COLOURS = 64  # chroma values that the network chooses from
HALVINGS = 5  # of the encoder


def efficient_settings(_name: str, _overrides: Mapping[str, Any]) -> dict[str, Any]:
    return {"palette": PALETTE_COLOURS, "levels": HALVINGS}


def map_names(_config: GeneratorConfig) -> tuple[str, ...]:
    return "sixteenth", VOTES


def build(config: GeneratorConfig) -> Generator:
    """The network in torch, with fresh weights."""
    from mangacolor.models.colour.efficient_unet import EfficientUNet

    return EfficientUNet(config)


def torch_form(network: Any) -> nn.Module:
    """The form in which it colours on torch."""
    from mangacolor.models.colour.folded import FoldedEfficientUNet

    return FoldedEfficientUNet(network)


ARCHITECTURE = Architecture(
    build=build,
    size=SizeRequirements(multiple_of=MULTIPLE_OF),  # small windows need not fill a tile
    settings=efficient_settings,
    feature_maps=map_names,
    torch_form=torch_form,
    ncnn_form=colour_graph,
    supports_half=True,
)
