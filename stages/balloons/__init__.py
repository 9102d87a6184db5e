"""What keeps its paper on a page: speech balloons and captions, by a small network or by lettering alone.

``stage.py`` is the stage, ``layout.py`` what it leaves, ``detect.py`` puts the others together. Public:
``STAGE``, ``BalloonLayout``, ``find_balloons``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.balloons.detect import find_balloons
    from mangacolor.stages.balloons.layout import BalloonLayout
    from mangacolor.stages.balloons.stage import STAGE

__all__ = ["STAGE", "BalloonLayout", "find_balloons"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage", "BalloonLayout": "layout", "find_balloons": "detect"})
