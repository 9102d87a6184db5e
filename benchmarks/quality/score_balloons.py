"""How many balloons of real pages keep their paper, and what of the drawing beside them is taken for it.

    python benchmarks/quality/score_balloons.py PAGES... [--half report] [--rows]

``PAGES`` are the folders that hold the pages of ``balloon_marks.json``: rasetugari and every second page of
Black Jack to choose by (``tuning``), all else to report on. A balloon is whole if all its points are in the
mask, in part if some are. ``--rows`` names the pages on which something is amiss.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from mangacolor.core.arrays import Mask
from mangacolor.core.cpu import use_one_core
from mangacolor.stages.balloons import find_balloons
from mangacolor.stages.panels import find_panels
from mangacolor.training.data.pictures import read_rgb

MARKS: Final = Path(__file__).with_name("balloon_marks.json")
HALVES: Final = ("tuning", "report")
THINGS: Final = ("balloons", "harder", "rims")


def read_marks(half: str) -> list[dict[str, Any]]:
    """The marked pages of a half, or of both for ``all``."""
    pages = json.loads(MARKS.read_text(encoding="utf-8"))["pages"]
    return [page for page in pages if half in ("all", page["half"])]


def score(mask: Mask, marks: Mapping[str, Any]) -> Counter[str]:
    """Of the things of each kind of a page how many there are, and are whole or in part in ``mask``; and
    of points on what is drawn how many are in it."""
    counts: Counter[str] = Counter()
    for kind in THINGS:
        for points in marks[kind]:
            held = sum(bool(mask[y, x]) for x, y in points)
            counts[kind] += 1
            counts[f"{kind} whole"] += held == len(points)
            counts[f"{kind} in part"] += 0 < held < len(points)
    counts["drawn"] = len(marks["drawn"])
    counts["drawn masked"] = sum(bool(mask[y, x]) for x, y in marks["drawn"])
    return counts


def table(counts: Counter[str]) -> Iterator[str]:
    for kind in THINGS:
        whole, part = counts[f"{kind} whole"], counts[f"{kind} in part"]
        yield f"{kind:10} {whole:4} whole, {part:3} in part, of {counts[kind]}"
    yield f"drawn      {counts['drawn masked']:4} masked, of {counts['drawn']} points"


def is_clean(counts: Counter[str]) -> bool:
    return not counts["drawn masked"] and all(counts[kind] == counts[f"{kind} whole"] for kind in THINGS)


def find_page(folders: Sequence[Path], name: str) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise click.ClickException(f"{name} is in none of the folders; give those of all marked titles")


@click.command(help=__doc__)
@click.argument(
    "pages", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option("--half", type=click.Choice([*HALVES, "all"]), default="report", show_default=True)
@click.option("--rows", is_flag=True, help="Name pages on which something is amiss.")
def main(pages: tuple[Path, ...], half: str, rows: bool) -> None:
    use_one_core()
    total: Counter[str] = Counter()
    seconds = []
    for marks in read_marks(half):
        page = read_rgb(find_page(pages, marks["page"]))
        panels = find_panels(page)
        start = time.process_time()
        layout = find_balloons(page, panels.ground, [panel.box for panel in panels.detected])
        seconds.append(time.process_time() - start)
        counts = score(layout.mask > 127, marks)
        if rows and not is_clean(counts):
            click.echo(f"{marks['page']}: " + "; ".join(" ".join(line.split()) for line in table(counts)))
        total += counts
    click.echo("\n".join(table(total)))
    click.echo(f"{sum(seconds) / len(seconds):.2f} CPU s a page, of {len(seconds)}")


if __name__ == "__main__":
    main()
