"""Finding a page in a pool of pages that somebody else has printed, by what is drawn on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.registration.bend import compare_lines, follow_bend
from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import PASSES, TRUST
from mangacolor.stages.registration.placement import Placement, invert
from mangacolor.stages.registration.register import overlaps, place_look
from mangacolor.stages.registration.shortlist import Pool, shortlist
from mangacolor.stages.registration.trust import measure_trust

Part = tuple[float, float, float, float]  # left, top, right, bottom, of a page's width and height


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two pages are prints of one drawing.

    ``agreement``: 0 to 1, of the lines where they lie on each other. ``overlap``: whether enough of either
    page does. ``here``, ``there``: the part of our page and of theirs that does. ``same``: whether it is one
    drawing.
    """

    agreement: float
    overlap: bool
    here: Part = (0.0, 0.0, 0.0, 0.0)
    there: Part = (0.0, 0.0, 0.0, 0.0)

    @property
    def same(self) -> bool:
        return self.overlap and self.agreement >= TRUST.least_whole


UNLIKE = Likeness(0.0, False)


def rank_partners(
    look: PageLook, pool: Pool, look_of: Callable[[int], PageLook | None]
) -> list[tuple[int, float]]:
    """The pages of a pool that show the same drawing, as index and agreement (0 to 1), the best first.

    ``look_of``: the look of a page by its index, asked for those of the shortlist alone; None leaves it out.
    """
    found: list[tuple[int, float]] = []
    for index in shortlist(look, pool):
        theirs = look_of(index)
        likeness = UNLIKE if theirs is None else compare_looks(look, theirs)
        if likeness.same:
            found.append((index, likeness.agreement))
    return sorted(found, key=lambda entry: (-entry[1], entry[0]))


def compare_looks(ours: PageLook, theirs: PageLook) -> Likeness:
    """Whether two pages show the same drawing, from what is kept of them."""
    placement = place_look(ours, theirs)
    if placement is None:
        return UNLIKE
    small = _between_smalls(placement, ours, theirs)
    none = np.zeros((1, 1, 2), np.float32)
    settings = PASSES[0]
    bend, _ = follow_bend(compare_lines(ours.small, theirs.small, small, none, settings.size), none, settings)
    trust = measure_trust(compare_lines(ours.small, theirs.small, small, bend, settings.size))
    sizes = ours.small.shape[1::-1], theirs.small.shape[1::-1]
    there, here = _part(small.matrix, *sizes), _part(invert(small.matrix), *reversed(sizes))
    return Likeness(trust.whole, overlaps(trust, *sizes, small), here, there)


def _part(matrix: F64, size: tuple[int, int], into: tuple[int, int]) -> Part:
    """The part of a picture of size ``into`` on which ``matrix`` (2×3) lays one of ``size``."""
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size], np.float64) - 0.5
    laid = ((corners @ matrix[:, :2].T + matrix[:, 2] + 0.5) / into).clip(0.0, 1.0)
    (left, top), (right, bottom) = laid.min(axis=0).tolist(), laid.max(axis=0).tolist()
    return left, top, right, bottom


def _between_smalls(placement: Placement, ours: PageLook, theirs: PageLook) -> Placement:
    """The same placement between the small pictures."""
    here = np.diag(
        [*(big / small for big, small in zip(ours.size, ours.small.shape[1::-1], strict=True)), 1.0]
    )
    here[:2, 2] = (np.diag(here)[:2] - 1) / 2
    there = np.array(theirs.small.shape[1::-1]) / np.array(theirs.size)
    matrix = there[:, None] * (placement.matrix @ here)
    matrix[:, 2] += (there - 1) / 2
    return Placement(matrix, placement.pairs)
