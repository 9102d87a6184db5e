"""What is learnt from: coloured pages, cut into panels at about the network's working scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image, Panel
from mangacolor.stages.panels import find_panels

WORKING_SIZE = 256  # pixels: the short side of a panel for the network
KEPT_SIZE = 288  # pixels of a panel's short side that crops are taken from
MIN_SIDE = 64  # pixels of a panel's short side: less shows the network nothing
MARGIN = 0.012  # of the page's short side: of the gutter around a panel, so that paper stays paper


@dataclass(frozen=True, slots=True)
class ColouredPage:
    """A page of the series in colour (H×W×3 uint8 RGB), with its ``panels`` if they are known.

    A page of two editions also has ``grey``, the black-and-white one (H×W uint8), to which ``colour`` has
    been registered, and ``fits``, where the two show the same (H×W bool).
    """

    name: str
    colour: Image
    panels: Sequence[Panel] | None = None
    grey: Image | None = None
    fits: Mask | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A panel of a ``ColouredPage``, as that, its short side at most ``KEPT_SIZE`` pixels."""

    page: str
    colour: Image
    grey: Image | None = None
    fits: Mask | None = None

    @property
    def area(self) -> int:
        return int(self.colour.shape[0] * self.colour.shape[1])


def cut_lessons(page: ColouredPage) -> list[Lesson]:
    """The panels of a page that are large enough, one by one; a page without panels teaches as a whole."""
    height, width = page.colour.shape[:2]
    panels = find_panels(page.colour).panels if page.panels is None else page.panels
    margin = max(2, round(MARGIN * min(height, width)))
    boxes = [
        (max(0, x - margin), max(0, y - margin), x + w + margin, y + h + margin)
        for x, y, w, h in (panel.box for panel in panels if not panel.residual)
    ]
    lessons = [_cut(page, *box) for box in boxes or [(0, 0, width, height)]]
    return [lesson for lesson in lessons if min(lesson.colour.shape[:2]) >= MIN_SIDE]


def _cut(page: ColouredPage, left: int, top: int, right: int, bottom: int) -> Lesson:
    where = np.s_[top:bottom, left:right]
    grey = None if page.grey is None else _shrink(page.grey[where])
    fits = None if page.fits is None else _shrink(page.fits[where].astype(np.uint8) * 255) > 127
    return Lesson(page.name, _shrink(page.colour[where]), grey, fits)


def _shrink(picture: Image) -> Image:
    height, width = picture.shape[:2]
    ratio = KEPT_SIZE / min(height, width)
    if ratio >= 1:
        return np.ascontiguousarray(picture)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
