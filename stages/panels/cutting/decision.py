"""Which of a page's cuts hold, decided over all of them together.

A tree of cuts is grown with more than the page has (``cuts.py``), and pruned from its leaves: a cut holds if
the log-odds of it and of all that hold below it add up to more than nothing. A doubted line is kept for the
sure borders that end at it, and parts of a panel that only doubted lines set apart are merged.

The log-odds of a cut are a logistic regression of its score and of what the rest of the page says of it. They
were fitted on made-up pages, where the borders are known (``benchmarks/quality/fit_panels.py``), and so were
those of a panel, which tell its confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.stages.panels.cutting.candidates import Cut, Judgement
from mangacolor.stages.panels.cutting.cuts import Node
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.params import CutParams, DecisionParams, Params

_WIDENED = 2.0  # pixels added to gutters' widths before they are compared, so that hairlines are alike


@dataclass(frozen=True, slots=True)
class PageSigns:
    """What the page says of one cut of its tree."""

    thin: float  # log of the smaller extent of the thinner part, as a share of the page's
    length: float  # share of the page's extent that the cut runs across
    alike: float  # -1 to 1: whether the page's other sure cuts are of its kind, gutters or shared lines
    uneven: float  # log of its width over the median of the gutters in its direction, without sign

    def log_odds(self, shared: bool, params: DecisionParams) -> float:
        """What they add to the log-odds of the cut."""
        return (
            (params.shared_base if shared else params.gutter_base)
            + params.thin * self.thin
            + params.length * self.length
            + (params.shared_alike if shared else params.gutter_alike) * self.alike
            + params.uneven * self.uneven
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cut that was not made, though it may be a border: its ``probability`` in [0, 1]."""

    cut: Cut
    probability: float


@dataclass(frozen=True, slots=True)
class Region:
    """A leaf of the pruned tree: a convex polygon, and how surely it is a panel (``confidence``, in [0, 1]).

    That is told by the log-odds of the ``weakest`` cut around it and those ``against`` the likeliest one
    through it; ``doubt`` is that one, if any was considered. ``number``: the recorder's.
    """

    polygon: Polygon
    confidence: float
    weakest: float
    against: float
    doubt: Doubt | None = None
    number: int = 0


def decide(root: Node, page: tuple[int, int], params: Params, learnt: bool) -> tuple[Node, list[Region]]:
    """The tree without the cuts that do not hold, and its leaves, from left to right.

    ``page``: width and height in pixels. ``learnt``: whether the scores are such as the log-odds were fitted
    to (with the network, of a black-and-white page); of others only the score itself counts.
    """
    fitted = params.decision if learnt else DecisionParams.unfitted()
    signs = page_signs(root, page, params.cut)
    pruned, _ = _prune(root, "", signs, fitted, params.cut)
    return pruned, list(_leaves(pruned, fitted.surest, fitted))


def page_signs(root: Node, page: tuple[int, int], params: CutParams) -> dict[str, PageSigns]:
    """For every node that is cut, by its path from the root: what the other nodes say of its cut."""
    nodes = dict(walk(root))
    least = params.least_score + params.clear
    sure = {path: node.taken for path, node in nodes.items() if node.taken.score >= least}
    return {
        path: _signs_of(node, [other.cut for key, other in sure.items() if key != path], page)
        for path, node in nodes.items()
    }


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every node that is cut, with its path: a digit for each step from the root."""
    if node.best is not None:
        yield path, node
        for index, part in enumerate(node.parts):
            yield from walk(part, f"{path}{index}")


def _signs_of(node: Node, others: Sequence[Cut], page: tuple[int, int]) -> PageSigns:
    cut = node.taken.cut
    extents = [np.ptp(part.polygon, axis=0) / page for part in node.parts]
    thinnest = max(min(float(extent.min()) for extent in extents), 0.01)
    same = sum(other.shared == cut.shared for other in others)
    widths = [_width(other) for other in others if other.down == cut.down and not other.shared]
    return PageSigns(
        thin=float(np.log(thinnest)),
        length=float((np.ptp(node.polygon, axis=0) / page)[int(cut.down)]),
        alike=(2 * same - len(others)) / (len(others) + 1),
        uneven=abs(float(np.log(_width(cut) / np.median(widths)))) if widths and not cut.shared else 0.0,
    )


def _width(cut: Cut) -> float:
    return cut.evidence.measured().get("mean width", 0.0) + _WIDENED


def _prune(
    node: Node, path: str, signs: dict[str, PageSigns], params: DecisionParams, cutting: CutParams
) -> tuple[Node, float]:
    """The node, its cut judged again, and what it and all below it are worth: log-odds, or 0 if it falls."""
    if node.best is None:
        return _as_leaf(node, cutting), 0.0
    pairs = [_prune(part, f"{path}{index}", signs, params, cutting) for index, part in enumerate(node.parts)]
    taken = node.taken
    steepness = params.shared_steepness if taken.cut.shared else params.gutter_steepness
    of_page = signs[path].log_odds(taken.cut.shared, params)
    own = steepness * (taken.score - cutting.least_score) + of_page
    below = params.below * sum(worth for _, worth in pairs)
    judged = replace(
        taken,
        score=taken.score + (of_page + below) / steepness,
        of_page=of_page / steepness,
        below=below / steepness,
        log_odds=own + below,
    )
    judgements = (*node.judgements[: node.best], judged, *node.judgements[node.best + 1 :])
    kept = replace(node, judgements=judgements, parts=tuple(part for part, _ in pairs))
    return (kept, own + below) if own + below >= 0 else (_as_leaf(kept, cutting), 0.0)


def _as_leaf(node: Node, params: CutParams) -> Node:
    """The node without its cut, and why none of its candidates holds."""
    judgements = [
        replace(judgement, chosen=False, reason=_fallen(judgement, params)) for judgement in node.judgements
    ]
    return Node(node.polygon, tuple(judgements), doubted=node.best)


def _fallen(judgement: Judgement, params: CutParams) -> str:
    if judgement.score < params.least_score and not judgement.cut.flaw and not judgement.own_side:
        return f"scores less than {params.least_score}"
    return judgement.reason


def _leaves(node: Node, weakest: float, params: DecisionParams) -> Iterator[Region]:
    """``weakest``: the lowest log-odds of the cuts around the node."""
    if node.best is not None:
        least = min(weakest, node.taken.log_odds)
        for part in node.parts:
            yield from _leaves(part, least, params)
        return
    doubt, against = None, params.surest
    if node.doubted is not None:
        fallen = node.judgements[node.doubted]
        doubt, against = Doubt(fallen.cut, logistic(fallen.log_odds)), min(-fallen.log_odds, params.surest)
    odds = params.panel_base + params.panel_cuts * weakest + params.panel_doubt * against
    yield Region(node.polygon, logistic(odds), weakest, against, doubt)


def logistic(log_odds: float) -> float:
    """The probability, in [0, 1]."""
    return float(1 / (1 + np.exp(-log_odds)))
