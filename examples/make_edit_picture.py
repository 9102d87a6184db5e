"""Make the picture of an edit in the guide: a page before, as --preview draws it, and after.

mangacolor examples/chapter --out colored --scale 1
python examples/make_edit_picture.py examples/chapter colored docs/pictures/edit.webp

OUT has the edit afterwards; ``mangacolor palette colored --undo`` takes it back.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PAGE = "E19P05.png"
# What is recoloured, in pixels of the page, and what of the page is shown: left, top, right, bottom.
MEANT = ("236,740", "129,866", "269,940", "215,800", "330,770", "264,768")
# What looks like it and is not meant: a hat, its tip, and the dark behind.
NOT_MEANT = ("657,825", "680,762", "770,742")
LIKENESS = "0.72"
COLOUR = "#b03020"
PART = (30, 715, 965, 1120)
WIDTH = 560  # pixels of each of the three
GAP = 12


def main(chapter: Path, run: Path, target: Path) -> None:
    first, *others = (f"{PAGE}:{point}" for point in MEANT)
    edit = ["palette", str(run), "--at", first, "--colour", COLOUR, "--reach", "panel"]
    edit += ["--likeness", LIKENESS]
    edit += [word for point in others for word in ("--also", point)]
    edit += [word for point in NOT_MEANT for word in ("--not", f"{PAGE}:{point}")]
    pictures = [part_of(run / PAGE)]
    with tempfile.TemporaryDirectory() as folder:
        mangacolor(*edit, "--preview", folder)
        pictures.append(part_of(Path(folder) / f"{Path(PAGE).stem}.preview.png"))
    mangacolor(*edit)
    mangacolor(str(chapter), "--out", str(run), "--scale", "1", "--quiet")
    pictures.append(part_of(run / PAGE))
    sheet = Image.new("RGB", (3 * WIDTH + 2 * GAP, pictures[0].height), "white")
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number * (WIDTH + GAP), 0))
    sheet.save(target, quality=80, method=6)


def mangacolor(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "mangacolor", *arguments], check=True)


def part_of(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        part = picture.convert("RGB").crop(PART)
    return part.resize((WIDTH, round(WIDTH * part.height / part.width)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
