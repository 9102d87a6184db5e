"""Score whole coloured pages, as readers get them: the measures of a release.

    mangacolor INPUTS --out RESULTS --scale 1 ...
    python benchmarks/quality/score_pages.py RESULTS --inputs INPUTS [--truth TRUTH [--art ART]]
        [--shifted RESULTS-SHIFT] [--scaled RESULTS-SCALE] [--out scores.json]

``TRUTH`` are the colour pages the inputs were made from, ``ART`` the same without lettering (which
tells the balloons); without truth, as on real manga, what needs none is scored. Tile borders are
read from the state in RESULTS/.mangacolor. ``page_variants.py`` makes the inputs.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from mangacolor.benchmarks.quality.page_measures import (
    INK,
    Areas,
    Line,
    added_chroma,
    colour_change,
    grey_share,
    ink_kept,
    left_grey,
    page_areas,
    seam_ratio,
)
from mangacolor.benchmarks.quality.page_variants import SHIFT, pages_of, unscaled, unshifted
from mangacolor.benchmarks.quality.variety import Counts, compute_variety, count_chroma
from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.colorize.tile_figure import tile_edges
from mangacolor.stages.windows.artifact import frames_of
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.evaluation.colour import to_lab
from mangacolor.training.evaluation.metrics import PairScores, average, score_pair
from mangacolor.training.pages.balloon_truth import find_balloon_truth


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach, for plain grey and for screentoned inputs."""

    low: tuple[float, float] | None = None
    high: tuple[float, float] | None = None

    def text(self, kind: int) -> str:
        parts = [f"≥ {self.low[kind]}"] if self.low else []
        return " and ".join([*parts, f"≤ {self.high[kind]}"] if self.high else parts)

    def met(self, value: float, kind: int) -> bool:
        above = self.low is None or value >= self.low[kind]
        return above and (self.high is None or value <= self.high[kind])


TARGETS = {
    "structure": Target(low=(0.22, 0.15)),
    "delta_e_share": Target(high=(0.85, 0.90)),
    "hue": Target(low=(0.58, 0.38)),
    "colourfulness": Target(low=(0.6, 0.6), high=(1.2, 1.2)),
    "left_grey": Target(high=(0.02, 0.02)),
    "grey_share": Target(high=(0.02, 0.02)),
    "ground_chroma": Target(high=(0.5, 0.5)),
    "balloon_chroma": Target(high=(2.0, 2.0)),
    "ink_within_3": Target(low=(0.99, 0.99)),
    "ink_change": Target(high=(1.0, 1.0)),
    "seam_ratio": Target(high=(1.1, 1.1)),
    "shift_change": Target(high=(3.0, 3.0)),
    "scale_change": Target(high=(3.0, 3.0)),
}


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the pages lie, each by name without suffix; empty where a folder was not given."""

    results: dict[str, Path]
    inputs: dict[str, Path]
    truth: dict[str, Path]
    art: dict[str, Path]
    shifted: dict[str, Path]
    scaled: dict[str, Path]
    state: Path


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page: figures that need no truth, and the comparison with it if there is one.

    ``colours``: counts of chroma in what is drawn and no ink, as ``count_chroma`` makes them, of the result
    and of the truth.
    """

    name: str
    figures: dict[str, float | None]
    pair: PairScores | None
    colours: tuple[Counts, Counts | None]


def score_page(name: str, folders: Folders) -> PageScore:
    """All figures of one page. Raises ``click.ClickException`` where sizes do not match."""
    result, source = read_rgb(folders.results[name]), read_rgb(folders.inputs[name])
    if result.shape != source.shape:
        raise click.ClickException(f"{name}: {result.shape} from {source.shape}; colour with --scale 1")
    truth = read_rgb(folders.truth[name]) if name in folders.truth else None
    art = read_rgb(folders.art[name]) if truth is not None and name in folders.art else None
    balloons = find_balloon_truth(truth, art) if truth is not None and art is not None else None
    areas = page_areas(source if truth is None else truth, balloons)
    seams = list(tile_borders(folders.state, name))
    figures = {
        "grey_share": grey_share(result, source, areas.drawn),
        "ground_chroma": added_chroma(result, source, areas.ground),
        "balloon_chroma": added_chroma(result, source, areas.balloons),
        **_ink(result, source),
        "seam_ratio": seam_ratio(result, seams),
        **_stability(name, result, areas, folders),
    }
    colourable = areas.drawn & (luma(source) >= INK)
    ours = to_lab(result[colourable][:, None])
    if truth is None:
        return PageScore(name, figures, None, (count_chroma(ours), None))
    figures["seam_ratio_of_truth"] = seam_ratio(truth, seams)  # what a page without tiles gets there
    theirs = to_lab(truth[colourable][:, None])
    figures["left_grey"] = left_grey(theirs, ours)
    colours = count_chroma(ours), count_chroma(theirs)
    return PageScore(name, figures, score_pair(truth, result, luma(source), areas.drawn), colours)


def _ink(result: Image, source: Image) -> dict[str, float | None]:
    within, change = ink_kept(result, source) or (None, None)
    return {"ink_within_3": within, "ink_change": change}


def _stability(name: str, result: Image, areas: Areas, folders: Folders) -> dict[str, float | None]:
    inner = np.zeros(areas.drawn.shape, np.bool_)
    inner[2 * SHIFT : -2 * SHIFT, 2 * SHIFT : -2 * SHIFT] = True
    where = areas.drawn & inner
    changes: dict[str, float | None] = {"shift_change": None, "scale_change": None}
    if name in folders.shifted:
        changes["shift_change"] = colour_change(result, unshifted(read_rgb(folders.shifted[name])), where)
    if name in folders.scaled:
        larger = unscaled(read_rgb(folders.scaled[name]), result)
        changes["scale_change"] = colour_change(result, larger, where)
    return changes


def tile_borders(state: Path, name: str) -> Iterator[Line]:
    """Where the network's tiles end inside each window, in pixels of the page, from the run's state."""
    for path in sorted(state.glob(f"{glob.escape(name)}.*/colorize.json")):
        colorize = json.loads(path.read_text(encoding="utf-8"))
        for window in frames_of(colorize):
            left, top, wide, high = window.box
            edges = [edge for view in window.views for edge in tile_edges(window, view, *colorize["tile"])]
            for x in {x for edge in edges for x in edge[::2] if left < x < left + wide}:
                yield (x, top, x, top + high)
            for y in {y for edge in edges for y in edge[1::2] if top < y < top + high}:
                yield (left, y, left + wide, y)


def summary(pages: list[PageScore]) -> dict[str, float | None]:
    """Means over the pages that have a figure; structure and variety are of all drawn pixels together."""
    pairs = [page.pair for page in pages if page.pair]
    figures: dict[str, float | None] = dict(asdict(average(pairs))) if pairs else {}
    for name in dict.fromkeys(name for page in pages for name in page.figures):
        values = [value for page in pages if (value := page.figures.get(name)) is not None]
        figures[name] = float(np.mean(values)) if values else None
    figures["variety"] = compute_variety(page.colours[0] for page in pages)
    figures["variety_of_truth"] = compute_variety(
        page.colours[1] for page in pages if page.colours[1] is not None
    )
    return figures


def print_table(figures: dict[str, float | None], kind: int) -> None:
    table = Table(title=("plain grey", "screentoned")[kind])
    for heading in ("figure", "value", "target", ""):
        table.add_column(heading, justify="left" if heading in ("figure", "target") else "right")
    for name, value in figures.items():
        target = TARGETS.get(name)
        verdict = "" if target is None or value is None else "yes" if target.met(value, kind) else "NO"
        shown = "–" if value is None else f"{value:.3f}"
        table.add_row(name, shown, target.text(kind) if target else "", verdict)
    Console(stderr=True).print(table)


@click.command(help=__doc__)
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--inputs", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--truth", type=click.Path(path_type=Path, exists=True))
@click.option("--art", type=click.Path(path_type=Path, exists=True))
@click.option("--shifted", type=click.Path(path_type=Path, exists=True))
@click.option("--scaled", type=click.Path(path_type=Path, exists=True))
@click.option("--kind", type=click.Choice(["plain", "screentone"]), default="screentone", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write JSON here instead of to stdout.")
def main(
    results: Path,
    inputs: Path,
    truth: Path | None,
    art: Path | None,
    shifted: Path | None,
    scaled: Path | None,
    kind: str,
    out: Path | None,
) -> None:
    true, bare, moved, larger = (pages_of(one) if one else {} for one in (truth, art, shifted, scaled))
    state = results / ".mangacolor" / "pages"
    folders = Folders(pages_of(results), pages_of(inputs), true, bare, moved, larger, state)
    names = [name for name in folders.inputs if name in folders.results]
    missing = sorted(set(folders.inputs) - set(names))
    if not names:
        raise click.ClickException(f"no page of {inputs} has a result in {results}")
    pages = [score_page(name, folders) for name in names]
    figures = summary(pages)
    document = {
        "pages": len(pages),
        "missing": missing,
        "summary": figures,
        "by_page": {
            page.name: {**(asdict(page.pair.scores) if page.pair else {}), **page.figures} for page in pages
        },
    }
    print_table(figures, int(kind == "screentone"))
    for name in missing:
        click.echo(f"missing: {name}", err=True)
    text = json.dumps(document, indent=1)
    if out:
        out.write_text(text + "\n", encoding="utf-8")
    else:
        click.echo(text)


if __name__ == "__main__":
    main()
