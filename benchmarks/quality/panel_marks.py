"""Things in panels of real pages, and the points by which ``panel_marks.json`` tells where they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.types import Point

MARKS = Path(__file__).with_name("panel_marks.json")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing in a panel of a page. ``same``: points of it; ``other``: of what else the panel shows."""

    page: str
    panel: int
    name: str
    same: tuple[Point, ...]
    other: tuple[Point, ...]


def read_things(half: str) -> dict[str, list[Thing]]:
    """The things of each title, without those of the other half."""
    found: dict[str, list[Thing]] = {}
    for panel in json.loads(MARKS.read_text(encoding="utf-8"))["panels"]:
        own = found.setdefault(panel["title"], [])
        for row in panel["things"]:
            if half not in ("all", row["half"]):
                continue
            left_out = [*row["same"], *row["unsure"]]
            others = (other[key] for other in panel["things"] for key in ("same", "unsure"))
            beside = [point for points in (panel["other"], *others) for point in points]
            points = _points(row["same"]), _points(point for point in beside if point not in left_out)
            own.append(Thing(panel["page"], panel["panel"], row["thing"], *points))
    return found


def _points(rows: Iterable[Sequence[int]]) -> tuple[Point, ...]:
    return tuple((x, y) for x, y in rows)
