"""A chapter that the command has coloured, in which edits are resolved without running it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import Field, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from mangacolor.benchmarks.quality.edit_oracle import Click, Cover
from mangacolor.core.arrays import I64, Mask
from mangacolor.pipeline.editing.chapter import open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.stages.edits.coverage import Coverage, measure_coverage
from mangacolor.stages.edits.locating import Located, locate_edits
from mangacolor.stages.edits.model import LIKENESS, Anchor, Edit, Reach

COLOUR = "#3050ff"
NOWHERE = -1


class OnPage(Protocol):
    """A dataclass that says on which page it is marked."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def page(self) -> str: ...


Marked = TypeVar("Marked", bound=OnPage)


@dataclass(frozen=True, slots=True, eq=False)
class EditChapter:
    """The N segments of a chapter, and the group of each."""

    surfaces: Surfaces
    groups: I64

    @classmethod
    def read(cls, out: Path) -> EditChapter:
        """From what the command keeps in ``out``. Raises as ``open_chapter``."""
        surfaces = Surfaces.of(open_chapter(out))
        return cls(surfaces, surfaces.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def find(self, points: Sequence[tuple[str, int, int]]) -> tuple[list[int], list[str]]:
        """For each point (page, x, y) the index of the segment there, or ``NOWHERE``; and why, or ""."""
        anchors = [Anchor(page, x, y) for page, x, y in points]
        known = self.surfaces
        edit = Edit(0, COLOUR, Reach.SEGMENT, tuple(anchors))
        located = locate_edits([edit], known.index, known.drawings, known.segments)
        why = {missed.anchor: missed.why for missed in located.missed}
        return [located.anchors.get(a, NOWHERE) for a in anchors], [why.get(a, "") for a in anchors]

    def on_known_pages(self, marked: Sequence[Marked]) -> list[Marked]:
        """What is marked on pages that have been coloured, with the names that these have there."""
        names = {Path(name).stem: name for name in self.surfaces.drawings.speakers}
        found = ((names.get(Path(one.page).stem), one) for one in marked)
        return [replace(one, page=name) for name, one in found if name is not None]

    def alike(self, likeness: float = LIKENESS, reach: Reach = Reach.ALIKE) -> Cover:
        """Clicks are anchors, and negative ones, of one edit."""
        return lambda clicks: self.coverage(clicks, likeness, reach).covered(likeness)

    def coverage(self, clicks: Sequence[Click], likeness: float, reach: Reach) -> Coverage:
        """What is known of the edit that has these clicks for anchors, and negative ones."""
        anchors = {Anchor("", click.segment, int(click.meant)): click.segment for click in clicks}
        meant, other = (tuple(a for a in anchors if bool(a.y) == kind) for kind in (True, False))
        edit = Edit(0, COLOUR, reach, meant, other, likeness)
        segments = self.surfaces.segments
        return measure_coverage(edit, 0, segments, Located(anchors))

    def by_group(self) -> Cover:
        """Each click gives the colour to the whole group of its segment; nothing can be left out of one."""

        def cover(clicks: Sequence[Click]) -> Mask:
            return np.isin(self.groups, [self.groups[click.segment] for click in clicks if click.meant])

        return cover
