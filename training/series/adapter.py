"""What learns of a colour network: products of low rank beside its way up and its palette head.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, for convolutions: a kernel is taken as
a matrix of outputs × the rest. Biases and the scales of norms learn, too. The encoder and its norms stay as
they are, and so does the embedding of surfaces, which rests on it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mangacolor.core.arrays import AnyArray
from mangacolor.core.errors import UsageError
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.series.merging import ADDED, LEFT, RIGHT

PARTS = ("up1.", "up2.", "up3.", "up4.", "palette.votes.")  # of the network, that learn
State = Mapping[str, Tensor]


class Adapter:
    """``base``, a frozen network, and ``network``, which is the base with what ``parts`` have learnt.

    At first that is nothing. Raises ``UsageError`` for a network that has no palette to vote for.
    """

    def __init__(self, base: Generator, rank: int, seed: int) -> None:
        if not isinstance(base, EfficientUNet):
            raise UsageError(
                f"a series cannot be learnt on a network of the kind {base.config.name}",
                "Take one of the kind efficient-palette, as the bundled one: --from default.",
            )
        self.base = base.eval().requires_grad_(False)
        self.network = copy.deepcopy(self.base)
        # What learns, by its name in the network; of the network itself these alone have gradients.
        self.changed = {
            name: part for name, part in self.network.named_parameters() if name.startswith(PARTS)
        }
        self._before = {name: part.detach().clone() for name, part in self.changed.items()}
        self.parts: dict[str, nn.Parameter] = {}
        random = torch.Generator().manual_seed(seed)
        for name, part in self.changed.items():
            part.requires_grad_(True)
            if part.ndim == 4:
                outputs, inputs = len(part), math.prod(part.shape[1:])
                right = torch.randn(rank, inputs, generator=random) / math.sqrt(inputs)
                self._add(name + LEFT, torch.zeros(outputs, rank), part)
                self._add(name + RIGHT, right, part)
            else:
                self._add(name + ADDED, torch.zeros(part.shape), part)

    def _add(self, name: str, value: Tensor, like: Tensor) -> None:
        self.parts[name] = nn.Parameter(value.to(like.device))

    def use(self, strength: float) -> None:
        """Make the network the base with the parts at some strength; 0: the base itself."""
        with torch.no_grad():
            for name, part in self.changed.items():
                part.copy_(self._merged(name, strength))

    def pass_gradients(self, gradients: Sequence[Tensor]) -> None:
        """Give the parts their gradients, from those of ``changed``, in its order, at full strength."""
        merged = [self._merged(name, 1.0) for name in self.changed]
        torch.autograd.backward(merged, list(gradients))

    def _merged(self, name: str, strength: float) -> Tensor:
        before = self._before[name]
        if name + ADDED in self.parts:
            return before + strength * self.parts[name + ADDED]
        return before + strength * (self.parts[name + LEFT] @ self.parts[name + RIGHT]).view(before.shape)

    def state(self) -> State:
        """What has been learnt so far, apart from what is learnt next."""
        return {name: part.detach().clone() for name, part in self.parts.items()}


def adapter_arrays(state: State, strength: float) -> dict[str, AnyArray]:
    """A ``state`` at some strength (0 to 1) as the arrays of a series' file, in half precision."""
    if strength == 0:
        return {}
    return {
        name: np.asarray((part if name.endswith(RIGHT) else strength * part).cpu().numpy(), np.float16)
        for name, part in state.items()
    }
