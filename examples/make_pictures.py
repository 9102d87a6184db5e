"""Make the pictures of README.md from a run of the bundled chapter.

mangacolor examples/chapter --out colored --scale 1 --keep
python examples/make_pictures.py examples/chapter colored docs/pictures
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

Picture = Image.Image
PAGES = ("E19P02.png", "E19P04.png", "E19P06.png")
LOOKED_INTO = "E19P04.png"


def main(chapter: Path, run: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pairs = [half_and_half(rgb(chapter / name), rgb(run / name)) for name in PAGES]
    save(row(pairs, 780), out / "before-after.jpg")
    state = run / ".mangacolor" / "pages" / LOOKED_INTO
    names = ("panels", "balloons", "colorize", "reassemble")
    save(row([rgb(state / f"{name}.png") for name in names], 620), out / "stages.jpg")


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
    sheet = Image.new("RGB", (sum(p.width for p in sized) + 12 * (len(sized) - 1), height), "white")
    left = 0
    for picture in sized:
        sheet.paste(picture, (left, 0))
        left += picture.width + 12
    return sheet


def save(picture: Picture, path: Path) -> None:
    picture.save(path, quality=86, subsampling=0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
