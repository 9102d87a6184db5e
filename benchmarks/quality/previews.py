"""How far pages that are painted for somebody who looks at them are from the pages that the run wrote.

    python benchmarks/quality/previews.py OUT [--long-side 1400]

OUT is a whole chapter, coloured with ``--keep``, and up to date. Each page is painted with its edits as the
studio does, and compared with the page that was kept before it was encoded, scaled down if that is
larger. Prints for each page the mean difference in levels, by the channel that differs most, and the share of
pixels that are more than 20 levels apart.
"""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.given_edits import GivenEdits
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.editing.palette_document import read_palette
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.last_run import known_last_run

# Levels from which on somebody sees that a colour is another one.
SEEN = 20


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, exists=True))
@click.option("--chapter", default=None, help="Of several, by its name.")
@click.option("--long-side", default=100_000, show_default=True, help="Pixels of a painted page at most.")
def main(out: Path, chapter: str | None, long_side: int) -> None:
    opened = open_chapter(out, chapter)
    work, palette = known_last_run(opened.state), read_palette(opened)
    surfaces = Surfaces.of(opened, GivenEdits(opened, work))
    rows = []
    for page in opened.names:
        painter = PagePainter(opened, page, long_side, surfaces, work.options if work is not None else None)
        painted = painter.paint(palette.edits, palette.look)
        apart = np.abs(_written(opened, page, painter.size).astype(int) - painted).max(axis=2)
        rows.append((float(apart.mean()), float((apart > SEEN).mean())))
        print(f"{page:40}{rows[-1][0]:8.3f}{100 * rows[-1][1]:8.2f} %", flush=True)
    mean, seen = np.mean(rows, axis=0)
    print(f"{'mean':40}{mean:8.3f}{100 * seen:8.2f} %")


def _written(chapter: ColouredChapter, page: str, size: tuple[int, int]) -> Image:
    """The page that the run wrote, as it was before it was encoded, at this width and height."""
    kept = PageCache(chapter.state.page_folder(page)).latest("reassemble")
    if kept is None:
        raise InputError(f"{page}: was not kept before it was encoded", "Colour the chapter with --keep.")
    return np.asarray(cv2.resize(kept.images["main"], size, interpolation=cv2.INTER_AREA), np.uint8)


if __name__ == "__main__":
    main()
