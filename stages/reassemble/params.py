"""The numbers that decide how colour is laid on the scan.

Pixels are of the working scale (a panel's short side has 256) unless said otherwise; levels are of luma or
chroma, 0 to 255. Chosen by eye on pages of the example chapter and of open comics.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mangacolor.stages.segments.params import BarrierParams


@dataclass(frozen=True, slots=True)
class InkParams:
    """The way from the network's picture to a layer of colour (ink_transfer.py)."""

    # Luma of the scan up to which a pixel is line, and from which it is wholly surface.
    line_luma: float = 48.0
    surface_luma: float = 144.0
    # What a pixel counts at least, so that an area without surface has a mean, too.
    min_surface: float = 0.02
    # Sigma, in pixels, over which tones of the scan and of the network are compared.
    tone_sigma: float = 4.0
    # Sigma, in pixels, over which lines take their chroma from the surfaces beside them.
    line_sigma: float = 1.5


@dataclass(frozen=True, slots=True)
class EvennessParams:
    """How far a segment's own variation is taken away (segment_colours.py)."""

    # Texture (deviation of the scan's luma, levels) of flat print, and of a painting.
    flat_texture: float = 8.0
    painted_texture: float = 40.0
    # Share of its variation of colour that a segment loses, printed flat and painted.
    flat: float = 0.9
    painted: float = 0.3
    # Share of its variation of tone that blank paper loses at least: it has no tones, so clouds on it are the
    # network's.
    blank: float = 0.8
    # The same, of colour and of tone, for a segment whose colour somebody chose.
    chosen: float = 0.95


@dataclass(frozen=True, slots=True)
class BorderParams:
    """How two segments meet (borders/open_borders.py)."""

    # Pixels to either side over which segments meet where there is no ink.
    soft_reach: float = 10.0
    # Barrier, in levels, from which two segments begin to meet crisply, and wholly do.
    low_barrier: float = 4.0
    high_barrier: float = 14.0
    # Of the root of a segment's area: how firmly it keeps its own, against pixels of open border.
    anchor: float = 0.3
    # Of the area: the same where two windows show one thing, so that it has the colour of its larger part.
    seam_anchor: float = 0.002
    # What a barrier is: one among many hides a border as well as one by itself.
    barriers: BarrierParams = field(default_factory=lambda: BarrierParams(inhibition=0.0))


@dataclass(frozen=True, slots=True)
class FadeParams:
    """How colour ends beside paper where nothing is drawn (borders/fading.py). Pixels are of the page."""

    # Of the page's short side: over how much of it colour fades out at most.
    reach: float = 0.04
    # Of the same: the side of a square that paper must hold, else it is a speck.
    least_paper: float = 0.014
    # Of the length of such an end, the same; and pixels between two that are taken for one.
    of_length: float = 0.5
    joined: int = 3
    # Standard deviation, in pixels, of the surroundings of a line: it loses what its surfaces lose.
    line_sigma: float = 2.5
    # Share of these surroundings that surfaces must have for that, else it lies on paper; and the shares of
    # paper from which it then begins to lose its colour, and wholly does.
    surface: float = 0.05
    least_bare: float = 0.2
    bare: float = 0.5


@dataclass(frozen=True, slots=True)
class Params:
    """All of them."""

    ink: InkParams = InkParams()
    evenness: EvennessParams = EvennessParams()
    borders: BorderParams = BorderParams()
    fade: FadeParams = FadeParams()
    # Share of the scan's tone that is left of paper whose colour somebody chose dark: hatching stays visible.
    darkest_chosen: float = 0.4


PARAMS: Final = Params()
