"""The numbers that decide whether two pages are halves of one drawing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Params:
    """Rows are those of a profile, levels are of luma, 0 to 255; shares of a page are of its own side.

    Chosen on one work of manga, one of comics and one of wide pictures; docs/design/spreads.md has the
    figures of others.
    """

    # Rows of a profile: a stroke of a page is one to three of them.
    rows: int = 1024
    # Of a page's width: the strip beside the inner edge whose mean is the profile.
    strip: float = 0.004
    # Of a page's width: columns of one tone beside the inner edge that the scan may have added.
    most_border: float = 0.006
    # Levels by which a column of one tone strays, and the share of its rows that must not stray further.
    border_levels: float = 16.0
    border_rows: float = 0.98
    # Rows by which two scans of a spread may be shifted against each other, up or down: 9 pixels of 1300.
    most_shift: int = 7
    # Of a page's height: how much two halves may differ in it.
    height_tolerance: float = 0.006
    # Rows around that shift among which the columns at the very join decide, and the correlation by which a
    # shift must be better than none: most halves are not shifted, and then no pixel is to move.
    shift_reach: int = 2
    least_gain: float = 0.05
    # Sigmas in rows of the two bands of detail: single strokes, and shapes.
    strokes: tuple[float, float] = (1.5, 24.0)
    shapes: tuple[float, float] = (4.0, 32.0)
    # Levels: a row of the bands' first that stands out by more has something to compare.
    evidence_level: float = 12.0
    # Shares of the rows that must have something to compare, and that must be drawn on in both halves.
    least_evidence: float = 0.12
    least_drawn: float = 0.3
    # Luma below which a row is drawn on, and not paper.
    drawn_below: float = 235.0
    # Levels of mean difference between drawn rows that cost as much as a correlation of 1 is worth.
    difference_scale: float = 40.0
    # Sum of three correlations less the difference, from which on two pages are one drawing: more than any
    # pair had that is none.
    least_score: float = 1.25


PARAMS = Params()
