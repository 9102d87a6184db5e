"""What keeps its paper on a page: speech balloons and captions, by a small network or by lettering alone.

Public: ``STAGE``, ``find_balloons``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.balloons.stage import STAGE, find_balloons

__all__ = ["STAGE", "find_balloons"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage", "find_balloons": "stage"})
