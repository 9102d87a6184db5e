"""Pixels of a marked thing are counted in the segments that show it, and beside them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.benchmarks.quality import edits
from mangacolor.benchmarks.quality.edit_chapter import EditChapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import COLUMNS, SegmentFeatures

SHAPE = (4, 6)


def chapter(counts: tuple[tuple[int, ...], ...]) -> EditChapter:
    """Pages with so many segments in each of their windows, all of them among those that take part."""
    sizes = [sum(own) for own in counts]
    page = np.repeat(np.arange(len(sizes)), sizes)
    row = np.concatenate([np.arange(size) for size in sizes])
    features = SegmentFeatures(np.zeros((len(row), len(COLUMNS)), np.uint8))
    told = ((0, 0, 6, 4),) * len(sizes), counts, np.zeros((0, 2)), False, row, np.zeros(len(row), np.uint8)
    segments = ChapterSegments(features, page, page, row, *told)
    drawings: dict[str, Any] = {f"{number}.png": {} for number in range(len(sizes))}
    known = cast(Surfaces, SimpleNamespace(segments=segments, drawings=drawings))
    return EditChapter(known, np.zeros(len(row), np.int64))


def test_marks_on_a_page_without_segments_lie_beside_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, value in (("marks", 3), ("input", 200)):
        (tmp_path / folder).mkdir()
        for number in range(2):
            PilImage.fromarray(np.full(SHAPE, value, np.uint8)).save(tmp_path / folder / f"{number}.png")
    rows = iter([np.zeros(SHAPE, np.int64), np.eye(*SHAPE, dtype=np.int64)])

    def next_rows(*_: Any) -> Any:
        return next(rows)

    monkeypatch.setattr(edits, "map_segments", next_rows)
    inside, beside = edits.count_marks(tmp_path, chapter(((), (1,))))
    assert inside.shape == (1, 256) and inside[0, 3] == 4 and inside.sum() == 4
    assert beside[3] == beside.sum() == 2 * 24 - 4
