"""The numbers by which a guest's pages are found and measured.

Pixels are of the working scale (a panel's short side has 256) until they are scaled; levels are of luma or
chroma, 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class FindingParams:
    """Which pages of the guest are laid over a page (finding.py)."""

    # Pages whose name or number is like the page's that are tried.
    max_named: int = 3
    # Pages whose content is like the page's that are tried.
    max_alike: int = 3
    # Of the page's long side: what is smaller, and does not agree among what does, is covered, too.
    hole: float = 0.06
    # Times the short side that a long side counts for that: a strip of many screens is no page.
    longest: float = 1.6
    # Share of the page that must be covered for no further page to be tried.
    enough: float = 0.6
    # Share of the page that a guest's page must show: a panel that is drawn twice is no page.
    least_share: float = 0.2
    # Share of the page that a guest's page must cover beyond those that fit already.
    least_gain: float = 0.03


@dataclass(frozen=True, slots=True)
class MeasuringParams:
    """What of the guest's pixels speaks for a segment (measuring.py)."""

    # Luma of the guest below which a pixel is a line: its chroma is that of print and of compression.
    min_luma: float = 56.0
    # Share of a segment that must be so dark, and its median chroma in levels, for it to be a dark surface;
    # and the share of the segment's median luma below which a pixel of such a one is a line.
    dark_share: float = 0.15
    dark_chroma: float = 10.0
    line_share: float = 0.6
    # Pixels from a segment's border within which lines may lie elsewhere in the guest.
    rim: float = 2.0
    # Share of a segment's covered pixels that must lie within that rim for those alone to be asked.
    least_inside: float = 0.15
    # Percentile of the luma of those pixels that is the segment's: lines and their blur make the others dark.
    luma_percentile: float = 75.0
    # Percentile of a page's luma that is its paper's, in gutters, margins and balloons, and the least that
    # paper has: what is darker is a page without.
    paper_percentile: float = 99.0
    least_paper: float = 225.0
    # Share of a segment that must be covered for its colour to count.
    least_cover: float = 0.3
    # Levels of chroma that a tenth of a window must have for it to be coloured at all.
    least_chroma: float = 6.0


@dataclass(frozen=True, slots=True)
class SplittingParams:
    """Where a segment is two surfaces by the guest's colours (splitting.py)."""

    # Levels of chroma between the two, and how many times their own deviations that must be.
    least_distance: float = 12.0
    least_contrast: float = 1.0
    # Pixels of the smaller one, and its share of the segment.
    least_area: int = 36
    least_share: float = 0.04
    # Pixels: side of the square whose majority decides on which side a pixel lies.
    majority: int = 5
    # Pixels: side of the median that takes noise and thin lines out of the guest's chroma.
    median: int = 5
    # Segments that one becomes at most.
    max_pieces: int = 8
    # Pixels by which it is seen whether a segment is two.
    most_points: int = 2048


@dataclass(frozen=True, slots=True)
class Params:
    """All of them."""

    finding: FindingParams = FindingParams()
    measuring: MeasuringParams = MeasuringParams()
    splitting: SplittingParams = SplittingParams()

    def scaled(self, factor: float) -> Self:
        """The same for windows that are enlarged by ``factor``."""
        split = self.splitting
        return replace(
            self,
            measuring=replace(self.measuring, rim=factor * self.measuring.rim),
            splitting=replace(
                split,
                least_area=round(factor**2 * split.least_area),
                majority=odd(factor * split.majority),
                median=odd(factor * split.median),
            ),
        )


def odd(pixels: float) -> int:
    """The odd number of pixels that is nearest."""
    return 2 * round((pixels - 1) / 2) + 1


PARAMS: Final = Params()
