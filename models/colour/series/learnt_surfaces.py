"""What surfaces of a series look like and which colours they have: a table in the file of what was learnt.

A row of it is a segment of a coloured page as ``stages/segments/features.py`` describes it, seen as if the
page were grey, with the true chroma and luma of that page in place of the network's. ``stages/harmonize``
colours what looks the same alike. Features are those of one network, the one that the table's file makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mangacolor.core.arrays import I64, AnyArray
from mangacolor.core.types import Image

# Rows of a table: 0.7 MB with the features of the default network. Time of a chapter grows with them.
MAX_ROWS: Final = 4096
# Columns of a row: no network has nearly as many features.
MAX_COLUMNS: Final = 4096
# Columns that describe a segment whatever the network (``COLUMNS`` of ``stages/segments/features.py``).
MIN_COLUMNS: Final = 10
# The arrays of a table: type of number and dimensions.
_KINDS: Final = {"rows": (np.uint8, 2), "page": (np.int32, 1), "form": (np.int32, 1)}


@dataclass(frozen=True, slots=True)
class LearntSurfaces:
    """N segments of coloured pages.

    ``rows``: N×C uint8, their features, with true colours. ``page``: N, a number that stands for the page
    that each was seen on. ``vote_count``: how many columns, the last ones, are votes. ``embedded``: features
    are the point of an embedding.
    """

    rows: Image
    page: I64
    vote_count: int = 0
    embedded: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def to_arrays(self) -> dict[str, AnyArray]:
        """As it is kept: arrays by name, ``rows``, ``page`` (int32) and ``form`` (int32: votes, embedded)."""
        return {
            "rows": np.ascontiguousarray(self.rows),
            "page": self.page.astype(np.int32),
            "form": np.array([self.vote_count, int(self.embedded)], np.int32),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> LearntSurfaces:
        """Back from what was kept. Raises ``ValueError``, saying what is wrong, for anything else."""
        if arrays.keys() != _KINDS.keys():
            raise ValueError(f"a table of surfaces has rows, page and form, not {sorted(arrays)[:4]}")
        for name, (kind, dimensions) in _KINDS.items():
            if arrays[name].dtype != kind or arrays[name].ndim != dimensions:
                told = f"{arrays[name].dtype} in {arrays[name].ndim} dimensions"
                raise ValueError(f"{name} of a table of surfaces is {told}")
        rows, page, form = (arrays[name] for name in _KINDS)
        count, columns = rows.shape
        if not 0 < count <= MAX_ROWS or not MIN_COLUMNS <= columns <= MAX_COLUMNS:
            raise ValueError(f"a table of surfaces of {count}×{columns}")
        if len(page) != count:
            raise ValueError(f"{len(page)} pages of {count} surfaces")
        if len(form) != 2 or form[1] not in (0, 1) or not 0 <= form[0] <= columns - MIN_COLUMNS:
            raise ValueError(f"surfaces of the form {form[:4].tolist()}")
        return cls(rows, page.astype(np.int64), int(form[0]), bool(form[1]))
