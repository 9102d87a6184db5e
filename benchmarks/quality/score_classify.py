"""Is a page taken for what it is, whatever happened to its scan? Black-and-white against coloured pages.

    python benchmarks/quality/score_classify.py --colour DIR --grey DIR --both DIR [--report rows.csv]

Pictures under ``--colour`` are colour pages, under ``--grey`` black-and-white ones; those under ``--both``
are colour pages that count a second time without their colour. Every picture is judged as it is and after
each treatment of ``scan_treatments.py`` that its kind meets, half of them saved as JPEG with 4:2:0 chroma
in between. The same pictures give the same treatments.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np

from mangacolor.benchmarks.quality.scan_treatments import COLOUR, GREY, Treatment, as_jpeg
from mangacolor.core.colour import luma
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image
from mangacolor.stages.classify import stage as classify
from mangacolor.training.data.pictures import at_most, list_pictures, read_rgb

SIDE = 1000  # pixels of the long side: larger pictures are shrunk first, to save time


def pictures(folders: Iterable[Path], every: int) -> Iterator[tuple[str, Image]]:
    for folder in folders:
        for file in list_pictures(folder)[::every]:
            picture = at_most(read_rgb(file), SIDE)
            yield file.relative_to(folder.parent).as_posix(), picture


def treated(picture: Image, treatment: Treatment, seed: int) -> Image:
    rng = np.random.default_rng(seed)
    done = treatment(picture.astype(np.float32), rng)
    pixels = np.clip(done, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        return pixels
    return as_jpeg(pixels, int(rng.integers(35, 90)))


def judge(pixels: Image) -> dict[str, Any]:
    """What the stage says of a page."""
    grey = bool((pixels == pixels[..., :1]).all())
    page = SimpleNamespace(wanted=None)
    context: Any = SimpleNamespace(config=classify.configure(Options(), Chapter(".", ())), page=page)
    return classify.run(context, {"decode": Artifact({"grey": grey}, {"main": pixels})}).data


@click.command(help=__doc__)
@click.option("--colour", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--grey", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--both", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--every", default=1, help="Only every so many-th picture of each folder.")
@click.option("--report", type=click.Path(path_type=Path), help="Every judgement as a row of CSV.")
def main(
    colour: tuple[Path, ...], grey: tuple[Path, ...], both: tuple[Path, ...], every: int, report: Path | None
) -> None:
    rows: list[dict[str, Any]] = []
    for truth, folders, treatments in (
        ("colour", (*colour, *both), COLOUR),
        ("manga", grey, GREY),
        ("manga", both, GREY),
    ):
        for name, picture in pictures(folders, every):
            base = picture if truth == "colour" else np.repeat(luma(picture)[..., None], 3, axis=2)
            for treatment, treat in treatments.items():
                found = judge(treated(base, treat, zlib.crc32(f"{name} {treatment}".encode())))
                rows.append({"truth": truth, "treatment": treatment, "name": name, **found})
    for truth, treatments in (("manga", GREY), ("colour", COLOUR)):
        for treatment in (*treatments, "all"):
            some = [r for r in rows if r["truth"] == truth and treatment in (r["treatment"], "all")]
            wrong = sum((row["kind"] == "colour") != (truth == "colour") for row in some)
            right = 1 - wrong / max(1, len(some))
            click.echo(f"{truth:8}{treatment:16}{wrong:5} wrong of {len(some):5} {right:8.2%}")
    if report is not None:
        with report.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
