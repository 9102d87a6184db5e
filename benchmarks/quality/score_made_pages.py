"""How panels are found on made-up newspaper pages and web strips, and on pages that were marked by looking.

    python benchmarks/quality/score_made_pages.py newspapers|strips|marked [--pictures FOLDER] [--pages 60]
        [--parity odd|even] [--worst OUT]

``newspapers`` and ``strips``: every seed is a page, whose panels are known. Odd seeds are for choosing, even
ones for telling what holds. Newspaper pages are made up from drawn pictures, two folders of ``--pictures``.
``marked``: the pages of ``marked_panels.json``, two works to which no constant of the panels was fitted, in
folders of ``--pictures`` named as there. The table tells F1 at an IoU of .7 and .9 over all panels and the
share of pages of which all panels are right at .7 (whatever their order), of all pages and of those with each
difficulty, or of each work, and the CPU seconds a page. With ``--worst`` the ten worst pages come out as PNG,
truth in green and what is found in red.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import cv2
import numpy as np

from mangacolor.benchmarks.quality.made_page import MadePage
from mangacolor.benchmarks.quality.newspapers import make_newspaper
from mangacolor.benchmarks.quality.score_panels import matched
from mangacolor.benchmarks.quality.web_strips import make_web_strip
from mangacolor.core.arrays import F64
from mangacolor.core.cpu import use_one_core
from mangacolor.core.types import Box
from mangacolor.stages.panels import find_panels
from mangacolor.training.data.pictures import list_pictures, read_rgb

FOLDERS: Final = ("african_storybook", "open_bible_stories")
WORST: Final = 10  # pages that are shown


@dataclass(frozen=True, slots=True)
class Row:
    """What was found on a page: the IoU of each matched panel (N), how many panels are found and true."""

    number: int
    page: MadePage
    found: Sequence[Box]
    ious: F64
    seconds: float

    @property
    def f1(self) -> float:
        """The mean of F1 at .7 and .9."""
        return float(np.mean([f1_of([self], level) for level in (0.7, 0.9)]))

    @property
    def perfect(self) -> bool:
        """Whether all panels are right at .7 and there is none too many."""
        right = int((self.ious >= 0.7).sum())
        return right == len(self.found) == len(self.page.panels)


def score(number: int, page: MadePage) -> Row:
    """Find the panels of a page."""
    start = time.process_time()
    found = [panel.box for panel in find_panels(page.picture, "ltr").detected]
    return Row(number, page, found, matched(found, page.panels), time.process_time() - start)


def f1_of(rows: Iterable[Row], level: float) -> float:
    """F1 over all panels of some pages, at an IoU of ``level``."""
    some = list(rows)
    right = sum(int((row.ious >= level).sum()) for row in some)
    return 2 * right / max(sum(len(row.found) + len(row.page.panels) for row in some), 1)


def table(rows: Sequence[Row]) -> str:
    """Lines for all pages and for the pages with each difficulty."""
    kinds = ["", *sorted({kind for row in rows for kind in row.page.kinds})]
    lines = [f"{'':34}{'pages':>6}{'F1 .7':>8}{'F1 .9':>8}{'right':>8}"]
    for kind in kinds:
        some = [row for row in rows if not kind or kind in row.page.kinds]
        right = np.mean([row.perfect for row in some])
        told = f"{f1_of(some, 0.7):8.3f}{f1_of(some, 0.9):8.3f}{right:8.2f}"
        lines.append(f"{kind or 'all':34}{len(some):6}{told}")
    seconds = np.median([row.seconds for row in rows])
    return "\n".join([*lines, f"CPU seconds a page (median): {seconds:.2f}"])


def draw_worst(rows: Sequence[Row], folder: Path) -> None:
    """The worst pages, named by rank and seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for rank, row in enumerate(sorted(rows, key=lambda row: row.f1)[:WORST]):
        shown = np.ascontiguousarray(row.page.picture[..., ::-1])
        for boxes, colour, width in ((row.page.panels, (0, 160, 0), 6), (row.found, (0, 0, 255), 2)):
            for x, y, w, h in boxes:
                cv2.rectangle(shown, (x, y), (x + w, y + h), colour, width)
        cv2.imwrite(str(folder / f"{rank:02}-{row.number}.png"), shown)


def read_marked(pictures: Path) -> list[MadePage]:
    """The pages that were marked by looking, from folders of ``pictures`` named as the works."""
    document = json.loads((Path(__file__).parent / "marked_panels.json").read_text())
    pages = []
    for name, work in document["works"].items():
        for page, boxes in work["pages"].items():
            picture = read_rgb(pictures / name / page)
            pages.append(MadePage(picture, tuple(tuple(box) for box in boxes), (name,)))
    return pages


def maker(what: str, pictures: Path | None) -> Callable[[int], MadePage]:
    """What makes the page of a seed."""
    if what == "strips":
        return make_web_strip
    if pictures is None:
        raise click.UsageError("newspaper pages need --pictures")
    files = [file for folder in FOLDERS for file in list_pictures(pictures / folder)]
    read = [read_rgb(file) for file in files]
    return lambda seed: make_newspaper(read, seed)


@click.command(help=__doc__)
@click.argument("what", type=click.Choice(["newspapers", "strips", "marked"]))
@click.option("--pictures", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--pages", default=60, help="So many pages.")
@click.option("--parity", type=click.Choice(["odd", "even"]), default="odd")
@click.option("--worst", type=click.Path(path_type=Path))
def main(what: str, pictures: Path | None, pages: int, parity: str, worst: Path | None) -> None:
    use_one_core()
    if what == "marked":
        if pictures is None:
            raise click.UsageError("marked pages need --pictures")
        rows = [score(number, page) for number, page in enumerate(read_marked(pictures))]
    else:
        make = maker(what, pictures)
        seeds = [2 * index + (parity == "odd") for index in range(pages)]
        rows = [score(seed, make(seed)) for seed in seeds]
    click.echo(table(rows))
    if worst:
        draw_worst(rows, worst)


if __name__ == "__main__":
    main()
