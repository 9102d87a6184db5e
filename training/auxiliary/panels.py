"""Train the panel network: ``python -m mangacolor.training.auxiliary.panels --data DIR --out FILE``.

DIR holds ``peppercarrot_art`` and any folders of pictures without panels, among them figures on white.
Every page is made up from them (``panel_pages.py``).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.panels import find_panels
from mangacolor.training.auxiliary.balloons import Recipe, read_sources, some_of, train
from mangacolor.training.pages.balloons import LabelledPage
from mangacolor.training.pages.figures import Figure
from mangacolor.training.pages.panels import made_up_panels

RECIPE = Recipe(minutes=34, crop=384, batch=4, scale=0.75, rate=2e-3, lettering=0.5, seed=11)
COMICS, LETTERED = "peppercarrot_art", "peppercarrot_lettered"
_MOST = 0.45  # of the page: a larger panel may be several that were not told apart
_RIM = 0.03  # of a panel, left out at its sides: no border may get into a picture


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pictures without borders, by source, and cut-out figures."""

    pictures: list[list[Image]]
    figures: list[Figure]

    @classmethod
    def load(cls, data: Path, each: int, rng: np.random.Generator) -> Corpus:
        """Read at most ``each`` files of a folder."""
        sources: list[list[Image]] = []
        figures: list[Figure] = []
        for name, pictures in read_sources(data, LETTERED, each, rng):
            if name == COMICS:  # a page with white margins is no figure: its borders are borders
                sources.append([picture for page in pictures for picture in panel_pictures(page)])
                continue
            figures += [figure for figure in map(cut_out, pictures) if figure is not None]
            sources.append(pictures)
        return cls(sources, figures)

    def page(self, recipe: Recipe, rng: np.random.Generator) -> LabelledPage:
        """A fresh page."""
        return made_up_panels(some_of(self.pictures, rng), self.figures, rng, recipe.side)


def panel_pictures(page: Image) -> list[Image]:
    """What is inside the panels of a comic page (RGB), well away from their frames."""
    found = []
    for panel in find_panels(page, "ltr").panels:
        x, y, w, h = panel.box
        dx, dy = round(w * _RIM) + 4, round(h * _RIM) + 4
        alone = panel.confidence > 0.75 and w * h < _MOST * page.shape[0] * page.shape[1]
        if alone and len(panel.polygon) == 4 and min(w - 2 * dx, h - 2 * dy) >= 120:
            found.append(np.ascontiguousarray(page[y + dy : y + h - dy, x + dx : x + w - dx]))
    return found


def cut_out(picture: Image, upright: float = 1.25) -> Figure | None:
    """The figure of a picture (RGB) that stands on white; None for any other, or less than ``upright``."""
    height, width = picture.shape[:2]
    if height < upright * width or picture[0, 0].min() < 250 or picture[0, -1].min() < 250:
        return None
    framed = cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    mask = np.zeros((height + 4, width + 4), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(framed, mask, (0, 0), (0, 0, 0), (10, 10, 10), (10, 10, 10), flags)
    cover = np.where(mask[2:-2, 2:-2] > 0, 0, 255).astype(np.uint8)
    share = float(cover.mean()) / 255
    return Figure(picture, cover) if 0.15 < share < 0.9 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to start from, such as the balloon network's")
    parser.add_argument("--minutes", type=float, default=RECIPE.minutes)
    parser.add_argument("--pictures", type=int, default=200, help="at most so many of a folder")
    options = parser.parse_args()
    recipe = replace(RECIPE, minutes=options.minutes)
    corpus = Corpus.load(options.data, options.pictures, np.random.default_rng(recipe.seed))
    train(corpus, recipe, options.out, options.start)


if __name__ == "__main__":
    main()
