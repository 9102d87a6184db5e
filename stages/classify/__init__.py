"""Whether a page is black and white, in colour already, both, or blank.

``stage.py`` is the stage; ``tint.py`` measures the chroma that no tint of a scan explains,
``print_limits.py`` what a print can have, ``mixed.py`` finds pages with panels of both kinds. Public:
``STAGE``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.classify.stage import STAGE

__all__ = ["STAGE"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage"})
