"""What a scan leaves blank and is no skin does not get the colour of skin.

Manga leaves skin blank, and white cloth, walls and skies as well. A network that sees a blank shirt holds
it for skin by a fifth, and for a little of everything else, and the mean of all that is beige: shirts,
grounds and faces come out alike, though its votes tell them apart. So the chapter decides which of its
blank segments are skin. How likely each is, by its own votes, by those that have travelled along the graph,
and by what is like it in its panel, says only who is likelier than others: as much of the blank area is
skin as all votes together foresee (a prior that is matched, as in ``colour_assignment.py``). What is
clearly less likely, and in its panel less likely than something else, is drawn from the colours of skin
towards white. In a close-up, where nothing is likelier, skin that the network doubts stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64
from mangacolor.core.colour import blankness
from mangacolor.core.probability import expit, softmax
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.colour_assignment import probabilities_of
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.params import SkinParams
from mangacolor.stages.segments.chapter import ChapterSegments

# Keeps the logarithms of odds finite.
_MIN_SHARE = 1e-3


@dataclass(frozen=True, slots=True)
class SkinDoubts:
    """How surely each of N segments is no skin, in [0, 1]: ``doubted`` for what the chapter holds of it, and
    ``outdone`` by something else in its panel. ``blank``: how far the scan has left it white, N in [0, 1]."""

    doubted: F64
    outdone: F64
    blank: F64

    @property
    def white(self) -> F64:
        """How surely each is blank and no skin."""
        return self.blank * self.doubted * self.outdone

    @property
    def no_skin(self) -> F64:
        """How likely each is none, blank or not."""
        return np.maximum(self.doubted, self.outdone)


def doubt_skin(
    segments: ChapterSegments, votes: Image, travelled: F32, panels: Panels, params: SkinParams
) -> SkinDoubts:
    """What is no skin of a chapter's segments. Without votes nothing is known of it, and where nothing is
    blank only what outdoes what in its panel.

    ``votes``: N×K, roots of probabilities. ``travelled``: N×K, the logarithms of probabilities that have
    travelled along the graph.
    """
    features = segments.features
    nothing = np.zeros(len(features))
    if not features.vote_count:
        return SkinDoubts(nothing, nothing, nothing)
    skin = skin_likeness(segments.palette, params)
    own = probabilities_of(votes) @ skin
    odds = (_log_odds(own) + _log_odds(softmax(travelled, axis=1) @ skin)) / 2
    odds = panels.average(segments.average_coarse(odds))
    blank = blankness(features.tone.astype(np.float32)).astype(np.float64)
    counted = blank * segments.area
    doubted = nothing  # where nothing is blank there is no area to match
    if counted.any():
        share = min(1.0, params.share * float(counted @ own / counted.sum()))
        doubted = expit(params.slope * (_quantile(odds, counted, 1 - share) - odds))
    beside = _likeliest(odds, blank * features.root_area, segments, params.panel_quantile) - odds
    outdone = expit(params.panel_slope * (beside - params.panel_lead))
    return SkinDoubts(np.asarray(doubted), np.asarray(outdone), blank)


def whiten(chroma: F64, white: F64, params: SkinParams) -> F64:
    """Colours (N×2, levels) drawn to neutral as far as they are those of skin, and segments ``white`` (N)."""
    return np.asarray(chroma * (1 - params.amount * white * skin_likeness(chroma, params))[:, None])


def skin_likeness(chroma: F64, params: SkinParams) -> F64:
    """How far colours (N×2, levels) are those of skin, N in [0, 1]: by hue, and less what is grey or
    gaudy."""
    strength = np.hypot(*chroma.T)
    turned = degrees_beyond(chroma, params.hue, params.hue_range)
    beyond = np.maximum(strength - params.chroma[1], 0) / params.chroma_bandwidth
    pale = np.minimum(strength / params.chroma[0], 1)
    return np.asarray(pale * np.exp(-((turned / params.hue_bandwidth) ** 2 + beyond**2) / 2))


def degrees_beyond(chroma: F64, hue: float, hue_range: float) -> F64:
    """How far the hues of colours (N×2, levels) lie beyond the range to either side of one, N, degrees."""
    away = np.degrees(np.arctan2(chroma[:, 1], chroma[:, 0])) - hue
    return np.asarray(np.maximum(np.abs((away + 180) % 360 - 180) - hue_range, 0))


def _likeliest(odds: F64, weight: F64, segments: ChapterSegments, quantile: float) -> F64:
    """Of each segment's panel the odds of what is likeliest skin there, N."""
    found = np.zeros(len(odds))
    for own in segments.by_window():
        if len(own):
            found[own] = _quantile(odds[own], weight[own], quantile) if weight[own].any() else odds[own].max()
    return found


def _quantile(values: F64, weight: F64, quantile: float) -> float:
    """The weighted quantile of some values, one of them."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][min(int(np.searchsorted(reached, quantile * reached[-1])), len(order) - 1)])


def _log_odds(share: F64) -> F64:
    return np.asarray(np.log(share + _MIN_SHARE) - np.log(1 - share + _MIN_SHARE))
