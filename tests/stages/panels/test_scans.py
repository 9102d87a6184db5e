"""Panels on scans as they come: spreads, 1-bit, crooked, noisy and dark ones; and on pictures of anything."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Box, Image, Panel
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.cutting.page import Method
from mangacolor.stages.panels.cutting.polygons import area, four_to_six

BOXES: list[Box] = [(640, 60, 500, 480), (60, 60, 556, 480), (60, 568, 1080, 500), (60, 1096, 1080, 520)]
SIZE = 1200, 1680  # width, height
METHODS: tuple[Method, Method] = ("learnt", "lines")


def scene(width: int, height: int, seed: int) -> Image:
    """Something drawn: soft greys with round outlines."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 255, (height // 60 + 2, width // 60 + 2), np.uint8)
    picture = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(12):
        centre = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(picture, centre, int(rng.integers(20, 120)), 20, 3, cv2.LINE_AA)
    return picture


def draw(boxes: list[Box], size: tuple[int, int] = SIZE, paper: int = 255, frame: int = 0) -> Image:
    page = np.full(size[::-1], paper, np.uint8)
    for seed, (x, y, w, h) in enumerate(boxes):
        page[y : y + h, x : x + w] = scene(w, h, seed)
        cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), frame, 4)
    return page


def iou(first: Box, second: Box) -> float:
    (ax, ay, aw, ah), (bx, by, bw, bh) = first, second
    wide = max(0, min(ax + aw, bx + bw) - max(ax, bx))
    high = max(0, min(ay + ah, by + bh) - max(ay, by))
    return wide * high / (aw * ah + bw * bh - wide * high)


def found(page: Image, method: Method = "learnt") -> list[Panel]:
    return [panel for panel in find_panels(page, "rtl", method).panels if not panel.residual]


def check(panels: list[Panel], boxes: list[Box], least: float = 0.95) -> None:
    assert len(panels) == len(boxes), [panel.box for panel in panels]
    for panel, box in zip(panels, boxes, strict=True):
        assert iou(panel.box, box) >= least, (panel.box, box)


@pytest.mark.parametrize("method", METHODS)
def test_one_bit_scans(method: Method) -> None:
    page = draw(BOXES)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * 16 + 8
    screen = np.tile(bayer, (SIZE[1] // 4, SIZE[0] // 4))
    check(found(np.where(page > screen, 255, 0).astype(np.uint8), method), BOXES)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("degrees", [-0.8, 0.5])
def test_crooked_noisy_scans(method: Method, degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), degrees, 1)
    page = cv2.warpAffine(draw(BOXES), turn, SIZE, flags=cv2.INTER_LINEAR, borderValue=(250, 250, 250))
    noise = np.random.default_rng(0).normal(0, 9, page.shape)
    check(found(np.clip(page * 0.94 + noise, 0, 255).astype(np.uint8), method), BOXES, 0.9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("paper", "frame"), [(178, 25), (12, 200)])
def test_dark_paper(method: Method, paper: int, frame: int) -> None:
    check(found(draw(BOXES, paper=paper, frame=frame), method), BOXES)


@pytest.mark.parametrize("method", METHODS)
def test_a_double_spread_is_read_page_by_page(method: Method) -> None:
    right = [(x + SIZE[0], y, w, h) for x, y, w, h in BOXES]
    check(found(np.hstack([draw(BOXES), draw(BOXES)]), method), [*right, *BOXES])


@pytest.mark.parametrize("method", METHODS)
def test_a_webtoon_strip_of_frameless_and_framed_panels(method: Method) -> None:
    boxes: list[Box] = [(40, top, 720, 700) for top in range(100, 9000, 1000)]
    strip = draw(boxes, (800, 9200))
    for x, y, w, h in boxes[::2]:
        strip[y : y + h, x : x + w] = np.minimum(scene(w, h, y), 200)
    check(found(strip, method), boxes)


def test_an_inset_is_cut_out_and_read_first_where_reading_starts() -> None:
    inset: Box = (780, 1096, 360, 300)
    page = draw(BOXES)
    x, y, w, h = inset
    page[y : y + h + 8, x - 8 : x + w] = 255
    page[y : y + h, x : x + w] = scene(w, h, 9)
    cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), 0, 4)
    check(found(page), [*BOXES[:3], inset, BOXES[3]], 0.9)


def test_a_caption_box_is_no_inset() -> None:
    page = draw(BOXES)
    cv2.rectangle(page, (700, 1250), (900, 1400), 255, -1)
    cv2.rectangle(page, (700, 1250), (900, 1400), 0, 3)
    for row in range(1280, 1390, 30):
        cv2.putText(page, "as it was", (715, row), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2, cv2.LINE_AA)
    check(found(page), BOXES)


def anything(kind: str, rng: np.random.Generator) -> Image:
    height, width = (int(2 ** rng.uniform(0, 9.5)) for _ in range(2))
    if kind == "noise":
        return rng.integers(0, 256, (height, width, 3), np.uint8)
    if kind == "bits":
        return np.where(rng.random((height, width)) < rng.random(), 0, 255).astype(np.uint8)
    if kind == "flat":
        return np.full((height, width), int(rng.integers(256)), np.uint8)
    if kind == "gradient":
        ramp = np.linspace(0, 255, width)[None] + np.linspace(0, int(rng.integers(256)), height)[:, None]
        return (ramp % 256).astype(np.uint8)
    page = np.full((height, width), int(rng.integers(256)), np.uint8)  # lines in all directions
    for _ in range(int(rng.integers(1, 60))):
        ends = rng.integers(-20, [width + 20, height + 20], (2, 2)).tolist()
        cv2.line(page, ends[0], ends[1], int(rng.integers(256)), int(rng.integers(1, 9)))
    return page


@pytest.mark.parametrize("kind", ["noise", "bits", "flat", "gradient", "lines"])
def test_random_pictures_have_a_panel_and_raise_nothing(kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    for _ in range(6):
        page = anything(kind, rng)
        for method in METHODS:
            panels = found(page, method)
            assert panels, page.shape
            for panel in panels:
                x, y, w, h = panel.box
                assert w > 0 and h > 0 and x + w <= page.shape[1] and y + h <= page.shape[0], page.shape
                assert 4 <= len(panel.polygon) <= 6


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3), (31, 33), (3000, 40)])
@pytest.mark.parametrize("level", [0, 255])
def test_odd_sizes_have_one_panel(size: tuple[int, int], level: int) -> None:
    page = np.full(size, level, np.uint8)
    assert [panel.box for panel in found(page)] == [(0, 0, size[1], size[0])]


def test_polygons_get_four_to_six_corners() -> None:
    angle = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    round_one = np.stack([100 + 80 * np.cos(angle), 100 + 80 * np.sin(angle)], 1)
    assert len(four_to_six(round_one)) == 6
    triangle = np.array([(0, 0), (90, 0), (0, 40)], np.float64)
    assert four_to_six(triangle).tolist() == [[0, 0], [90, 0], [45, 20], [0, 40]]
    assert area(four_to_six(triangle)) == area(triangle)


NARROW: list[Box] = [(606, 60, 534, 480), (60, 60, 540, 480), (60, 546, 1080, 500), (60, 1052, 1080, 560)]


def narrow_page() -> Image:
    """Six pixels between panels that have thin frames."""
    page = np.full(SIZE[::-1], 255, np.uint8)
    for seed, (x, y, w, h) in enumerate(NARROW):
        page[y : y + h, x : x + w] = scene(w, h, seed)
        cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), 0, 2)
    return page


def test_small_scans_are_looked_at_enlarged() -> None:
    small = cv2.resize(narrow_page(), None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA)
    boxes = [(round(x * 0.35), round(y * 0.35), round(w * 0.35), round(h * 0.35)) for x, y, w, h in NARROW]
    check(found(np.asarray(small, np.uint8)), boxes, 0.9)


@pytest.mark.parametrize("method", METHODS)
def test_black_gutters_of_a_faded_scan_are_black(method: Method) -> None:
    faded = np.rint(255 - 0.6 * (255.0 - draw(BOXES, paper=0))).astype(np.uint8)
    check(found(faded, method), BOXES, 0.9)
