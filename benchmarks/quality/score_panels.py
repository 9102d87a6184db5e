"""How panel detection holds on scans that are askew, coarse, small or faded, and what a page costs.

    python benchmarks/quality/score_panels.py PAGES TRUTH [--every 3] [--seconds 12]

``TRUTH`` holds a JSON for each page: its name (``page``) and its panels in reading order as [x, y, width,
height]. Every page is looked at as it is and after each treatment; found polygons are brought back to the
page that the boxes were drawn on. The table tells F1 at an IoU of .7 and .9 over all panels, matched one to
one for the largest sum (the assignment problem), and the CPU seconds a page; ``--seconds`` that of so many
pages brought to 1400×2000.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click
import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from mangacolor.core.arrays import F64
from mangacolor.core.cpu import use_one_core
from mangacolor.core.settings import Direction
from mangacolor.core.types import Box, Image
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.layout import box_around
from mangacolor.training.data.pictures import read_rgb

SKEW: Final = 1.5  # degrees
LEVELS: Final = (0.7, 0.9)  # of IoU
MEASURED: Final = (1400, 2000)  # pixels, of the pages whose time is told

# A treated page, and the 2×3 matrix that brings its points back to the page itself.
Treated = tuple[Image, F64]


def as_it_is(page: Image) -> Treated:
    return page, np.eye(2, 3)


def askew(page: Image) -> Treated:
    """Turned by ``SKEW`` on a white ground."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), SKEW, 1)
    flags: dict[str, Any] = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": (255, 255, 255)}
    turned = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, **flags)
    return np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(turn), np.float64)


def coarse_jpeg(page: Image) -> Treated:
    """JPEG at quality 40."""
    _, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), np.eye(2, 3)


def half_size(page: Image) -> Treated:
    small = cv2.resize(page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    scale = np.diag([page.shape[1] / small.shape[1], page.shape[0] / small.shape[0], 1.0])[:2]
    return np.asarray(small, np.uint8), scale


def lighter(page: Image) -> Treated:
    """Its ink faded by 30 %."""
    return np.asarray(np.rint(255 - 0.7 * (255.0 - page)), np.uint8), np.eye(2, 3)


TREATMENTS: Final[tuple[Callable[[Image], Treated], ...]] = (as_it_is, askew, coarse_jpeg, half_size, lighter)


def found_boxes(treated: Treated, direction: Direction) -> list[Box]:
    """The boxes of the panels that are found, on the page itself."""
    page, back = treated
    layout = find_panels(page, direction)
    polygons = [np.array(panel.polygon, np.float64) @ back[:, :2].T + back[:, 2] for panel in layout.detected]
    return [box_around(np.rint(polygon).astype(int).tolist()) for polygon in polygons]


def matched(found: Sequence[Box], truth: Sequence[Box]) -> F64:
    """The IoU of each pair of the best one-to-one matching."""
    table = np.array([[iou(one, other) for other in found] for one in truth])
    return np.asarray(table[linear_sum_assignment(-table)]) if table.size else np.zeros(0)


def iou(one: Box, other: Box) -> float:
    """What two boxes have in common, as a share of what they cover together."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(np.add(one[:2], one[2:]), np.add(other[:2], other[2:]))
    both = float(np.prod(np.maximum(0, high - low)))
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def score(pages: Sequence[tuple[Image, dict[str, Any]]], treat: Callable[[Image], Treated]) -> str:
    """A row of the table."""
    ious, panels, seconds = [], 0, []
    for page, truth in pages:
        treated = treat(page)
        start = time.process_time()
        boxes = found_boxes(treated, truth.get("direction", "rtl"))
        seconds.append(time.process_time() - start)
        ious.append(matched(boxes, [tuple(box) for box in truth["panels"]]))
        panels += len(boxes) + len(truth["panels"])
    shares = [2 * float((np.concatenate(ious) >= level).sum()) / panels for level in LEVELS]
    told = "".join(f"{share:8.3f}" for share in shares)
    return f"{treat.__name__:12}{told}{np.median(seconds):8.2f}"


def _at_measured_size(page: Image) -> Treated:
    return np.asarray(cv2.resize(page, MEASURED, interpolation=cv2.INTER_CUBIC), np.uint8), np.eye(2, 3)


@click.command(help=__doc__)
@click.argument("pages", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("truth", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--every", default=1, help="Only every so many-th page.")
@click.option("--seconds", default=12, help="So many pages are timed at 1400×2000.")
def main(pages: Path, truth: Path, every: int, seconds: int) -> None:
    use_one_core()
    documents = [json.loads(file.read_text()) for file in sorted(truth.glob("*.json"))[::every]]
    read = [(read_rgb(pages / document["page"]), document) for document in documents]
    click.echo(f"{len(read)} pages     F1 .7   F1 .9   CPU s")
    for treat in TREATMENTS:
        click.echo(score(read, treat))
    timed = []
    for page, document in read[:: max(1, len(read) // max(1, seconds))][:seconds]:
        treated = _at_measured_size(page)
        start = time.process_time()
        found_boxes(treated, document.get("direction", "rtl"))
        timed.append(time.process_time() - start)
    click.echo(f"1400×2000: {np.median(timed):.2f} CPU s a page, {max(timed):.2f} at most, of {len(timed)}")


if __name__ == "__main__":
    main()
