"""The numbers by which panels are told to be in colour or in black and white."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class PartParams:
    """What a part of a page is. Luma and chroma in levels, shares of the part's pixels."""

    rim: int = 2  # pixels at its border that say nothing: frames, and what shines in from beside
    grey_chroma: float = 6.0  # beyond the paper's tint: a part in black and white has less,
    grey_share: float = 0.98  # on this share of it
    coloured_chroma: float = 10.0  # a pixel with more is in colour
    spot_share: float = 0.02  # from which on a part keeps the colours that it came with
    drawn_luma: int = 200  # darker pixels are drawn
    black_luma: int = 60  # and up to this they are ink
    leaning: float = 0.25  # up to which a neighbour's colour, that leans in, says nothing of a part,
    halo: int = 4  # with what is so many pixels around it,
    leaning_drawn: float = 0.12  # if the rest of it is drawn on more than lettering is
    least_drawn: float = 0.04  # of a part that a frame or a gutter surrounds
    least_contrast: float = 20.0  # levels by which its luma varies (sigma): no flat ground
    least_tones: float = 0.1  # drawn, but not black, of one cut where colour ends: no night, no lettering


@dataclass(frozen=True, slots=True)
class EndParams:
    """Where colour ends within what was found as one panel. Pixels and levels of the reduced page."""

    least_side: float = 0.06  # of the page's long side, that a part has at least
    depth: int = 3  # cuts within cuts
    steepest: float = 0.6  # slope of such an end against the axes
    coarse: float = 0.05  # slopes are tried so far apart at first,
    fine: float = 0.01  # and then around the best
    least_pixels: int = 6  # of a row that says anything
    grey_line: float = 0.01  # share of a row in colour up to which it belongs to a grey part
    coloured_line: float = 0.2  # and that one of the rows just beyond such a part has
    beyond: int = 5  # pixels that are looked at beyond it
    frame_reach: int = 5  # pixels that the frame may lie from the end of the colour
    frame_side: int = 3  # pixels from a line's middle to what is beside it
    frame_depth: float = 15.0  # levels that a line is darker than both its sides
    frame_black: int = 60  # luma up to which a pixel belongs to a thick frame
    frame_share: float = 0.65  # of the end that lies along a line; less: colour ends within a panel
    frame_white: float = 0.9  # or that is paper
    white: int = 228  # luma of paper


@dataclass(frozen=True, slots=True)
class KindParams:
    """What a page is, by its parts. Shares are of the page."""

    part: PartParams = field(default_factory=PartParams)
    ends: EndParams = field(default_factory=EndParams)
    least_grey: float = 0.02  # that parts in black and white take up on a mixed page
    least_coloured: float = 0.02  # and that parts in colour do
    one_ink: float = 0.9  # of the coloured pixels that have one hue where a second ink is printed,
    ink_hues: float = 0.35  # radians from that hue
    ink_filled: float = (
        0.8  # of what is not black, in colour: a part with more is painted, not printed with it
    )
    ink_throughout: float = 0.5  # of what is drawn, in panels with that ink: then it is the page's own look


KINDS: Final = KindParams()
