"""Paper around the panels, and what is drawn outside of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroundParams:
    """What of the paper is ground, and what belongs to the drawing."""

    blank_line: float = 0.998  # blank share of a row or column of a margin
    band_spread: int = 14  # levels between a margin's own level and the paper's: more is a pale sky
    least_sky: float = 0.1  # of a band's length: a shorter part of another level is a stain
    blank_page: float = 0.995  # a page as blank as this is one white panel, not all margin
    white: int = 240  # luma of paper that is not tinted
    dark: int = 185  # luma below which paper without frames on it is a wall
    lighter: int = 30  # levels above a tone at which a pixel outshines it,
    lighter_share: float = 0.02  # and the share of such pixels that makes the tone no paper
    widest_gutter: float = 0.04  # of the page's long side: a wider tint beside panels is no gutter
    widest_gap: float = 0.2  # the same, where panels have frames: between them a page has no larger gap
    near: float = 0.01  # of the page's short side: how near a side lies to its frame, or the page's edge
    frame_contrast: int = 50  # levels below the paper's at which a frame is dark
    framed_share: float = 0.8  # of a panel's sides along which it has a frame, if it is framed
    margin_share: float = 0.5  # of a side of the page along which it has a margin
    bare_outline: float = 0.8  # of a panel's outline, just within, that is paper, if its background is
    bare_vignette: float = 0.5  # the same of a lone picture
    side_share: float = 0.25  # of the page's left or right side on which white is no sleeve
    gap: float = 0.003  # of the page's short side: half the widest gap that paper does not run through
    rim: float = 0.002  # of the page's short side: how far paper is followed towards unsharp lines
    dots: float = 0.004  # of the page's short side: half the distance between coarse dots, at most
    dots_side: float = 0.045  # the same: lettering breaks up what is narrower on the mean, too
    dotted_share: float = 0.85  # of a patch without its dots that is blank: less is a wall of coarse dots
    outside_share: float = 0.8  # of a blank component outside panels that makes it a gutter
    vivid_chroma: int = 48  # levels between a pixel's channels that paper never has
    painted_share: float = 0.1  # of vivid pixels, from which a page is in colour
    lightest: float = 0.7  # of the page's pixels are darker than those that tell what hue its paper has,
    brownest: float = 0.5  # whose blue is at least that share of their red


@dataclass(frozen=True, slots=True)
class ResidualParams:
    """Drawn area that no panel holds."""

    least_area: float = 0.002  # of the page
    least_side: float = 0.05  # of the page's short side: a sliver alone tells a network nothing
    confidence: float = 0.05  # low: it is a window for colour, not a panel of the story
