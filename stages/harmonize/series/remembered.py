"""What is remembered of the segments of earlier pages of a series, as a table that goes to a file and back.

Segments of a new page have these for neighbours (``grouping.py``), join their groups (``joining.py``), and
are remembered in their turn (``recall.py``). ``retention.py`` keeps the table from growing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, F64, I64, AnyArray, Mask
from mangacolor.core.types import Image

Arrays: TypeAlias = Mapping[str, AnyArray]
I16: TypeAlias = npt.NDArray[np.int16]
PageNumbers: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class RememberedGroups:
    """G groups. ``ids``: G, ascending; below 0 are new ones. ``colours``: G×2, Cb and Cr in levels.
    ``held``: G, whether somebody chose that."""

    ids: I64
    colours: I16
    held: Mask

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def sorted(cls, ids: I64, colours: I16, held: Mask) -> RememberedGroups:
        """Of ids in any order."""
        order = np.argsort(ids, kind="stable")
        return cls(ids[order], colours[order], held[order])

    def take(self, which: Mask) -> RememberedGroups:
        return RememberedGroups(self.ids[which], self.colours[which], self.held[which])

    def rows_of(self, ids: I64) -> I64:
        """At which row each of these ids is."""
        return np.asarray(np.searchsorted(self.ids, ids), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Remembered:
    """R segments of earlier pages, in groups.

    ``rows``: R×C, their features. ``votes``: R×K uint8, once they have travelled, as roots in 255ths.
    ``chroma``: R×2, Cb and Cr that each was given, levels. ``proposal``: R×2, the colour that its group would
    have by its chapter alone. ``membership``: R uint8, 255 for wholly a member.
    ``group``: R, the ids of their groups. ``page``: R, a number that stands for what is on its page.
    ``priority``: R, by which they are chosen to stay (``retention.py``).
    """

    groups: RememberedGroups
    rows: Image
    votes: Image
    chroma: I16
    proposal: I16
    membership: Image
    group: I64
    page: PageNumbers
    priority: F32

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def nothing(cls, columns: int, vote_count: int) -> Remembered:
        """None of segments with so many features and votes."""
        return cls(
            RememberedGroups(np.zeros(0, np.int64), np.zeros((0, 2), np.int16), np.zeros(0, np.bool_)),
            np.zeros((0, columns), np.uint8),
            np.zeros((0, vote_count), np.uint8),
            np.zeros((0, 2), np.int16),
            np.zeros((0, 2), np.int16),
            np.zeros(0, np.uint8),
            np.zeros(0, np.int64),
            np.zeros(0, np.uint64),
            np.zeros(0, np.float32),
        )

    @property
    def logits(self) -> F32:
        """Logarithms of the probabilities that travelled votes are for, up to a constant a segment: R×K."""
        return np.asarray(2 * np.log(np.maximum(self.votes.astype(np.float32), 0.5) / 255))

    @property
    def group_rows(self) -> I64:
        """At which row of ``groups`` each segment's group is: R."""
        return self.groups.rows_of(self.group)

    def group_colours(self) -> tuple[F64, I64]:
        """The colour of each group, G×2, and how many segments it rests on (G).

        It is the mean of what these propose, or what somebody chose.
        """
        rows, count = self.group_rows, len(self.groups)
        size = np.bincount(rows, minlength=count)
        sums = [np.bincount(rows, weights=plane, minlength=count) for plane in self.proposal.T]
        mean = np.stack(sums, axis=1) / np.maximum(size, 1)[:, None]
        return np.where(self.groups.held[:, None], self.groups.colours, mean), size

    def take(self, which: Mask) -> Remembered:
        """Some of the segments, and the groups that are left with any."""
        columns = [column[which] for column in self._columns().values()]
        group = self.group[which]
        return Remembered(self.groups.take(np.isin(self.groups.ids, group)), *columns)

    def without(self, pages: PageNumbers) -> Remembered:
        """Those of other pages than these."""
        return self.take(~np.isin(self.page, pages))

    def add(self, new: Remembered) -> Remembered:
        """With further segments. Groups of theirs with ids below 0 get new ids; of others their colour
        counts."""
        ids = new.groups.ids.copy()
        fresh = ids < 0
        ids[fresh] = self.groups.ids.max(initial=-1) + 1 + np.arange(int(fresh.sum()))
        own = self.groups.take(~np.isin(self.groups.ids, ids))
        groups = RememberedGroups.sorted(
            np.concatenate([own.ids, ids]),
            np.concatenate([own.colours, new.groups.colours]),
            np.concatenate([own.held, new.groups.held]),
        )
        theirs = {**new._columns(), "group": ids[new.group_rows]}
        columns = [np.concatenate([column, theirs[name]]) for name, column in self._columns().items()]
        return Remembered(groups, *columns)

    def to_arrays(self) -> Arrays:
        """As it is kept."""
        return {
            **self._columns(),
            "ids": self.groups.ids,
            "colours": self.groups.colours,
            "held": self.groups.held,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, columns: int, vote_count: int) -> Remembered:
        """Back from what was kept, of segments with so many features and votes; nothing without any."""
        none = cls.nothing(columns, vote_count)
        if "rows" not in arrays:
            return none
        groups = RememberedGroups(arrays["ids"], arrays["colours"], arrays["held"])
        return cls(groups, *(arrays[name] for name in none._columns()))

    def _columns(self) -> dict[str, AnyArray]:
        """All but the groups, by name."""
        return {
            "rows": self.rows,
            "votes": self.votes,
            "chroma": self.chroma,
            "proposal": self.proposal,
            "membership": self.membership,
            "group": self.group,
            "page": self.page,
            "priority": self.priority,
        }
