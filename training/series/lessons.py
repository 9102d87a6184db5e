"""What is learnt from: coloured pages, cut into panels at about the network's working scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image, Panel
from mangacolor.stages.panels import find_panels
from mangacolor.training.data.left_out import MIN_PANEL
from mangacolor.training.data.pictures import parts_of_panels, shrink

WORKING_SIZE = 256  # pixels: the short side of a panel for the network
KEPT_SIZE = 288  # pixels of a panel's short side that crops are taken from


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


def cut_lessons(page: ColouredPage) -> list[Lesson]:
    """The panels of a page that are large enough, one by one; a page without panels teaches as a whole."""
    panels = find_panels(page.colour).panels if page.panels is None else page.panels
    parts = parts_of_panels(panels, page.colour.shape) or [np.s_[:, :]]
    lessons = [_cut(page, part) for part in parts]
    return [lesson for lesson in lessons if min(lesson.colour.shape[:2]) >= MIN_PANEL]


def _cut(page: ColouredPage, part: tuple[slice, slice]) -> Lesson:
    grey = None if page.grey is None else shrink(page.grey[part], KEPT_SIZE)
    fits = None if page.fits is None else shrink(page.fits[part].astype(np.uint8) * 255, KEPT_SIZE) > 127
    return Lesson(page.name, shrink(page.colour[part], KEPT_SIZE), grey, fits)
