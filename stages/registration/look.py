"""What is kept of a page to find it in another print: its points, and a small picture of its luma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.registration.lines import resize_to
from mangacolor.stages.registration.params import POINTS
from mangacolor.stages.registration.points import Points, find_points


@dataclass(frozen=True, slots=True)
class PageLook:
    """Half a megabyte a page, picklable. ``size``: the page's width and height. ``small``: H×W uint8 luma."""

    size: tuple[int, int]
    points: Points
    small: Image

    @property
    def unit(self) -> float:
        """Pixels of the page for one of those in which points are told."""
        return float(np.sqrt(self.size[0] * self.size[1])) / POINTS.size


def describe_page(picture: Image) -> PageLook:
    """The look of a page, H×W or H×W×3 uint8 RGB."""
    grey = luma(picture)
    return PageLook(grey.shape[1::-1], find_points(grey), resize_to(grey, POINTS.size))
