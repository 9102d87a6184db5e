"""How a page bends beside its placement: smooth, and nothing where no line says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.types import Image
from mangacolor.stages.registration.follow import CELL, Followed, blur_cells, follow_lines
from mangacolor.stages.registration.lines import find_lines, resize_to
from mangacolor.stages.registration.params import FINE_LINES, Pass
from mangacolor.stages.registration.placement import Placement
from mangacolor.stages.registration.sampling import sample

# Rounds in which cells that stray from those around lose their weight, and the pixels at which it is halved.
_ROUNDS = 3
_STRAY = 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A page of ``size`` (width, height) looked at in another ``shape`` (width, height)."""

    size: tuple[int, int]
    shape: tuple[int, int]

    def places(self, bend: F32) -> F32:
        """H×W×2 float32: each pixel of the shape on the page, moved by ``bend`` (h×w×2, page pixels)."""
        width, height = self.shape
        x = (np.arange(width, dtype=np.float32) + 0.5) * np.float32(self.size[0] / width) - 0.5
        y = (np.arange(height, dtype=np.float32) + 0.5) * np.float32(self.size[1] / height) - 0.5
        moved = np.asarray(cv2.resize(bend, self.shape, interpolation=cv2.INTER_LINEAR), np.float32)
        moved[..., 0] += x
        moved[..., 1] += y[:, None]
        return moved

    @property
    def scale(self) -> float:
        """Pixels of the page for one of the shape."""
        return float(np.sqrt(self.size[0] * self.size[1] / (self.shape[0] * self.shape[1])))


@dataclass(frozen=True, slots=True)
class Compared:
    """Lines of our page and of theirs brought onto it, H×W float32, 0 outside theirs; ``inside``: H×W."""

    frame: Frame
    ours: F32
    theirs: F32
    inside: Mask


def compare_lines(ours: Image, theirs: Image, placement: Placement, bend: F32, size: int) -> Compared:
    """Both pages' lines on our page at ``size``. ``ours``, ``theirs``: luma, H×W uint8."""
    small = resize_to(ours, size, CELL)
    frame = Frame(ours.shape[1::-1], small.shape[1::-1])
    places = placement.carry(frame.places(bend))
    brought = bring(theirs, places, placement.scale * frame.scale)
    inside = is_inside(places, theirs.shape)
    # What lies within a stroke's reach of their edge is no drawing.
    inside = cv2.erode(inside.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=1) > 0
    return Compared(
        frame,
        find_lines(small, FINE_LINES) * inside,
        find_lines(brought, FINE_LINES) * inside,
        np.asarray(inside),
    )


def bring(picture: Image, places: F32, per_pixel: float) -> Image:
    """What a picture (H×W or H×W×3 uint8) shows at ``places`` (h×w×2); its edge goes on outside.

    ``per_pixel``: pixels of the picture for one of the result; more than one are averaged.
    """
    if per_pixel > 1:
        height, width = picture.shape[:2]
        shape = max(1, round(width / per_pixel)), max(1, round(height / per_pixel))
        picture = np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.uint8)
        scale = np.array([shape[0] / width, shape[1] / height], np.float32)
        places = (places + np.float32(0.5)) * scale - np.float32(0.5)
    return sample(picture, np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1]))


def is_inside(places: F32, shape: tuple[int, ...]) -> Mask:
    """Which places (H×W×2) lie in a picture of this shape."""
    x, y = places[..., 0], places[..., 1]
    return np.asarray((x >= -0.5) & (y >= -0.5) & (x < shape[1] - 0.5) & (y < shape[0] - 0.5))


def follow_bend(compared: Compared, bend: F32, settings: Pass) -> tuple[F32, float]:
    """A better bend, in pixels of our page, a cell of the frame each; and how far cells stray from it."""
    found = follow_lines(compared.ours, compared.theirs, settings)
    step = _smooth(found, settings)
    stray = np.minimum(np.hypot(*np.moveaxis(found.shift - step, -1, 0)), np.float32(settings.reach))
    mean = float((stray * found.confidence).sum() / max(float(found.confidence.sum()), 1e-6))
    shape, scale = step.shape[1::-1], compared.frame.scale
    return np.asarray(cv2.resize(bend, shape, interpolation=cv2.INTER_LINEAR) + step * scale), mean * scale


def _smooth(found: Followed, settings: Pass) -> F32:
    """What the cells around agree on, H×W×2 in pixels; nothing where they say nothing."""
    weights, smooth = found.confidence, np.zeros_like(found.shift)
    for _ in range(_ROUNDS):
        total = blur_cells(weights, settings.stiff) + np.float32(settings.anchor)
        smooth = np.stack(
            [blur_cells(weights * found.shift[..., axis], settings.stiff) / total for axis in (0, 1)], axis=-1
        )
        stray = np.hypot(*np.moveaxis(found.shift - smooth, -1, 0))
        weights = found.confidence / (1 + (stray / np.float32(_STRAY)) ** 2)
    return np.asarray(smooth, np.float32)
