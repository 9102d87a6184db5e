"""The finished page: the scan's ink, the network's colour, moved as ``harmonize`` decided.

Public: ``STAGE``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.reassemble.stage import STAGE

__all__ = ["STAGE"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage"})
