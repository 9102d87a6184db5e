"""The numbers that decide whether and where two pictures show one drawing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PointParams:
    """How points are sought, paired and explained by one placement.

    Pixels are of the picture at ``size``, unless said otherwise.
    """

    # The root of a picture's area in pixels: at 600 as many points are found again as at 840, in half the
    # time.
    size: int = 600
    # Points of a picture at most, strongest first.
    most: int = 1500
    # Contrast that a point needs and the edge ratio it may have, as OpenCV's SIFT takes them.
    contrast: float = 0.02
    edge: float = 15.0
    # Of the pairs, those that stand out most, two of which propose a placement.
    proposing: int = 220
    # Proposals that are looked at, those of pairs that stand out most.
    proposals: int = 4000
    # Pixels that two proposing points must lie apart: nearer ones say little of scale and turn.
    apart: float = 40.0
    # Factor by which the sizes of paired points may stray from the placement's scale.
    size_stray: float = 1.7
    # The largest ratio of scales, either way, and the largest turn in degrees: pages are scanned upright.
    most_scale: float = 8.0
    most_turn: float = 12.0
    # Pixels that a pair may stray from its placement: paper and drawing hand bend a little.
    tolerance: float = 6.0
    # Pairs that one placement must explain for a look at the pictures themselves to be worth it.
    least_pairs: int = 6


@dataclass(frozen=True, slots=True)
class LineParams:
    """What is compared: detail between two sigmas, in pixels, with its contrast evened out."""

    # Finest and coarsest detail.
    band: tuple[float, float]
    # Pixels over which contrast is evened out, and the levels of detail that count as none.
    even_over: float = 12.0
    even_floor: float = 6.0


@dataclass(frozen=True, slots=True)
class Pass:
    """One round of following lines from our picture into theirs. Lengths are in pixels at ``size``.

    ``size``: the root of our picture's area. ``reach``: how far a line is sought. ``near`` and ``wide``:
    sigmas of the two windows that are compared. ``stiff``: sigma over which what was found is smoothed.
    ``anchor``: confidence, as a mean over that, at which what was found counts as much as no bend at all.
    """

    size: int
    reach: int
    near: float
    wide: float
    stiff: float
    anchor: float


PASSES = (
    Pass(size=420, reach=5, near=16.0, wide=32.0, stiff=36.0, anchor=0.012),
    Pass(size=840, reach=4, near=14.0, wide=20.0, stiff=18.0, anchor=0.0012),
)


@dataclass(frozen=True, slots=True)
class TrustParams:
    """When two prints are taken for the same drawing, as a whole and place by place.

    What is measured is agreement: what lines have in common, of all the lines there are; 1 is the most.
    """

    # Sigmas, in pixels at a size of 840, of the windows: what a place says, and what those around say where
    # it is empty.
    near: float = 10.0
    wide: float = 40.0
    # Mean square of lines at which a place counts as much as those around it.
    empty: float = 0.02
    # Agreement from which a place is taken for the same in both: 89 of 100 such places have it, and of places
    # that are lettered in one of them 15.
    least_here: float = 0.15
    # Agreement of a page as a whole: the same drawing had 0.35 or more, redrawn, as dots or as lines; a page
    # that shares a background with another 0.21, pages that share nothing or only their frames 0.06.
    least_whole: float = 0.25
    # Frames, which many pages share, are left out of that: strokes at least so long and so dark, with what
    # lies beside them. Pixels at a size of 840; lines as ``find_lines`` gives them.
    frame_length: float = 90.0
    frame_level: float = 0.5
    frame_beside: float = 5.0
    # Of the smaller page, the share that must lie on the other.
    least_share: float = 0.35


@dataclass(frozen=True, slots=True)
class SearchParams:
    """How a page is sought in a pool."""

    # Points of a page that take part, strongest first.
    points: int = 300
    # A point speaks against pages that hold none as like as the page of this rank does.
    rivals: int = 5
    # Pages that are then compared as pictures.
    closer: int = 4


@dataclass(frozen=True, slots=True)
class MatchingParams:
    """How pages of two editions are paired. Agreement is that of ``TrustParams``."""

    # Agreement below which a pair is not thought of.
    least: float = 0.12
    # Pages that are compared as pictures, of those that are left after a first round.
    closer: int = 40
    # Of those, pages that are compared for lying between pages that were paired.
    between: int = 12
    # The share of a page, and of a spread, that must lie on the other for it to be that page.
    least_of_page: float = 0.6
    least_of_spread: float = 0.4
    # Agreement by which a pair must beat all others of its two pages to be taken at once.
    clear_by: float = 0.1
    # Agreement that lying in order is worth, among pages of which several look alike.
    order_worth: float = 0.05
    # Pages taken at once that there must be before a pair of less agreement is believed for its order.
    order_needs: int = 3
    # Of the smaller of two parts of a page, the share that both may have: pages are paired in parts only
    # where one of them is a spread.
    most_shared: float = 0.3
    # Points of a page below which next to nothing is drawn on it.
    least_points: int = 40


POINTS = PointParams()
# Among points strokes are to be told from dots; to lay them on each other, finer detail says more.
LINES = LineParams(band=(1.2, 4.0))
FINE_LINES = LineParams(band=(0.75, 2.4))
TRUST = TrustParams()
SEARCH = SearchParams()
MATCHING = MatchingParams()
