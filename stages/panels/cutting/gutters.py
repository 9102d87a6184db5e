"""Gutters: blank bands between two lines, and how surely each is one.

The upper line is the lower side of the panel above, the lower line the upper side of the panel below. A
gutter is blank, has frames along both of its lines, and runs on through the frames that it meets at its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.panels.cutting.border_net import end_support, network_bonus
from mangacolor.stages.panels.cutting.candidates import Cut, Kind
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Spans, View, sample_mask
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.cutting.score_bounds import most_from_blank, most_from_frames
from mangacolor.stages.panels.params import GutterParams, Params

UNSEEN: Final = "wide, and the network sees no border along it"
_BESIDE = (3, 6)  # pixels beyond a gutter's lines where a margin is blank, too: past the frame's own ink


@dataclass(frozen=True, slots=True)
class GutterEvidence:
    """What is seen along a gutter."""

    blank: float  # share of its length that is blank
    upper_frame: float  # share of its length, margins apart, with an edge along the upper line
    lower_frame: float  # the same of the lower line
    open_ends: float  # 0 to 2: ends at which it runs on through the frames
    mean_width: float  # pixels
    border_probability: float | None  # the network's, along the lines or near their ends
    thin: float  # what its width adds to the score, 0 or less
    network: float  # what the network adds

    def visible(self, params: GutterParams) -> float:
        """The score by what is to be seen, without width and network."""
        return (
            params.blank_weight * self.blank
            + params.frame_weight * (self.upper_frame + self.lower_frame)
            + params.end_weight * self.open_ends
        )

    def measured(self) -> dict[str, float]:
        """See ``Evidence``."""
        signs = {
            "blank": self.blank,
            "upper frame line": self.upper_frame,
            "lower frame line": self.lower_frame,
            "open ends": self.open_ends,
            "mean width": self.mean_width,
        }
        if self.border_probability is not None:
            signs["network probability"] = self.border_probability
        return signs

    def parts(self, params: Params) -> dict[str, float]:
        """See ``Evidence``."""
        weights = params.gutter
        return {
            "blank": weights.blank_weight * self.blank,
            "upper frame line": weights.frame_weight * self.upper_frame,
            "lower frame line": weights.frame_weight * self.lower_frame,
            "open ends": weights.end_weight * self.open_ends,
            "thin": self.thin,
            "network probability": self.network,
        }


def find_gutters(view: View, polygon: Polygon, down: bool, params: Params, floor: float) -> list[Cut]:
    """Gutters in a region of a view, of those that may reach a score of ``floor``."""
    support, spans = view.lines.through(polygon, params.line.least_span)
    cuts = []
    for kind, sides in (("white gutter", support), ("black gutter", support[::-1])):
        cuts += _between_lines(view, sides, spans, kind, down, params, floor)  # type: ignore[arg-type]
    return cuts


def _between_lines(
    view: View, support: F64, spans: Spans, kind: Kind, down: bool, params: Params, floor: float
) -> list[Cut]:
    """Gutters between a line that opens one (row 0 of ``support``, 2×N) and one that closes it (row 1)."""
    lines, white = view.lines, kind == "white gutter"
    pairs, widths = _pair_lines(view, support, spans, params.gutter)
    if not len(pairs):
        return []
    spans = spans[pairs[:, 0]]
    thin = -params.gutter.thin_cost * (1 - np.clip(widths / params.gutter.full_width, 0, 1))
    probability = _pair_probability(view, spans, pairs, params.gutter)
    if probability is None:
        network = np.zeros(len(pairs))
    else:
        network = network_bonus(probability, view.painted, params.gutter)
    beside = thin + network
    # Scores cost time. Most pairs are out of the question by what is known of them already.
    frames = most_from_frames(lines, spans, pairs, white, params.gutter)
    kept = np.flatnonzero(params.gutter.most_without_frames + frames + beside >= floor)
    blank = most_from_blank(view, spans[kept], pairs[kept], white, params.gutter)
    kept = kept[blank + frames[kept] + beside[kept] >= floor]
    cuts = []
    for index in kept:
        evidence = _measure(
            view,
            spans[index],
            pairs[index],
            white,
            params.gutter,
            width=float(widths[index]),
            probability=None if probability is None else float(probability[index]),
            thin=float(thin[index]),
            network=float(network[index]),
        )
        score = evidence.visible(params.gutter) + float(beside[index])
        upper, lower = (lines.line(line) for line in pairs[index])
        flaw = flaw_of(evidence, view.painted, params.gutter)
        cuts.append(Cut(kind, down, upper, lower, score, evidence, flaw))
    return cuts


def flaw_of(evidence: GutterEvidence, painted: bool, params: GutterParams) -> str:
    """Why a band that scores well is no gutter after all; empty if it may be one.

    Thin ones between slanted frames the network hardly knows, and in paintings few.
    """
    probability = evidence.border_probability
    if probability is None or painted or evidence.mean_width < params.wide:
        return ""
    return UNSEEN if probability < params.least_probability else ""


def _pair_lines(view: View, support: F64, spans: Spans, params: GutterParams) -> tuple[Spans, F64]:
    """P×2 numbers of the upper and the lower line of each pair that could side a gutter; P mean widths."""
    lines = view.lines
    likely = [np.argsort(-side)[: params.max_lines] for side in support]
    tops, bottoms = (
        some[side[some] >= params.weak_support] for some, side in zip(likely, support, strict=True)
    )
    top, bottom = np.repeat(tops, len(bottoms)), np.tile(bottoms, len(tops))
    apart, steeper = lines.offset[bottom] - lines.offset[top], lines.slope[bottom] - lines.slope[top]
    first, last = (apart + steeper * end for end in (spans[top] * SAMPLE_STEP).T)
    widest = params.widest * max(view.white.shape)
    good = (np.minimum(first, last) >= params.thinnest) & (np.maximum(first, last) <= widest)
    good &= np.maximum(support[0][top], support[1][bottom]) >= params.strong_support
    return np.stack([top[good], bottom[good]], axis=1), (first[good] + last[good]) / 2


def _pair_probability(view: View, spans: Spans, pairs: Spans, params: GutterParams) -> F64 | None:
    """P: the network's probability along pairs of lines, or, if that is more, a part of it near their ends.

    A figure may hide most of a gutter; where it leaves its neighbours it still shows.
    """
    if view.border is None:
        return None
    if not len(pairs):
        return np.zeros(0)
    lines, first, last = view.lines, spans[:, :1], spans[:, 1:]
    sums = lines.border_sums[pairs, last] - lines.border_sums[pairs, first]
    mean = sums.mean(1) / np.maximum(last - first, 1)[:, 0]
    samples = np.arange(params.end_first, params.end_last)
    most = lines.border.shape[1] - 1
    ends = [
        lines.border[pairs[:, :, None], np.clip(at, 0, most)[:, None]].max(1).mean(1)
        for at in (first + samples, last - 1 - samples)
    ]
    at_ends = np.minimum(*ends)
    for index in np.flatnonzero(np.diff(spans)[:, 0] < 3 * params.end_last):
        inside = slice(*spans[index])
        at_ends[index] = end_support(lines.border[pairs[index], inside].max(0), params)
    probability: F64 = np.maximum(mean, params.end_support_weight * at_ends) / 255
    return probability


def _measure(
    view: View,
    span: Spans,
    pair: Spans,
    white: bool,
    params: GutterParams,
    *,
    width: float,
    probability: float | None,
    thin: float,
    network: float,
) -> GutterEvidence:
    """Look along a pair of lines over the samples [first, last) of ``span``."""
    lines, mask = view.lines, view.white if white else view.black
    top, bottom = pair
    samples = slice(int(span[0]), int(span[1]))
    xs = np.arange(samples.start, samples.stop) * SAMPLE_STEP
    upper = lines.offset[top] + lines.slope[top] * xs
    lower = lines.offset[bottom] + lines.slope[bottom] * xs
    within = [0.7 * upper + 0.3 * lower, 0.5 * upper + 0.5 * lower, 0.3 * upper + 0.7 * lower]
    near, far = _BESIDE
    beyond = [upper - far, upper - near, lower + near, lower + far]
    seen = sample_mask(mask, np.array(within + beyond), samples.start)
    blank = np.logical_and.reduce(seen[: len(within)])
    # Where it is blank on both sides too, a margin is crossed and no frame is to be seen.
    no_margin = ~np.logical_and.reduce(seen)
    framed = max(int(np.count_nonzero(no_margin)), int(params.least_framed * len(xs)), 1)
    opening, closing = (lines.brighter, lines.darker) if white else (lines.darker, lines.brighter)
    upper_frame, lower_frame = (
        min(np.count_nonzero(edge[line, samples] & no_margin) / framed, 1.0)
        for edge, line in ((opening, top), (closing, bottom))
    )
    end = max(2, min(4, len(xs) // 8))
    return GutterEvidence(
        blank=np.count_nonzero(blank) / len(blank),
        upper_frame=upper_frame,
        lower_frame=lower_frame,
        # White inside a panel ends at its frame; a gutter runs on through the frames beside it.
        open_ends=float(blank[:end].all()) + float(blank[-end:].all()),
        mean_width=width,
        border_probability=probability,
        thin=thin,
        network=network,
    )
