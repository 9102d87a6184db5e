"""What is laid on a chapter before the edits of its own palette, in the order in which it is laid."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from mangacolor.core.types import Chapter
from mangacolor.stages.base import Memory
from mangacolor.stages.edits.elsewhere.hints import Hint, with_pages
from mangacolor.stages.edits.elsewhere.series import recall_edits
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.palette_file import from_document


@dataclass(frozen=True, slots=True)
class Given:
    """``remembered``: by the series, of other chapters. ``kept``: locked in a palette of ``--palette``.
    ``hints``: of ``--hints``, for this chapter's pages."""

    remembered: tuple[Edit, ...] = ()
    kept: tuple[Edit, ...] = ()
    hints: tuple[Edit, ...] = ()

    @classmethod
    def to(
        cls,
        chapter: Chapter,
        digests: Collection[str],
        palette: str,
        hints: Sequence[Hint],
        memory: Memory | None,
    ) -> Self:
        """What is given to a chapter with pages of these ``digests``. ``palette``: as of
        ``read_locked_palette``."""
        here = [hint.to_edit(page) for hint, page in with_pages(hints, chapter)]
        return cls(tuple(recall_edits(memory, digests)), kept_edits(palette), tuple(here))

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (*self.remembered, *self.kept, *self.hints)


def kept_edits(palette: str) -> tuple[Edit, ...]:
    """The edits of a palette, as of ``read_locked_palette``."""
    return from_document(json.loads(palette)).edits if palette else ()
