"""What speaks for a line that two panels share, and how much."""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.stages.panels.params import Params


@dataclass(frozen=True, slots=True)
class SharedLineEvidence:
    """What the network and the edge say of a line."""

    edge: float  # share of what is seen of the line along which an edge is to be seen
    border_probability: float  # the network's, along the same
    end_probability: float  # the lower one near its two ends
    tilted: bool  # neither level nor clearly slanted on purpose

    def measured(self) -> dict[str, float]:
        """See ``Evidence``."""
        return {
            "edge": self.edge,
            "network probability": self.border_probability,
            "end support": self.end_probability,
        }

    def parts(self, params: Params) -> dict[str, float]:
        """See ``Evidence``."""
        signs, least = params.shared, params.cut.least_score
        gain = _gain(params)
        return {
            "base": least - gain * signs.least_sure,
            "edge": gain * signs.edge_weight * self.edge,
            "network probability": gain * signs.probability_weight * self.border_probability,
            "end support": gain * signs.end_weight * self.end_probability,
            "tilted": -signs.tilt_cost * self.tilted,
        }


@dataclass(frozen=True, slots=True)
class HiddenLineEvidence(SharedLineEvidence):
    """The same of a line of which pieces are seen at its two ends."""

    hidden: float  # share of the line between the two pieces

    def measured(self) -> dict[str, float]:
        """See ``Evidence``."""
        return {"hidden": self.hidden, **SharedLineEvidence.measured(self)}

    def parts(self, params: Params) -> dict[str, float]:
        """See ``Evidence``."""
        cost = params.shared.probability_weight * params.hidden.cost * self.hidden
        return {**SharedLineEvidence.parts(self, params), "hidden": -_gain(params) * cost}


def _gain(params: Params) -> float:
    """By how much a line that is wholly sure scores more than one that is just as sure as it must be."""
    signs = params.shared
    return (signs.top_score - params.cut.least_score) / (1 - signs.least_sure)
