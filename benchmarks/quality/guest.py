"""A guest's coloured pages for ``--colours-from``, made from the truth and spoilt, and how they are taken
over.

    python benchmarks/quality/figure_chapter.py DATA CHAPTER
    python benchmarks/quality/guest.py spoil CHAPTER CHAPTER/guest [--wrong 0.3] [--left-out 0.25]
    mangacolor CHAPTER/input --out PLAIN --scale 1
    mangacolor CHAPTER/input --out GUIDED --scale 1 --colours-from CHAPTER/guest
    python benchmarks/quality/guest.py score CHAPTER CHAPTER/guest GUIDED --plain PLAIN

``spoil`` warps the truth by up to six pixels, makes it smaller, crops it, blurs it, redraws its lines, and
gives wrong colours to a share of the panels; ``--left-out`` leaves pages out. Beside the guest it writes
``guest.json`` (which panels are right, and which pages there are) and ``guest-true`` (its pages before they
were warped).

``score``: how many pixels of ink have another luma than in PLAIN; how far the chroma of parts is from the
guest's (a distance of Cb and Cr in levels, between medians over a part in a panel), in panels where the guest
is right, where it is wrong (to its colour in the panels that are right) and on pages that it left out; the
first also away from ink (``surface``): dots are ink and hold no colour, and where they are most of a part
its median says nothing of what lies between; how far mean luma away from ink is from the guest's, of parts
that the scan leaves blank and of others; and the mean CIEDE2000 between panels of one part, in the guest's
pages and in the result.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from PIL import Image as PilImage

from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.core.arrays import F32
from mangacolor.core.colour import INK, chroma, luma, to_rgb
from mangacolor.core.types import Box, Image
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.evaluation.colour import ciede2000, to_lab

REACH = 6.0  # pixels by which a guest's page is warped at most
WAVE = 180.0  # pixels over which that changes
SIZE = (0.62, 0.9)  # of ours: range of the guest's size
MARGIN = 0.03  # share of a side that is cropped at most
BLUR = (0.8, 1.8)  # sigma in pixels of ours
QUALITY = 85  # of JPEG
TURNS = (70.0, 290.0)  # degrees of hue by which a panel is wrong
LINE = 75  # luma below which a pixel is taken for a line and redrawn
PAPER, BLANK = 250, 0.8  # luma of the scan's paper, and the share of a part from which nothing is in it
SMALLEST = 300  # pixels of a part in a panel that count as seeing it


@click.group(help=__doc__)
def main() -> None: ...


@main.command()
@click.argument("chapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--wrong", default=0.3, show_default=True, help="Share of the panels in wrong colours.")
@click.option("--left-out", default=0.0, show_default=True, help="Share of the pages that are left out.")
@click.option("--seed", default=0, show_default=True)
def spoil(chapter: Path, out: Path, wrong: float, left_out: float, seed: int) -> None:
    """Make a guest of the truth."""
    rng = np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    panels = json.loads((chapter / "panels.json").read_text(encoding="utf-8"))
    truth = pages_of(chapter / "truth")
    skipped = set(rng.permutation(sorted(truth))[: round(left_out * len(truth))].tolist())
    right: dict[str, list[bool]] = {}
    colours = out.parent / f"{out.name}-true"
    colours.mkdir(exist_ok=True)
    for name in sorted(truth):
        page = read_rgb(truth[name]).copy()
        right[name] = [bool(rng.random() >= wrong) for _ in panels[name]]
        for box, is_right in zip(panels[name], right[name], strict=True):
            if not is_right:
                _turn_hue(page, box, float(rng.uniform(*TURNS)))
        PilImage.fromarray(page).save(colours / f"{name}.png")
        if name not in skipped:
            PilImage.fromarray(_spoil(page, rng)).save(out / f"{name}.jpg", quality=QUALITY, subsampling=2)
    note = {"right": right, "pages": sorted(set(truth) - skipped)}
    (out.parent / f"{out.name}.json").write_text(json.dumps(note), encoding="utf-8")


def _turn_hue(page: Image, box: Box, degrees: float) -> None:
    x, y, w, h = box
    part = page[y : y + h, x : x + w]
    angle = np.deg2rad(degrees)
    cb, cr = chroma(part)
    turned = np.cos(angle) * cb - np.sin(angle) * cr, np.sin(angle) * cb + np.cos(angle) * cr
    page[y : y + h, x : x + w] = to_rgb(
        luma(part).astype(np.float32), *(p.astype(np.float32) for p in turned)
    )


def _spoil(page: Image, rng: np.random.Generator) -> Image:
    height, width = page.shape[:2]
    redrawn = _redraw_lines(page, rng)
    columns, rows = (_waves(rng, (height, width)) for _ in range(2))
    y, x = np.indices((height, width), np.float32)
    warped = cv2.remap(redrawn, x + columns, y + rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    blurred = cv2.GaussianBlur(warped, (0, 0), rng.uniform(*BLUR))
    left, top, right, bottom = (round(rng.uniform(0, MARGIN) * side) for side in (width, height) * 2)
    cropped = blurred[top : height - bottom, left : width - right]
    factor = rng.uniform(*SIZE)
    small = cv2.resize(cropped, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _waves(rng: np.random.Generator, shape: tuple[int, int]) -> F32:
    """A smooth field of shifts, H×W, at most ``REACH``."""
    small = rng.normal(size=(int(shape[0] / WAVE) + 3, int(shape[1] / WAVE) + 3)).astype(np.float32)
    field = cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(field * (REACH / np.abs(field).max()), dtype=np.float32)


def _redraw_lines(page: Image, rng: np.random.Generator) -> Image:
    """The page with its lines taken out of the colours, and drawn again a little elsewhere, thinner or
    thicker."""
    grey = luma(page)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    closed = np.asarray(cv2.morphologyEx(page, cv2.MORPH_CLOSE, wide), dtype=np.uint8)
    lines = ((grey < LINE) & (luma(closed) > grey + 40)).astype(np.uint8) * 255
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    plain = np.where(cv2.dilate(lines, kernel)[..., None] > 0, closed, page)
    thin = rng.random() < 0.5
    drawn = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, kernel) if thin else cv2.dilate(lines, kernel)
    shift = np.array([[1, 0, rng.uniform(-1, 1)], [0, 1, rng.uniform(-1, 1)]], np.float32)
    ink = cv2.warpAffine(drawn, shift, grey.shape[::-1]).astype(np.float32)[..., None] / 255
    return np.asarray(np.rint(plain * (1 - ink) + 25 * ink).clip(0, 255), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Seen:
    """A part in a panel: colours as median Cb and Cr, and mean Lab, of the guest's before it was warped and
    of the result. ``surface``: the result's median Cb and Cr away from ink, ``light``: the mean luma of both
    there. ``blank``: whether the scan has nothing there. ``kind``: right, wrong or left out."""

    part: int
    kind: str
    guest: tuple[F32, F32]
    result: tuple[F32, F32]
    surface: F32
    light: tuple[float, float]
    blank: bool


@main.command()
@click.argument("chapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("guest", type=click.Path(path_type=Path))
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--plain", type=click.Path(path_type=Path, exists=True), required=True, help="Without a guest.")
def score(chapter: Path, guest: Path, results: Path, plain: Path) -> None:
    """Compare results with the guest."""
    note = json.loads((guest.parent / f"{guest.name}.json").read_text(encoding="utf-8"))
    click.echo(f"ink: {count_changed_ink(chapter / 'input', plain, results)} pixels of another luma")
    seen = list(look_at_parts(chapter, note, guest.parent / f"{guest.name}-true", results))
    own: defaultdict[int, list[F32]] = defaultdict(list)
    for one in seen:
        if one.kind == "right":
            own[one.part].append(one.guest[0])
    far = defaultdict(list)
    for one in seen:
        target = (
            one.guest[0] if one.kind == "right" else np.median(own.get(one.part) or [one.guest[0]], axis=0)
        )
        if one.part in own:
            far[one.kind].append(float(np.hypot(*(one.result[0] - target))))
            if one.kind == "right":
                far["surface"].append(float(np.hypot(*(one.surface - target))))
                # Its own colour strays from panel to panel, too.
                far["middle"].append(float(np.hypot(*(one.result[0] - np.median(own[one.part], axis=0)))))
    for kind, values in far.items():
        within = np.mean(np.array(values) <= 5)
        click.echo(
            f"{kind:9} {len(values):4} parts: chroma off by {np.median(values):5.2f} (median), "
            f"{np.mean(values):5.2f} (mean), within 5: {within:.0%}"
        )
    for blank in (True, False):
        off = [np.abs(np.subtract(*one.light)) for one in seen if one.kind == "right" and one.blank == blank]
        if off:
            click.echo(
                f"{'blank' if blank else 'drawn':9} {len(off):4} parts: luma off by {np.median(off):5.1f} "
                f"(median), {np.mean(off):5.1f} (mean)"
            )
    there = [one for one in seen if one.kind != "left out"]
    theirs, ours = mean_spread(there, "guest"), mean_spread(there, "result")
    click.echo(
        f"spread of a part, CIEDE2000: guest {theirs:.2f}, result {ours:.2f} ({ours / theirs - 1:+.0%})"
    )
    click.echo(f"all pages: result {mean_spread(seen, 'result'):.2f}")


def count_changed_ink(source: Path, plain: Path, results: Path) -> int:
    """How many pixels of ink have a luma that is off by more than rounding, against a run without a guest."""
    changed = 0
    scans, before, after = (pages_of(folder) for folder in (source, plain, results))
    for name, path in scans.items():
        ink = luma(read_rgb(path)) <= INK
        lumas = [luma(read_rgb(pages[name])).astype(int) for pages in (before, after)]
        changed += int((np.abs(lumas[0] - lumas[1])[ink] > 1).sum())
    return changed


def look_at_parts(chapter: Path, note: dict[str, Any], colours: Path, results: Path) -> Iterator[Seen]:
    """Every part in every panel that shows it."""
    panels = json.loads((chapter / "panels.json").read_text(encoding="utf-8"))
    folders = [pages_of(folder) for folder in (chapter / "input", chapter / "marks", colours, results)]
    for name in sorted(folders[1]):
        scan, marks, truth, result = (read_rgb(pages[name]) for pages in folders)
        for box, is_right in zip(panels[name], note["right"][name], strict=True):
            kind = "left out" if name not in note["pages"] else "right" if is_right else "wrong"
            x, y, w, h = box
            area = np.s_[y : y + h, x : x + w]
            part, light = marks[area][..., 0], luma(scan[area]) > INK
            for number in np.unique(part[part > 0]):
                inside = part == number
                if inside.sum() < SMALLEST:
                    continue
                away = inside & light if (inside & light).any() else inside
                theirs, ours = _colour(truth[area], inside), _colour(result[area], inside)
                lights = [float(luma(picture[area])[away].mean()) for picture in (truth, result)]
                blank = float((luma(scan[area])[away] >= PAPER).mean()) > BLANK
                surface = _colour(result[area], away)[0]
                yield Seen(int(number), kind, theirs, ours, surface, (lights[0], lights[1]), blank)


def _colour(picture: Image, inside: Any) -> tuple[F32, F32]:
    planes = chroma(picture)
    middle = np.array([np.median(plane[inside]) for plane in planes], np.float32)
    return middle, to_lab(picture)[inside].mean(axis=0).astype(np.float32)


def mean_spread(seen: list[Seen], of: str) -> float:
    """Mean CIEDE2000 between the panels of one part, over parts."""
    panels = defaultdict(list)
    for one in seen:
        panels[one.part].append(getattr(one, of)[1])
    return float(
        np.mean(
            [
                np.mean([ciede2000(a[None], b[None])[0] for a, b in combinations(colours, 2)])
                for colours in panels.values()
                if len(colours) > 1
            ]
        )
    )


if __name__ == "__main__":
    main()
