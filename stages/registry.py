"""Every stage there is: the built-in ones in plain sight, third-party ones by entry point.

A third-party package adds ``[project.entry-points."mangacolor.stages"]`` with ``name =
"package.module:STAGE"``. Stage modules are imported when the graph is first asked for, never by
``--help``.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points

from mangacolor.core.errors import SetupError
from mangacolor.core.settings import Options
from mangacolor.stages.base import ChapterStage, Stage
from mangacolor.stages.graph import Graph, Node

BUILT_IN = (
    "mangacolor.stages.decode",
    "mangacolor.stages.classify",
    "mangacolor.stages.panels",
    "mangacolor.stages.kinds",
    "mangacolor.stages.balloons",
    "mangacolor.stages.colorize",
    "mangacolor.stages.harmonize",
    "mangacolor.stages.edits",
    "mangacolor.stages.upscale",
    "mangacolor.stages.reassemble.trace",
    "mangacolor.stages.reassemble",
    "mangacolor.stages.encode",
)
# The stage of a guest's colours, and those that take them into account: only a run with a guest has these.
GUEST = "mangacolor.stages.guest"
GUIDED = ("harmonize", "recolor", "trace")
GROUP = "mangacolor.stages"


@cache
def default_graph() -> Graph:
    """The graph of all stages. Raises ``SetupError`` if a third-party stage does not fit in."""
    return Graph((*built_in_stages(), *third_party_stages()))


@cache
def guest_graph() -> Graph:
    """The graph of all stages with that of ``--colours-from`` among them. Raises as ``default_graph``."""
    guest: Node = importlib.import_module(GUEST).STAGE
    stages: list[Node] = []
    for stage in built_in_stages():
        guided = stage.name in GUIDED
        stages.append(replace(stage, needs=(*stage.needs, guest.name)) if guided else stage)
        stages += [guest] if stage.name == "colorize" else []
    return Graph((*stages, *third_party_stages()))


def graph_of(options: Options) -> Graph:
    """The graph of the stages that a run with these options has."""
    return guest_graph() if options.colours_from else default_graph()


def built_in_stages() -> tuple[Node, ...]:
    return tuple(importlib.import_module(module).STAGE for module in BUILT_IN)


def third_party_stages() -> tuple[Node, ...]:
    """Stages that installed packages add, in the order of their names."""
    stages: list[Node] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            stage = point.load()
        except Exception as error:
            raise SetupError(
                f"the stage {point.name} of {point.value} cannot be imported: {error}",
                "Mend or uninstall the package that adds it.",
            ) from error
        if not isinstance(stage, Stage | ChapterStage):
            raise SetupError(
                f"the entry point {point.name} names {point.value}, which is no Stage",
                "It must name a Stage or ChapterStage of mangacolor.stages.base.",
            )
        stages.append(stage)
    return tuple(stages)
