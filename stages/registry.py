"""Every stage there is: the built-in ones in plain sight, third-party ones by entry point.

A third-party package adds ``[project.entry-points."mangacolor.stages"]`` with ``name =
"package.module:STAGE"``. Stage modules are imported when the graph is first asked for, never by
``--help``.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import entry_points

from mangacolor.core.errors import SetupError
from mangacolor.stages.base import ChapterStage, Stage
from mangacolor.stages.graph import Graph, Node

BUILT_IN = (
    "mangacolor.stages.decode",
    "mangacolor.stages.classify",
    "mangacolor.stages.panels",
    "mangacolor.stages.balloons",
    "mangacolor.stages.colorize",
    "mangacolor.stages.harmonize",
    "mangacolor.stages.upscale",
    "mangacolor.stages.reassemble",
    "mangacolor.stages.encode",
)
GROUP = "mangacolor.stages"


@cache
def default_graph() -> Graph:
    """The graph of all stages. Raises ``SetupError`` if a third-party stage does not fit in."""
    return Graph((*built_in_stages(), *third_party_stages()))


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
