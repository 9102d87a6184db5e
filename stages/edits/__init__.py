"""What people have decided of a chapter's colours, and which segments each decision covers.

Public: ``STAGE``; ``model.Edit``, ``palette.Palette`` with what can be done to it, ``page_edits.PageEdits``,
``resolve.resolve_edits``, ``palette_file``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mangacolor.core.lazy import lazy_names

if TYPE_CHECKING:
    from mangacolor.stages.edits.stage import STAGE

__all__ = ["STAGE"]

__getattr__ = lazy_names(__name__, {"STAGE": "stage"})
