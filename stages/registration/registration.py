"""Where each pixel of our page lies in their picture, how well that is known, and theirs on our page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.types import Image
from mangacolor.stages.registration.bend import Frame, bring
from mangacolor.stages.registration.params import TRUST
from mangacolor.stages.registration.placement import Placement


@dataclass(frozen=True, slots=True)
class Registration:
    """Two prints of one drawing laid on each other; pixels are counted from the middle of the first one.

    ``size``, ``their_size``: width and height. ``placement``: our pixels to theirs: shift, scale, turn, skew.
    ``bend``: h×w×2 float32, a cell of the page each, how far our pixels are moved before that. ``trust``: h×w
    float32, 0 outside their picture, up to 1 where both show the same lines. ``agreement``: that of the
    whole, 0 to 1. ``residual``: pixels of our page that single places stray from the bend, on average.
    """

    size: tuple[int, int]
    their_size: tuple[int, int]
    placement: Placement
    bend: F32
    trust: F32
    agreement: float
    residual: float

    @property
    def mask(self) -> Mask:
        """H×W of our page: where theirs shows the same, and where is known."""
        trust = cv2.resize(self.trust, self.size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(trust > TRUST.least_here)

    @property
    def share(self) -> float:
        """The share of our page where theirs shows the same, 0 to 1."""
        return float((self.trust > TRUST.least_here).mean())

    def places(self) -> F32:
        """H×W×2 float32: x and y in their picture of each pixel of our page; also outside it."""
        return self.placement.carry(Frame(self.size, self.size).places(self.bend))

    def warp(self, picture: Image) -> Image:
        """Their picture, H'×W' or H'×W'×3 uint8 of ``their_size``, on our page; its edge goes on outside.

        Raises ``ValueError`` for another size.
        """
        if picture.shape[1::-1] != self.their_size:
            raise ValueError(f"a picture of {picture.shape[1::-1]} pixels, not of {self.their_size}")
        return bring(picture, self.places(), self.placement.scale)
