"""Variety: what one colour, four colours and brown pages have of it."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.benchmarks.quality.variety import compute_variety, count_chroma


def lab(*colours: tuple[float, float], each: int = 100) -> np.ndarray:
    pixels = np.repeat(np.array(colours, np.float32), each, axis=0)
    return np.column_stack([np.full(len(pixels), 60, np.float32), pixels])


def test_one_colour_has_none_and_four_alike_have_two_bits() -> None:
    assert compute_variety([count_chroma(lab((4, 4)))]) == 0
    four = count_chroma(lab((4, 4), (44, 4), (4, -44), (-44, -44)))
    assert compute_variety([four]) == pytest.approx(2)
    assert compute_variety([four, four]) == pytest.approx(2)
    assert compute_variety([]) is None


def test_it_is_the_whole_chapter_that_varies() -> None:
    red, blue = count_chroma(lab((44, 4))), count_chroma(lab((4, -44)))
    assert compute_variety([red]) == compute_variety([blue]) == 0
    assert compute_variety([red, blue]) == pytest.approx(1)


def test_drawn_together_towards_brown_it_falls() -> None:
    rng = np.random.default_rng(0)
    free = rng.uniform(-60, 60, (5000, 2)).astype(np.float32)
    brown = free * 0.3 + np.array([8, 16], np.float32)
    varieties = [compute_variety([count_chroma(lab(*map(tuple, some), each=1))]) for some in (free, brown)]
    assert varieties[0] is not None and varieties[1] is not None and varieties[0] > varieties[1] + 2
    assert count_chroma(np.zeros((3, 5, 3), np.float32)).sum() == 15
