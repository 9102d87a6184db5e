"""The page before anything is sought on it: its scale, its ink, its blank levels, how askew it lies."""

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
    """Ink that has faded, and paper that is not white."""

    share: float = 0.01  # of the page, whose luma is at most that of its ink
    faded: float = 40.0  # luma of ink from which on it is faded, and made black again,
    palest: float = 120.0  # unless it is so pale that it is no ink,
    near: float = 16.0  # or what is at most so many levels lighter
    line: int = 9  # has next to nothing thinner than so many pixels of the page reduced:
    flat_share: float = 0.97  # with so much of it in broad areas it is a tone, since ink draws lines
    looked_at: int = 4  # pixels from one to the next of which the ink's luma is told
    lightest: float = 0.95  # of a page is darker than its paper, or than the lightest of it,
    white_paper: float = 230.0  # whose luma is so high if it is white enough for the network;
    uneven: float = 32.0  # levels that old paper is darker than that elsewhere,
    least_paper: float = 0.25  # and the share of a page that it takes;
    outshone: float = 12.0  # levels by which what is printed is lighter than no paper,
    most_outshone: float = 0.01  # but for so much of the page: else it is a tone beside paper


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

    darkest_paper: int = 150  # luma from which a level may be the paper's: no paper is darker
    paper_spread: int = 22  # levels below the paper's own that still are paper: scans are uneven
    pure_spread: int = 7  # the same, for paper beside pale colours
    lighter: int = 12  # levels above the paper's at which a pixel outshines it,
    lighter_share: float = 0.04  # and the share of such pixels from which the level may be a sky's
    brightest_black: int = 30  # luma up to which a level may be the black of a black page
    ink_spread: int = 14  # levels above the page's black that still are black
    common_share: float = 0.15  # share of a bright level between panels that makes it the paper's


@dataclass(frozen=True, slots=True)
class SkewParams:
    """Pages that were scanned askew. Angles are in degrees."""

    least: float = 0.4  # from which on a page is turned back: to smaller ones the rest is used
    most: float = 6.0  # from the axes, of a line that tells of it
    shortest: float = 0.05  # of the page's long side: shorter segments tell nothing
    spread: float = 0.35  # about the page's angle within which its lines lie
    least_share: float = 0.4  # of the lines' squared lengths that has that angle
    agreement: float = 0.3  # between level and upright lines
