"""The steps that a page goes through, a package or a file each; ``registry.py`` lists them.

This is also the door for stages that other packages add: ``from mangacolor.stages import Stage, luma``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.core.colour import chroma, luma
    from mangacolor.core.settings import Options
    from mangacolor.core.types import Artifact, Chapter, Image, Inputs, KnownChapters, Page
    from mangacolor.stages.base import (
        CAME_COLOURED,
        GUARD,
        PANEL_COUNT,
        WHY_COPIED,
        ChapterContext,
        ChapterStage,
        Stage,
        StageContext,
    )
    from mangacolor.stages.demand import Demand, PageSize

__all__ = [
    "CAME_COLOURED",
    "GUARD",
    "PANEL_COUNT",
    "WHY_COPIED",
    "Artifact",
    "Chapter",
    "ChapterContext",
    "ChapterStage",
    "Demand",
    "Image",
    "Inputs",
    "KnownChapters",
    "Options",
    "Page",
    "PageSize",
    "Stage",
    "StageContext",
    "chroma",
    "luma",
]

_find = lazy_names(
    "mangacolor",
    {
        **dict.fromkeys(("chroma", "luma"), "core.colour"),
        "Options": "core.settings",
        **dict.fromkeys(("Artifact", "Chapter", "Image", "Inputs", "KnownChapters", "Page"), "core.types"),
        **dict.fromkeys(
            (
                "CAME_COLOURED",
                "GUARD",
                "PANEL_COUNT",
                "WHY_COPIED",
                "ChapterContext",
                "ChapterStage",
                "Stage",
                "StageContext",
            ),
            "stages.base",
        ),
        **dict.fromkeys(("Demand", "PageSize"), "stages.demand"),
    },
)


def __getattr__(name: str) -> Any:
    try:
        return _find(name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return [*globals(), *__all__]
