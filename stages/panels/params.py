"""The numbers that decide where panels lie, and what is paper: one a line, with unit and reason.

They are part of the stage's configuration, and so of its cache key. Lengths in pixels are at the working
scale, where a page has about a million pixels. "Probability" is the border network's, in [0, 1]. A "sample"
is taken every ``SAMPLE_STEP`` pixels along a line.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScaleParams:
    """The working scale."""

    page_pixels: float = 1.0e6  # area a page is brought to: frames stay two pixels wide
    most_enlarged: float = 2.0  # times a small page is enlarged at most,
    least_enlarged: float = 1.05  # and at least, or not at all
    spread_pixels: float = 1.7e6  # the same of a double spread
    spread_aspect: float = 1.1  # width over height above which a page is a spread
    strip_aspect: float = 3.0  # height over width above which a page is a strip
    strip_width: int = 700  # pixels that a strip's width is shrunk to


@dataclass(frozen=True, slots=True)
class InkParams:
    """Ink that has faded."""

    share: float = 0.01  # of the page, whose luma is at most that of its ink
    faded: float = 40.0  # luma of ink from which on it is faded, and made black again,
    palest: float = 120.0  # unless it is so pale that it is no ink,
    near: float = 16.0  # or what is at most so many levels lighter
    line: int = 9  # has next to nothing thinner than so many pixels of the page reduced:
    flat_share: float = 0.97  # with so much of it in broad areas it is a tone, since ink draws lines
    looked_at: int = 4  # pixels from one to the next of which the ink's luma is told


@dataclass(frozen=True, slots=True)
class StripParams:
    """Where long strips (webtoons) are cut into windows."""

    narrowest: int = 100  # pixels: nothing narrower is a comic
    window_height: float = 2.0  # of the strip's width: cuts lie near this height
    flat_deviation: float = 6.0  # levels: standard deviation of a row that shows nothing
    white: int = 240  # mean level of a band of paper, where it is best cut
    flat_rows: int = 9  # rows in a band that all show nothing, so that a single flat row is no band


@dataclass(frozen=True, slots=True)
class BlankParams:
    """Which pixels show nothing but paper, or nothing but black."""

    darkest_paper: int = 150  # luma from which a level may be the paper's
    paper_spread: int = 22  # levels below the paper's own that still are paper: scans are uneven
    pure_spread: int = 7  # the same, for paper beside pale colours
    lighter: int = 12  # levels above the paper's at which a pixel outshines it,
    lighter_share: float = 0.04  # and the share of such pixels from which the level may be a sky's
    brightest_black: int = 30  # luma up to which a level may be the black of a black page
    ink_spread: int = 14  # levels above the page's black that still are black
    common_share: float = 0.15  # share of a bright level between panels that makes it the paper's


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
    border_width: int = 5  # pixels across a line in which the network's border counts: its sharpness


@dataclass(frozen=True, slots=True)
class SkewParams:
    """Pages that were scanned askew. Angles are in degrees."""

    least: float = 0.4  # from which on a page is turned back: to smaller ones the rest is used
    most: float = 6.0  # from the axes, of a line that tells of it
    shortest: float = 0.05  # of the page's long side: shorter segments tell nothing
    spread: float = 0.35  # about the page's angle within which its lines lie
    least_share: float = 0.4  # of the lines' squared lengths that has that angle
    agreement: float = 0.3  # between level and upright lines


@dataclass(frozen=True, slots=True)
class GutterParams:
    """Gutters: blank bands between two lines."""

    least_span: float = 0.8  # of the region's extent that a cut must run through
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
    level_slope: float = 0.006  # up to which a line is level,
    slanted_slope: float = 0.1  # and from which it is slanted on purpose
    tilt_cost: float = 0.03  # of a slope between the two


@dataclass(frozen=True, slots=True)
class SecondLookParams:
    """Slanted lines that the network looks at again, straightened. Pixels are those of its scale."""

    least_slope: float = 0.05  # from which on a line is slanted: to smaller slopes the network is used
    least_edge: float = 0.5  # share of edge along a line that is worth a look
    half: int = 32  # pixels above and below the line that the network sees
    beyond: float = 32.0  # pixels before and after it
    across: int = 2  # pixels above and below the line within which a border counts
    sure_end: float = 0.3  # probability at both ends that it takes: what slants in a drawing stops short
    twin_distance: float = 4.0  # pixels of samples: a line this near to one that is looked at is seen with it
    of_region: int = 2  # lines of a region, the best seen first, that are looked at
    of_view: int = 4  # and of the whole page, in each direction


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


@dataclass(frozen=True, slots=True)
class CutParams:
    """Which of a region's candidates cuts it."""

    least_score: float = 0.72  # below it nothing is cut
    doubted: float = 0.03  # below that, down to which a cut that was not made is told of
    smallest: float = 0.008  # of the page's area: no cut leaves less
    sure_score: float = 0.9  # a gutter with it shows that the page has gutters,
    same_way_cost: float = 0.03  # which shared lines of the same direction then cost,
    other_way_cost: float = 0.02  # and those of the other
    thinnest_panel: float = 0.03  # of the page's side: what is thinner is no panel
    thin_panel: float = 0.12  # of the page's side: below it,
    thin_blank: float = 0.8  # so much blank makes a margin with a balloon or a page number in it;
    most_blank: float = 0.97  # above it, so much
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


@dataclass(frozen=True, slots=True)
class ResidualParams:
    """Drawn area that no panel holds."""

    least_area: float = 0.002  # of the page
    least_side: float = 0.05  # of the page's short side: a sliver alone tells a network nothing
    confidence: float = 0.05  # low: it is a window for colour, not a panel of the story


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


@dataclass(frozen=True, slots=True)
class Params:
    """All numbers of the stage ``panels``."""

    scale: ScaleParams = ScaleParams()
    ink: InkParams = InkParams()
    strip: StripParams = StripParams()
    blank: BlankParams = BlankParams()
    line: LineParams = LineParams()
    skew: SkewParams = SkewParams()
    gutter: GutterParams = GutterParams()
    shared: SharedLineParams = SharedLineParams()
    second_look: SecondLookParams = SecondLookParams()
    bar: BarParams = BarParams()
    drawn: DrawnLineParams = DrawnLineParams()
    frameless: FramelessParams = FramelessParams()
    pinwheel: PinwheelParams = PinwheelParams()
    cut: CutParams = CutParams()
    decision: DecisionParams = DecisionParams()
    snap: SnapParams = SnapParams()
    bleed: BleedParams = BleedParams()
    inset: InsetParams = InsetParams()
    ground: GroundParams = GroundParams()
    residual: ResidualParams = ResidualParams()
    order: OrderParams = OrderParams()


DEFAULTS = Params()
