"""The stage ``balloons``: the mask of what keeps its own paper and lettering."""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.stages.balloons.detect import WEIGHTS, Method, find_balloons
from mangacolor.stages.balloons.params import DEFAULTS, Params
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.panels import PanelLayout


@dataclass(frozen=True, slots=True)
class Config:
    """How to look."""

    method: Method = "learnt"
    params: Params = DEFAULTS


def configure(_options: Options, _chapter: Chapter) -> Config:
    """No option concerns balloons."""
    return Config()


def fingerprint(config: Config) -> str:
    """The network's weights belong to the cache key."""
    from mangacolor.models.files.reading import sha256_of

    return sha256_of(WEIGHTS) if config.method == "learnt" else ""


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Find the balloons of ``decode``'s picture."""
    panels = PanelLayout.from_artifact(inputs["panels"])
    boxes = [panel.box for panel in panels.detected]
    config: Config = context.config
    page = inputs["decode"].images["main"]
    layout = find_balloons(page, panels.ground, boxes, config.method, config.params)
    return layout.to_artifact()


STAGE = Stage(
    name="balloons",
    run=run,
    configure=configure,
    needs=("decode", "panels"),
    version=4,
    fingerprint=fingerprint,
)
