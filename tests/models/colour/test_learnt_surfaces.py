"""The table of learnt surfaces: kept whole, and refused where it is odd."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.core.arrays import AnyArray
from mangacolor.models.colour.series.learnt_surfaces import MAX_ROWS, MIN_COLUMNS, LearntSurfaces
from mangacolor.stages.segments.features import COLUMNS


def table(count: int = 3, columns: int = 20) -> LearntSurfaces:
    rows = np.random.default_rng(4).integers(0, 256, (count, columns), np.uint8)
    return LearntSurfaces(rows, np.arange(count), vote_count=6, embedded=True)


def test_a_table_comes_back_as_it_was() -> None:
    found = LearntSurfaces.from_arrays(table().to_arrays())
    assert np.array_equal(found.rows, table().rows)
    assert found.page.tolist() == [0, 1, 2]
    assert (len(found), found.vote_count, found.embedded) == (3, 6, True)


def test_the_least_width_of_a_row_is_that_of_the_columns_of_every_network() -> None:
    assert len(COLUMNS) == MIN_COLUMNS


ODD: dict[str, dict[str, AnyArray]] = {
    "rows of floats": {"rows": np.zeros((3, 20), np.float32)},
    "rows in one dimension": {"rows": np.zeros(3, np.uint8)},
    "no row": {"rows": np.zeros((0, 20), np.uint8), "page": np.zeros(0, np.int32)},
    "too many rows": {
        "rows": np.zeros((MAX_ROWS + 1, 20), np.uint8),
        "page": np.zeros(MAX_ROWS + 1, np.int32),
    },
    "too narrow": {"rows": np.zeros((3, MIN_COLUMNS - 1), np.uint8)},
    "too wide": {"rows": np.zeros((3, 5000), np.uint8)},
    "pages of other rows": {"page": np.zeros(2, np.int32)},
    "pages as floats": {"page": np.array([0, np.nan, 1], np.float32)},
    "more votes than columns": {"form": np.array([11, 1], np.int32)},
    "fewer votes than none": {"form": np.array([-1, 1], np.int32)},
    "half embedded": {"form": np.array([6, 2], np.int32)},
    "a longer form": {"form": np.array([6, 1, 0], np.int32)},
    "a form of floats": {"form": np.array([6, np.inf], np.float32)},
    "one array too many": {"more": np.zeros(1, np.int32)},
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_table_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="surfaces"):
        LearntSurfaces.from_arrays({**table().to_arrays(), **ODD[name]})


def test_a_table_that_lacks_an_array_is_refused() -> None:
    arrays = table().to_arrays()
    del arrays["page"]
    with pytest.raises(ValueError, match="rows, page and form"):
        LearntSurfaces.from_arrays(arrays)
