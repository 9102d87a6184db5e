"""Colour black-and-white manga chapters on your own machine.

>>> import mangacolor
>>> coloured = mangacolor.colorize_page(page)             # uint8 arrays in and out
>>> mangacolor.colorize_chapter("chapter/", "colored/")   # as the command line does

Importing this package is cheap: torch and OpenCV come with the first call that needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.api import colorize_chapter, colorize_page, find_panels
    from mangacolor.core.errors import MangacolorError
    from mangacolor.core.settings import Options, RunOptions
    from mangacolor.core.types import Panel
    from mangacolor.models import load_generator
    from mangacolor.pipeline.events import RunResult
    from mangacolor.stages.panels.reading_order import order_panels

__all__ = [
    "MangacolorError",
    "Options",
    "Panel",
    "RunOptions",
    "RunResult",
    "colorize_chapter",
    "colorize_page",
    "find_panels",
    "load_generator",
    "order_panels",
]

_find = lazy_names(
    __name__,
    {
        "MangacolorError": "core.errors",
        "Options": "core.settings",
        "Panel": "core.types",
        "RunOptions": "core.settings",
        "RunResult": "pipeline.events",
        "colorize_chapter": "api",
        "colorize_page": "api",
        "find_panels": "api",
        "load_generator": "models",
        "order_panels": "stages.panels.reading_order",
    },
)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mangacolor")
    value = _find(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__, "__version__"]
