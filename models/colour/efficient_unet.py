"""A U-Net whose encoder has seen photographs: EfficientNet-Lite0 down, plain convolutions up.

What is sky and what is skin cannot be learnt from a few thousand pictures in an hour; an encoder that
knows ImageNet brings most of it along. Colour is chosen from a palette (``palette.py``).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.palette_head import PaletteHead, to_rgb
from mangacolor.models.encoders.efficientnet import CHANNELS, EfficientNetLite0, published_weights

NARROW = 12
MULTIPLE_OF = 32  # pixels: the encoder halves five times


class Up(nn.Module):
    """Double a map, join the skip, convolve 3×3: N×Cin×h×w and N×Cskip×2h×2w to N×Cout×2h×2w."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.skip = skip
        self.conv = nn.Conv2d(inputs + skip, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return functional.relu(self.norm(self.conv(torch.cat([x, skip], dim=1))))


class EfficientUNet(Generator):
    """N×1×H×W grey in [-1, 1] to N×3×H×W colour in [-1, 1]; ``config.width`` scales the up path."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        self.encoder = EfficientNetLite0()
        width = config.width
        half, quarter, eighth, sixteenth, deepest = CHANNELS
        self.up1 = Up(deepest, sixteenth, 4 * width)
        self.up2 = Up(4 * width, eighth, 3 * width)
        self.up3 = Up(3 * width, quarter, 2 * width)
        self.up4 = Up(2 * width, half, 5 * width // 4)
        # At full size only tone is left to say; few channels do, and full size is where time goes.
        self.narrow = nn.Conv2d(5 * width // 4, NARROW, 1)
        self.up5 = Up(NARROW, 1, NARROW)
        self.tone = nn.Conv2d(NARROW, 1, 1)
        self.dropout = nn.Dropout2d(config.dropout)
        scales = (deepest, 4 * width, 3 * width, 2 * width, 5 * width // 4)
        self.palette: PaletteHead = PaletteHead(scales, config.palette, config.temperature)

    def forward(self, grey: Tensor) -> Tensor:
        return self.colour_and_logits(grey)[0]

    def colour_and_logits(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """The colour picture, and the palette's logits N×K×H/2×W/2 for training."""
        if grey.ndim != 4 or grey.shape[1] != 1 or grey.shape[2] % MULTIPLE_OF or grey.shape[3] % MULTIPLE_OF:
            raise UsageError(
                f"the generator {self.config.name} takes N×1×H×W with sides that are multiples of "
                f"{MULTIPLE_OF}, not {'×'.join(map(str, grey.shape))}",
                "pad the input",
            )
        half, quarter, eighth, sixteenth, deepest = self.encoder(grey.expand(-1, 3, -1, -1))
        maps = [self.dropout(deepest)]
        for up, skip in zip(
            (self.up1, self.up2, self.up3, self.up4), (sixteenth, eighth, quarter, half), strict=True
        ):
            maps.append(up(maps[-1], skip))
        luma = torch.tanh(self.tone(self.up5(self.narrow(maps[-1]), grey)))
        logits = self.palette(maps)
        return to_rgb(luma, self.palette.chroma(logits)), logits

    def load_pretrained(self, path: Path | None = None) -> None:
        """Give the encoder its ImageNet weights: of a file, or of the package that has them."""
        self.load_encoder(published_weights(path))

    def load_encoder(self, state: dict[str, Tensor]) -> None:
        """Take the encoder's part of a published EfficientNet-Lite0 state dict, and leave its classifier."""
        wanted = self.encoder.state_dict()
        try:
            self.encoder.load_state_dict({key: value for key, value in state.items() if key in wanted})
        except RuntimeError as error:
            remedy = "give the published efficientnet-lite0 checkpoint"
            raise SetupError(f"these are no weights of EfficientNet-Lite0: {error}", remedy) from error
