"""Which panels of a page came in colour and which in black and white, and so what the page is.

``stage.py`` is the stage, ``page_kinds.py`` what it leaves; ``judging.py`` looks at each panel, ``ends.py``
at where colour ends within one, ``deciding.py`` decides over the page. Public: ``STAGE``, ``PageKinds``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.kinds.page_kinds import PageKinds
    from mangacolor.stages.kinds.stage import STAGE

__all__ = ["STAGE", "PageKinds"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage", "PageKinds": "page_kinds"})
