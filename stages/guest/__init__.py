"""A guest's colours: pages that somebody else has coloured, laid over ours, and what each segment has there.

``stage.py`` is the stage, ``surfaces.py`` what it leaves. Public: ``STAGE``, ``surfaces.PageGuest``,
``surfaces.coloured_page``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.guest.stage import STAGE

__all__ = ["STAGE"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage"})
