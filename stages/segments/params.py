"""The numbers that decide where segments end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BarrierParams:
    """What divides (barriers.py)."""

    # Sigma, in pixels, of the smoothing before lines are sought.
    smoothing: float = 0.7
    # Pixels: a stroke thinner than this is a line.
    line_width: int = 9
    # The same for a light one: what is wider is a strand between two lines.
    light_line_width: int = 5
    # What the height of a light line counts against the depth of a dark one.
    light_lines: float = 0.8
    # Pixels: side of the square around a pixel in which lines are counted; among many one divides less.
    surround: int = 25
    # Depth, in levels, that a line counts there at most.
    max_depth: float = 60.0
    # By how much of the mean depth there barriers are lowered.
    inhibition: float = 1.6


@dataclass(frozen=True, slots=True)
class SeedParams:
    """What segments grow from (seeds.py)."""

    # Radii of the balls, in pixels, largest first; the last is half the thinnest strand that counts.
    ball_radii: tuple[float, ...] = (8.0, 4.0, 2.0, 1.2)
    # Barrier, in levels, over which no ball rolls.
    wall: float = 7.0
    # Pixels that a seed must have.
    min_area: int = 10
    # Pixels from where any ball has room from which on a place is a seed, too: dense hatching.
    max_distance: float = 6.0


@dataclass(frozen=True, slots=True)
class MergingParams:
    """Which neighbours are one segment (merging.py)."""

    # Mean barrier along a border, in levels, that is a dissimilarity of 1.
    border_barrier: float = 8.0
    # Barrier, in levels, that counts there at most: a border may cross a line where it ends.
    max_barrier: float = 60.0
    # Difference of tone, in levels, that is a dissimilarity of 1.
    tone_step: float = 9.0
    # Pixels of common border that two segments need to be merged.
    min_border_length: int = 4
    # Pixels of a segment up to which it needs no such border.
    min_area: int = 40
    # Pixels from which on a segment stands by itself: a smaller one is the more like others, the smaller it
    # is, by this power of its share.
    full_area: float = 200.0
    small_exponent: float = 0.9
    # Texture (mean depth of lines around, levels) at which that area is twice as large, growing with its
    # square; and what it is at most: what is hatched is not a thousand things.
    texture_unit: float = 4.0
    max_full_area: float = 20000.0
    # Texture up to which a segment's tone is that of its paper, and from which on that of paper and ink.
    textures: tuple[float, float] = (8.0, 16.0)
    # What a pixel on a line counts in the tone of paper: a segment may have no other.
    line_weight: float = 0.02
    # Dissimilarity below which neighbours are one segment, have one parent, and are of one scene.
    fine: float = 1.0
    coarse: float = 2.0
    scene: float = 3.0


@dataclass(frozen=True, slots=True)
class SegmentationParams:
    """Pixels are of the drawing scale (a page is 1200 pixels high); levels are of luma, 0 to 255.

    Chosen on made-up chapters of figures with known parts, plain and screentoned, and by eye on manga.
    """

    barriers: BarrierParams = field(default_factory=BarrierParams)
    seeds: SeedParams = field(default_factory=SeedParams)
    merging: MergingParams = field(default_factory=MergingParams)
    # Pixels between drawn parts of a window from which on they are looked at one by one.
    island_gap: int = 24
    # Pixels at either side of a panel's outline that its frame takes up with the paper beside it, and the
    # share of a segment that lies there from which on it is frame and nothing else.
    frame_reach: float = 5.0
    frame_share: float = 0.95


DEFAULTS = SegmentationParams()
