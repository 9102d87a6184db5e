"""A finished page at the size of a display: smaller without moiré, its lines as black as they were.

Public: ``fit_page``, ``fit_picture``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.fit.resize import fit_page, fit_picture

__all__ = ["fit_page", "fit_picture"]

__getattr__ = lazy_names(__name__, {"fit_page": "resize", "fit_picture": "resize"})
