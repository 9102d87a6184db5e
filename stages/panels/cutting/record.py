"""What the cutting of a page looks at and decides, written down meanwhile for ``panels --explain``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Point
from mangacolor.stages.panels.cutting.candidates import Judgement, corners_of
from mangacolor.stages.panels.cutting.cuts import Node
from mangacolor.stages.panels.cutting.polygons import Polygon, move
from mangacolor.stages.panels.params import Params

Orientation = Literal["across", "down", "inset"]
Outcome = Literal["cut", "panel", "no panel"]
_FLOOR = 0.45  # score below which a gutter is not worth telling of: most pairs of lines reach none


@dataclass(frozen=True, slots=True)
class CutCandidate:
    """A way in which a region of the page could have been cut, and whether it was.

    ``corners``: pixels of the page; the two ends of the upper (or left) line and then those of the lower
    one backwards, or two ends where panels share one line; of an inset its four corners. ``region``: the
    number of the region in ``Explanation.regions``. It takes a ``score`` of ``threshold`` to be chosen.
    ``parts``: what each sign adds to the score; they sum up to it. ``measured``: the signs themselves, mostly
    shares or probabilities in [0, 1]. ``reason``: why it was not chosen; empty if it was.
    ``rivals``: how many more candidates lie in the same place and stand back behind this one. ``own_side``:
    it runs along a side of its region, and would cut off next to nothing.
    """

    kind: str
    orientation: Orientation
    corners: tuple[Point, ...]
    region: int
    score: float
    threshold: float
    parts: dict[str, float]
    measured: dict[str, float]
    chosen: bool
    reason: str
    rivals: int = 0
    own_side: bool = False


@dataclass(frozen=True, slots=True)
class RegionOutcome:
    """A region of the page as it was looked at: ``polygon`` in pixels of the page, and what it became."""

    polygon: tuple[Point, ...]
    outcome: Outcome
    reason: str


class Recorder:
    """Takes down candidates and regions, in the order in which they are looked at."""

    def __init__(self, params: Params) -> None:
        self.floor = min(_FLOOR, params.cut.least_doubted)
        self.cuts: list[CutCandidate] = []
        self.regions: list[RegionOutcome] = []
        self._params = params
        self._to_page: F64 = np.eye(2, 3)

    def place(self, to_page: F64) -> None:
        """What is told from now on is in pixels that an affine map (2×3) brings to those of the page."""
        self._to_page = to_page

    def add_tree(self, root: Node) -> list[int]:
        """All candidates of all regions; returns the numbers of the leaves, which ``settle`` later."""
        leaves = []
        for node in root.walk():
            region = len(self.regions)
            for judgement in node.judgements:
                if judgement.score >= self.floor:
                    self.cuts.append(self._candidate(node.polygon, judgement, region))
            self.regions.append(
                RegionOutcome(self._points(node.polygon), "cut" if node.parts else "panel", "")
            )
            leaves += [] if node.parts else [region]
        return leaves

    def settle(self, region: int, polygon: Polygon, reason: str) -> None:
        """What became of a region that was not cut: a panel of this shape or, for a ``reason``, none."""
        outcome: Outcome = "no panel" if reason else "panel"
        self.regions[region] = RegionOutcome(self._points(polygon), outcome, reason)

    def add_inset(
        self, polygon: Polygon, region: int, score: float, measured: dict[str, float], reason: str
    ) -> None:
        """A rectangle that was tried as an inset of a region; no ``reason``: it was taken."""
        threshold = self._params.inset.mean_score
        parts = {"sides": score}
        corners = self._points(polygon)
        self.cuts.append(
            CutCandidate(
                "inset", "inset", corners, region, score, threshold, parts, measured, not reason, reason
            )
        )

    def add_strip_cut(self, width: int) -> None:
        """A long strip is cut where this window of it begins, which is ``width`` pixels wide."""
        corners = self._points(np.array([(0, 0), (width, 0)], np.float64))
        region = len(self.regions)
        self.cuts.append(CutCandidate("strip", "across", corners, region, 1.0, 1.0, {}, {}, True, ""))

    def _candidate(self, polygon: Polygon, judgement: Judgement, region: int) -> CutCandidate:
        cut = judgement.cut
        parts = cut.evidence.parts(self._params)
        if judgement.style_cost:
            parts["the page has gutters"] = -judgement.style_cost
        return CutCandidate(
            kind=cut.kind,
            orientation="down" if cut.down else "across",
            corners=self._points(corners_of(cut, polygon)),
            region=region,
            score=judgement.score,
            threshold=self._params.cut.least_score,
            parts=parts,
            measured=cut.evidence.measured(),
            chosen=judgement.chosen,
            reason=judgement.reason,
            own_side=judgement.own_side,
        )

    def _points(self, polygon: Polygon) -> tuple[Point, ...]:
        placed = np.rint(move(polygon, self._to_page)).astype(int)
        return tuple((int(x), int(y)) for x, y in placed)
