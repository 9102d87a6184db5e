"""Where borders run: lines, gutters, lines that panels share, and what only looks like one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineParams:
    """Straight lines, and the edges along them."""

    look_scale: float = 0.6  # of the working scale: frames stay whole there, dots give fewer segments
    max_slope: float = 0.7  # 35 degrees off the axis
    shortest_segment: float = 8.0  # pixels: shorter ones belong to no line
    shortest_seed: float = 24.0  # pixels: shorter ones propose no line
    collinear_distance: float = 2.0  # pixels: segments this near to a line belong to it
    twin_distance: float = 0.7  # pixels: a line this near to another is the same
    max_lines: int = 260  # in each direction: rain has thousands, frames are among the longest
    edge_contrast: float = 28.0  # levels between two pixels that make an edge
    edge_straightness: float = 0.4  # gradient along the line over that across it, at most: 20 degrees
    least_span: float = 0.8  # of a region's extent that a line must run through to cut it
    border_width: int = 5  # pixels across a line in which the network's border counts: its sharpness


@dataclass(frozen=True, slots=True)
class GutterParams:
    """Gutters: blank bands between two lines."""

    max_lines: int = 40  # of each side tried in one region
    weak_support: float = 0.2  # share of edge along a line below which it sides no gutter
    strong_support: float = 0.35  # share of edge that one of the two lines must have
    widest: float = 0.075  # of the page's long side
    thinnest: float = 1.5  # pixels
    full_width: float = 7.0  # pixels: a gutter this wide costs nothing
    thin_cost: float = 0.15  # of one without width: the ink of a frame is a thin black band itself
    blank_weight: float = 0.35  # what a gutter that is blank all along adds
    frame_weight: float = 0.175  # what a frame line all along adds, for each side
    end_weight: float = 0.15  # what running on through the frame at an end adds, for each end
    least_framed: float = 0.4  # of a gutter's length that must show frames, however much is margin
    network_weight: float = 0.6  # what a point of probability adds
    neutral_probability: float = 0.35  # below it the network speaks against a gutter
    end_support_weight: float = 0.5  # of the probability at the ends that counts for the whole gutter
    end_first: int = 4  # samples from an end, where the border that it meets there is left behind,
    end_last: int = 11  # and up to which its own is looked at
    wide: float = 16.0  # pixels from which on a gutter is one that the network knows,
    least_probability: float = 0.1  # with so much at least
    thick: float = 8.0  # pixels: a dark band up to that is a frame, and may end at one

    @property
    def most_without_frames(self) -> float:
        """What blank and both ends add at most."""
        return self.blank_weight + 2 * self.end_weight


@dataclass(frozen=True, slots=True)
class SharedLineParams:
    """One line between two panels, judged by the network and the edge that is to be seen."""

    least_edge: float = 0.3  # share of edge along a line that is asked about at all
    probability_weight: float = 0.6  # the weights of the signs in how sure a line is: the network,
    edge_weight: float = 0.3  # the edge that is seen,
    end_weight: float = 0.1  # and the network near both ends
    least_sure: float = 0.5  # how sure it must be to cut
    top_score: float = 0.84  # the score of the surest: gutters go first
    hidden_cost: float = 0.5  # probability that a wholly hidden line would lose
    end_share: float = 0.12  # of a line at each end, that must be sure where a figure hides the middle,
    end_samples: int = 4  # but no fewer than these
    sure_end: float = 0.7  # probability that makes an end sure
    end_piece: int = 16  # samples up to which an end is looked at,
    surer_end: float = 0.4  # and the probability that the surer one of a line that is no slant must have
    level_slope: float = 0.006  # up to which a line is level,
    slanted_slope: float = 0.1  # and from which it is slanted on purpose
    tilt_cost: float = 0.03  # of a slope between the two


@dataclass(frozen=True, slots=True)
class HiddenLineParams:
    """A line between two panels of which something hides the middle."""

    first: int = 4  # samples from an end on, where the border that is met there is left behind
    least_sure: float = 0.4  # probability, where an edge is seen, that takes a piece further
    shortest: int = 16  # samples of each of the two pieces
    least_probability: float = 0.5  # mean of each piece
    most_hidden: float = 0.7  # share of the line between the pieces
    cost: float = 0.3  # probability that a wholly hidden line would lose


@dataclass(frozen=True, slots=True)
class SecondLookParams:
    """Slanted lines that the network looks at again, straightened. Pixels are those of its scale."""

    least_slope: float = 0.05  # from which on a line is slanted: to smaller slopes the network is used
    least_edge: float = 0.5  # share of edge along a line that is worth a look,
    least_worth: float = 0.2  # and that times the share near the end where less is seen,
    end_samples: int = 16  # so many samples
    half: int = 32  # pixels above and below the line that the network sees
    beyond: float = 32.0  # pixels before and after it
    across: int = 2  # pixels above and below the line within which a border counts
    sure_end: float = 0.5  # probability at both ends that it takes: what slants in a drawing stops short
    no_doubt: float = 0.7  # probability near both ends from which on one look is enough,
    hopeless: float = 0.1  # or all along, below which it is; else a band is seen upside down, too
    twin_distance: float = 4.0  # pixels of samples: a line this near to one that is looked at is seen with it
    of_region: int = 2  # lines of a region, the best seen first, that are looked at
    of_view: float = (
        4.0  # and what is looked at of the whole page, in each direction: lengths from side to side
    )


@dataclass(frozen=True, slots=True)
class BarParams:
    """Two lines that are the sides of a thing, a spear or a pole, and no borders."""

    least_slope: float = 0.05  # of its sides: level bars are told by the network
    thinnest: float = 12.0  # pixels between its sides: what is thinner is a frame
    widest: float = 0.06  # of the page's long side: what is wider may be a panel
    most_tapered: float = 2.0  # times that one end is as wide as the other at most
    as_long: float = 0.9  # of one side, that the other is at least
    least_edge: float = 0.6  # share of edge along the other side,
    least_probability: float = 0.3  # and the network's mean probability there
    most_blank: float = 0.8  # blank share between them: more is a gutter


@dataclass(frozen=True, slots=True)
class DrawnLineParams:
    """One line between two panels, judged without the network."""

    least_edge: float = 0.7  # share of edge along the line
    base: float = 0.04  # score of a line without an edge
    edge_weight: float = 0.8  # what an edge all along adds
    short_length: float = 0.45  # of the page: walls and shelves are shorter
    short_range: float = 0.35  # of the page: so much shorter still costs all of
    short_cost: float = 0.06
    level_slope: float = 0.006  # up to which a line is level
    slant_cost: float = 0.04
    end_share: float = 0.05  # of a line at each end
    end_edge: float = 0.5  # share of edge below which an end is loose
    loose_cost: float = 0.05

    @property
    def most(self) -> float:
        """The score of a line with an edge all along, against which nothing speaks."""
        return self.base + self.edge_weight


@dataclass(frozen=True, slots=True)
class FramelessParams:
    """Bare bands and margins around panels without frame lines, such as paintings with soft edges."""

    bare_row: float = 0.985  # blank share of a row that shows nothing
    end_pixels: int = 6  # of a row, at either side, that must be blank for it to run through
    closed_row: float = 0.9  # blank share that a row which does not run through counts for at most
    thinnest: int = 4  # pixels: soft edges leave little of a gutter
    near: int = 4  # pixels from a band's side within which the network's border is looked for
    least_density: float = 0.55  # share drawn, of the rows that show something: less is an open panel
    score: float = 0.8  # before the network is heard
    whole_page: float = 0.05  # of the page, that other panels and gutters take where there are any


@dataclass(frozen=True, slots=True)
class PinwheelParams:
    """Four panels that turn round a fifth."""

    smallest: float = 0.2  # of the page's area: a smaller region holds none
    max_slope: float = 0.02  # of its borders
    max_lines: int = 12  # of each direction tried in one region
    twin_distance: float = 4.0  # pixels of samples: a line this near to another is the same
    tried_level: int = 80  # probability, in levels of 255, of a sample that may be a border's
    least_length: float = 0.3  # of the region's extent that has it, on a line that is tried
    thinnest: float = 0.06  # of the page's side, from border to border and to the region's sides
    least_part: float = 0.03  # of the region's area, that each of the five takes
    end_share: float = 0.2  # of a straight cut at each end, where it has
    loose_end: float = 0.4  # less than that sureness if it only goes on from a border that ended
    least_sure: float = 0.5  # of each border: half the probability, half the edge seen,
    least_mean: float = 0.7  # and of all four
    least_blank: float = 0.8  # blank share between two lines that makes them one gutter
    top_score: float = 0.84  # the score of the surest
