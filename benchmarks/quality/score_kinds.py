"""Is a page that is partly in colour found, and is what is in colour kept, and no more than that?

    python benchmarks/quality/score_kinds.py PAGES TRUTH [--every 3] [--coloured DIR ...]

``PAGES`` are black-and-white pages, ``TRUTH`` a JSON for each: its name (``page``) and its panels as
[x, y, width, height]. Of pages with three panels or more one panel is painted over (``one``), all but one
(``most``), all (``all``), and a second ink is printed in a part of one panel (``ink in one``) and of all
(``ink in all``), as ``partly_coloured.py`` does; each is saved as JPEG and read again. The table tells what
pages were taken for; of mixed ones the mean share of what is in colour that stays as it came, and of the rest
that stays, too, and so comes out grey. Pictures under ``--coloured`` are in colour throughout.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from mangacolor.benchmarks.quality.partly_coloured import Rng, painted, panel_masks, spotted
from mangacolor.benchmarks.quality.scan_treatments import as_jpeg
from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.cpu import use_one_core
from mangacolor.core.types import Image
from mangacolor.stages.classify.doubt import DOUBT, colourless_share
from mangacolor.stages.classify.reduced import ReducedPage
from mangacolor.stages.classify.tint import TINT, unexplained_chroma
from mangacolor.stages.kinds.stage import look
from mangacolor.stages.panels import find_panels
from mangacolor.stages.windows.assign import assign_windows
from mangacolor.training.data.pictures import list_pictures, read_rgb

LEAST_PANELS = 3
LEAST_AREA = 0.01  # of the page, that a painted panel has


@dataclass(frozen=True, slots=True)
class Judged:
    """What a page was taken for; of a mixed one, what stays of what is in colour, and of the rest."""

    kind: str
    kept: float | None = None
    left: float | None = None


def judge(pixels: Image, coloured: Mask | None = None, rest: Mask | None = None) -> Judged:
    """What a page (H×W×3 RGB) is taken for; the H×W masks say what of it is in colour and what is not."""
    if unexplained_chroma(pixels, TINT) <= 1:
        return Judged("manga")
    page = ReducedPage.of(pixels)
    if colourless_share(page, DOUBT) < DOUBT.least:
        return Judged("colour")
    layout = find_panels(pixels)
    found = look(page, layout)
    if found.kind != "mixed" or coloured is None or rest is None:
        return Judged(found.kind)
    windows = assign_windows(layout.panels, layout.ground).labels
    stays = found.kept_mask(pixels, windows)
    drawn = windows >= 0
    return Judged("mixed", float((stays | ~drawn)[coloured].mean()), float((stays & drawn)[rest].mean()))


def variants(page: Image, masks: Sequence[Mask], rng: Rng) -> Iterator[tuple[str, Image, list[Mask]]]:
    """Each variant's name, its picture, and the panels that are in colour."""
    large = [mask for mask in masks if mask.mean() >= LEAST_AREA]
    first, second, third = (int(rng.integers(len(large))) for _ in range(3))
    most = [mask for number, mask in enumerate(large) if number != second]
    for name, chosen in (("one", [large[first]]), ("most", most), ("all", list(masks))):
        yield name, as_jpeg(painted(page, chosen, rng), int(rng.integers(60, 92))), chosen
    for name, chosen in (("ink in one", [large[third]]), ("ink in all", list(masks))):
        yield name, as_jpeg(spotted(page, chosen, rng), int(rng.integers(60, 92))), chosen


def row(name: str, judged: Sequence[Judged]) -> str:
    """A row of the table."""
    counts = {kind: sum(one.kind == kind for one in judged) for kind in ("mixed", "colour", "spot", "manga")}
    told = "".join(f"{count:8}" for count in counts.values())
    kept = [one.kept for one in judged if one.kept is not None]
    left = [one.left for one in judged if one.left is not None]
    return f"{name:30}{told}" + (f"{np.mean(kept):8.3f}{np.mean(left):8.3f}" if kept else "")


@click.command(help=__doc__)
@click.argument("pages", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("truth", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--every", default=1, help="Only every so many-th page and picture.")
@click.option("--coloured", type=click.Path(path_type=Path, exists=True, file_okay=False), multiple=True)
def main(pages: Path, truth: Path, every: int, coloured: tuple[Path, ...]) -> None:
    use_one_core()
    found: defaultdict[str, list[Judged]] = defaultdict(list)
    for file in sorted(truth.glob("*.json"))[::every]:
        document = json.loads(file.read_text())
        if len(document["panels"]) < LEAST_PANELS:
            continue
        page = read_rgb(pages / document["page"])
        masks = panel_masks(luma(page), document["panels"])
        rng = np.random.default_rng(zlib.crc32(file.stem.encode()))
        for name, pixels, chosen in variants(page, masks, rng):
            inside = np.any(chosen, axis=0)
            title = file.stem.rpartition("_")[0]
            found[f"{title}: {name}"].append(judge(pixels, inside, np.any(masks, axis=0) & ~inside))
    for folder in coloured:
        found[folder.name] = [judge(read_rgb(path)) for path in list_pictures(folder)[::every]]
    click.echo(f"{'taken for':30}   mixed  colour    spot   manga    kept    left")
    for name in sorted(found):
        click.echo(row(name, found[name]))


if __name__ == "__main__":
    main()
