"""Panel extraction: from a page's pixels to polygons in reading order, and what is paper between them.

``stage.py`` is the stage, ``layout.py`` what it leaves, ``detect.py`` puts the others together. Public:
``STAGE``, ``PanelLayout``, ``find_panels``, ``explain_panels``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.panels.detect import explain_panels, find_panels
    from mangacolor.stages.panels.layout import PanelLayout
    from mangacolor.stages.panels.stage import STAGE

__all__ = ["STAGE", "PanelLayout", "explain_panels", "find_panels"]

__getattr__ = lazy_names(
    __name__,
    {"STAGE": "stage", "PanelLayout": "layout", "explain_panels": "detect", "find_panels": "detect"},
)
