"""What every colour network is: a module from grey to colour, with the configuration that rebuilds it."""

from __future__ import annotations

import copy
from pathlib import Path

from torch import Tensor, nn

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.models.colour.palette_head import PaletteHead
from mangacolor.models.colour.prediction import Output
from mangacolor.models.encoders.extractor import FeatureExtractor


class Generator(nn.Module):
    """N×1×H×W grey in [-1, 1] to N×3×H×W RGB in [-1, 1], by ``forward``.

    ``config`` says everything that building it again takes. A network may also have a ``palette``, the
    colours that it votes for, and a ``context``, a frozen extractor beside it.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.palette: PaletteHead | None = None
        self.context: FeatureExtractor | None = None

    def colour_and_logits(self, grey: Tensor) -> tuple[Tensor, Tensor | None]:
        """The colour picture and, of a network with a palette, its logits N×K×h×w. Training calls this."""
        colour: Tensor = self(grey)
        return colour, None

    def load_pretrained(self, path: Path | None = None) -> None:
        """Take the published weights that training starts from, of a file or of the package that has them.

        Does nothing for a network that starts from none.
        """

    def freeze_encoder(self, blocks: int) -> None:
        """Let the stem and the first ``blocks`` blocks of a pretrained encoder learn nothing.

        Raises ``UsageError`` for a network without such an encoder.
        """
        raise UsageError(
            f"the generator {self.config.name} has no encoder whose blocks could stay as they are",
            "Leave frozen_blocks at 0, or train efficient-palette.",
        )


class PlainForm(nn.Module):
    """The inference form of a network that has none of its own: a copy of it, as it is."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)

    def forward(self, grey: Tensor) -> Output:
        return Output(self.network(grey))
