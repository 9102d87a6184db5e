"""The file of a cohort: what it holds, and that it lies beside the embeddings that describe it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from mangacolor.core.errors import SetupError
from mangacolor.models.files.segment_cohort import (
    FORMAT,
    SegmentCohort,
    cohort_bytes,
    cohort_fingerprint,
    cohort_path,
    load_cohort,
)

COHORT = SegmentCohort(np.arange(12, dtype=np.uint8).reshape(3, 4), np.full((3, 9), 5, np.uint8))
BESIDE = "ab" * 32, "cd" * 32


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"weights")
    return path


def test_a_cohort_comes_back_from_its_file(weights: Path) -> None:
    assert load_cohort(weights, *BESIDE) is None and cohort_fingerprint(weights) == ""
    cohort_path(weights).write_bytes(cohort_bytes(COHORT, *BESIDE, "CC-BY-SA-4.0"))
    again = load_cohort(weights, *BESIDE)
    assert again is not None and again.digest == cohort_fingerprint(weights) != ""
    np.testing.assert_array_equal(again.rows, COHORT.rows)
    np.testing.assert_array_equal(again.identities, COHORT.identities)


@pytest.mark.parametrize("beside", [BESIDE[::-1], ("", BESIDE[1]), (BESIDE[0], "")])
def test_it_is_refused_beside_other_embeddings(beside: tuple[str, str], weights: Path) -> None:
    cohort_path(weights).write_bytes(cohort_bytes(COHORT, *BESIDE, "CC-BY-SA-4.0"))
    with pytest.raises(SetupError, match="by other embeddings") as error:
        load_cohort(weights, *beside)
    assert str(cohort_path(weights)) in error.value.message and "--network identity" in error.value.remedy


HEADER = {"format": FORMAT, "surfaces": BESIDE[0], "identity": BESIDE[1]}
ROWS = np.zeros((3, 4), np.uint8)


@pytest.mark.parametrize(
    "content",
    [
        save({"rows": ROWS}, HEADER),
        save({"rows": ROWS, "identities": ROWS}, {**HEADER, "format": "else"}),
        save({"rows": ROWS, "identities": ROWS[:2]}, HEADER),
        save({"rows": ROWS[:0], "identities": ROWS[:0]}, HEADER),
        save({"rows": ROWS, "identities": ROWS.astype(np.float32)}, HEADER),
        b"nothing of the kind",
        b"",
    ],
)
def test_what_is_no_cohort_is_named(content: bytes, weights: Path) -> None:
    cohort_path(weights).write_bytes(content)
    with pytest.raises(SetupError) as error:
        load_cohort(weights, *BESIDE)
    assert str(cohort_path(weights)) in error.value.message
