"""What was looked at and decided while a page was cut into panels, for people who want to know why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.panels.cutting.record import CutCandidate, RegionOutcome

_SAME_PLACE = 0.012  # of the page's long side: candidates this near to each other are one to the eye
_COMMON = 0.9  # of the shorter of two candidates, along which both must run to be in the same place


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a page has the panels that it has.

    ``size``: the page's width and height in pixels. ``candidates``: every place where a cut was considered.
    ``regions``: what the page was cut into, the whole page first; ``CutCandidate.region`` is a number in it.
    ``note``: what was decided about the page after the cutting, if anything.
    """

    size: tuple[int, int]
    candidates: tuple[CutCandidate, ...]
    regions: tuple[RegionOutcome, ...]
    note: str = ""

    def to_document(self, page_name: str) -> dict[str, Any]:
        """As JSON: candidates and regions have the numbers that are drawn on the page."""
        return {
            "page": page_name,
            "size": list(self.size),
            "note": self.note,
            "candidates": [
                {"number": number, **_rounded(asdict(candidate))}
                for number, candidate in enumerate(self.candidates)
            ],
            "regions": [{"number": number, **asdict(region)} for number, region in enumerate(self.regions)],
        }


def merge_rivals(
    candidates: Sequence[CutCandidate], regions: Sequence[RegionOutcome], size: tuple[int, int]
) -> tuple[CutCandidate, ...]:
    """One candidate for each place, chosen ones first, then by score; ``rivals`` counts the others there.

    A place is considered again in each region that it runs through, and by several pairs of lines. The one
    that was chosen stands for it, else the one whose region stayed whole, else the one of the best score.
    """

    def rank(candidate: CutCandidate) -> tuple[bool, bool, float]:
        return not candidate.chosen, regions[candidate.region].outcome == "cut", -candidate.score

    near = _SAME_PLACE * max(size)
    merged: list[CutCandidate] = []
    for candidate in sorted(candidates, key=rank):
        same = (index for index, other in enumerate(merged) if _is_same_place(candidate, other, near))
        index = None if candidate.chosen else next(same, None)
        if index is None:
            merged.append(candidate)
        else:
            merged[index] = replace(merged[index], rivals=merged[index].rivals + 1)
    return tuple(sorted(merged, key=lambda candidate: (not candidate.chosen, -candidate.score)))


def _is_same_place(first: CutCandidate, second: CutCandidate, near: float) -> bool:
    """Whether two candidates are at most ``near`` pixels apart wherever both of them run."""
    if first.orientation != second.orientation:
        return False
    if first.orientation == "inset":
        return bool(np.abs(np.subtract(first.corners, second.corners)).max() <= near)
    lines = [_along_and_across(candidate) for candidate in (first, second)]
    start, end = max(along[0] for along, _ in lines), min(along[1] for along, _ in lines)
    if end - start < _COMMON * min(along[1] - along[0] for along, _ in lines):
        return False
    levels = [np.interp([start, end], along, across.mean(0)) for along, across in lines]
    half_width = float(np.ptp(lines[1][1], axis=0).max()) / 2
    return bool(np.abs(levels[0] - levels[1]).max() <= near + half_width)


def _along_and_across(candidate: CutCandidate) -> tuple[F64, F64]:
    """Where a candidate starts and ends in its own direction, and L×2: where across it its L lines are."""
    corners = np.array(candidate.corners, np.float64)
    if candidate.orientation == "down":
        corners = corners[:, ::-1]
    lines = [corners] if len(corners) == 2 else [corners[:2], corners[:1:-1]]
    along = np.mean([line[:, 0] for line in lines], axis=0)
    return along, np.array([line[:, 1] for line in lines])


def _rounded(document: dict[str, Any]) -> dict[str, Any]:
    """All numbers with four digits."""
    return {name: _round(value) for name, value in document.items()}


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return _rounded(value)
    return round(value, 4) if isinstance(value, float) else value
