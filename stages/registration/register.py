"""Laying another print of a drawing on our page: once as a whole, then line by line."""

from __future__ import annotations

import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.registration.bend import compare_lines, follow_bend
from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.stages.registration.params import PASSES, TRUST
from mangacolor.stages.registration.placement import Placement, find_placement
from mangacolor.stages.registration.points import pair_points
from mangacolor.stages.registration.registration import Registration
from mangacolor.stages.registration.trust import Trust, measure_trust


def register(
    ours: Image, theirs: Image, our_look: PageLook | None = None, their_look: PageLook | None = None
) -> Registration | None:
    """Where our page lies in their picture; None if they do not show the same drawing.

    Both: H×W or H×W×3 uint8 RGB, of any size: in black and white or colour, shifted, scaled, cropped to a
    part of the page or with margins, bent a little, lettered otherwise, redrawn. The looks are taken from the
    pictures unless they are known already. The same pictures give the same answer.
    """
    grey, their_grey = luma(ours), luma(theirs)
    our_look, their_look = our_look or describe_page(grey), their_look or describe_page(their_grey)
    placement = place_look(our_look, their_look)
    if placement is None:
        return None
    bend, strays = np.zeros((1, 1, 2), np.float32), 0.0
    for settings in PASSES:
        bend, strays = follow_bend(
            compare_lines(grey, their_grey, placement, bend, settings.size), bend, settings
        )
    compared = compare_lines(grey, their_grey, placement, bend, PASSES[-1].size)
    trust = measure_trust(compared)
    sizes = our_look.size, their_look.size
    if trust.whole < TRUST.least_whole or not overlaps(trust, *sizes, placement):
        return None
    return Registration(*sizes, placement, bend, trust.here, trust.whole, strays)


def place_look(ours: PageLook, theirs: PageLook) -> Placement | None:
    """Where our page lies in theirs as a whole, as far as points tell; None where too few agree."""
    return find_placement(pair_points(ours.points, theirs.points), ours.unit, theirs.unit)


def overlaps(trust: Trust, ours: tuple[int, int], theirs: tuple[int, int], placement: Placement) -> bool:
    """Whether enough of either page lies on the other. ``ours``, ``theirs``: width and height."""
    share = float(trust.inside.mean())
    their_share = share * ours[0] * ours[1] * placement.scale**2 / (theirs[0] * theirs[1])
    return max(share, their_share) >= TRUST.least_share
