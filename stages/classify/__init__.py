"""Whether a page is black and white, in colour already, or blank, or whether its panels have to tell.

``stage.py`` is the stage, ``page_class.py`` what it leaves; ``tint.py`` measures the chroma that no tint of a
scan explains, ``print_limits.py`` what a print can have, ``doubt.py`` whether parts have no colour, on a page
made small by ``reduced.py``. Public: ``STAGE``, ``PageClass``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.classify.page_class import PageClass
    from mangacolor.stages.classify.stage import STAGE

__all__ = ["STAGE", "PageClass"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage", "PageClass": "page_class"})
