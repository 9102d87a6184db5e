"""Black-and-white pages to judge the whole command on, from colour pages whose truth is known.

    python benchmarks/quality/page_variants.py TRUTH OUT [--art ART]

writes ``OUT/plain`` and ``OUT/screentone`` (the inputs) and, for stability, each page again shifted
by 7 pixels (``-shift``) and 1.1 times as large (``-scale``). ``score_pages.py`` scores the results.
"""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np
from PIL import Image as PilImage

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.training.data.manga_page import draw_manga_page
from mangacolor.training.data.pictures import list_pictures, read_rgb

SHIFT = 7  # pixels, to the right and down
SCALE = 1.1


def pages_of(folder: Path) -> dict[str, Path]:
    """Pictures under ``folder`` by relative path without suffix."""
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in list_pictures(folder)}


def shifted(page: Image) -> Image:
    """The page moved right and down by ``SHIFT`` pixels; its edge is repeated behind it."""
    moved = cv2.copyMakeBorder(page, SHIFT, 0, SHIFT, 0, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(moved[: page.shape[0], : page.shape[1]], dtype=np.uint8)


def unshifted(page: Image) -> Image:
    """A coloured shifted page moved back. The last ``SHIFT`` rows and columns are lost, and repeated."""
    rest = page[SHIFT:, SHIFT:]
    return np.asarray(cv2.copyMakeBorder(rest, 0, SHIFT, 0, SHIFT, cv2.BORDER_REPLICATE), dtype=np.uint8)


def scaled(page: Image) -> Image:
    """The page ``SCALE`` times as large."""
    larger = cv2.resize(page, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    return np.asarray(larger, dtype=np.uint8)


def unscaled(page: Image, like: Image) -> Image:
    """A coloured scaled page at the size of ``like``."""
    size = like.shape[1], like.shape[0]
    return np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


@click.command(help=__doc__)
@click.argument("truth", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--art", type=click.Path(path_type=Path), help="The same pages without lettering.")
@click.option("--limit", default=0, help="Only the first so many pages.")
def main(truth: Path, out: Path, art: Path | None, limit: int) -> None:
    bare = pages_of(art) if art else {}
    for name, path in list(pages_of(truth).items())[: limit or None]:
        colour = read_rgb(path)
        without = read_rgb(bare[name]) if name in bare else None
        for kind, page in (("plain", luma(colour)), ("screentone", draw_manga_page(colour, art=without))):
            for suffix, variant in (("", page), ("-shift", shifted(page)), ("-scale", scaled(page))):
                file = out / f"{kind}{suffix}" / f"{name}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                PilImage.fromarray(variant).save(file)
        click.echo(name, err=True)


if __name__ == "__main__":
    main()
