"""Pictures turned, sheared, stretched and bent: the same things, never quite as a network has seen them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image

TURN = 25.0  # degrees, at a strength of 1
STRETCH = 0.3  # of the logarithm of width to height
SHEAR = 0.2
BEND = 9.0  # pixels that a point strays, for a short side of 256
WAVES = 6  # places along a side that are bent independently


@dataclass(frozen=True, slots=True)
class Warp:
    """Where each pixel of a bent picture comes from: ``across`` and ``down``, H×W, pixels."""

    across: F32
    down: F32

    @classmethod
    def draw(cls, shape: tuple[int, ...], strength: float, rng: np.random.Generator) -> Warp:
        """For pictures of (height, width). ``strength``: 0 leaves them as they are."""
        height, width = shape[:2]
        turn = np.deg2rad(rng.uniform(-TURN, TURN) * strength)
        stretch = float(np.exp(rng.uniform(-STRETCH, STRETCH) * strength))
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        shear = np.array([[1.0, rng.uniform(-SHEAR, SHEAR) * strength], [0.0, 1.0]])
        back = np.linalg.inv(rotation @ shear @ np.diag([stretch, 1 / stretch]))
        middle = np.array([width, height]) / 2
        bend = rng.normal(size=(WAVES, WAVES, 2)).astype(np.float32)
        bend *= BEND * strength * min(height, width) / 256
        stray = cv2.resize(bend, (width, height), interpolation=cv2.INTER_CUBIC)
        y, x = np.mgrid[:height, :width]
        places = (np.stack([x, y], axis=-1) - middle) @ back.T + middle + stray
        return cls(places[..., 0].astype(np.float32), places[..., 1].astype(np.float32))

    def picture(self, picture: Image) -> Image:
        """An H×W×3 picture, bent; what lies beyond its sides is mirrored."""
        border = cv2.BORDER_REFLECT_101
        return np.asarray(
            cv2.remap(picture, self.across, self.down, cv2.INTER_CUBIC, borderMode=border), np.uint8
        )

    def numbers(self, numbers: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """An H×W map of numbers, bent likewise."""
        border = cv2.BORDER_REFLECT_101
        return np.asarray(
            cv2.remap(numbers, self.across, self.down, cv2.INTER_NEAREST, borderMode=border), np.int16
        )


def warp_picture(picture: Image, strength: float, rng: np.random.Generator) -> Image:
    """The picture (H×W×3 uint8), what lies beyond its sides mirrored. ``strength``: 0 leaves it as it is."""
    return Warp.draw(picture.shape, strength, rng).picture(picture)
