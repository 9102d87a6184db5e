"""The colours that figures of real pages have without an edit, at points that were marked by looking.

    mangacolor PAGES/TITLE --out OUT/TITLE --scale 1
    mangacolor PAGES/TITLE --out PLAIN/TITLE --scale 1 --no-harmonize
    python benchmarks/quality/base_colours.py PAGES OUT PLAIN [--half tuning|report]

``spread``: mean CIEDE2000 between the points of one part of one figure. ``apart``: the share of panels in
which a figure's hair, skin and cloth are all 10 or more from each other. See ``edit_marks.py``. A point's
colour is the median of what is no ink around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from mangacolor.benchmarks.quality.edit_marks import Mark, by_part, read_marks
from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.benchmarks.quality.score_figures import difference
from mangacolor.core.colour import INK, luma
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.evaluation.colour import to_lab

REACH = 4  # pixels around a point whose colour is taken
APART = 10.0  # CIEDE2000 from which two colours are those of two things

Colour = npt.NDArray[np.float32]


def colours_at(marks: Sequence[Mark], pages: Path, results: Path) -> list[Colour]:
    """The colour in Lab at each mark."""
    drawn, coloured = pages_of(pages), pages_of(results)
    found: dict[str, tuple[npt.NDArray[np.bool_], Colour]] = {}
    colours: list[Colour] = []
    for mark in marks:
        stem = Path(mark.page).stem
        if stem not in found:
            found = {stem: (luma(read_rgb(drawn[stem])) > INK, to_lab(read_rgb(coloured[stem])))}
        light, lab = found[stem]
        rows, columns = (slice(max(0, at - REACH), at + REACH + 1) for at in (mark.y, mark.x))
        around = rows, columns
        where = light[around] if light[around].any() else np.ones_like(light[around])
        colours.append(np.median(lab[around][where], axis=0).astype(np.float32))
    return colours


def spread(marks: Sequence[Mark], colours: Sequence[Colour]) -> dict[str, float]:
    """Of each part the mean difference between its points."""
    return {
        of: float(
            np.mean([difference(colours[one], colours[other]) for one, other in combinations(places, 2)])
        )
        for of, places in by_part(marks).items()
    }


def panels_apart(marks: Sequence[Mark], colours: Sequence[Colour]) -> list[bool]:
    """For each panel that shows several parts of a figure, whether all of these are of different colours."""
    seen: defaultdict[tuple[str, int, str], dict[str, Colour]] = defaultdict(dict)
    for mark, colour in zip(marks, colours, strict=True):
        if mark.figure:
            seen[mark.page, mark.panel, mark.figure].setdefault(mark.part, colour)
    return [
        all(difference(one, other) >= APART for one, other in combinations(parts.values(), 2))
        for parts in seen.values()
        if len(parts) > 1
    ]


@click.command(help=__doc__)
@click.argument("pages", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("plain", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--half", type=click.Choice(["tuning", "report", "all"]), default="tuning", show_default=True)
def main(pages: Path, out: Path, plain: Path, half: str) -> None:
    spreads: list[tuple[float, float]] = []
    apart: dict[Path, list[bool]] = {out: [], plain: []}
    for title, marks in read_marks(half).items():
        if not (out / title).is_dir() or not (plain / title).is_dir():
            continue
        found = {results: colours_at(marks, pages / title, results / title) for results in (out, plain)}
        ours, theirs = spread(marks, found[out]), spread(marks, found[plain])
        for of in ours:
            click.echo(f"{of:26} {ours[of]:5.1f} without harmonize {theirs[of]:5.1f}")
            spreads.append((ours[of], theirs[of]))
        for results, colours in found.items():
            apart[results] += panels_apart(marks, colours)
    own, other = np.mean(spreads, axis=0)
    click.echo(f"spread {own:.2f}, without harmonize {other:.2f}: {own / other:.2f} times")
    shares = f"{np.mean(apart[out]):.0%} of {len(apart[out])} panels, without {np.mean(apart[plain]):.0%}"
    click.echo(f"apart in {shares}")


if __name__ == "__main__":
    main()
