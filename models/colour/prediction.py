"""What colour networks give: as tensors, from a form of a network, and as arrays, from a runner. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.colour import TO_RGB
from mangacolor.core.types import Image

if TYPE_CHECKING:
    from torch import Tensor


VOTE_CHANNELS = 96  # of a palette head, between a map and its votes
VOTE_SLOPE = 0.2  # of the leaky ReLU there
VOTES = "votes"  # the map of what a palette network holds each colour for: logits, colours × h × w


class Output(NamedTuple):
    """What the inference form of a network gives for N pictures.

    ``picture``: N×3×H×W RGB, or N×1×H×W luma if ``chroma``, N×2×h×w, says the rest; all in [-1, 1].
    ``maps``: feature maps by name, N×C×h×w each.
    """

    picture: Tensor
    chroma: Tensor | None = None
    maps: Mapping[str, Tensor] = {}


@dataclass(frozen=True, slots=True)
class Coloured:
    """``picture``: H×W×3 RGB float32 in [-1, 1]. ``maps``: the feature maps asked for, each C×h×w float32."""

    picture: F32
    maps: Mapping[str, F32] = field(default_factory=dict)

    def is_finite(self) -> bool:
        """Whether there are numbers in it, and nothing else."""
        return all(np.isfinite(array).all() for array in (self.picture, *self.maps.values()))


def scale_tile(tile: Image) -> F32:
    """A tile's 0 to 255 as [-1, 1], float32."""
    return tile.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)


def assemble(luma: F32, chroma: F32) -> F32:
    """H×W×3 RGB in [-1, 1] of luma H×W and chroma h×w×2, enlarged bilinearly (Rec. 601)."""
    size = luma.shape[1], luma.shape[0]
    large = cv2.resize(chroma, size, interpolation=cv2.INTER_LINEAR)
    cb, cr = large[..., 0], large[..., 1]
    (_, red_cr), (green_cb, green_cr), (blue_cb, _) = TO_RGB
    picture = np.empty((*luma.shape, 3), np.float32)
    picture[..., 0] = luma + np.float32(red_cr) * cr
    picture[..., 1] = luma + np.float32(green_cb) * cb + np.float32(green_cr) * cr
    picture[..., 2] = luma + np.float32(blue_cb) * cb
    return np.clip(picture, -1, 1, out=picture)
