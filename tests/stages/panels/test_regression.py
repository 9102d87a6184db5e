"""Pages of Pepper&Carrot (CC BY 4.0, David Revoy), boxes checked by eye: panels must not get worse.

Twenty colour pages, small, and the black-and-white chapter of the examples come with the repository. With the
originals at hand, the twenty are tried at full size, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from mangacolor.core.types import Box, Image
from mangacolor.stages.panels import find_panels
from mangacolor.tests.helpers.paths import PAGES, ROOT

DATA = Path(__file__).parent / "data"
ORIGINALS = PAGES / "train" / "peppercarrot_lettered"
Boxes = list[tuple[float, ...]]


@dataclass
class Score:
    """Boxes that agree with the truth to an IoU of .9; panels found and wanted; pages wholly right at .7."""

    hits: int = 0
    detected: int = 0
    wanted: int = 0
    perfect: int = 0

    def add(self, boxes: Boxes, truth: Boxes) -> None:
        best = [max((iou(box, other) for other in boxes), default=0.0) for box in truth]
        self.hits += sum(value >= 0.9 for value in best)
        self.detected, self.wanted = self.detected + len(boxes), self.wanted + len(truth)
        pairs = zip(boxes, truth, strict=False)
        self.perfect += len(boxes) == len(truth) and all(iou(box, other) >= 0.7 for box, other in pairs)

    @property
    def f1(self) -> float:
        return 2 * self.hits / (self.detected + self.wanted)


def iou(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    ax, ay, aw, ah = first
    bx, by, bw, bh = second
    wide = max(0, min(ax + aw, bx + bw) - max(ax, bx))
    high = max(0, min(ay + ah, by + bh) - max(ay, by))
    return wide * high / (aw * ah + bw * bh - wide * high)


def truths(folder: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((DATA / folder).glob("*.json"))]


def read(path: Path) -> Image:
    with Pictures.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


def boxes_of(page: Image, size: list[int]) -> Boxes:
    """The panels of a page, left to right, in pixels of a page of ``size``."""
    scale = size[0] / page.shape[1]
    boxes: list[Box] = [panel.box for panel in find_panels(page, "ltr").detected]
    return [tuple(scale * value for value in box) for box in boxes]


def test_panels_of_small_colour_pages() -> None:
    score = Score()
    for truth in truths("peppercarrot"):
        page = read(DATA / "peppercarrot" / truth["page"])
        score.add(boxes_of(page, truth["size"]), truth["panels"])
    assert score.wanted == 80
    assert score.f1 >= 0.92
    assert score.perfect >= 18


@pytest.mark.slow
@pytest.mark.skipif(
    not ORIGINALS.is_dir(),
    reason="MANGACOLOR_TEST_PAGES=FOLDER names pages of Pepper&Carrot; see CONTRIBUTING.md",
)
def test_panels_of_colour_pages_at_full_size() -> None:
    pages = {path.name: path for path in ORIGINALS.rglob("*.webp")}
    score = Score()
    for truth in truths("peppercarrot"):
        page = read(pages[truth["page"]])
        assert [page.shape[1], page.shape[0]] == truth["size"]
        score.add(boxes_of(page, truth["size"]), truth["panels"])
    assert score.wanted == 80
    assert score.f1 >= 0.92
    assert score.perfect >= 18


@pytest.mark.parametrize("truth", truths("chapter"), ids=lambda truth: truth["page"])
def test_panels_of_the_bundled_chapter(truth: dict[str, Any]) -> None:
    score = Score()
    score.add(boxes_of(read(ROOT / "examples" / "chapter" / truth["page"]), truth["size"]), truth["panels"])
    assert score.f1 == 1 and score.perfect == 1
