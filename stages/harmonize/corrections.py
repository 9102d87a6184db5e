"""What ``harmonize`` decides for a page, typed: a correction for each segment of each window.

This module alone knows how corrections are kept: for each window one list of whole numbers, six for each
segment from label 1 on, in the order of ``Correction``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

import numpy as np

from mangacolor.core.arrays import I64, Mask
from mangacolor.core.types import Artifact

NO_GROUP = -1
OWN_LUMA = -1


@dataclass(frozen=True, slots=True)
class Correction:
    """What is done to the colour of one segment.

    ``group``: the group of the palette that it belongs to, -1 for none. ``cb``, ``cr``: levels to add to its
    chroma. ``luma``: the mean luma (0 to 255) it is to have, -1 for its own. ``base_cb``, ``base_cr``: what
    would be added had nobody chosen a colour.
    """

    group: int = NO_GROUP
    cb: int = 0
    cr: int = 0
    luma: int = OWN_LUMA
    base_cb: int = 0
    base_cr: int = 0


_WIDTH = len(fields(Correction))


@dataclass(frozen=True, slots=True)
class WindowCorrections:
    """The corrections of a window's N segments, label 1 first, as columns. See ``Correction``.

    ``group``, ``luma``: N. ``chroma``, ``base_chroma``: N×2.
    """

    group: I64
    chroma: I64
    luma: I64
    base_chroma: I64

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def none(cls, count: int) -> WindowCorrections:
        """Corrections that change nothing."""
        return cls._from_rows(np.array([astuple(Correction())] * count, np.int64))

    @classmethod
    def of(cls, corrections: Iterable[Correction]) -> WindowCorrections:
        return cls._from_rows(np.array([astuple(correction) for correction in corrections], np.int64))

    def take(self, which: I64) -> WindowCorrections:
        """Some of them."""
        return WindowCorrections._from_rows(self._rows()[which])

    def spread(self, places: I64, count: int) -> WindowCorrections:
        """Corrections of ``count`` segments: these at ``places`` (N), the others change nothing."""
        rows = WindowCorrections.none(count)._rows()
        rows[places] = self._rows()
        return WindowCorrections._from_rows(rows)

    def split(self, counts: Iterable[int]) -> list[WindowCorrections]:
        """For each of several windows with these counts of segments its own."""
        ends = np.cumsum(list(counts))[:-1]
        return [WindowCorrections._from_rows(rows) for rows in np.split(self._rows(), ends)]

    def row(self, segment: int) -> Correction:
        """The correction of one segment, counted from 0."""
        return Correction(*self._rows()[segment].tolist())

    @property
    def overridden(self) -> Mask:
        """Segments whose colour somebody chose: with a luma, or in chroma alone, as locks do."""
        return np.asarray(self.has_luma | (self.chroma != self.base_chroma).any(axis=1))

    @property
    def has_luma(self) -> Mask:
        """Segments that are to have another luma than their own."""
        return np.asarray(self.luma >= 0)

    def _rows(self) -> I64:
        columns = (self.group[:, None], self.chroma, self.luma[:, None], self.base_chroma)
        return np.concatenate(columns, axis=1)

    @classmethod
    def _from_rows(cls, rows: I64) -> WindowCorrections:
        rows = rows.reshape(-1, _WIDTH)
        return cls(rows[:, 0], rows[:, 1:3], rows[:, 3], rows[:, 4:6])


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections of a page, one a window; none at all where nothing was decided."""

    windows: tuple[WindowCorrections, ...] = ()

    def of_window(self, number: int) -> WindowCorrections | None:
        """Those of a window, or None where nothing was decided."""
        return self.windows[number] if self.windows else None

    def to_artifact(self) -> Artifact:
        """As it is kept: whole numbers, so that a page is done again only if its own colours moved."""
        return Artifact({"windows": [window._rows().ravel().tolist() for window in self.windows]})

    @classmethod
    def from_artifact(cls, artifact: Artifact | None) -> Corrections:
        """Of a page for which ``harmonize`` did not run (None): no corrections."""
        windows = artifact.data["windows"] if artifact else []
        return cls(tuple(WindowCorrections._from_rows(np.array(window, np.int64)) for window in windows))
