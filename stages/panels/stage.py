"""The stage ``panels``: the polygons of a page in reading order, and the ground around them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from mangacolor.core.settings import Direction, Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs
from mangacolor.models.files.known import NEWSPAPER_PANELS, PANELS
from mangacolor.models.files.reading import check_bundled
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.stages.base import PANEL_COUNT, Stage, StageContext, Summary
from mangacolor.stages.demand import Demand, PageSize, library
from mangacolor.stages.panels.corrections import edit_fingerprint, read_edit
from mangacolor.stages.panels.cutting.page import Method
from mangacolor.stages.panels.detect import explain_panels, find_panels, layout_from_document
from mangacolor.stages.panels.explanation import Explanation
from mangacolor.stages.panels.layout import PanelLayout
from mangacolor.stages.panels.overlay import draw_panels
from mangacolor.stages.panels.params import DEFAULTS, Params
from mangacolor.stages.spreads.halves import half_of

# Bytes that the network takes from then on.
RESIDENT = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Config:
    """How to look, and in which order to read."""

    direction: Direction = "rtl"
    method: Method = "learnt"
    cpu_backend: CpuBackend = "ncnn"
    params: Params = DEFAULTS


def configure(options: Options, chapter: Chapter) -> Config:
    """Take the direction from the options, else from the chapter."""
    direction = options.direction or chapter.direction or "rtl"
    return Config(direction, options.panel_method, cpu_backend(options.cpu_backend))


def fingerprint(config: Config) -> str:
    """The weights of both networks belong to the cache key, for on which paper a page is only shows later."""
    if config.method != "learnt":
        return ""
    both = (PANELS, NEWSPAPER_PANELS)
    return " ".join(check_bundled(network.file, network.sha256, network.does) for network in both)


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Find the panels of ``decode``'s picture, or take them from the page's correction."""
    started = time.perf_counter()
    config, page = context.config, inputs["decode"].images["main"]
    layout = _corrected(context, page)
    if layout is None:
        layout = find_panels(page, config.direction, config.method, config.params, config.cpu_backend)
    artifact = layout.to_artifact(context.page.name, time.perf_counter() - started)
    half = half_of(inputs["decode"].data)
    return replace(artifact, data={**artifact.data, **half.to_document()}) if half else artifact


def run_and_explain(context: StageContext[Config], inputs: Inputs) -> tuple[Artifact, Explanation]:
    """What ``run`` gives, and what detection looked at and decided, even where a correction overrules it."""
    started = time.perf_counter()
    config, page = context.config, inputs["decode"].images["main"]
    how = config.method, config.params, config.cpu_backend
    found, explanation = explain_panels(page, config.direction, *how)
    layout = _corrected(context, page) or found
    return layout.to_artifact(context.page.name, time.perf_counter() - started), explanation


def _corrected(context: StageContext[Config], page: Image) -> PanelLayout | None:
    edit = context.page.edit
    if edit is None:
        return None
    return layout_from_document(read_edit(edit), page, str(edit), context.config.params)


def preview(artifact: Artifact, inputs: Inputs) -> Image:
    """The page with its panels drawn on it."""
    layout = PanelLayout.from_artifact(artifact)
    return draw_panels(inputs["decode"].images["main"], layout.panels, layout.ground, layout.marked)


def summary(artifact: Artifact) -> Summary:
    """How many panels the page has."""
    return {PANEL_COUNT: len(PanelLayout.from_artifact(artifact).detected)}


def demand(config: Config, size: PageSize) -> Demand:
    """At working scale but for the ground; the library comes with the network."""
    return Demand(
        0.6, size.pixels, 20 * size.pixels, {**library(config.cpu_backend, size), "panels": RESIDENT}
    )


STAGE = Stage(
    name="panels",
    run=run,
    configure=configure,
    needs=("decode", "classify"),
    keep="always",
    version=15,
    fingerprint=fingerprint,
    page_fingerprint=edit_fingerprint,
    preview=preview,
    summary=summary,
    demand=demand,
)
