"""Finding a page in a pool of pages that somebody else has printed, by what is drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.stages.registration.bend import compare_lines, follow_bend
from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import PASSES
from mangacolor.stages.registration.placement import Placement
from mangacolor.stages.registration.register import is_same, place_look
from mangacolor.stages.registration.shortlist import shortlist
from mangacolor.stages.registration.trust import measure_trust


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two pages are prints of one drawing. ``pairs``: points that one placement explains.

    ``agreement``: 0 to 1, of the lines where they lie on each other. ``same``: whether it is one drawing.
    """

    pairs: float
    agreement: float
    same: bool


UNLIKE = Likeness(0.0, 0.0, False)


def rank_partners(look: PageLook, pool: Sequence[PageLook]) -> list[tuple[int, float]]:
    """The pages of the pool that show the same drawing, as index and agreement (0 to 1), the best first."""
    found = [(index, compare_looks(look, pool[index])) for index in shortlist(look, pool)]
    same = [(index, likeness.agreement) for index, likeness in found if likeness.same]
    return sorted(same, key=lambda entry: (-entry[1], entry[0]))


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
    return Likeness(placement.pairs, trust.whole, is_same(trust, *sizes, small))


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
