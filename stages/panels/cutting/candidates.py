"""The ways in which a region of the page could be cut, and what speaks for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from mangacolor.stages.panels.cutting.polygons import Line, Polygon, chords, swap
from mangacolor.stages.panels.params import Params

Kind = Literal["white gutter", "black gutter", "shared line", "bare band", "half cut"]


class Evidence(Protocol):
    """What was measured along a candidate."""

    def measured(self) -> dict[str, float]:
        """Each sign by name, mostly a share or a probability in [0, 1]."""

    def parts(self, params: Params) -> dict[str, float]:
        """What each sign adds to the score. Their sum is the score, to rounding."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A candidate: two lines of one view (``down``: of the transposed page) and a score, of about [0, 1].

    It lies between the lower side of the panel above and the upper side of the panel below. Where panels
    share one line, it has no width. ``flaw`` says why it must not be taken whatever its score. ``within``:
    of a half cut, which ends on another one, between which x of its view it runs.
    """

    kind: Kind
    down: bool
    upper: Line
    lower: Line
    score: float
    evidence: Evidence
    flaw: str = ""
    within: tuple[float, float] | None = None

    @property
    def shared(self) -> bool:
        """Whether it is one line that panels share."""
        return self.upper == self.lower


@dataclass(frozen=True, slots=True)
class Judgement:
    """A candidate of a region, its score when the page's style is taken into account, and what became of it.

    ``style_cost`` is taken off already. ``chosen``: it cuts the region; otherwise ``reason`` says why not.
    ``own_side``: it would only cut off a sliver at a side of the region.
    """

    cut: Cut
    score: float
    style_cost: float
    chosen: bool
    reason: str
    own_side: bool = False


def corners_of(cut: Cut, polygon: Polygon) -> Polygon:
    """The ends of a cut's lines within its region: 2×2 for a shared line, else 4×2, around the band."""
    turned = swap(polygon) if cut.down else polygon
    ends = [_ends(cut.upper, turned, cut.within)]
    if not cut.shared:
        ends.append(_ends(cut.lower, turned, cut.within)[::-1])
    corners = np.concatenate(ends)
    return swap(corners) if cut.down else corners


def _ends(line: Line, polygon: Polygon, within: tuple[float, float] | None) -> Polygon:
    offset, slope = line
    ends = within or chords(polygon, np.array([offset]), np.array([slope]))[0]
    return np.array([(x, offset + slope * x) for x in ends])
