"""What the borders part: which of them cut, how sure that is, and the sides and order of panels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CutParams:
    """Which of a region's candidates cuts it."""

    least_score: float = 0.72  # below it nothing is cut
    doubted: float = 0.03  # below that, down to which a cut that was not made is told of
    smallest: float = 0.008  # of the page's area: no cut leaves less
    sure_score: float = 0.9  # a gutter with it shows that the page has gutters,
    same_way_cost: float = 0.03  # which shared lines of the same direction then cost,
    other_way_cost: float = 0.02  # and those of the other
    thinnest_panel: float = 0.06  # of the page's side: what is thinner is no panel
    thin_panel: float = 0.12  # of the page's side: below it,
    thin_blank: float = 0.8  # so much blank makes a margin with a balloon or a page number in it;
    most_blank: float = 0.97  # above it, so much
    around: float = 4.0  # pixels beyond a region where its gutters are,
    on_white: float = 0.75  # and the share of them that is white, where black is a panel
    doubt: float = 0.1  # confidence of a whole page taken as one panel

    @property
    def least_doubted(self) -> float:
        """The least score of a cut that is told of though it was not made."""
        return self.least_score - self.doubted


@dataclass(frozen=True, slots=True)
class DecisionParams:
    """Log-odds of cuts and of panels.

    Those of shared lines agree with made-up pages. The others are set by hand, and on hard pages too sure.
    """

    gutter_base: float = 0.0  # log-odds of a gutter of the least score,
    gutter_steepness: float = 12.0  # and of a point of score more
    shared_base: float = 0.0  # the same of a line that panels share
    shared_steepness: float = 22.0
    surest: float = 4.0  # log-odds from which on more count for nothing, for a panel:
    panel_base: float = 0.0  # its own log-odds
    panel_cuts: float = 1.0  # of the weakest cut around it
    panel_doubt: float = 0.5  # of the likeliest cut through it not being one
    told: float = 0.1  # probability of a cut that was not made from which on the JSON tells of it


@dataclass(frozen=True, slots=True)
class SnapParams:
    """From where the cuts left a panel's side to its frame."""

    reach: float = 0.3  # of the region's extent: how far in a frame is looked for,
    far_reach: float = 0.85  # or so far, over nothing but paper
    clear_share: float = 0.8  # blank share wanted between the region's side and the frame,
    far_clear_share: float = 0.98  # or so much where it is far
    least_support: float = 0.5  # share of edge that a frame line needs
    max_lines: int = 8  # tried at a side, best supported first
    max_slope: float = 0.12  # of a frame beside a margin
    on_side: float = 2.5  # pixels: a line this near is the side's own frame
    shortest: int = 8  # samples of a frame line
    least_length: float = 0.9  # of the margin's side, that the frame runs along
    least_closed: float = 16.0  # pixels: a strip this deep that has frames at both ends is no margin;
    corner: float = 4.0  # pixels of their length that are not looked at, where they meet others,
    near_end: float = 0.05  # of the strip's length from its ends, where they are,
    runs_on: float = 0.8  # and the share of edge that they have


@dataclass(frozen=True, slots=True)
class BleedParams:
    """A panel that runs off the page beside others that end at a margin."""

    on_side: float = 3.0  # pixels: a line this near to a side lies on it
    straight: float = 6.0  # pixels by which the corners of such a side differ at most,
    most_lean: float = 0.02  # and this share of the panel's extent along it more
    widest: float = 0.15  # of the page's side: margins are narrower
    framed: float = 0.4  # share of edge along the side from which on it has a frame there,
    least_border: float = 0.3  # and the network's mean probability: less is a line of the drawing
    max_slope: float = 0.12  # of the frames above and below
    runs_on: float = 0.7  # share of edge that they have as far as the page's edge,
    surely_runs_on: float = 0.95  # or so much, if less is drawn in the margin
    least_drawn: float = 0.1  # than this share of it


@dataclass(frozen=True, slots=True)
class InsetParams:
    """Small framed panels laid into another."""

    max_sides: int = 7  # lines of each direction tried in one host
    max_slope: float = 0.01  # of a line that still runs along the page
    twin_distance: float = 4.0  # pixels: a line this near to another is the same
    thinnest: float = 0.06  # least width, of the page's side
    smallest: float = 0.01  # least area, of the page's
    largest: float = 0.6  # greatest area, of its host's
    tried_level: int = 80  # probability, in levels of 255, that makes a pixel of a side one to try
    side_score: float = 0.6  # least score of each side: half the probability, half the edge seen
    mean_score: float = 0.78  # least score of all sides together
    beyond_first: float = 6.0  # pixels beyond a corner from which on a border has ended,
    beyond_last: float = 24.0  # and up to which that is looked at
    beyond_score: float = 0.5  # score there of a side that runs on
    host_distance: float = 8.0  # pixels from the host's own side
    max_overlap: float = 0.2  # of an inset, that another may cover
    max_white: float = 0.72  # blank share: a caption is paper and lettering
    max_black: float = 0.97  # the same of black


@dataclass(frozen=True, slots=True)
class OrderParams:
    """Reading order."""

    tolerance: float = 0.25  # of the smaller of two extents: that much overlap does not join panels
    joined: float = 0.6  # and this much does, where no clearer cut is to be had
    inset_share: float = 0.7  # of a box inside a larger one that makes it an inset
    inset_edge: float = 0.03  # of a host, within which an inset reaches its edge
    late_start: float = 0.2  # of the columns' height: a first column that starts lower is read last
    spread_aspect: float = 1.2  # width over height of a double spread
    fold: float = 0.02  # of a spread's width: the margins at its fold
    strip_size: float = 0.12  # by which the boxes of four-panel strips may differ in size
    strip_shift: float = 0.2  # of their width, by which they may be out of line
    steepest: float = 0.25  # slope of a slanted tier: steeper ones are rare
    slope_step: float = 0.025  # between the slopes that are tried
    meeting: float = 0.2  # of the smaller extent along a slant, that two panels that meet there share
    misfit: float = 0.2  # overlap and gap, of the smaller extent across it, of a slant that fits
    least_meetings: int = 2  # pairs that meet at a slant: a single one fits any
