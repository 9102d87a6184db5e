"""What a correction says of balloons: parts of a page that stay as they are, and parts that do not."""

from __future__ import annotations

from mangacolor.core.types import Image
from mangacolor.stages.balloons.layout import Balloon, BalloonLayout
from mangacolor.stages.panels.marked_parts import NO_PARTS, MarkedParts


def mark_parts(layout: BalloonLayout, marked: MarkedParts) -> BalloonLayout:
    """The balloons of a page with its marked parts in their mask; one of which nothing is left is none."""
    if marked == NO_PARTS:
        return layout
    mask = marked.mark_balloons(layout.mask)
    return BalloonLayout(mask, tuple(one for one in layout.balloons if _is_there(one, mask)))


def _is_there(balloon: Balloon, mask: Image) -> bool:
    x, y, w, h = balloon.box
    return bool(mask[y : y + h, x : x + w].any())
