"""How surely each region of a page is a panel, and where two may have been left together.

Log-odds of cuts and of panels are linear in what is known of them. ``benchmarks/quality/fit_panels.py``
compares them with made-up pages, where the borders are known, and with real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mangacolor.core.probability import expit
from mangacolor.stages.panels.cutting.candidates import Cut, Judgement
from mangacolor.stages.panels.cutting.cuts import Node
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.params import Params


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cut that was not made, though it may be a border: its ``probability`` in [0, 1]."""

    cut: Cut
    probability: float


@dataclass(frozen=True, slots=True)
class Region:
    """A leaf of the tree of cuts: a convex polygon, and how surely it is a panel (``confidence``, in [0, 1]).

    That is told by the log-odds of the ``weakest`` cut around it and those ``against`` the likeliest one
    through it; ``doubt`` is that one, if there is any. ``number``: the recorder's.
    """

    polygon: Polygon
    confidence: float
    weakest: float
    against: float
    doubt: Doubt | None = None
    number: int = 0


def find_regions(root: Node, params: Params) -> list[Region]:
    """The leaves of a tree, from left to right; at least one."""
    return list(_leaves(root, params.decision.surest, params))


def cut_log_odds(judgement: Judgement, params: Params) -> float:
    """The log-odds of a candidate being a border, by its kind and score."""
    fitted, over = params.decision, judgement.score - params.cut.least_score
    if judgement.cut.shared:
        return fitted.shared_base + fitted.shared_steepness * over
    return fitted.gutter_base + fitted.gutter_steepness * over


def _leaves(node: Node, weakest: float, params: Params) -> Iterator[Region]:
    """``weakest``: the lowest log-odds of the cuts around the node."""
    weighed, fitted = node.weighed, params.decision
    odds = -fitted.surest if weighed is None else cut_log_odds(weighed, params)
    if node.parts:
        for part in node.parts:
            yield from _leaves(part, min(weakest, odds), params)
        return
    against = min(-odds, fitted.surest)
    confidence = _chance(fitted.panel_base + fitted.panel_cuts * weakest + fitted.panel_doubt * against)
    doubt = None if weighed is None else Doubt(weighed.cut, _chance(odds))
    yield Region(node.polygon, confidence, weakest, against, doubt)


def _chance(log_odds: float) -> float:
    return float(expit(np.asarray(log_odds)))
