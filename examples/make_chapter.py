"""Make examples/chapter from the colour pages of Pepper&Carrot, episode 19.

    python examples/make_chapter.py LETTERED_PAGES ART_PAGES examples/chapter

The folders hold the same page names; the art pages are without lettering.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from mangacolor.training.data.manga_page import draw_manga_page
from mangacolor.training.data.pictures import read_rgb


def main(lettered: Path, art: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(lettered.iterdir()):
        page = draw_manga_page(read_rgb(path), art=read_rgb(art / path.name))
        Image.fromarray(page).save(out / f"{path.stem}.png", optimize=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
