"""How cleanly edits are drawn: ink, borders, paper. Of pages as a run with --keep left them.

    python benchmarks/quality/edit_drawing.py OUT [--edits 3] [--every 1] [--pictures FOLDER]

Each of a page's largest segments is given a lively colour, one at a time, and the page is put together with
it and without. A row a page, and the means. ``luma``: mean change of luma where the scan is darker than 64,
levels, in and around what changed. ``chroma``: mean chroma of these pixels, and ``p95`` its 95th percentile.
``inked``: share of the edit's border (where half of its change is reached) that lies at ink (a pixel darker
than 128 within two) or at paper, where it must end. ``smooth``: share of the rest along which the change
steps by at most 6 levels from one pixel to the next. ``clean``: share of the whole border that is one or the
other. ``paper``: bytes that changed in gutters and balloons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import click
import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.colour import chroma, luma
from mangacolor.core.types import Artifact, Image
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.stages.base import StageContext
from mangacolor.stages.edits.page_edits import PageEdits, WindowEdits
from mangacolor.stages.reassemble.drawing import ReadyDrawing
from mangacolor.stages.reassemble.stage import STAGE, Config
from mangacolor.stages.reassemble.trace import STAGE as TRACE
from mangacolor.stages.windows.artifact import PageColours

# Cb, Cr and luma of the colours that are chosen, one after the other: blue, red, green, ochre.
COLOURS = ((40, -20, 90), (-15, 45, 120), (-25, -30, 140), (-45, 20, 170))
# Luma of the scan below which a pixel is ink, and of a line that hides a border.
INK = 64
LINE = 128
# Levels of chroma between two pixels that are no step.
SMOOTH = 6.0
# Levels of chroma from which a pixel counts as changed.
CHANGED = 6.0


@dataclass(frozen=True, slots=True)
class Context:
    """What the stage asks of its engine."""

    config: Config

    def check_cancelled(self) -> None:
        """Nothing cancels a benchmark."""


def load_page(folder: Path) -> dict[str, Artifact]:
    """What a run has kept of a page, by stage."""
    kept = ((stage, PageCache(folder).latest(stage)) for stage in {*TRACE.needs, *STAGE.needs})
    return {stage: artifact for stage, artifact in kept if artifact is not None}


def draw(inputs: dict[str, Artifact], edits: PageEdits) -> Image:
    made = STAGE.run(cast(StageContext[Config], Context(Config())), inputs | {"recolor": edits.to_artifact()})
    return cast(Artifact, made).images["main"]


def choose_edits(colours: PageColours, count: int) -> Iterator[PageEdits]:
    """Edits of the largest segments of a page, one each."""
    sizes = [
        (int(size), number, label)
        for number, window in enumerate(colours.windows)
        for label, size in enumerate(np.bincount(window.labels.ravel())[1:], 1)
    ]
    for place, (_, number, label) in enumerate(sorted(sizes, reverse=True)[:count]):
        windows = [WindowEdits.none(window.segments) for window in colours.windows]
        cb, cr, value = COLOURS[place % len(COLOURS)]
        windows[number].chosen[label - 1] = True
        windows[number].chroma[label - 1] = cb, cr
        windows[number].luma[label - 1] = value
        yield PageEdits(tuple(windows))


def measure(before: Image, after: Image, grey: Image, paper: Image) -> list[float]:
    """The columns of the table, for one edit of a page. ``grey``: its luma. ``paper``: 255 in gutters and
    balloons."""
    change = np.stack(chroma(after), axis=2) - np.stack(chroma(before), axis=2)
    strength = np.hypot(change[..., 0], change[..., 1])
    changed = strength > CHANGED
    near = cv2.dilate(changed.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ink = (grey < INK) & near
    shift = np.abs(luma(after)[ink].astype(float) - luma(before)[ink]).mean() if ink.any() else 0.0
    dark = np.hypot(*chroma(after))[ink] if ink.any() else np.zeros(1)
    hiding = (grey < LINE) | (paper > 0)
    hidden = cv2.dilate(hiding.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    half = float(np.median(strength[changed])) / 2 if changed.any() else CHANGED
    lengths = _border_lengths(change, strength, hidden, half)
    whole, inked, smooth = (max(1e-9, value) for value in lengths)
    if lengths[0] == 0:
        inked = whole  # it fills all that is drawn: nowhere does it end but at paper
    touched = int((before[paper == 255] != after[paper == 255]).sum())
    return [
        float(shift),
        float(dark.mean()),
        float(np.percentile(dark, 95)),
        inked / whole,
        smooth / max(1e-9, whole - inked),
        (inked + smooth) / whole,
        touched,
    ]


def _border_lengths(change: F32, strength: F32, line: Mask, half: float) -> tuple[int, int, int]:
    """Pixels of an edit's border; of it at ink; of it elsewhere without a step."""
    total = at_ink = smooth = 0
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        border = (strength[here] > half) != (strength[there] > half)
        hidden = border & (line[here] | line[there])
        step = np.linalg.norm(change[here] - change[there], axis=2)
        total += int(border.sum())
        at_ink += int(hidden.sum())
        smooth += int((border & ~hidden & (step <= SMOOTH)).sum())
    return total, at_ink, smooth


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--edits", default=3, show_default=True, help="Segments of a page, each coloured by itself.")
@click.option("--every", default=1, show_default=True, help="Only every so many-th page.")
@click.option("--pictures", type=click.Path(path_type=Path), help="Folder for pages before and after.")
def main(out: Path, edits: int, every: int, pictures: Path | None) -> None:
    names = ("luma", "chroma", "p95", "inked", "smooth", "clean", "paper")
    click.echo(f"{'page':32}" + "".join(f"{name:>8}" for name in names))
    table = []
    folders = sorted(path.parent for path in (out / ".mangacolor/pages").rglob("colorize.json"))
    for folder in folders[::every]:
        inputs = load_page(folder)
        if "upscale" not in inputs or "decode" not in inputs:
            raise click.ClickException(f"{folder} holds no decoded page: colour it with --keep --scale 1")
        ready = ReadyDrawing.of(inputs)
        colours, paper, grey = ready.colours, ready.keep, inputs["upscale"].images["main"]
        before = draw(inputs, PageEdits())
        rows = []
        for number, edit in enumerate(choose_edits(colours, edits)):
            after = draw(inputs, edit)
            if (before == after).all():
                continue
            rows.append(measure(before, after, grey, paper))
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                side = np.concatenate([before, after], axis=1)[..., ::-1]
                cv2.imwrite(str(pictures / f"{folder.name}-{number}.png"), side)
        table += rows
        _print(folder.name, rows)
    _print("mean", table)


def _print(name: str, rows: list[list[float]]) -> None:
    if rows:
        click.echo(f"{name:32}" + "".join(f"{value:8.3f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
