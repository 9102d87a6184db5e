"""The real stages that copy, resize and write pages, and a red tint instead of all the work between."""

from __future__ import annotations

from collections import Counter

from mangacolor.core.types import Artifact, Inputs
from mangacolor.stages import classify, decode, encode
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph


class Colouring:
    """The real ends of the graph, and instead of all between them a red tint, counted."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()

    def graph(self) -> Graph:
        tint = Stage("reassemble", self._tint, no_config, ("decode", "classify"))
        return Graph([decode.STAGE, classify.STAGE, tint, encode.STAGE])

    def _tint(self, context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        self.runs[context.page.name] += 1
        red = inputs["decode"].images["main"].copy()
        red[..., 1:] //= 2
        return Artifact({}, {"main": red})
