"""How well pages of two editions find each other, and how well they lie on each other.

    python benchmarks/quality/editions.py DATA --episodes 1,2,4 [--treatment edition] [--decoys PAGES]

``DATA`` has ``train`` and ``validation`` with ``peppercarrot_lettered`` and ``peppercarrot_art``: the same
pages with and without lettering. A black-and-white edition is made from the ones, another edition from the
others, by each of the treatments of ``edition_pairs.py``; every tenth page is missing in theirs, where the
pages of ``--decoys`` and those without a lettered version are besides.
"""

from __future__ import annotations

import csv
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from mangacolor.benchmarks.quality.edition_pairs import KINDS, TREATMENTS, Pair, make_pair
from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.stages.registration.matching import Matches, match_pages
from mangacolor.stages.registration.register import register
from mangacolor.training.data.pictures import read_rgb

MISSING = 10  # of so many pages one is only in our edition


@dataclass(frozen=True, slots=True)
class Row:
    """A page of ours.

    ``error`` and ``error95``: pixels of our page, mean and 95th percentile where the mask says that both show
    the same; ``everywhere``: where they truly do, whatever the mask says. ``kept``: of what truly is the same
    the share that the mask holds; ``wrong``: of the mask what is not. ``seconds``: of processor.
    """

    page: str
    treatment: str
    kind: str
    found: bool
    error: float = 0.0
    error95: float = 0.0
    everywhere: float = 0.0
    kept: float = 0.0
    wrong: float = 0.0
    agreement: float = 0.0
    residual: float = 0.0
    seconds: float = 0.0


def page_pairs(data: Path, episodes: set[str]) -> Iterator[tuple[str, Path, Path | None]]:
    """Name, art and the lettered page, if there is one, of every page of the episodes."""
    for part in ("train", "validation"):
        lettered = pages_of(data / part / "peppercarrot_lettered")
        for name, art in pages_of(data / part / "peppercarrot_art").items():
            if name.partition("/")[0].removeprefix("ep") in episodes:
                yield name, art, lettered.get(name)


def measure(name: str, treatment: str, kind: str, pair: Pair) -> Row:
    """Register a pair and compare with the truth."""
    started = time.process_time()
    found = register(pair.ours, pair.theirs)
    seconds = time.process_time() - started
    if found is None:
        return Row(name, treatment, kind, False, seconds=seconds)
    stray = np.hypot(*np.moveaxis(found.places() - pair.places, -1, 0)) / found.placement.scale
    same, mask = pair.same > 0, found.mask
    both = same & mask
    if not both.any():
        return Row(name, treatment, kind, False, seconds=seconds)
    return Row(
        *(name, treatment, kind, True),
        float(stray[both].mean()),
        float(np.percentile(stray[both], 95)),
        float(stray[same].mean()),
        float(both.sum() / same.sum()),
        float((mask & ~same).sum() / mask.sum()),
        found.agreement,
        found.residual,
        seconds,
    )


def tell_matches(treatment: str, ours: list[str], theirs: list[str], matches: Matches) -> None:
    """Print how many pages were matched rightly and wrongly, and what was said of the others."""
    there = set(theirs)
    right = [m for m in matches.pairs if ours[m.ours] == theirs[m.theirs]]
    wrong = [(ours[m.ours], theirs[m.theirs]) for m in matches.pairs if ours[m.ours] != theirs[m.theirs]]
    expected = sum(name in there for name in ours)
    click.echo(f"{treatment:10s} matched {len(right)} of {expected}, wrong {len(wrong)} {wrong or ''}")
    for alone in matches.alone:
        nearest = "" if alone.nearest is None else theirs[alone.nearest]
        click.echo(f"    {ours[alone.ours]} {alone.why} {nearest} (there: {ours[alone.ours] in there})")


def tell_rows(treatment: str, rows: list[Row]) -> None:
    """Print how well pages of a treatment lie on each other."""
    found = [row for row in rows if row.found]
    names = ("error", "error95", "everywhere", "kept", "wrong", "agreement", "residual", "seconds")
    means = "  ".join(f"{name} {np.mean([getattr(row, name) for row in found]):.2f}" for name in names)
    worst = max((row.error for row in found), default=0.0)
    click.echo(f"{treatment:10s} registered {len(found)} of {len(rows)}: {means}  worst {worst:.2f}")


@click.command(help=__doc__)
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--episodes", default="1", help="Numbers with commas between.")
@click.option("--treatment", "chosen", multiple=True, help="Only these.")
@click.option("--decoys", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--report", type=click.Path(path_type=Path), help="Every page as a row of CSV.")
def main(
    data: Path, episodes: str, chosen: tuple[str, ...], decoys: tuple[Path, ...], report: Path | None
) -> None:
    pages = list(page_pairs(data, {number.zfill(2) for number in episodes.split(",")}))
    rows: list[Row] = []
    strangers = [
        (f"decoy {path.name}", describe_page(read_rgb(path))) for d in decoys for path in pages_of(d).values()
    ]
    for treatment in chosen or tuple(TREATMENTS):
        ours: list[tuple[str, PageLook]] = []
        theirs: list[tuple[str, PageLook]] = list(strangers)
        done: list[Row] = []
        for index, (name, art, lettered) in enumerate(pages):
            seed = zlib.crc32(f"{name} {treatment}".encode())
            kind = KINDS[index % len(KINDS)]
            pair = make_pair(read_rgb(lettered or art), read_rgb(art), kind, TREATMENTS[treatment], seed)
            if lettered is not None:
                done.append(measure(name, treatment, kind, pair))
                ours.append((name, describe_page(pair.ours)))
            if lettered is None or index % MISSING:
                theirs.append((name, describe_page(pair.theirs)))
        matches = match_pages([look for _, look in ours], [look for _, look in theirs])
        tell_matches(treatment, [name for name, _ in ours], [name for name, _ in theirs], matches)
        tell_rows(treatment, done)
        rows += done
    if report is not None:
        with report.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(asdict(rows[0])))
            writer.writeheader()
            writer.writerows(asdict(row) for row in rows)


if __name__ == "__main__":
    main()
