"""How well pages that come one by one, with a memory of their series, agree with those seen before.

    python benchmarks/quality/figure_chapter.py DATA CHAPTER
    python benchmarks/quality/series_order.py CHAPTER OUT [--seeds 1,2,3]

Colours the chapter at once (``OUT/whole``), then its pages one by one with ``SeriesMemory``: in order
(``OUT/in-order``) and in random order (``OUT/random-1``, ...), and scores each as ``score_figures.py`` does.
What the network gave is taken from the first run.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from mangacolor.api import colorize_chapter
from mangacolor.benchmarks.quality.score_figures import Spread, part_colours, read_owners, spread
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.series import SeriesMemory
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.layout import State

OPTIONS = Options(scale="1")


def colour_one_by_one(paths: Sequence[Path], whole: Path, out: Path) -> float:
    """Colour pages in this order with a memory that is new. Returns the seconds of processor a page."""
    state = State(whole)
    state.scratch.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "series").unlink(missing_ok=True)
    memory = SeriesMemory.open(out / "series")
    runner = PageRunner()
    started = time.process_time()
    for path in paths:
        page = Page(path.name, 1, FileSource(path))
        cache = PageCache(state.page_folder(page.name), state.scratch)
        chapter = Chapter("", (page,))
        made = runner.run(page, chapter, OPTIONS, until="encode", cache=cache, memory=memory)
        blob = made["encode"].blob if "encode" in made else page.source.read()
        assert blob is not None
        (out / path.name).write_bytes(blob)
    return (time.process_time() - started) / len(paths)


def orders(paths: Sequence[Path], seeds: Sequence[int]) -> Iterator[tuple[str, list[Path]]]:
    """Names of orders, and the pages in these."""
    yield "in-order", list(paths)
    for seed in seeds:
        shuffled = list(paths)
        random.Random(seed).shuffle(shuffled)
        yield f"random-{seed}", shuffled


def tell(name: str, found: Spread, whole: Spread, seconds: float = 0.0) -> None:
    ratios = (found.same / whole.same, found.between / whole.between, found.truth / whole.truth)
    click.echo(
        f"{name:10s} same {found.same:5.2f} between {found.between:5.2f} truth {found.truth:5.2f}"
        f"   x {ratios[0]:.2f} {ratios[1]:.2f} {ratios[2]:.2f}   {seconds:.2f} s a page"
    )


@click.command(help=__doc__)
@click.argument("chapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seeds", default="1,2,3", show_default=True, help="Of random orders.")
def main(chapter: Path, out: Path, seeds: str) -> None:
    owners = read_owners(chapter)
    colorize_chapter(chapter / "input", out / "whole", scale="1")
    whole = spread(part_colours(chapter, out / "whole"), owners)
    tell("whole", whole, whole)
    paths = sorted((chapter / "input").glob("*.png"))
    for name, order in orders(paths, [int(seed) for seed in seeds.split(",")]):
        seconds = colour_one_by_one(order, out / "whole", out / name)
        tell(name, spread(part_colours(chapter, out / name), owners), whole, seconds)
    click.echo(f"memory of the process at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} KiB")


if __name__ == "__main__":
    main()
