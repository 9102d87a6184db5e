"""The colour network: a U-Net from a grey picture to a coloured one, in named variants.

``faithful`` is the notebook's network exactly, its defects included. ``corrected`` (the default) puts
the attention where the map has 16×16 positions, keeps the extractor frozen and out of the
checkpoint, and has no BatchNorm on the innermost map, so that a batch of one trains.
``docs/networks.md`` has the shapes and the names of the weights.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.blocks import ConvBlock, DeconvBlock, SelfAttention
from mangacolor.models.colour.config import EFFICIENT_NAME, GeneratorConfig, generator_config
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.palette_head import PaletteHead, to_rgb
from mangacolor.models.encoders.extractor import FEATURES, FeatureExtractor, create_extractor
from mangacolor.models.files.pretrained import Given

__all__ = [
    "ColorizationUNet",
    "Generator",
    "GeneratorConfig",
    "build_generator",
    "create_generator",
    "generator_config",
]

Generator: TypeAlias = "ColorizationUNet | EfficientUNet"


def seen_levels(levels: int) -> tuple[int, ...]:
    """After which down blocks ``ColorizationUNet`` of so many levels has maps that tell surfaces apart: at a
    sixteenth and a 32nd, or the innermost of a network that does not halve that often."""
    return tuple(range(1, levels + 1))[3:5] or (levels,)


class ColorizationUNet(nn.Module):
    """N×1×H×W grey in [-1, 1] to N×3×H×W colour in [-1, 1] (channels as the configuration says).

    Modules ``down1`` … ``downL``, ``attn``, ``context`` (the extractor), ``up1`` … ``upL``.
    """

    def __init__(self, config: GeneratorConfig, context: FeatureExtractor | None = None) -> None:
        super().__init__()
        self.config = config
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
        self.palette: PaletteHead | None = None
        if config.palette:
            scales = [2 * config.channels(levels - number) for number in range(1, levels)]
            self.palette = PaletteHead(scales, config.palette, config.temperature)
        outputs = 1 if config.palette else config.out_channels
        last = nn.ConvTranspose2d(incoming, outputs, kernel_size=4, stride=2, padding=1)
        self.add_module(f"up{levels}", last)

    def forward(self, grey: Tensor) -> Tensor:
        return self.colour_and_logits(grey)[0]

    def colour_and_logits(self, grey: Tensor) -> tuple[Tensor, Tensor | None]:
        """The colour picture and, of a network with a palette, its logits N×K×H/2×W/2 for training."""
        colour, logits, _ = self._run(grey)
        return colour, logits

    def colour_and_features(self, grey: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The colour picture, and what the way down saw: its maps after ``seen_levels``."""
        colour, _, seen = self._run(grey)
        return colour, seen

    def _run(self, grey: Tensor) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        maps, seen = self._maps(grey)
        out = torch.tanh(self.get_submodule(f"up{self.config.levels}")(maps[-1]))
        if self.palette is None:
            return out, None, seen
        logits = self.palette(maps)
        return to_rgb(out, self.palette.chroma(logits)), logits, seen

    def _maps(self, grey: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What the up blocks but the last leave, skips joined on: coarse to fine, the last one half size.
        Then the maps of the way down that tell surfaces apart."""
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
        seen = [skips[level - 1] for level in seen_levels(config.levels)]
        skips.pop()
        maps = [x]
        for number in range(1, config.levels):
            up = self.get_submodule(f"up{number}")(maps[-1])
            maps.append(torch.cat([up, skips.pop()], dim=1))
        return (maps if config.levels == 1 else maps[1:]), seen

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
                "give a batch of grey pictures in [-1, 1]",
            )
        if min(grey.shape[2:]) < step or grey.shape[2] % step or grey.shape[3] % step:
            raise UsageError(
                f"an input of {grey.shape[2]}×{grey.shape[3]} pixels does not fit a generator of "
                f"{self.config.levels} levels: its sides must be multiples of {step}",
                f"pad the input, or create the generator for another size (size={min(grey.shape[2:])})",
            )


def build_generator(
    config: GeneratorConfig, extractor_weights: Given = None, empty: bool = False
) -> Generator:
    """The network of a configuration, with fresh weights.

    ``empty`` builds on the meta device what a checkpoint is going to fill: all but a corrected form's
    extractor, which is not in any.
    """
    with torch.device("meta") if empty else nullcontext():
        if config.name == EFFICIENT_NAME:
            return EfficientUNet(config)
        if not config.extractor:
            return ColorizationUNet(config)
        if extractor_weights is None:
            return ColorizationUNet(config, create_extractor(None, faithful=config.faithful))
        with torch.device("cpu"):
            context = create_extractor(extractor_weights, faithful=config.faithful)
        return ColorizationUNet(config, context)


def create_generator(
    name: str, width: int = 64, extractor_weights: Given = None, **overrides: Any
) -> Generator:
    """A fresh generator: N×1×S×S in [-1, 1] to N×3×S×S in [-1, 1].

    ``name`` is one of ``GENERATOR_NAMES``; ``overrides`` are fields of ``GeneratorConfig``
    (``size``, ``levels``, ``attention``, ``dropout``, …). ``extractor_weights`` is a name of the
    weights table or a file of the danbooru ResNet-50 layout; without it an extractor variant is built
    with random features, which is enough to count and to test, not to train. Raises ``UsageError``
    for an unknown name or setting, ``SetupError`` for unusable extractor weights.
    """
    return build_generator(generator_config(name, width, **overrides), extractor_weights)
