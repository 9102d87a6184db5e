"""Panels without frame lines, such as paintings with soft edges: bare bands and margins of white paper.

Only where what stays is dense: a figure and a balloon on white paper belong to one open panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.stages.panels.cutting.border_net import network_bonus
from mangacolor.stages.panels.cutting.candidates import Cut
from mangacolor.stages.panels.cutting.lines import View
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, swap
from mangacolor.stages.panels.params import FramelessParams, Params

_OPEN_PANEL = "too little is drawn beside it: an open panel"


@dataclass(frozen=True, slots=True)
class BareEvidence:
    """What is seen of a band of bare rows."""

    density_above: float  # share drawn, of the rows above that show something
    density_below: float
    border_probability: float | None  # the network's, near both sides of the band
    network: float  # what the network adds

    def measured(self) -> dict[str, float]:
        """See ``Evidence``."""
        signs = {"density above": self.density_above, "density below": self.density_below}
        if self.border_probability is not None:
            signs["network probability"] = self.border_probability
        return signs

    def parts(self, params: Params) -> dict[str, float]:
        """See ``Evidence``."""
        return {"base": params.frameless.score, "network probability": self.network}


def find_bare_bands(view: View, polygon: Polygon, down: bool, params: Params) -> list[Cut]:
    """Bands of bare rows right through a region; with a flaw where not both sides are dense."""
    signs = params.frameless
    cuts = []
    top, blank = _blank_rows(view.pure, polygon, signs)
    for first, last in find_runs(blank >= signs.bare_row):
        if first == 0 or last == len(blank) or last - first < signs.thinnest:
            continue
        upper, lower = float(top + first), float(top + last)
        above, below = _density(blank[:first], signs), _density(blank[last:], signs)
        probability = _side_probability(view, polygon, upper, lower, signs.near)
        network = 0.0
        if probability is not None:
            network = float(network_bonus(np.float64(probability), view.painted, params.gutter))
        evidence = BareEvidence(above, below, probability, network)
        flaw = "" if min(above, below) >= signs.least_density else _OPEN_PANEL
        score = signs.score + network
        cuts.append(Cut("bare band", down, (upper, 0.0), (lower, 0.0), score, evidence, flaw))
    return cuts


def trim_margins(views: tuple[View, View], polygon: Polygon, params: FramelessParams) -> Polygon:
    """The region without bare margins, where what is left is dense.

    A bare band from side to side of a page that outshines it is no margin, but the sky of a picture that runs
    off both sides, as is seen once those are trimmed. A picture without others on its page has margins.
    """
    height, width = views[0].white.shape
    beside_others = area(polygon) < (1 - params.whole_page) * height * width
    outshone = views[0].outshone and beside_others
    for down in (True, False) if outshone else (False, True):
        turned = swap(polygon) if down else polygon
        if outshone and np.ptp(turned[:, 0]) > views[down].white.shape[1] - params.end_pixels:
            continue
        top, blank = _blank_rows(views[down].pure, turned, params)
        shown = np.flatnonzero(blank < params.bare_row)
        if len(shown) and len(shown) < len(blank) and _density(blank, params) >= params.least_density:
            turned = clip(turned, float(top + shown[0]), 0.0, above=False)
            turned = clip(turned, float(top + shown[-1] + 1), 0.0, above=True)
        polygon = swap(turned) if down else turned
    return polygon


def _side_probability(view: View, polygon: Polygon, upper: float, lower: float, near: int) -> float | None:
    """The network's probability along a band's two sides, each looked for within a few pixels."""
    if view.border is None:
        return None
    width = view.border.shape[1]
    first, last = (int(np.clip(x, 0, width)) for x in (polygon[:, 0].min(), polygon[:, 0].max()))
    if last <= first:
        return None
    sides = [view.border[max(int(y) - near, 0) : int(y) + near + 1, first:last] for y in (upper, lower)]
    return float(np.mean([side.max(0, initial=0).mean() for side in sides]) / 255)


def _density(blank: F64, params: FramelessParams) -> float:
    """The share drawn of those rows that show something; 0 if none does."""
    shown = blank[blank < params.bare_row]
    return float(1 - shown.mean()) if len(shown) else 0.0


def _blank_rows(mask: Mask, polygon: Polygon, params: FramelessParams) -> tuple[int, F64]:
    """The first row of a convex polygon, and the blank share of each of its rows."""
    low = np.maximum(np.floor(polygon.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(polygon.max(0)), mask.shape[::-1]).astype(int)
    if (high <= low).any():
        return int(low[1]), np.zeros(0)
    inside = np.zeros((high - low)[::-1], np.uint8)
    cv2.fillConvexPoly(inside, np.rint(polygon - low).astype(np.int32), 1)
    empty = mask[low[1] : high[1], low[0] : high[0]] | (inside == 0)
    drawn, pixels = (
        cv2.reduce(part, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        for part in ((~empty).view(np.uint8), inside)
    )
    blank = 1 - drawn / np.maximum(pixels, 1)
    # Blank that ends at a frame on either side is the white of a panel. The outermost pixel may be a
    # frame's that a cut has left.
    end = params.end_pixels
    through = empty[:, 1:end].all(1) & empty[:, -end:-1].all(1)
    return int(low[1]), np.where(through, blank, np.minimum(blank, params.closed_row))


def find_runs(rows: Mask) -> list[tuple[int, int]]:
    """Stretches [first, last) of rows that are True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
