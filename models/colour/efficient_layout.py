"""The U-Net on EfficientNet-Lite as numbers: its levels, its channels, the names of its maps. No torch."""

from __future__ import annotations

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.config import GeneratorConfig

NARROW = 12  # channels at full size, where only tone is left to say and most time goes
UP_LEVELS = (4, 3, 2, 1)  # of the maps that the first four steps up leave: halvings of the input
VOTERS = 2  # a network and its partner: their votes count alike
MULTIPLE_OF = 32  # pixels: the encoder halves five times
NORM_EPS = 1e-5  # what the norms of the way up add to the variance
MAPS = ("half", "quarter", "eighth", "sixteenth", "deepest")  # of the encoder, by their size


def check_attention(config: GeneratorConfig) -> None:
    """Raise ``UsageError`` unless self-attention stands nowhere, or after one of ``UP_LEVELS``."""
    if config.attention not in (0, *UP_LEVELS):
        raise UsageError(
            f"the generator {config.name} has no attention after level {config.attention}",
            f"Choose one of {', '.join(map(str, UP_LEVELS))}, or 0 for none.",
        )


def up_channels(width: int) -> tuple[int, int, int, int]:
    """Channels of the maps that the steps up to ``UP_LEVELS`` leave."""
    return 4 * width, 3 * width, 2 * width, 5 * width // 4
