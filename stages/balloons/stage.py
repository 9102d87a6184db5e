"""The stage ``balloons``: the mask of what keeps its own paper and lettering."""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.models.files.known import BALLOONS
from mangacolor.models.files.reading import check_bundled
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.stages.balloons.detect import Method, find_balloons
from mangacolor.stages.balloons.marking import mark_parts
from mangacolor.stages.balloons.params import DEFAULTS, Params
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize, library
from mangacolor.stages.panels import PanelLayout

# Bytes that the network takes from then on.
RESIDENT = 15 * 2**20


@dataclass(frozen=True, slots=True)
class Config:
    """How to look."""

    method: Method = "learnt"
    cpu_backend: CpuBackend = "ncnn"
    params: Params = DEFAULTS


def configure(options: Options, _chapter: Chapter) -> Config:
    """Of the options only what computes concerns balloons."""
    return Config(cpu_backend=cpu_backend(options.cpu_backend))


def fingerprint(config: Config) -> str:
    """The network's weights belong to the cache key."""
    if config.method != "learnt":
        return ""
    return check_bundled(BALLOONS.file, BALLOONS.sha256, BALLOONS.does)


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Find the balloons of ``decode``'s picture, but where somebody has marked what is one."""
    panels = PanelLayout.from_artifact(inputs["panels"])
    boxes = [panel.box for panel in panels.detected]
    config: Config = context.config
    page = inputs["decode"].images["main"]
    layout = find_balloons(page, panels.ground, boxes, config.method, config.params, config.cpu_backend)
    return mark_parts(layout, panels.marked).to_artifact()


def demand(config: Config, size: PageSize) -> Demand:
    """At working scale but for the mask."""
    return Demand(
        0.4, size.pixels, 9 * size.pixels, {**library(config.cpu_backend, size), "balloons": RESIDENT}
    )


STAGE = Stage(
    name="balloons",
    run=run,
    configure=configure,
    needs=("decode", "panels", "kinds"),
    version=7,
    fingerprint=fingerprint,
    demand=demand,
)
