"""Balloons: where the page's own paper and lettering must stay as they are.

Works on luma only, so that a page in colour and its black-and-white scan give the same answer. Two
ways: ``learnt`` asks a small network, fits its answer to the ink and adds what it overlooked but good
lettering or a closed outline proves; ``lettering`` needs no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from mangacolor.core.colour import luma as luma_of
from mangacolor.core.types import Box, Image
from mangacolor.models.files.known import BALLOONS
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.stages.balloons.enclosed import find_enclosed
from mangacolor.stages.balloons.fit import fit_regions, is_sure
from mangacolor.stages.balloons.free_lettering import find_free_lettering
from mangacolor.stages.balloons.kinds import (
    Region,
    choose_rivals,
    kind_of,
    on_free_ground,
    paint,
    pick_overlooked,
)
from mangacolor.stages.balloons.layout import Balloon, BalloonLayout
from mangacolor.stages.balloons.lettered import as_uint8, find_lettered
from mangacolor.stages.balloons.params import DEFAULTS, Params
from mangacolor.stages.balloons.rims import with_rim
from mangacolor.stages.balloons.seen_through import without_pieces
from mangacolor.stages.balloons.tinted import find_tinted

WEIGHTS = BUNDLED / BALLOONS.file
Method = Literal["learnt", "lettering"]


def find_balloons(
    image: Image,
    ground: Image | None = None,
    panels: Sequence[Box] = (),
    method: Method = "learnt",
    params: Params = DEFAULTS,
    backend: CpuBackend | None = None,
) -> BalloonLayout:
    """Balloons and captions of a page, top to bottom.

    ``image``: H×W×3 RGB or H×W luma, uint8. ``ground``: H×W uint8, 255 = paper around what is drawn,
    into which no balloon grows. ``panels``: boxes that tell a cut balloon from a closed one.
    ``backend``: what computes; None is ncnn where it is installed.
    The mask holds free lettering on paper and flat black, too; what stands on a drawing is not in it. Raises
    ``SetupError`` if the network's weights, which come with the package, cannot be loaded.
    """
    luma = luma_of(image)
    side = max(luma.shape)
    working = params.scale.working_side
    scale = 1.0 if side <= params.scale.least_shrink * working else working / side
    small = _resize(luma, scale)
    shut = None if ground is None else _fit(ground, small, cv2.INTER_NEAREST)
    if method == "learnt":
        regions, probability = _find_by_network(luma, small, shut, params, backend or cpu_backend())
    else:
        regions, probability = find_lettered(small, shut, params), None
    regions.sort(key=lambda region: region.box[1::-1])
    frames = [_scale_box(box, scale, small.shape) for box in panels]
    paper = np.zeros_like(small) if shut is None else shut
    mask = find_free_lettering(small, paper, probability, frames, params)
    paint(mask, regions)
    balloons = tuple(
        Balloon(
            _scale_box(region.box, 1 / scale, luma.shape),
            kind_of(region, small, frames, params.kind),
            round(region.confidence, 3),
        )
        for region in regions
    )
    return BalloonLayout(_fit(mask, luma, cv2.INTER_LINEAR), balloons)


def _find_by_network(
    luma: Image, small: Image, ground: Image | None, params: Params, backend: CpuBackend
) -> tuple[list[Region], Image]:
    """What the network sees, fitted to the ink, and what it overlooked; and its probability of a balloon.

    ``small``: the luma at working scale, at which everything is given.
    """
    from mangacolor.models.page.networks import page_reader

    seen = _resize(luma, min(1.0, params.scale.network_side / max(luma.shape)))
    probability, strokes = (
        _fit(answer, small, cv2.INTER_LINEAR) for answer in page_reader(WEIGHTS, backend)(seen)
    )
    fitted = fit_regions(small, probability, ground, params)
    regions = [region for region in fitted if is_sure(region, params)]
    known = paint(np.zeros_like(small), regions)
    candidates = find_lettered(small, ground, params, known)
    lettered = pick_overlooked(small, probability, known, candidates, params.kind)
    doubtful = [region for region in fitted if not is_sure(region, params)]
    regions += choose_rivals(on_free_ground(doubtful, known), lettered, params.kind)
    regions = find_enclosed(small, probability, strokes, ground, regions, params)
    regions = without_pieces(regions, small, strokes, ground, params)
    regions = [with_rim(region, small, ground, params.rim) for region in regions]
    return regions + find_tinted(small, paint(np.zeros_like(small), regions), params), probability


def _fit(plane: Image, other: Image, interpolation: int) -> Image:
    """A plane at the size of another."""
    return as_uint8(cv2.resize(plane, other.shape[::-1], interpolation=interpolation))


def _resize(luma: Image, scale: float) -> Image:
    """A page shrunk by area; one that would be enlarged stays as it is."""
    if scale >= 1:
        return luma
    size = (max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale)))
    return as_uint8(cv2.resize(luma, size, interpolation=cv2.INTER_AREA))


def _scale_box(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    """``box`` times ``factor``, within a picture of ``shape``."""
    x, y, w, h = box
    left, top = round(x * factor), round(y * factor)
    right, bottom = min(round((x + w) * factor), shape[1]), min(round((y + h) * factor), shape[0])
    return left, top, right - left, bottom - top
