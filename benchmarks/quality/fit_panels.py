"""Fit how sure cuts and panels are, on made-up pages, and tell how well that holds.

    python benchmarks/quality/fit_panels.py DATA [--pages 200] [--truth PAGES TRUTH]

``DATA`` holds the folders that the panel network learns from. Pages are drawn that it did not learn from;
every cut that is considered on them is a border or none, and every panel that is left is one or not (IoU of
.7 with a true one). Two logistic regressions tell the numbers of ``DecisionParams``; fitted on even pages and
tried on odd ones, they give the tables of reliability. With ``--truth`` the confidences of the panels of real
pages are compared with their boxes, as ``score_panels.py`` takes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import cv2
import numpy as np

from mangacolor.benchmarks.quality.score_panels import iou
from mangacolor.core.arrays import F64, Mask
from mangacolor.core.cpu import use_one_core
from mangacolor.core.probability import expit
from mangacolor.core.types import Box
from mangacolor.models.runtime.backends import cpu_backend
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.cutting.candidates import Cut
from mangacolor.stages.panels.cutting.confidence import find_regions
from mangacolor.stages.panels.cutting.cuts import Node
from mangacolor.stages.panels.cutting.page import cut_page
from mangacolor.stages.panels.cutting.polygons import Polygon, chords, swap
from mangacolor.stages.panels.layout import box_around
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.training.auxiliary.panels import RECIPE, PanelCorpus
from mangacolor.training.data.folders import draw_pictures
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.pages.panels import draw_with_panels

SEED: Final = 901  # of the pages: no run learns from them
COVERED: Final = 0.8  # of a cut's lines that lies on borders, if it is one
AGREES: Final = 0.7  # IoU of a panel that is right
BINS: Final = np.linspace(0, 1, 6)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A made-up page: its tree of cuts, size, borders (H×W) and the boxes of its panels, at working scale."""

    tree: Node
    size: tuple[int, int]
    borders: Mask
    truth: list[Box]


def draw_pages(data: Path, count: int) -> Iterator[Drawn]:
    """Pages, cut as a scan would be."""
    corpus = PanelCorpus.load(data, RECIPE.pictures, np.random.default_rng(SEED), print)
    for number in range(count):
        rng = np.random.default_rng((SEED, number))
        pictures = draw_pictures(corpus.pictures, rng)
        page, panels = draw_with_panels(pictures, corpus.figures, rng, RECIPE.side)
        tree, size = cut_page(page.luma, cpu_backend(), DEFAULTS)
        borders = cv2.dilate(cv2.resize(page.label, size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3)))
        scale = np.divide(size, page.luma.shape[::-1])
        yield Drawn(tree, size, borders > 0, [_box(panel * scale) for panel in panels])


def on_border(region: Polygon, cut: Cut, borders: Mask) -> bool:
    """Whether a cut through a region lies on borders (H×W): the lesser share of its two lines does."""
    polygon, where = (swap(region), borders.T) if cut.down else (region, borders)
    shares = []
    for offset, slope in (cut.upper, cut.lower):
        ((first, last),) = chords(polygon, np.array([offset]), np.array([slope]))
        columns = np.arange(max(first, 0), min(last, where.shape[1])).astype(np.intp)
        rows = np.rint(offset + slope * columns).astype(np.intp)
        inside = (rows >= 0) & (rows < where.shape[0])
        shares.append(float(where[rows[inside], columns[inside]].mean()) if inside.any() else 0.0)
    return min(shares) >= COVERED


def fit(rows: F64, right: Mask, ridge: float = 0.1) -> F64:
    """Logistic regression, by Newton's method: the weights of N×K ``rows``' columns, and a constant."""
    mean, deviation = rows.mean(0), rows.std(0) + 1e-9
    design = np.column_stack([(rows - mean) / deviation, np.ones(len(rows))])
    penalty = np.diag([ridge] * rows.shape[1] + [0.0])
    weights = np.zeros(design.shape[1])
    for _ in range(30):
        chance = expit(design @ weights)
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + penalty
        weights += np.linalg.solve(curvature, design.T @ (right - chance) - penalty @ weights)
    slopes = weights[:-1] / deviation
    return np.append(slopes, weights[-1] - slopes @ mean)


def tell_reliability(title: str, told: F64, right: Mask) -> None:
    """Print what was told against what was so, and the mean difference (expected calibration error)."""
    which = np.clip(np.digitize(told, BINS) - 1, 0, len(BINS) - 2)
    click.echo(f"{title}: {len(told)}")
    error = 0.0
    for index in np.unique(which):
        mine = which == index
        error += abs(float(told[mine].mean() - right[mine].mean())) * float(mine.mean())
        click.echo(f"  told {told[mine].mean():.2f}  right {right[mine].mean():.2f}  of {mine.sum()}")
    click.echo(f"  calibration error {error:.3f}")


def _box(polygon: Polygon) -> Box:
    return box_around(np.rint(polygon).astype(int).tolist())


def _agrees(box: Box, truth: Sequence[Box]) -> bool:
    return max((iou(box, other) for other in truth), default=0.0) >= AGREES


def cut_rows(drawn: Drawn, *, shared: bool) -> tuple[list[list[float]], list[bool]]:
    """Of each cut that is considered, lines that panels share or gutters: its score above the least, and
    whether it is a border."""
    weighed = [(node.polygon, node.weighed) for node in drawn.tree.walk()]
    cuts = [(polygon, found) for polygon, found in weighed if found and found.cut.shared == shared]
    return (
        [[found.score - DEFAULTS.cut.least_score] for _, found in cuts],
        [on_border(polygon, found.cut, drawn.borders) for polygon, found in cuts],
    )


def panel_rows(drawn: Drawn) -> tuple[list[list[float]], list[bool]]:
    """Of each region that the decision leaves: what its log-odds are made of, and whether it is a panel."""
    regions = find_regions(drawn.tree, DEFAULTS)
    return (
        [[region.weakest, region.against] for region in regions],
        [_agrees(_box(region.polygon), drawn.truth) for region in regions],
    )


def tell_fit(
    title: str, names: Sequence[str], by_page: Sequence[tuple[list[list[float]], list[bool]]]
) -> None:
    """Print the weights fitted on all, and the reliability on odd pages of those fitted on even ones."""
    rows = np.array([row for page in by_page for row in page[0]])
    right = np.array([value for page in by_page for value in page[1]])
    odd = np.array([number % 2 == 1 for number, page in enumerate(by_page) for _ in page[1]])
    weights = fit(rows, right)
    told = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, weights, strict=True))
    click.echo(f"{title}: {told}")
    weights = fit(rows[~odd], right[~odd])
    chance = expit(rows[odd] @ weights[:-1] + weights[-1])
    tell_reliability("on odd pages, fitted on even ones", chance, right[odd])


def confidences(pages: Path, truth: Path) -> tuple[F64, Mask]:
    """The confidence of each panel of real pages, and whether it is right."""
    told, right = [], []
    for file in sorted(truth.glob("*.json")):
        document = json.loads(file.read_text())
        boxes = [tuple(box) for box in document["panels"]]
        for panel in find_panels(read_rgb(pages / document["page"])).detected:
            told.append(panel.confidence)
            right.append(_agrees(panel.box, boxes))
    return np.array(told), np.array(right)


@click.command(help=__doc__)
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--pages", default=200, help="How many are made up.")
@click.option(
    "--truth", type=(click.Path(path_type=Path), click.Path(path_type=Path)), help="Real pages, and boxes."
)
def main(data: Path, pages: int, truth: tuple[Path, Path] | None) -> None:
    use_one_core()
    drawn = list(draw_pages(data, pages))
    tell_fit("gutters", ("gutter_steepness", "gutter_base"), [cut_rows(page, shared=False) for page in drawn])
    tell_fit("lines", ("shared_steepness", "shared_base"), [cut_rows(page, shared=True) for page in drawn])
    names = "panel_cuts", "panel_doubt", "panel_base"
    tell_fit("panels", names, [panel_rows(page) for page in drawn])
    if truth is not None:
        tell_reliability("panels of real pages", *confidences(*truth))


if __name__ == "__main__":
    main()
