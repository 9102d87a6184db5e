"""The numbers that decide what is a balloon: one a line, with unit and reason.

They are part of the stage's configuration, and so of its cache key: who changes one need not raise the
stage's ``version``.

Lengths in pixels are at the working scale. "Probability" is the network's, in levels: 255 is 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScaleParams:
    """At which size a page is looked at."""

    working_side: int = 1400  # pixels of the page's long side: lettering stays legible, time bounded
    least_shrink: float = 1.15  # of that side, up to which a page stays as it is: a slight shrink only blurs
    network_side: int = 768  # pixels of the long side for the network, as it was trained


@dataclass(frozen=True, slots=True)
class FitParams:
    """From the network's soft answer to a region that ends where the balloon's own paper ends."""

    sure: int = 150  # probability that some of a balloon needs
    maybe: int = 56  # probability at which a balloon ends
    smallest: int = 250  # pixels
    paper_slack: int = 44  # levels that a balloon's paper may differ from its commonest tone, at the most
    base_slack: int = 10  # levels, without noise: clean paper is told from a pale sky by a few,
    least_slack: int = 12  # but by no fewer than these
    noise_slack: int = 6  # and by so many more for each level of noise
    connected_share: float = 0.4  # of a patch of paper that the network must be sure of
    gaps: tuple[int, ...] = (1, 3, 5, 7)  # pixels of gaps in an outline that are closed, tried in turn
    shed: float = 0.85  # of a shape, that is left when a leak is closed
    certain: float = 0.9  # of the paper of which the network is sure, that a balloon holds
    inlet: int = 11  # pixels across an inlet of a balloon, cut off by strokes
    within: float = 0.6  # of a patch that lies in one
    notch: int = 7  # pixels across a notch that lettering can leave
    tail: float = 0.08  # of a balloon, that the network may overlook in any case
    missed: float = 0.4  # of a balloon, that it may overlook if rim and shape speak for it:
    inked_rim: float = 0.92  # share of the rim that is inked
    solid: float = 0.85  # solidity
    missed_round: float = 0.5  # of a balloon, that it may overlook if they do so clearly:
    round_rim: float = 0.97  # share of the rim
    round: float = 0.97  # solidity
    least_mean: float = 0.72  # mean probability in [0, 1] below which a region is dropped
    # Below it, a region is a balloon only if it is white and outlined nearly all round, and solid:
    white: int = 246  # level of its paper
    plain_rim: float = 0.98  # of its rim
    plain: tuple[tuple[float, float], ...] = ((0.55, 0.85), (0.45, 0.92))  # mean probability, solidity
    least_mean_dark: float = 0.85  # the same on dark paper: hair is dark, too
    stroke_contrast: int = 60  # levels between paper and lettering
    least_strokes: int = 20  # pixels of lettering in a balloon


@dataclass(frozen=True, slots=True)
class RimParams:
    """Paper between the two outlines of a balloon."""

    outline: int = 7  # pixels across the inner one, at the most
    widest: int = 22  # pixels from the balloon to the outer one, at the most
    thinnest: int = 2  # pixels across a rim, on average
    uneven: float = 4.0  # such averages, that a strip of it may reach
    slack: int = 40  # levels that the rim may differ from the balloon's paper
    ink: int = 90  # levels between paper and an outline
    inked: float = 0.85  # of the outer side of a strip, that is outlined
    strip: float = 0.25  # of the balloon's contour, that a strip runs along
    least_share: float = 0.4  # of it, that all strips do
    frame: int = 13  # pixels across, where a balloon ends at a frame and no rim is looked for


@dataclass(frozen=True, slots=True)
class KindParams:
    """What a region is, from its shape and its rim."""

    dark: int = 100  # level below which a balloon's paper makes it a black one
    rectangular: float = 0.95  # of its tightest rectangle that a caption fills
    outlined: float = 0.85  # of its rim that stands out from the paper, or it counts as open
    contrast: int = 40  # levels between paper and what bounds it
    bounded: float = 0.65  # of its rim that must stand out: free lettering on white has none on some side
    faint_contrast: int = 14  # levels, for that: a painted balloon has no outline
    ragged: float = 0.5  # solidity below which a region is outlined, like balloons in a chain, or no balloon
    near: int = 5  # pixels between a balloon and the edge that cuts it
    straight: float = 0.6  # of its extent that lies straight along that edge
    certain: float = 0.8  # confidence of a balloon that the network overlooked
    round: float = 0.8  # solidity of one
    rival: float = 0.75  # of a suspected balloon, that one found by its lettering covers if the other leaks
    suspected: int = 64  # mean probability of a black one: signs and clothes are black, too


@dataclass(frozen=True, slots=True)
class EnclosedParams:
    """Clean paper that an outline encloses."""

    largest: float = 0.03  # of the page: what is larger is found by its lettering
    solid: float = 0.92  # solidity: faces, sleeves and folds are less compact
    least_ink: float = 0.003  # share of strokes in it
    most_ink: float = 0.3
    largest_glyph: float = 0.12  # of the shape, that one stroke may cover
    suspected: float = 0.055  # mean probability in [0, 1] of a balloon,
    sure: float = 0.25  # and from which it may be a rectangle
    # A gasp of two or a few glyphs that the network overlooks stands in the middle of clean paper:
    few: tuple[int, int] = (2, 14)  # strokes of it
    clear: float = 0.2  # of the shape's lesser side, between strokes and outline
    narrow: float = 0.5  # of that side, that their column or row is wide, at the most
    central: float = 0.16  # of the shape's sides, that it may lie beside its middle
    nested: float = 0.9  # of all strokes' box, that one stroke's fills: a pupil in its iris
    tones: float = 0.03  # of the shape, that is neither paper nor ink,
    smudges: float = 0.003  # and not beside ink
    stroke_level: int = 4  # the network's mean answer for lettering, on the strokes


@dataclass(frozen=True, slots=True)
class CryParams:
    """White paper within an outline of whatever kind, spikes or a frame, and strokes in its middle."""

    largest: float = 0.07  # of the page
    suspected: float = 0.012  # mean probability in [0, 1] of a balloon
    outlined: float = 0.97  # of its rim
    solid: float = 0.85  # solidity
    strokes: tuple[int, int] = (2, 16)
    clear: float = 0.13  # of its lesser side, between strokes and outline
    narrow: float = 0.6  # of that side, that the column or row of strokes is wide, at the most
    central: float = 0.12  # of its sides, that they may lie beside its middle
    nested: float = 0.35  # of the box around them, that one fills: a pupil in its iris
    smudges: float = 0.0015  # of it, that is neither paper nor ink, nor beside ink: faces have shades
    white: int = 235  # level of its paper,
    grey: float = 0.02  # and share that is darker though not beside ink: clouds behind it


@dataclass(frozen=True, slots=True)
class TintedParams:
    """White lettering on an even mid-grey."""

    tones: tuple[int, int] = (60, 200)  # levels of such paper
    thick: int = 9  # pixels: what is thinner is a stroke
    uneven: int = 10  # levels that the ground may differ by within this
    contrast: int = 60  # levels from the ground to a stroke,
    full: int = 100  # and to one that is taken for full ink
    cell: int = 8  # pixels: where strokes are dense is looked at in cells of this,
    cells: int = 5  # over so many by so many of them
    density: float = 0.04  # of them, that strokes cover,
    even: float = 0.6  # and that even ground and they do
    least_cells: int = 6
    pad: int = 90  # pixels beside them that may hold more of the lettering
    confidence: float = 0.9  # of the lettering: highlights in hair have less,
    noise: int = 6  # and their ground is less even: median distance from its tone, in levels
    tail: float = 2.2  # glyphs: what is thinner is no part of the balloon
    solid: float = 0.75  # least solidity
    lettered: float = 0.25  # of the balloon, that lettering covers


@dataclass(frozen=True, slots=True)
class PieceParams:
    """A piece of a balloon that the drawing shows through."""

    cut: float = 0.19  # of its lettering, that lies beyond it
    reach: int = 12  # pixels beside it within which lettering is its own
    thick: int = 11  # pixels across a stroke, at the most
    letter: int = 16  # the network's mean answer for lettering on a letter
    smallest: int = 12  # pixels of a letter
    largest_letter: float = 0.05  # of the page's long side
    whole: float = 0.85  # of a letter, that is held if it is not cut


@dataclass(frozen=True, slots=True)
class LetteringParams:
    """Groups of strokes that look like glyphs, on clean paper."""

    ink: int = 128  # level: what is darker is a stroke
    paper_slack: int = 40  # levels that paper may be darker than white
    smallest_glyph: int = 4  # pixels
    smallest_area: int = 6  # pixels of a stroke
    largest_glyph: float = 0.06  # of the page's long side
    clean_ring: float = 0.6  # of the ring around a glyph that is paper
    glyph_ranges: tuple[tuple[int, int], ...] = (
        (4, 14),
        (9, 28),
        (18, 56),
        (40, 120),
    )  # pixels, of one group
    reach: float = 0.55  # of a glyph, to its neighbour
    least_glyphs: int = 3
    least_paper: float = 0.5  # share of paper in a block
    least_ink: float = 0.05  # share of ink in a block
    most_ink: float = 0.45
    own_ink: float = 0.75  # of a block's ink that is its glyphs'
    least_confidence: float = 0.6


@dataclass(frozen=True, slots=True)
class FreeParams:
    """Lettering without a balloon, on paper or flat black."""

    black: int = 44  # level: what is darker than this is flat black
    least_black: float = 0.01  # of the page: a smaller patch of black is no ground for lettering
    thin: int = 5  # pixels: what is thinner is a frame or a stroke and no patch
    dark: int = 100  # level: a mark on darker ground is light on dark
    largest_mark: float = 0.1  # of the page: lines of small print may be one mark, and so may a figure
    paper_share: float = 0.3  # of the ground beside a mark on paper that is the page's own
    held: float = 0.35  # of a mark of lettering that the block covers
    # Dots, dashes, furigana and short words stand in line with a block and are no glyphs. In glyphs:
    reach: float = 0.5  # how far such a mark sticks out of the block's row or column
    beside: float = 1.0  # the gap between the two
    small: tuple[float, float] = (1.5, 3.0)  # how wide and how long it is
    certain: float = 0.9  # least confidence of lettering on black in a drawing: gleams and stars have less
    suspected: int = 30  # mean probability of a balloon with which lettering on black may be less certain
    title: float = 0.8  # least confidence of letters larger than a balloon's: figures stand in rows, too
    # Letters' strokes bend, branch or have holes. Those of drawings, stars and teeth fill their convex hull.
    convex: float = 0.74  # of its hull: a stroke that fills more of it is none of a letter
    hole: int = 2  # pixels: a stroke with larger holes is one of a letter
    straight: float = 4.0  # widths: a stroke that is longer is a gleam or a line of hatching
    shaped: float = 0.3  # least share of strokes of letters in a block
    looked_at: int = 60  # strokes of a block, spread evenly, that are looked at for this
    page_number: tuple[float, float] = (
        0.005,
        0.025,
    )  # least and largest mark of one, of the page's long side
    most_numbers: int = 8  # marks of a page number: more of them in a margin are specks of a drawing
    rim: int = 2  # pixels: strokes fade into the ground
    lettering: LetteringParams = LetteringParams(
        largest_glyph=0.12,
        least_ink=0.02,
        least_confidence=0.5,
        glyph_ranges=((4, 14), (9, 28), (18, 56), (40, 120), (90, 240)),
    )


@dataclass(frozen=True, slots=True)
class GrowParams:
    """From a block of lettering to the paper around it."""

    gap_radii: tuple[int, ...] = (0, 1, 2, 3, 5, 7)  # pixels: half the gaps in the outline that are closed
    largest_gap: float = 0.45  # of a glyph: half the widest gap
    paper_slacks: tuple[int, ...] = (10, 20, 40)  # levels below its own lightest paper, tried in turn
    compact: float = 0.9  # solidity of a shape that nothing leaked out of
    shed: float = 0.8  # of a shape's area that is left when a leak is closed,
    rounder: float = 0.03  # and by how much its solidity then rises
    most_drawn: float = 0.03  # of a shape that is ink, but no lettering
    least_held: float = 0.8  # of the lettering that lies in the shape
    least_lettering: float = 0.1  # of the shape that is lettering
    solid: float = 0.62  # least solidity


@dataclass(frozen=True, slots=True)
class Params:
    """All numbers of the stage ``balloons``."""

    scale: ScaleParams = ScaleParams()
    fit: FitParams = FitParams()
    rim: RimParams = RimParams()
    kind: KindParams = KindParams()
    enclosed: EnclosedParams = EnclosedParams()
    cry: CryParams = CryParams()
    piece: PieceParams = PieceParams()
    tinted: TintedParams = TintedParams()
    partial: CryParams = CryParams(  # one that is known in part
        suspected=0.2, solid=0.8, strokes=(2, 40), clear=0.04, narrow=0.8, central=0.2, smudges=0.003
    )
    lettering: LetteringParams = LetteringParams()
    free: FreeParams = FreeParams()
    grow: GrowParams = GrowParams()


DEFAULTS = Params()
