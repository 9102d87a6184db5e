"""A U-Net whose encoder has seen photographs: EfficientNet-Lite down, plain convolutions up.

What is sky and what is skin cannot be learnt from a few thousand pictures in an hour; an encoder that
knows ImageNet brings most of it along. Colour is chosen from a palette (``palette_head.py``).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.colour.blocks import SelfAttention
from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.models.colour.efficient_layout import (
    MULTIPLE_OF,
    NARROW,
    NORM_EPS,
    UP_LEVELS,
    VOTERS,
    check_attention,
    up_channels,
)
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.palette_head import PaletteHead, add_votes, to_rgb, vote_layers
from mangacolor.models.encoders.efficientnet import EfficientNetLite, published_weights


class Up(nn.Module):
    """Double a map, join the skip, convolve 3×3: N×Cin×h×w and N×Cskip×2h×2w to N×Cout×2h×2w."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.skip = skip
        self.conv = nn.Conv2d(inputs + skip, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=NORM_EPS)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return functional.relu(self.norm(self.conv(torch.cat([x, skip], dim=1))))


class Partner(nn.Module):
    """A second network of the same form that votes along, up to a quarter of the input's size.

    Two networks that learnt apart err apart, and the mean of their votes is better than either (Hansen &
    Salamon, "Neural network ensembles", 1990). What the finest step up would add is left to the first.
    """

    def __init__(self, encoder: str, width: int, colours: int) -> None:
        super().__init__()
        self.encoder = EfficientNetLite(encoder)
        _, *skips, deepest = self.encoder.channels
        channels = up_channels(width)[: len(skips)]
        inputs = (deepest, *channels)
        self.up1, self.up2, self.up3 = (
            Up(*sizes) for sizes in zip(inputs, reversed(skips), channels, strict=False)
        )
        self.votes = vote_layers(inputs, colours)

    def forward(self, grey: Tensor) -> Tensor:
        """Logits N×K×H/4×W/4 of N×1×H×W grey."""
        *skips, deepest = self.encoder(grey.expand(-1, 3, -1, -1))
        maps = [deepest]
        for up, skip in zip((self.up1, self.up2, self.up3), reversed(skips), strict=False):
            maps.append(up(maps[-1], skip))
        return add_votes(self.votes, maps)


class EfficientUNet(Generator):
    """N×1×H×W grey in [-1, 1] to N×3×H×W colour in [-1, 1].

    ``config.encoder`` is the size of the way down, ``config.width`` scales the way up; ``config.attention``,
    if it is not 0, is the level of ``UP_LEVELS`` at which self-attention stands: after 4 halvings a tile of
    256 pixels has 16×16 positions.
    """

    palette: PaletteHead

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        check_attention(config)
        self.encoder = EfficientNetLite(config.encoder)
        half, quarter, eighth, sixteenth, deepest = self.encoder.channels
        channels = up_channels(config.width)
        self.up1 = Up(deepest, sixteenth, channels[0])
        self.up2 = Up(channels[0], eighth, channels[1])
        self.up3 = Up(channels[1], quarter, channels[2])
        self.up4 = Up(channels[2], half, channels[3])
        self.attn: SelfAttention | None = None
        if config.attention:
            self.attn = SelfAttention(channels[UP_LEVELS.index(config.attention)])
        self.narrow = nn.Conv2d(channels[3], NARROW, 1)
        self.up5 = Up(NARROW, 1, NARROW)
        self.tone = nn.Conv2d(NARROW, 1, 1)
        self.dropout = nn.Dropout2d(config.dropout)
        self.palette = PaletteHead((deepest, *channels), config.palette, config.temperature)
        self.partner: Partner | None = None
        if config.partner_width:
            self.partner = Partner(config.partner_encoder, config.partner_width, config.palette)

    def forward(self, grey: Tensor) -> Tensor:
        return self.colour_and_logits(grey)[0]

    def colour_and_logits(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """The colour picture, and the palette's logits N×K×H/2×W/2 for training."""
        luma, logits = self.luma_and_logits(grey)
        return to_rgb(luma, self.palette.chroma(logits)), logits

    def luma_and_logits(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """The luma N×1×H×W in [-1, 1] of the colour picture, and the palette's logits."""
        if grey.ndim != 4 or grey.shape[1] != 1 or grey.shape[2] % MULTIPLE_OF or grey.shape[3] % MULTIPLE_OF:
            raise UsageError(
                f"the generator {self.config.name} takes N×1×H×W with sides that are multiples of "
                f"{MULTIPLE_OF}, not {'×'.join(map(str, grey.shape))}",
                "Pad the input.",
            )
        *skips, deepest = self.encoder(grey.expand(-1, 3, -1, -1))
        maps = [self.dropout(deepest)]
        for level, up, skip in zip(UP_LEVELS, self.ups(), reversed(skips), strict=True):
            out = up(maps[-1], skip)
            maps.append(out if self.attn is None or level != self.config.attention else self.attn(out))
        luma = torch.tanh(self.tone(self.up5(self.narrow(maps[-1]), grey)))
        return luma, self._with_partner(self.palette(maps), grey)

    def _with_partner(self, logits: Tensor, grey: Tensor) -> Tensor:
        """The mean of this network's logits and its partner's, if it has one."""
        if self.partner is None:
            return logits
        others = functional.interpolate(
            self.partner(grey), scale_factor=2.0, mode="bilinear", align_corners=False
        )
        return (logits + others) / VOTERS

    def ups(self) -> tuple[Up, Up, Up, Up]:
        """The steps up that vote, coarse to fine: those to ``UP_LEVELS``."""
        return self.up1, self.up2, self.up3, self.up4

    def load_pretrained(self, path: Path | None = None) -> None:
        """Give the encoder its ImageNet weights: of a file, or of the package that has them."""
        self.load_encoder(published_weights(path, self.encoder.size))

    def freeze_encoder(self, blocks: int) -> None:
        """Let the encoder's stem and first ``blocks`` blocks learn nothing."""
        self.encoder.freeze(blocks)

    def load_encoder(self, state: dict[str, Tensor]) -> None:
        """Take the encoder's part of a published state dict of its size, and leave the classifier."""
        wanted = self.encoder.state_dict()
        try:
            self.encoder.load_state_dict({key: value for key, value in state.items() if key in wanted})
        except RuntimeError as error:
            size = self.encoder.size
            raise SetupError(
                f"these are no weights of EfficientNet-{size.capitalize()}: {error}",
                f"Give the published efficientnet-{size} checkpoint.",
            ) from error
