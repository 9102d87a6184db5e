"""Balloons: where the page's own paper and lettering must stay as they are.

Works on luma only, so that a page in colour and its black-and-white scan give the same answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import cv2
import numpy as np

from mangacolor.nouns import Artifact, Box, Image, Inputs
from mangacolor.stages.balloon_lettering import Lettering, find_lettering
from mangacolor.stages.balloon_regions import as_uint8, grow
from mangacolor.stages.base import Stage, StageContext, no_config

Kind = Literal["closed", "open", "cut", "black", "caption"]
WORKING_SIDE = 1400  # pixels of the page's long side: lettering stays legible, time stays bounded


@dataclass(frozen=True, slots=True)
class Balloon:
    """A balloon or caption: bounding box in page pixels, kind, confidence in [0, 1].

    ``closed``: outlined all round. ``open``: its outline has gaps. ``cut``: it ends at a panel's or
    the page's edge. ``black``: white lettering on black. ``caption``: a rectangle.
    """

    box: Box
    kind: Kind
    confidence: float


@dataclass(frozen=True, slots=True)
class BalloonLayout:
    """All balloons of a page, and their mask: H×W uint8, 255 = paper or lettering of a balloon."""

    mask: Image
    balloons: tuple[Balloon, ...]


def find_balloons(image: Image, ground: Image | None = None) -> BalloonLayout:
    """Balloons and captions of a page.

    ``image``: H×W×3 RGB or H×W luma, uint8. ``ground``: H×W uint8, 255 = paper outside the panels,
    which is never part of a balloon. Lettering that stands free on the drawing is no balloon.
    """
    luma = image if image.ndim == 2 else as_uint8(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    rows, columns = luma.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = luma if scale == 1 else as_uint8(cv2.resize(luma, size, interpolation=cv2.INTER_AREA))
    shut = None if ground is None else as_uint8(cv2.resize(ground, size, interpolation=cv2.INTER_NEAREST))
    mask = np.zeros_like(small)
    found: list[Balloon] = []
    for page, black in ((small, False), (cv2.bitwise_not(small), True)):
        blocks = find_lettering(as_uint8(page))
        lettering = _paint(blocks, small.shape)
        for block in blocks:
            balloon = _balloon(
                as_uint8(page), block, lettering=lettering, ground=shut, black=black, mask=mask
            )
            if balloon is not None:
                found.append(balloon)
    whole = as_uint8(cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_LINEAR))
    return BalloonLayout(whole, tuple(_scaled(balloon, 1 / scale, luma.shape) for balloon in found))


def _paint(blocks: list[Lettering], shape: tuple[int, ...]) -> Image:
    lettering = np.zeros(shape, np.uint8)
    for block in blocks:
        x, y, w, h = block.box
        np.maximum(lettering[y : y + h, x : x + w], block.mask, out=lettering[y : y + h, x : x + w])
    return lettering


def _balloon(
    page: Image, block: Lettering, *, lettering: Image, ground: Image | None, black: bool, mask: Image
) -> Balloon | None:
    """Grow ``block`` into ``mask`` (written in place); None if it is no new balloon."""
    grown = grow(page, block, lettering, ground)
    if grown is None:
        return None
    (x, y, w, h), region, closed = grown
    view = mask[y : y + h, x : x + w]
    if np.mean(view[region > 0] > 0) > 0.5:
        return None
    np.maximum(view, region, out=view)
    bx, by, bw, bh = cv2.boundingRect(region)
    rectangular = cv2.countNonZero(region) > 0.9 * bw * bh
    kind: Kind = "black" if black else "caption" if rectangular else "closed" if closed else "open"
    return Balloon((x + bx, y + by, bw, bh), kind, block.confidence)


def _scaled(balloon: Balloon, factor: float, shape: tuple[int, ...]) -> Balloon:
    x, y, w, h = balloon.box
    left, top = round(x * factor), round(y * factor)
    right = min(round((x + w) * factor), shape[1])
    bottom = min(round((y + h) * factor), shape[0])
    return Balloon((left, top, right - left, bottom - top), balloon.kind, balloon.confidence)


def run(_context: StageContext, inputs: Inputs) -> Artifact:
    """The mask as ``main``; boxes, kinds and confidences as data."""
    layout = find_balloons(inputs["decode"].images["main"], inputs["panels"].images.get("ground"))
    return Artifact({"balloons": [asdict(b) for b in layout.balloons]}, {"main": layout.mask})


STAGE = Stage(name="balloons", run=run, configure=no_config, needs=("decode", "panels"))
