"""A SRVGGNetCompact (Real-ESRGAN) as arrays, told from the names in its file. No torch, no spandrel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.colour import LUMA_SHARES

_NAMES = re.compile(r"body\.\d+\.(weight|bias)")


@dataclass(frozen=True, slots=True)
class CompactNetwork:
    """``weights`` Cout×Cin×3×3 and ``biases`` of its convolutions, and the ``slopes`` of the PReLU after each
    but the last."""

    weights: tuple[F32, ...]
    biases: tuple[F32, ...]
    slopes: tuple[F32, ...]

    @property
    def channels(self) -> int:
        """Of what it reads, and of what it gives."""
        return int(self.weights[0].shape[1])

    @property
    def scale(self) -> int:
        return math.isqrt(len(self.biases[-1]) // self.channels)

    @property
    def halo(self) -> int:
        """Pixels that it sees on each side of a pixel."""
        return len(self.weights)


def read_compact(state: Mapping[str, AnyArray]) -> CompactNetwork | None:
    """The network of arrays named ``body.0.weight``, …; None where they are of another kind.

    Convolutions lie at even numbers and PReLUs between them.
    """
    if not state or not all(_NAMES.fullmatch(name) for name in state):
        return None
    count = len({name.split(".")[1] for name in state})
    names = [f"body.{number}.weight" for number in range(count)]
    names += [f"body.{number}.bias" for number in range(0, count, 2)]
    if count % 2 == 0 or set(names) != state.keys():
        return None
    arrays = {name: np.asarray(array, np.float32) for name, array in state.items()}
    network = CompactNetwork(
        tuple(arrays[f"body.{number}.weight"] for number in range(0, count, 2)),
        tuple(arrays[f"body.{number}.bias"] for number in range(0, count, 2)),
        tuple(arrays[f"body.{number}.weight"] for number in range(1, count, 2)),
    )
    return network if _fits(network) else None


def _fits(network: CompactNetwork) -> bool:
    """Whether each layer takes what the one before it gives, and the last one squares of pixels."""
    if any(weight.ndim != 4 or weight.shape[2:] != (3, 3) for weight in network.weights):
        return False
    outputs = [weight.shape[0] for weight in network.weights]
    inputs = [weight.shape[1] for weight in network.weights]
    squares = network.channels * network.scale**2
    return (
        inputs[1:] == outputs[:-1]
        and [bias.shape for bias in network.biases] == [(count,) for count in outputs]
        and [slopes.shape for slopes in network.slopes] == [(count,) for count in outputs[:-1]]
        and outputs[-1] == squares > 0
        and network.channels in (1, 3)
    )


def luma_shares(colours: int) -> F32:
    """Shares of the channels in the luma: Rec. 601's of three colours, 1 of a single one."""
    shares = LUMA_SHARES if colours == 3 else (1 / colours,) * colours
    return np.array(shares, np.float32)


def block_weights(colours: int, block: int, reduction: int) -> F32:
    """The luma, averaged over squares, of pixels that still lie in channels, as the weight of a 1×1
    convolution.

    Input channels are colour × ``block`` × ``block``, in the order of a pixel shuffle; output
    channels are the block's pixels after squares of ``reduction`` have been averaged.
    """
    side = block // reduction
    cell = np.arange(block) // reduction
    same = (cell[:, None] == np.arange(side)).astype(np.float32) / np.float32(reduction)  # block × side
    weight: F32 = np.einsum("c,Yy,Xx->yxcYX", luma_shares(colours), same, same)
    return np.asarray(weight.reshape(side**2, colours * block**2, 1, 1))
