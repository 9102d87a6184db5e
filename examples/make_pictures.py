"""Make the pictures of the documents from a run of the bundled chapter.

mangacolor examples/chapter --out colored --scale 1 --keep
python examples/make_pictures.py examples/chapter colored docs/pictures [TRUTH]

With TRUTH, a folder of the chapter's pages in their own colours, failures are shown beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

Picture = Image.Image
PAGES = ("E19P02.png", "E19P04.png", "E19P06.png")
GAP = 12  # pixels between pictures
WITH_BALLOONS = ("E19P01.png", "E19P02.png", "E19P06.png")
GREEN = (90, 200, 90)  # of what is paper or lettering of a balloon
LOOKED_INTO = "E19P04.png"
FAILED = {"E19P01": (30, 30, 970, 700), "E19P03": (30, 10, 970, 600), "E19P07": (30, 655, 970, 1370)}


def main(chapter: Path, run: Path, out: Path, truth: Path | None = None) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pairs = [half_and_half(rgb(chapter / name), rgb(run / name)) for name in PAGES]
    save(row(pairs, 780), out / "before-after.jpg")
    state = run / ".mangacolor" / "pages" / LOOKED_INTO
    names = ("panels", "balloons", "colorize", "reassemble")
    save(row([rgb(state / f"{name}.png") for name in names], 620), out / "stages.jpg")
    marked = [with_balloons(run / ".mangacolor" / "pages" / name) for name in WITH_BALLOONS]
    row(marked, 560).save(out / "balloons.webp", quality=62, method=6)
    if truth is not None:
        save(failures(chapter, run, truth), out / "failures.jpg")


def failures(chapter: Path, run: Path, truth: Path) -> Picture:
    """Scan, result and truth of a panel, a row for each."""
    rows = []
    for name, part in FAILED.items():
        pages = (chapter / f"{name}.png", run / f"{name}.png", truth / f"{name}.webp")
        rows.append(row([rgb(page).crop(part) for page in pages], 300))
    height = sum(picture.height + GAP for picture in rows) - GAP
    sheet = Image.new("RGB", (max(picture.width for picture in rows), height), "white")
    for number, picture in enumerate(rows):
        sheet.paste(picture, (0, number * (picture.height + GAP)))
    return sheet


def with_balloons(state: Path) -> Picture:
    """A page as it came, with what was found of its balloons in green."""
    page, mask = rgb(state / "decode.png"), rgb(state / "balloons.png").convert("L")
    tinted = Image.blend(page, Image.new("RGB", page.size, GREEN), 0.5)
    return Image.composite(tinted, page, mask)


def rgb(path: Path) -> Picture:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def half_and_half(before: Picture, after: Picture) -> Picture:
    """The scan left of a slanted line, the result right of it."""
    before = before.resize(after.size, Image.Resampling.LANCZOS)
    width, height = after.size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    left = x < width * (0.62 - 0.24 * y / height)
    return Image.fromarray(np.where(left[..., None], np.asarray(before), np.asarray(after)))


def row(pictures: list[Picture], height: int) -> Picture:
    """Pictures side by side at one height, white between them."""
    sized = [
        p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in pictures
    ]
    sheet = Image.new("RGB", (sum(p.width for p in sized) + GAP * (len(sized) - 1), height), "white")
    left = 0
    for picture in sized:
        sheet.paste(picture, (left, 0))
        left += picture.width + GAP
    return sheet


def save(picture: Picture, path: Path) -> None:
    picture.save(path, quality=86, subsampling=0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
