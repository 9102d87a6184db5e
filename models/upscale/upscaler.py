"""What a tiler must know of a loaded super-resolution network. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from mangacolor.core.types import Image
from mangacolor.models.runtime.half import Overflow

Backend = Literal["spandrel", "realesrgan"]
Kernels = Literal["torch", "nnpack", "ncnn"]  # nnpack is torch's own, for networks that it suits
Enlarge = Callable[[Image, int], Image]


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A loaded super-resolution network and what a tiler must know about it.

    ``enlarge(tiles, scale)`` takes N×(h+2c)×(w+2c) uint8 luma, where c is the ``halo``, and gives
    N×(h·scale)×(w·scale) uint8: the network's own ``scale``, then area reduction or cubic
    enlargement. ``channels`` is what the network itself reads. ``sha256`` names the weights.
    ``halo`` is how many pixels around a tile it must see for the tile's result to be that of the whole page.
    What runs fastest: ``tile`` is the longest side of a tile without its halo and ``area`` the most pixels
    in it, both sides multiples of ``multiple_of``; ``batch`` is how many tiles of one size a call should get.
    ``kernels`` are those that multiply. ``parallel``: any number of threads may call ``enlarge``, each on one
    core. ``overflow``: what half precision did not hold. ``enlarge`` raises ``PageError`` where the network
    gives no numbers in single precision, either.
    """

    name: str
    backend: Backend
    device: str
    scale: int
    channels: int
    halo: int
    sha256: str
    tile: int
    area: int
    multiple_of: int
    batch: int
    enlarge: Enlarge
    kernels: Kernels = "torch"
    parallel: bool = False
    overflow: Overflow = field(default_factory=Overflow)
