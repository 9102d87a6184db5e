"""The numbers that decide which segments are one thing and what colour they take.

Chroma is in levels (Cb and Cr, 0 to 255, centred on 0); descriptors are without unit. The values were chosen
on made-up chapters of anime figures with known parts and on open comics; docs/design/harmonize.md has the
figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.stages.harmonize.guidance.params import GuidanceParams


@dataclass(frozen=True, slots=True)
class DescriptorWeights:
    """What each part of a descriptor counts; a distance of 1 between two parts of weight 1 is a distance of
    1."""

    # Of the network's features, as a direction of length 1.
    features: float
    # Of the votes, as roots of probabilities: of length 1.
    votes: float
    # Of a tone from 0 to 255.
    tone: float
    # Of a texture (standard deviation of luma) from 0 to 255.
    texture: float = 5.0
    # Of each doubling of the area.
    area: float = 0.07


@dataclass(frozen=True, slots=True)
class DescriptorParams:
    """Where a segment stands among the others (descriptors.py)."""

    # Of a network that votes.
    voting: DescriptorWeights = DescriptorWeights(features=0.65, votes=1.2, tone=10.0)
    # Of a network that does not.
    silent: DescriptorWeights = DescriptorWeights(features=1.3, votes=0.0, tone=10.0)
    # Of a network with an embedding. Votes count too: without them more is joined, and works of other hands
    # lose what the network knew.
    embedded: DescriptorWeights = DescriptorWeights(features=1.0, votes=1.0, tone=5.0, texture=0.0, area=0.0)
    # Directions that a network's own features are reduced to (principal components).
    dimensions: int = 128
    # Between what is drawn behind the figures and what is not.
    backdrop: float = 0.6
    # Of each page between two backdrops: beyond a few pages they are of different scenes.
    page: float = 1.0


@dataclass(frozen=True, slots=True)
class NeighbourParams:
    """Who a segment's neighbours are (neighbours.py)."""

    # Neighbours of a segment (k).
    count: int = 15
    # Distance of descriptors at which similarity has fallen to 1/e.
    similarity_scale: float = 0.68
    # Segments in a cell of the search, about.
    cell_size: int = 256
    # Cells that are searched at least.
    probed_cells: int = 6
    # Iterations of k-means that find the cells.
    cell_iterations: int = 4


@dataclass(frozen=True, slots=True)
class SkinParams:
    """What is blank and no skin (panels/skin.py)."""

    # How far what is surely no skin loses a colour of skin.
    amount: float = 0.75
    # Share of the blank area that is skin, against what all votes foresee.
    share: float = 1.15
    # Of the logarithm of the odds of skin: slope at the least odds of what still is ...
    slope: float = 4.0
    # ... and at the lead that something else in the panel has, the quantile of a panel's segments that this
    # is, and that lead.
    panel_slope: float = 6.0
    panel_quantile: float = 0.9
    panel_lead: float = 0.4
    # Hue of skin in the plane of Cb and Cr, degrees, up to where to either side it is quite that, and sigma
    # beyond.
    hue: float = 132.0
    hue_range: float = 10.0
    hue_bandwidth: float = 10.0
    # Levels of chroma of the palest skin and of the liveliest, and sigma beyond.
    chroma: tuple[float, float] = (10.0, 30.0)
    chroma_bandwidth: float = 12.0


@dataclass(frozen=True, slots=True)
class SheenParams:
    """What is the sheen of something black (panels/sheen.py)."""

    # Share of solid ink in what is alike from which a segment that is no skin begins to be sheen, and wholly
    # is; and of the ink in a segment itself, whatever else it may be.
    ink_around: tuple[float, float] = (0.06, 0.18)
    own_ink: tuple[float, float] = (0.3, 0.5)
    # How far what surely is sheen loses a warm colour, once before groups are made and once after.
    amount: float = 0.6
    # Middle of warm hues in the plane of Cb and Cr, degrees, from yellow to pink, up to where to either side
    # they are quite that, and sigma beyond.
    hue: float = 125.0
    hue_range: float = 50.0
    hue_bandwidth: float = 12.0


@dataclass(frozen=True, slots=True)
class AssignmentParams:
    """What colour each segment starts from (colour_assignment.py)."""

    # Steps that votes travel along the graph.
    propagation_steps: int = 8
    # What one's own votes count in each step, against a neighbour that is just alike.
    self_weight: float = 0.6
    # Perplexity of a segment's votes that sharpening aims at, as a share of the palette's colours.
    target_perplexity: float = 0.15
    # Range of the temperature of votes: at 1 colours are means, as the network's own; at 0 of the palette.
    temperatures: tuple[float, float] = (0.3, 1.25)
    # The largest segments of the chapter, from which the prior is matched.
    max_segments: int = 4096
    # The same for a page of a series that comes alone, and what is remembered: it is to cost little.
    max_lone_segments: int = 1024
    # Iterations of the matching.
    iterations: int = 60
    # Share of a correction that an iteration makes: at 1 colours that are much alike overshoot.
    bias_step: float = 0.7
    # Change of the logarithm of the temperature for each unit of entropy that is missing.
    temperature_step: float = 0.3
    # Probability that stands for none.
    min_probability: float = 1e-5


@dataclass(frozen=True, slots=True)
class SmoothingParams:
    """How neighbours come to one colour (smoothing.py)."""

    # Times that each segment takes the mode of its neighbours' colours.
    mode_iterations: int = 2
    # Levels of chroma within which colours support each other (sigma of the density).
    mode_bandwidth: float = 20.0
    # Steps of mean shift from the densest member to the middle of its crowd.
    mode_shift_steps: int = 3
    # Iterations of the blurring mean shift that follows.
    shift_iterations: int = 40
    # Levels of chroma within which neighbours draw each other there (sigma).
    shift_bandwidth: float = 40.0
    # Weight of the starting colour (the anchor) against a neighbour that is just alike, for a network
    # without votes.
    anchor_without_votes: float = 0.01
    # Uncertainty coefficient of the votes at which the anchor's weight is 1.
    anchor_midpoint: float = 0.075
    # The logarithm of the anchor's weight falls by this for each unit of the uncertainty coefficient.
    anchor_slope: float = 50.0
    # What a segment's own colour counts once neighbours have settled, against one that is just alike, ...
    own_weight: float = 0.5
    # ... up to this uncertainty coefficient of the votes; ...
    own_midpoint: float = 0.155
    # ... beyond it the logarithm falls by this for each unit.
    own_slope: float = 100.0
    # Support of neighbours (of one that is just alike: 1) with which a segment starts halfway between what
    # the chapter assigned to it and what the network read off there.
    assigned_support: float = 0.3
    # By what chroma is raised at most where an own hue and the agreed one are opposite.
    max_mixing_gain: float = 4.0


@dataclass(frozen=True, slots=True)
class ClusteringParams:
    """Which segments are one group (clustering.py)."""

    # Levels of chroma between neighbours after smoothing that cut a link (sigma): they are two things.
    link_bandwidth: float = 15.0
    # Of the Louvain method: higher gives more groups.
    resolution: float = 6.0
    # Links to its own group, of neighbours that are just alike, that make a segment wholly its member.
    full_membership_ties: float = 2.0
    # Share of a group's links that go to another from which both are merged, if they are of one colour.
    merge_min_share: float = 0.08
    # Levels of chroma between two groups of one colour.
    merge_max_chroma_distance: float = 6.0
    # Distance between what two groups look like on the mean, in descriptors, up to which they are one thing.
    merge_max_distance: float = 0.5
    # Share of the chapter's area that a group has at most: more is a crowd, and no thing.
    max_share: float = 0.08
    # Segments up to which a group is no crowd, however large: a sky, or a figure of a chapter of two pages.
    max_few: int = 24
    # Membership from which on a segment is surely its group's: an eighth, which rounds to nothing below.
    min_membership: float = 0.125
    # Times that those of another colour leave their groups: they may be of two colours themselves.
    colour_rounds: int = 3
    # Segments that surely belong together, from which on those that have left are a group.
    min_company: int = 5

    def is_crowd(self, share: F64, segments: I64) -> Mask:
        """Whether groups with this share of the chapter's area and so many segments are too large for one."""
        return np.asarray((share > self.max_share) & (segments > self.max_few))


@dataclass(frozen=True, slots=True)
class JoiningParams:
    """Which segments join a group that is remembered of earlier pages (joining.py)."""

    # Links to the group, of neighbours that are just alike, from which on a segment joins it.
    min_ties: float = 0.5
    # Share of all its links that these must be.
    min_share: float = 0.4
    # How far a remembered segment's colour is what all votes say now, against what it was given: 0 keeps
    # strays of early pages for good, 1 lets colours wander.
    review: float = 0.3
    # Times that segments follow neighbours that have joined.
    rounds: int = 3
    # Such links that make a segment wholly its member.
    full_membership_ties: float = 2.0


@dataclass(frozen=True, slots=True)
class RetentionParams:
    """What stays remembered of the pages of a series (retention.py)."""

    # Segments in all. Time and memory of a page grow with them.
    max_segments: int = 3072
    # Of these at most, of groups that were seen on one page only.
    max_single: int = 1024
    # Pixels at working scale of a segment from which on it is remembered.
    min_area: float = 30.0


@dataclass(frozen=True, slots=True)
class GroupColourParams:
    """The one colour of a group (group_colours.py)."""

    # The weightiest members of a group that are asked.
    max_members: int = 512
    # By what a group's chroma may be raised at most to that of its members.
    max_chroma_gain: float = 1.2
    # Levels of chroma: a member that agreed on a colour so far from its group's goes there by three fifths.
    bandwidth: float = 12.0
    # Levels of chroma that stay between a group's colour and a segment's, from which on that is no member.
    most_apart: float = 12.0
    # Levels of chroma: colours lie on a grid of this step, so that another page seldom moves them.
    chroma_step: int = 2
    # Levels of spread of chroma within a segment that halve its weight.
    spread_scale: float = 1.5


@dataclass(frozen=True, slots=True)
class PanelParams:
    """How segments of one panel agree (panels/agreement.py)."""

    # Distance, of that which is as likely as not one thing elsewhere, at which similarity has fallen to 1/e.
    similarity_scale: float = 0.55
    # Similarity below which nothing is linked: from .84 of that distance on.
    min_similarity: float = 0.004
    # Levels of chroma within which colours count as those of one thing (sigma).
    bandwidth: float = 20.0
    # Times that each takes the mean of those alike.
    iterations: int = 2
    # By what chroma is raised at most where colours of opposite hues are mixed.
    max_mixing_gain: float = 4.0


@dataclass(frozen=True, slots=True)
class MatchingParams:
    """Which groups are those of another run or chapter (recognition.py, overrides.py)."""

    # Distance of descriptors up to which a group is taken for one of another chapter.
    max_distance: float = 0.75
    # Share of a group that is of one which people hold, from which new segments in it are, too.
    min_joining_share: float = 0.5


@dataclass(frozen=True, slots=True)
class ReferenceParams:
    """How references count (references/matching.py)."""

    # References nearest to a segment that are asked (k).
    neighbours: int = 12
    # Of the distance of the nearest reference, and in descriptors at least and at most: the distance at which
    # what a reference says has fallen to 1/e. Who stands in the reference itself hears that place alone.
    relative_scale: float = 1.2
    similarity_scales: tuple[float, float] = (0.1, 0.7)
    # Levels of chroma within which references say the same (sigma).
    agreement_bandwidth: float = 25.0
    # Distances of descriptors up to which a segment is surely the nearest reference's, and from which on not.
    distances: tuple[float, float] = (0.6, 0.9)
    # By how much nearer it must be, where the network holds the reference's colour for impossible.
    doubt: float = 0.35
    # Share of the network's votes, for colours like the reference's, from which on it holds it for possible.
    likely_share: float = 0.12
    # What tone counts against references: what is white on paper has a tone in colour.
    tone_share: float = 0.6
    # Pixels at working scale of a segment from which on it is a reference.
    min_area: float = 30.0
    # References at most, the largest: the table of a series' file twice over. Time grows with them, and what
    # is small says least.
    max_references: int = 8192
    # Sureness from which on a segment of the chapter is a reference for the others: less passes errors on.
    passed_on: float = 1.0
    # As many at most, the largest.
    max_passed_on: int = 2048
    # Steps of sureness, from not at all to fully: a page elsewhere seldom moves it.
    sureness_steps: int = 8
    # Segments that are compared with all references at a time.
    block: int = 512


@dataclass(frozen=True, slots=True)
class CorrectionParams:
    """What is handed on for each segment (group_colours.py)."""

    # Steps of membership, from not at all to fully.
    membership_steps: int = 4
    # Sureness of references from which on a segment's colour holds whatever lies beside it.
    holds_from: float = 0.75
    # Levels by which a segment must be painted too dark for references to lighten it.
    min_luma_step: float = 3.0
    # Luma, 0 to 255, of a segment whose luma somebody chose: ink below stays ink, paper above has no colour.
    luma_range: tuple[int, int] = (66, 250)


@dataclass(frozen=True, slots=True)
class Params:
    """All of them."""

    descriptors: DescriptorParams = DescriptorParams()
    neighbours: NeighbourParams = NeighbourParams()
    assignment: AssignmentParams = AssignmentParams()
    skin: SkinParams = SkinParams()
    sheen: SheenParams = SheenParams()
    smoothing: SmoothingParams = SmoothingParams()
    clustering: ClusteringParams = ClusteringParams()
    joining: JoiningParams = JoiningParams()
    retention: RetentionParams = RetentionParams()
    group_colours: GroupColourParams = GroupColourParams()
    panels: PanelParams = PanelParams()
    matching: MatchingParams = MatchingParams()
    references: ReferenceParams = ReferenceParams()
    corrections: CorrectionParams = CorrectionParams()
    guidance: GuidanceParams = field(default_factory=GuidanceParams)

    def for_lone_page(self) -> Params:
        """For a page of a series that comes alone."""
        few = self.assignment.max_lone_segments
        return replace(self, assignment=replace(self.assignment, max_segments=few))


PARAMS: Final = Params()
