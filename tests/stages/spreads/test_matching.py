"""Which pages are found to be halves of one drawing, and which are not."""

from __future__ import annotations

from itertools import permutations

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.spreads.edges import find_edges
from mangacolor.stages.spreads.matching import Match, match_pages
from mangacolor.tests.helpers.spreads import cut, wide_drawing
from mangacolor.tests.helpers.stages import comic_page


def match(left: Image, right: Image) -> Match | None:
    return match_pages(find_edges(left), find_edges(right))


def halftone(drawing: Image, pitch: float = 5.0) -> Image:
    """The drawing in dots, at 45 degrees."""
    y, x = np.mgrid[0 : drawing.shape[0], 0 : drawing.shape[1]] * (2 * np.pi / pitch / np.sqrt(2))
    threshold = (np.cos(x + y) + np.cos(x - y)) * 63 + 128
    dots = np.where((drawing > threshold) & (drawing > 40), 255, 0).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(dots, (0, 0), 0.6), dtype=np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_halves_of_a_drawing_are_found(seed: int) -> None:
    found = match(*cut(wide_drawing(900, 1300, seed)))
    assert found is not None
    assert found.score > 1.2 and found.shift == 0


def test_halves_of_a_drawing_in_screentone_are_found() -> None:
    assert match(*cut(halftone(wide_drawing(900, 1300)))) is not None


@pytest.mark.parametrize("quality", [60, 90])
@pytest.mark.parametrize("down", [-5, 3, 6])
def test_a_shifted_half_is_found_and_its_shift(down: int, quality: int) -> None:
    left, right = cut(wide_drawing(1024, 1400))
    rows = slice(max(0, -down), 1024 - max(0, down)), slice(max(0, down), 1024 - max(0, -down))
    pages = [np.ascontiguousarray(half[r]) for half, r in zip((left, right), rows, strict=True)]
    packed = [cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for page in pages]
    one, other = (np.asarray(cv2.imdecode(page, cv2.IMREAD_GRAYSCALE), np.uint8) for page in packed)
    found = match(one, other)
    assert found is not None
    assert abs(found.shift - down) <= 1


@pytest.mark.parametrize("level", [0, 255])
def test_columns_that_the_scan_added_are_seen_past(level: int) -> None:
    left, right = cut(wide_drawing(900, 1300))
    added = np.full((900, 3), level, np.uint8)
    pages = find_edges(np.hstack([left, added])), find_edges(np.hstack([added, right]))
    assert match_pages(*pages) is not None
    assert pages[0].right is not None and 3 <= pages[0].right.border <= 4


def test_other_pages_are_no_halves() -> None:
    pages = [cut(wide_drawing(900, 1300, seed)) for seed in range(8)]
    for one, other in permutations(range(8), 2):
        assert match(pages[one][0], pages[other][1]) is None
    assert match(pages[0][1], pages[0][0]) is None  # the right way round only


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_edges_are_no_evidence(level: int) -> None:
    left, right = (half.copy() for half in cut(wide_drawing(900, 1300)))
    left[:, -60:], right[:, :60] = level, level
    assert match(left, right) is None


def test_margins_and_gutters_at_one_height_are_no_evidence() -> None:
    assert match(comic_page(), comic_page()) is None
    left, right = cut(wide_drawing(900, 1300, 3))[0].copy(), cut(wide_drawing(900, 1300, 4))[1].copy()
    for top in (290, 600):
        left[top : top + 14], right[top : top + 14] = 255, 255
    assert match(left, right) is None


def test_a_line_along_the_edge_is_no_drawing() -> None:
    page = np.full((900, 650), 255, np.uint8)
    page[:, :200] = cut(wide_drawing(900, 400))[0]
    left, right = page.copy(), np.ascontiguousarray(page[:, ::-1])
    for half, column in ((left, -1), (right, 0)):
        half[:, column] = 0
        for row in range(30, 900, 90):  # the same breaks in both
            half[row : row + 25, column] = 255
    assert match(left, right) is None


def test_pages_of_other_heights_and_wide_ones_are_no_halves() -> None:
    left, right = cut(wide_drawing(900, 1300))
    assert match(left, right[: 900 - 20]) is None
    assert match(*cut(wide_drawing(400, 1300))) is None  # wider than high: spreads already
