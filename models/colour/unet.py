"""The colour network: a U-Net from a grey picture to a coloured one, in named variants.

``faithful`` is the notebook's network exactly, its defects included. ``corrected`` (the default) puts
the attention where the map has 16×16 positions, keeps the extractor frozen and out of the
checkpoint, and has no BatchNorm on the innermost map, so that a batch of one trains.
``docs/design/networks.md`` has the shapes and the names of the weights.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.blocks import ConvBlock, DeconvBlock, SelfAttention
from mangacolor.models.colour.config import MAX_LEVELS, GeneratorConfig
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.interface import TILE, Architecture, SizeRequirements
from mangacolor.models.colour.palette_head import PaletteHead, to_rgb
from mangacolor.models.colour.prediction import Output
from mangacolor.models.encoders.extractor import FEATURES, FeatureExtractor

ATTENTION_SIDE = 16  # positions a side of the map that the corrected form attends over
PALETTE_COLOURS = 64  # that ``unet-palette`` chooses from


def unet_settings(name: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a name's parts stand for: ``attention``, ``extractor``, ``palette``, ``faithful``.

    Levels follow from ``size``: as many halvings as it allows, at most eight.
    """
    _, *parts = name.split("-")
    faithful = "faithful" in parts
    size = int(overrides.get("size", TILE))
    levels = int(overrides.get("levels", MAX_LEVELS if faithful else _halvings(size)))
    settings: dict[str, Any] = {"extractor": "extractor" in parts, "faithful": faithful, "levels": levels}
    if "palette" in parts:
        settings["palette"] = PALETTE_COLOURS
    if "palette" in parts or "attention" in parts:
        settings["attention"] = levels if faithful else _attention_level(size, levels)
    return settings


def _halvings(size: int) -> int:
    """How often ``size`` can be halved, at most eight times."""
    return min(MAX_LEVELS, (size & -size).bit_length() - 1)


def _attention_level(size: int, levels: int) -> int:
    level = max(1, round(size / ATTENTION_SIDE).bit_length() - 1)
    return min(level, levels)


def map_levels(levels: int) -> tuple[int, ...]:
    """After which down blocks of so many levels the maps tell segments apart: at a sixteenth and a 32nd, or
    the innermost of a network that does not halve that often."""
    return tuple(range(1, levels + 1))[3:5] or (levels,)


def map_names(config: GeneratorConfig) -> tuple[str, ...]:
    return tuple(f"down{level}" for level in map_levels(config.levels))


class ColorizationUNet(Generator):
    """N×1×H×W grey in [-1, 1] to N×3×H×W colour in [-1, 1] (channels as the configuration says).

    Modules ``down1`` … ``downL``, ``attn``, ``context`` (the extractor), ``up1`` … ``upL``.
    """

    def __init__(self, config: GeneratorConfig, context: FeatureExtractor | None = None) -> None:
        super().__init__(config)
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
        if config.palette:
            scales = [2 * config.channels(levels - number) for number in range(1, levels)]
            self.palette = PaletteHead(scales, config.palette, config.temperature)
        outputs = 1 if config.palette else config.out_channels
        last = nn.ConvTranspose2d(incoming, outputs, kernel_size=4, stride=2, padding=1)
        self.add_module(f"up{levels}", last)

    def forward(self, grey: Tensor) -> Tensor:
        return self._run(grey)[0]

    def colour_and_logits(self, grey: Tensor) -> tuple[Tensor, Tensor | None]:
        """The colour picture and, of a network with a palette, its logits N×K×H/2×W/2 for training."""
        colour, logits, _ = self._run(grey)
        return colour, logits

    def colour_and_features(self, grey: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The colour picture, and the maps of the way down after ``map_levels``."""
        colour, _, maps = self._run(grey)
        return colour, maps

    def _run(self, grey: Tensor) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        maps, features = self._maps(grey)
        out = torch.tanh(self.get_submodule(f"up{self.config.levels}")(maps[-1]))
        if self.palette is None:
            return out, None, features
        logits = self.palette(maps)
        return to_rgb(out, self.palette.chroma(logits)), logits, features

    def _maps(self, grey: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What the up blocks but the last leave, skips joined on: coarse to fine, the last one half size.
        Then the maps of the way down that tell segments apart."""
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
        features = [skips[level - 1] for level in map_levels(config.levels)]
        skips.pop()
        maps = [x]
        for number in range(1, config.levels):
            up = self.get_submodule(f"up{number}")(maps[-1])
            maps.append(torch.cat([up, skips.pop()], dim=1))
        return (maps if config.levels == 1 else maps[1:]), features

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
                "Give a batch of grey pictures in [-1, 1].",
            )
        if min(grey.shape[2:]) < step or grey.shape[2] % step or grey.shape[3] % step:
            raise UsageError(
                f"an input of {grey.shape[2]}×{grey.shape[3]} pixels does not fit a generator of "
                f"{self.config.levels} levels: its sides must be multiples of {step}",
                f"Pad the input, or create the generator for another size (size={min(grey.shape[2:])}).",
            )


class FoldedUNet(nn.Module):
    """``ColorizationUNet`` for inference: a copy with its BatchNorms folded into the convolutions."""

    def __init__(self, network: ColorizationUNet) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).eval()
        self.names = map_names(network.config)
        for block in self.network.modules():
            if isinstance(block, ConvBlock | DeconvBlock) and isinstance(block.bn, nn.BatchNorm2d):
                if isinstance(block, ConvBlock):
                    block.conv = fuse_conv_bn_eval(block.conv, block.bn)
                else:
                    block.deconv = fuse_conv_bn_eval(block.deconv, block.bn, transpose=True)
                block.bn = nn.Identity()

    def forward(self, grey: Tensor) -> Output:
        colour, maps = self.network.colour_and_features(grey)
        return Output(colour, maps=dict(zip(self.names, maps, strict=True)))


ARCHITECTURE = Architecture(
    build=ColorizationUNet,
    size=SizeRequirements(multiple_of=TILE),
    settings=unet_settings,
    feature_maps=map_names,
    torch_form=FoldedUNet,
)
