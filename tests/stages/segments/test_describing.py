"""Segments of a window are measured together, and each comes out as if it were alone."""

from __future__ import annotations

import numpy as np

from mangacolor.core.colour import chroma, painted_luma
from mangacolor.core.colour import luma as luma_of
from mangacolor.stages.segments.describing import MIN_LUMA, describe_segments
from mangacolor.stages.segments.features import AREA, AREA_STEPS, LUMA, SPREAD_STEPS, TEXTURE, TONE, X, Y


def test_each_segment_has_its_own_numbers() -> None:
    rng = np.random.default_rng(7)
    labels = (1 + rng.integers(0, 5, (48, 64))).astype(np.uint16)
    labels[:3, :5] = 6
    grey = rng.integers(0, 256, labels.shape).astype(np.uint8)
    coloured = rng.integers(0, 256, (*labels.shape, 3)).astype(np.uint8)
    table = describe_segments(labels, grey, coloured, np.zeros((6, 2), np.uint8))
    assert table.shape[0] == 6 and not table[:, -2:].any()
    cb, cr = chroma(coloured)
    for label, row in enumerate(table.astype(float), 1):
        own = labels == label
        y, x = np.nonzero(own)
        lit = own & (grey >= MIN_LUMA)
        middle = np.median(cb[lit]), np.median(cr[lit])
        away = np.median(np.hypot(cb[lit] - middle[0], cr[lit] - middle[1]))
        tone, painted = (np.array([plane[lit].mean()], np.float32) for plane in (grey, luma_of(coloured)))
        expected = [middle[0] + 128, middle[1] + 128, SPREAD_STEPS * away]
        assert np.abs(row[:3] - np.clip(expected, 0, 255)).max() <= 0.51
        assert np.abs(row[[TONE, TEXTURE]] - (tone[0], grey[lit].std())).max() <= 0.51
        assert abs(row[LUMA] - painted_luma(tone, painted)[0]) <= 0.51
        assert np.abs(row[[X, Y]] - (255 * x.mean() / 64, 255 * y.mean() / 48)).max() <= 0.51
        assert abs(row[AREA] - AREA_STEPS * np.log2(own.sum())) <= 0.51
