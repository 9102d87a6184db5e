"""Panel extraction: from a page's pixels to polygons in reading order, and what is paper between them.

``stage.py`` is the stage, ``detect.py`` puts the others together. Public: ``STAGE``, ``find_panels``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.panels.stage import STAGE, find_panels

__all__ = ["STAGE", "find_panels"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage", "find_panels": "stage"})
