"""How surely a line is one that two panels share, by the network or by its edge alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.border_net import end_support
from mangacolor.stages.panels.cutting.candidates import Cut
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Spans, View, sample_mask
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.cutting.score_bounds import most_of_shared_lines
from mangacolor.stages.panels.cutting.shared_lines.bars import SIDE_OF_BAR, is_side_of_bar
from mangacolor.stages.panels.cutting.shared_lines.evidence import SharedLineEvidence
from mangacolor.stages.panels.cutting.shared_lines.hidden import find_pieces, may_be_hidden
from mangacolor.stages.panels.cutting.shared_lines.second_look import border_of, look_again
from mangacolor.stages.panels.params import DrawnLineParams, Params, SharedLineParams

NO_END = "the network sees a border at neither of its ends"
_BESIDE = 4  # pixels to both sides of a line where a margin is blank, too


@dataclass(frozen=True, slots=True)
class DrawnLineEvidence:
    """What the edge alone says of a line."""

    edge: float  # share of the line along which an edge is to be seen
    short: float  # 0 to 1: how much too short it is
    tilted: bool  # not level
    loose: bool  # it does not reach both sides of the region

    def cost(self, params: DrawnLineParams) -> float:
        """What speaks against it."""
        return (
            params.short_cost * self.short + params.slant_cost * self.tilted + params.loose_cost * self.loose
        )

    def measured(self) -> dict[str, float]:
        """See ``Evidence``."""
        return {"edge": self.edge, "short": self.short}

    def parts(self, params: Params) -> dict[str, float]:
        """See ``Evidence``."""
        signs = params.drawn
        return {
            "base": signs.base,
            "edge": signs.edge_weight * self.edge,
            "short": -signs.short_cost * self.short,
            "tilted": -signs.slant_cost * self.tilted,
            "loose": -signs.loose_cost * self.loose,
        }


def find_shared_lines(
    view: View, polygon: Polygon, down: bool, params: Params, floor: float, *, look: bool = True
) -> list[Cut]:
    """Lines of a view that panels could share in a region, of those that may reach a score of ``floor``.

    ``look``: slanted ones are looked at again.
    """
    support, spans = view.lines.through(polygon, params.line.least_span)
    if view.border is None:
        return _score_by_edge(view, support, spans, down, params)
    return _score_by_network(view, support, spans, down, params, floor, look=look)


def _score_by_network(
    view: View, support: F64, spans: Spans, down: bool, params: Params, floor: float, *, look: bool
) -> list[Cut]:
    """Lines that the network takes for borders, also where something covers them."""
    lines, signs = view.lines, params.shared
    if look:
        look_again(view, support, spans, params.second_look)
    cuts = []
    tried = np.flatnonzero(support.max(0) >= signs.least_edge)
    seen_again = {} if view.second_look is None else view.second_look.seen
    # Scores cost time. Most lines are out of the question by sums that are known of them already.
    worth = most_of_shared_lines(lines, support, spans, tried, params) >= floor
    hidden = may_be_hidden(lines, spans, tried, params.hidden) & (not view.painted)
    for index in tried[worth | hidden | np.isin(tried, list(seen_again))]:
        evidence = _measure(view, index, slice(int(spans[index, 0]), int(spans[index, 1])), params)
        score, line = sum(evidence.parts(params).values()), lines.line(index)
        flaw = _flaw(view, support, spans, index, params) if score >= params.cut.least_doubted else ""
        cuts.append(Cut("shared line", down, line, line, score, evidence, flaw))
    return cuts


def _measure(view: View, index: np.intp, samples: slice, params: Params) -> SharedLineEvidence:
    """What is seen of a line within a region, all along or, if that says more, where it is not hidden.

    On a page in colour nothing is hidden: of soft painted edges the network knows little.
    """
    lines, signs = view.lines, params.shared
    border, edge = border_of(view, index)[samples], lines.edges(index, samples)
    along = max(_mean(border), visible_support(border, edge, signs))
    at_ends = end_support(border, params.gutter)
    if abs(lines.slope[index]) >= params.second_look.least_slope:
        along *= min(1.0, at_ends / (255 * params.second_look.sure_end))
    tilted = bool(signs.level_slope < abs(lines.slope[index]) < signs.slanted_slope)
    whole = SharedLineEvidence(_mean(edge), along / 255, at_ends / 255, tilted)
    pieces = None if view.painted else find_pieces(border, edge, tilted, params.hidden)
    if pieces is None or sum(pieces.parts(params).values()) <= sum(whole.parts(params).values()):
        return whole
    return pieces


def _flaw(view: View, support: F64, spans: Spans, index: np.intp, params: Params) -> str:
    """Why a line that scores well is no border after all; empty if it may be one."""
    border, signs = border_of(view, index)[_without_margins(view, index, spans[index])], params.shared
    if (
        not view.painted
        and surer_end(border, params.gutter.end_first, signs.end_piece) < 255 * signs.surer_end
    ):
        return NO_END
    better = {} if view.second_look is None else view.second_look.seen
    return SIDE_OF_BAR if is_side_of_bar(view, support, spans, index, better, params.bar) else ""


def visible_support(border: Image, edge: Mask, params: SharedLineParams) -> float:
    """The mean probability where a line is to be seen, less for every part that is hidden; levels, 255 = 1.

    A figure that stands before a border may hide half of it, if both of its ends are sure. ``border`` and
    ``edge``: the line's samples, the network's levels and whether an edge is to be seen.
    """
    if not edge.any():
        return 0.0
    end = max(params.end_samples, int(params.end_share * len(border)))
    ends = min(_mean(border[:end]), _mean(border[-end:])) / 255
    visible = _mean(border[edge]) - 255 * params.hidden_cost * (1 - _mean(edge))
    return visible * min(1.0, ends / params.sure_end)


def _without_margins(view: View, index: np.intp, span: Spans) -> slice:
    """The samples of a line in ``span`` (first, last) less the blank ones at the page's edges: no border ends
    there, but before them."""
    lines, (first, last) = view.lines, (int(span[0]), int(span[1]))
    ys = lines.offset[index] + lines.slope[index] * np.arange(first, last) * SAMPLE_STEP
    blank = sample_mask(view.white, ys + np.array([-_BESIDE, 0, _BESIDE])[:, None], first).all(0)
    drawn = np.flatnonzero(~blank)
    if not len(drawn):
        return slice(first, last)
    start = first + int(drawn[0]) if first == 0 else first
    stop = first + int(drawn[-1]) + 1 if last == lines.border.shape[1] else last
    return slice(start, stop)


def surer_end(border: Image, first: int, last: int) -> float:
    """The higher of the mean probabilities near a line's two ends; levels, 255 = 1.

    ``border``: the line's samples. Those from the ``first`` to the ``last`` from either end on count; of a
    short line, all. A figure may hide one end of a border, but a line of which neither is seen is one of the
    drawing.
    """
    ends = slice(first, last) if len(border) >= 2 * last else slice(None)
    return max(_mean(border[ends]), _mean(border[::-1][ends]))


def _mean(samples: Image | Mask) -> float:
    """What ``samples.mean()`` is, in less time."""
    return float(np.add.reduce(samples, dtype=np.float64)) / len(samples)


def _score_by_edge(view: View, support: F64, spans: Spans, down: bool, params: Params) -> list[Cut]:
    """Lines with an edge nearly all along, without the network."""
    lines, signs = view.lines, params.drawn
    cuts = []
    for index in np.flatnonzero(support.max(0) >= signs.least_edge):
        edge = lines.edges(index, slice(int(spans[index, 0]), int(spans[index, 1])))
        length = len(edge) * SAMPLE_STEP / view.white.shape[1]
        end = max(2, int(signs.end_share * len(edge)))
        evidence = DrawnLineEvidence(
            edge=float(edge.mean()),
            short=float(np.clip((signs.short_length - length) / signs.short_range, 0, 1)),
            tilted=bool(abs(lines.slope[index]) > signs.level_slope),
            loose=bool(min(edge[:end].mean(), edge[-end:].mean()) < signs.end_edge),
        )
        score = signs.base + signs.edge_weight * evidence.edge - evidence.cost(signs)
        line = lines.line(index)
        cuts.append(Cut("shared line", down, line, line, score, evidence))
    return cuts
