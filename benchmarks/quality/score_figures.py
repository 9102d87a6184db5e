"""How far the colour of one figure's parts strays from panel to panel.

    python benchmarks/quality/figure_chapter.py DATA CHAPTER
    mangacolor CHAPTER/input --out RESULTS --scale 1
    mangacolor CHAPTER/input --out PLAIN --scale 1 --no-harmonize
    python benchmarks/quality/score_figures.py CHAPTER RESULTS [--against PLAIN]

``same``: mean CIEDE2000 between the panels' mean colours of one part. ``between``: the same between
parts of different figures. ``truth``: how far the colours are from the truth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.evaluation.colour import ciede2000, to_lab

Means = npt.NDArray[np.float32]
SMALLEST = 300  # pixels of a part in a panel that count as seeing it


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean CIEDE2000 within parts, between figures, and to the truth; over how many parts."""

    same: float
    between: float
    truth: float
    parts: int


def part_colours(chapter: Path, results: Path) -> dict[int, list[tuple[Means, Means]]]:
    """For each part its mean Lab in every panel that shows it: in the results, and in truth."""
    found: dict[int, list[tuple[Means, Means]]] = {}
    coloured, marked, true = (pages_of(f) for f in (results, chapter / "marks", chapter / "truth"))
    for name in marked:
        marks = read_rgb(marked[name])[..., 0]
        result, truth = to_lab(read_rgb(coloured[name])), to_lab(read_rgb(true[name]))
        for x, y, w, h in json.loads((chapter / "panels.json").read_text(encoding="utf-8"))[name]:
            part = marks[y : y + h, x : x + w]
            for number in np.unique(part[part > 0]):
                inside = part == number
                if inside.sum() >= SMALLEST:
                    means = tuple(lab[y : y + h, x : x + w][inside].mean(axis=0) for lab in (result, truth))
                    found.setdefault(int(number), []).append((means[0], means[1]))
    return found


def read_owners(chapter: Path) -> dict[int, str]:
    """Whose each part is, by its number."""
    return {int(k): v for k, v in json.loads((chapter / "parts.json").read_text(encoding="utf-8")).items()}


def spread(colours: dict[int, list[tuple[Means, Means]]], owners: dict[int, str]) -> Spread:
    """The figures of a chapter. Parts that are seen once have no spread."""
    same = [
        float(np.mean([difference(one[0], other[0]) for one, other in combinations(panels, 2)]))
        for panels in colours.values()
        if len(panels) > 1
    ]
    between = [
        difference(one[0], other[0])
        for first, second in combinations(colours, 2)
        if owners[first] != owners[second]
        for one in colours[first]
        for other in colours[second]
    ]
    truth = [difference(result, true) for panels in colours.values() for result, true in panels]
    return Spread(float(np.mean(same)), float(np.mean(between)), float(np.mean(truth)), len(same))


def difference(one: Means, other: Means) -> float:
    """CIEDE2000 between two colours in Lab."""
    return float(ciede2000(one[None].astype(np.float32), other[None].astype(np.float32))[0])


@click.command(help=__doc__)
@click.argument("chapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="Results to compare with.")
def main(chapter: Path, results: Path, against: Path | None) -> None:
    owners = read_owners(chapter)
    found = spread(part_colours(chapter, results), owners)
    click.echo(
        f"{found.parts} parts: same {found.same:.2f} between {found.between:.2f} truth {found.truth:.2f}"
    )
    if against:
        plain = spread(part_colours(chapter, against), owners)
        click.echo(f"against:  same {plain.same:.2f} between {plain.between:.2f} truth {plain.truth:.2f}")
        click.echo(
            f"same {100 * (found.same / plain.same - 1):+.0f} %, "
            f"between {100 * (found.between / plain.between - 1):+.0f} %"
        )


if __name__ == "__main__":
    main()
