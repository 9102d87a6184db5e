"""What learning a series is worth: works that the network has never seen, four coloured pages of each given.

    python benchmarks/quality/score_learning.py WORKS OUT [--minutes 5] [--given 4] [--modes default,learnt]

``WORKS`` has a folder of coloured pages for each work. Of each work a few pages, evenly spread, are given;
others are measured, in plain grey and screentoned, as the whole command colours them: ``default``, with
``--reference`` to those given (``reference``), with the file that was learnt from them (``learnt``), and
with the file of the work before (``another``). What is there already is not done again. Writes
``OUT/scores.json`` and prints a table.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image as PilImage

from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.benchmarks.quality.score_pages import Folders, score_page
from mangacolor.core.colour import luma
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.training.colour.validation import FIGURES
from mangacolor.training.data.manga_page import draw_manga_page
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.display import silent
from mangacolor.training.evaluation.metrics import average
from mangacolor.training.series.learn import learn_series
from mangacolor.training.series.learning import LearnSettings
from mangacolor.training.series.pages import find_coloured_pages

KINDS = ("plain", "screentone")
MODES = ("default", "reference", "learnt", "another")


def split_work(work: Path, out: Path, given: int) -> None:
    """The given pages to ``out/given``, the others to ``out/truth``, and their inputs to ``out/<kind>``."""
    pages = list(pages_of(work).values())
    chosen = {round(place) for place in np.linspace(0, len(pages) - 1, given)}
    for number, path in enumerate(pages):
        kind = "given" if number in chosen else "truth"
        if number not in chosen:
            colour = read_rgb(path)
            for name, page in (("plain", luma(colour)), ("screentone", draw_manga_page(colour))):
                _save(out / name / f"{path.stem}.png", PilImage.fromarray(page))
        (out / kind).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, out / kind / path.name)


def _save(path: Path, picture: PilImage.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def learn(given: Path, file: Path, minutes: float) -> None:
    """As ``mangacolor learn`` does, with all the steps of so many minutes, however long they take here."""
    found = find_coloured_pages([given], file, silent, CancelToken())
    report = learn_series(found.coloured, file, LearnSettings(minutes=minutes), name=file.parent.name)
    click.echo(report.describe())


def run(*arguments: object) -> None:
    """The command, which must end well."""
    subprocess.run([sys.executable, "-m", "mangacolor", *map(str, arguments), "--quiet"], check=True)


def colour(out: Path, kind: str, mode: str, series: Path | None) -> None:
    """Colour the inputs of one kind in one of the ways."""
    how: dict[str, tuple[object, ...]] = {
        "default": (),
        "reference": ("--reference", out / "given"),
        "learnt": ("--weights", series),
        "another": ("--weights", series),
    }
    run(out / kind, "--out", out / "results" / f"{kind}-{mode}", "--scale", 1, "--force-color", *how[mode])


def score(out: Path, kind: str, mode: str) -> dict[str, float | None]:
    """Figures of one way over the measured pages of one work."""
    results = out / "results" / f"{kind}-{mode}"
    state = results / ".mangacolor" / "pages"
    folders = Folders(pages_of(results), pages_of(out / kind), pages_of(out / "truth"), {}, {}, {}, state)
    pairs = [pair for name in folders.inputs if (pair := score_page(name, folders).pair) is not None]
    return {name: value for name, value in asdict(average(pairs)).items() if name in FIGURES}


@click.command(help=__doc__)
@click.argument("works", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--minutes", default=5.0, show_default=True)
@click.option("--given", default=4, show_default=True)
@click.option("--modes", default=",".join(MODES), show_default=True)
def main(works: Path, out: Path, minutes: float, given: int, modes: str) -> None:
    scores: dict[str, Any] = {}
    folders = sorted(path for path in works.iterdir() if path.is_dir())
    for work in folders:
        own = out / work.name
        if not own.exists():
            split_work(work, own, given)
        file = own / "series.safetensors"
        if not file.exists():
            learn(own / "given", file, minutes)
    for number, work in enumerate(folders):
        own = out / work.name
        files = {"learnt": own, "another": out / folders[number - 1].name}
        for kind in KINDS:
            for mode in modes.split(","):
                if not (own / "results" / f"{kind}-{mode}").exists():
                    colour(own, kind, mode, files[mode] / "series.safetensors" if mode in files else None)
                figures = score(own, kind, mode)
                scores.setdefault(work.name, {}).setdefault(kind, {})[mode] = figures
                shown = "  ".join(f"{name} {value:.3f}" for name, value in figures.items() if value)
                click.echo(f"{work.name:12} {kind:11} {mode:10} {shown}")
        (out / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    print_means(scores)


def print_means(scores: dict[str, Any]) -> None:
    """The mean of each figure over the works."""
    for kind in KINDS:
        for mode in dict.fromkeys(mode for work in scores.values() for mode in work[kind]):
            rows = [work[kind][mode] for work in scores.values()]
            means = {name: np.mean([row[name] for row in rows if row[name] is not None]) for name in FIGURES}
            shown = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
            click.echo(f"{'mean':12} {kind:11} {mode:10} {shown}")


if __name__ == "__main__":
    main()
