"""Twenty Pepper&Carrot pages (CC BY 4.0, David Revoy), boxes checked by eye: panels must not get worse."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.stages.panels import find_panels
from mangacolor.tests.helpers.paths import PAGES

BOXES = Path(__file__).parent / "data" / "peppercarrot_panels"
LETTERED = PAGES / "train" / "peppercarrot_lettered"


def iou(first: list[int], second: list[int]) -> float:
    ax, ay, aw, ah = first
    bx, by, bw, bh = second
    wide = max(0, min(ax + aw, bx + bw) - max(ax, bx))
    high = max(0, min(ay + ah, by + bh) - max(ay, by))
    return wide * high / (aw * ah + bw * bh - wide * high)


@pytest.mark.slow
@pytest.mark.skipif(not LETTERED.is_dir(), reason="the Pepper&Carrot pages are not here")
def test_panels_of_colour_comics() -> None:
    hits = found = wanted = perfect = 0
    for path in sorted(BOXES.glob("*.json")):
        truth = json.loads(path.read_text())
        page = LETTERED / f"ep{path.stem[1:3]}" / truth["page"]
        picture = cv2.imread(str(page))
        assert picture is not None, page
        image = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        boxes = [list(panel.box) for panel in find_panels(image, "ltr").panels if not panel.residual]
        matched = [max((iou(box, other) for other in boxes), default=0.0) for box in truth["panels"]]
        hits += sum(value >= 0.9 for value in matched)
        found, wanted = found + len(boxes), wanted + len(truth["panels"])
        pairs = zip(boxes, truth["panels"], strict=False)
        perfect += len(boxes) == len(matched) and all(iou(box, other) >= 0.7 for box, other in pairs)
    assert wanted == 80
    assert 2 * hits / (found + wanted) >= 0.92
    assert perfect >= 18
