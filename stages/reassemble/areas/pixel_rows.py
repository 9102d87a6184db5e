"""Which row of a table each pixel of a page takes: that of its segment, or what an outline gives to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, I64, LabelMap
from mangacolor.core.types import Point
from mangacolor.stages.reassemble.areas.area import LaidArea


@dataclass(frozen=True, slots=True)
class PixelRows:
    """``table``: R×5, the rows of segments first. ``of``: H×W, the row that each pixel takes. ``outlined``:
    whether that is another than its segment's somewhere."""

    table: F32
    of: LabelMap
    outlined: bool = False

    @classmethod
    def lay(cls, labels: LabelMap, table: F32, areas: Sequence[LaidArea], corner: Point) -> PixelRows:
        """Those of a part of the page (``labels``, H×W, which begins at a ``corner``) with all ``areas``, a
        later one over an earlier. Where one holds a pixel in part, that has a row of its own."""
        rows, of, tables, count = cls(table, labels), labels, [table], len(table)
        for area in areas:
            part = area.part(labels.shape, corner)
            if part is None:
                continue
            where, share = part
            place = area.place[labels[where]]
            held = (share > 0) & (place >= 0)
            if not held.any():
                continue
            of = of.copy() if of is labels else of
            soft = held & (share < 255)
            below, above = np.concatenate(tables)[of[where][soft]], area.rows[place[soft]]
            mixed = below + (share[soft] * np.float32(1 / 255))[:, None] * (above - below)
            of[where][held] = count + place[held]
            of[where][soft] = count + len(area.rows) + np.arange(len(mixed))
            tables += [area.rows, mixed.astype(np.float32)]
            count += len(area.rows) + len(mixed)
            rows = cls(np.concatenate(tables), of, outlined=True)
        return rows

    def at(self, places: I64) -> F32:
        """Of pixels by their places in H·W: M×5."""
        return np.asarray(self.table[self.of.ravel()[places]], dtype=np.float32)

    def beyond(self, places: I64, labels: LabelMap, other: LabelMap) -> F32:
        """Of the pixels beside these (M) which belong to the segment that they meet, M×5. ``labels``,
        ``other``: H×W, segments, and as of ``find_neighbours``."""
        met = other.ravel()[places]
        if not self.outlined:
            return np.asarray(self.table[met], dtype=np.float32)
        label, width = labels.ravel(), labels.shape[1]
        column, rows = places % width, met.copy()
        for step, is_there in (
            (1, column < width - 1),
            (-1, column > 0),
            (width, places < label.size - width),
            (-width, places >= width),
        ):
            which = np.flatnonzero(is_there)
            which = which[label[places[which] + step] == met[which]]
            rows[which] = self.of.ravel()[places[which] + step]
        return np.asarray(self.table[rows], dtype=np.float32)
