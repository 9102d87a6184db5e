"""Super-resolution of the page's luma: factor, network, tiles, and a guard where screentone is.

Public: ``STAGE``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.upscale.stage import STAGE

__all__ = ["STAGE"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage"})
