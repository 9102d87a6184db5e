"""The U-Net on a pretrained EfficientNet-Lite as the program sees it: its settings, sizes and forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.models.colour.efficient_unet import MULTIPLE_OF, EfficientUNet
from mangacolor.models.colour.folded import FoldedEfficientUNet
from mangacolor.models.colour.interface import Architecture, SizeRequirements
from mangacolor.models.colour.ncnn_form import colour_graph
from mangacolor.models.colour.prediction import VOTES

PALETTE_COLOURS = 64  # chroma values that the network chooses from
HALVINGS = 5  # of the encoder


def efficient_settings(_name: str, _overrides: Mapping[str, Any]) -> dict[str, Any]:
    return {"palette": PALETTE_COLOURS, "levels": HALVINGS}


def map_names(_config: GeneratorConfig) -> tuple[str, ...]:
    return "sixteenth", VOTES


ARCHITECTURE = Architecture(
    build=EfficientUNet,
    size=SizeRequirements(multiple_of=MULTIPLE_OF),  # small windows need not fill a tile
    settings=efficient_settings,
    feature_maps=map_names,
    torch_form=FoldedEfficientUNet,
    ncnn_form=colour_graph,
    supports_half=True,
)
