"""One figure, one colour: decides over a whole chapter what each segment's colour is moved by.

Public: ``STAGE``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.harmonize.stage import STAGE

__all__ = ["STAGE"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage"})
