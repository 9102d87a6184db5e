"""Training the balloon network: ``mangacolor train --network balloons``.

The data holds ``peppercarrot_lettered`` and ``peppercarrot_art`` (the same pages with and without
lettering) and any folders of pictures without lettering, which made-up pages are built from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.auxiliary.page_network import PageRecipe, choose_page_recipe, train_on_pages
from mangacolor.training.data.folders import draw_pictures, read_folders
from mangacolor.training.data.left_out import LeftOut
from mangacolor.training.data.pictures import at_most, list_pictures, read_rgb
from mangacolor.training.networks import Say, TrainOutcome, TrainRequest
from mangacolor.training.pages.balloon_truth import find_balloon_truth
from mangacolor.training.pages.balloons import LabelledPage, make_page, print_lettered_page

NAME = "balloons"
RECIPE = PageRecipe()
LETTERED, ART = "peppercarrot_lettered", "peppercarrot_art"
LONGEST_PAGE = 4000  # pixels: the long side of a lettered page when its balloons are told from its art


@dataclass(frozen=True, slots=True)
class BalloonCorpus:
    """Pictures without lettering, by source, and triples of art, lettered page and label: some of each."""

    pictures: list[list[Image]]
    lettered: list[tuple[Image, Image, Image]]

    @classmethod
    def load(cls, data: Path, side: int, most: int, rng: np.random.Generator, say: Say) -> BalloonCorpus:
        """``say`` takes a line about each picture that is left out, as it cannot be read. Raises
        ``InputError`` where the folder lacks one or the other."""
        sources = [pictures for _, pictures in read_folders(data, LETTERED, most, rng, say)]
        pictures, lettered = [found for found in sources if found], list(_read_lettered(data, side, say))
        if not lettered or not pictures:
            raise InputError(
                f"{data} holds no lettered pages beside their art, or no pictures",
                f"It needs {LETTERED} and {ART}, and folders of pictures without lettering.",
            )
        return cls(pictures, lettered)

    def draw_page(self, recipe: PageRecipe, rng: np.random.Generator) -> LabelledPage:
        """A fresh page of a random kind."""
        if rng.random() < recipe.lettered:
            return print_lettered_page(*self.lettered[int(rng.integers(len(self.lettered)))], rng)
        return make_page(draw_pictures(self.pictures, rng), rng, recipe.side)


def _read_lettered(data: Path, side: int, say: Say) -> Iterator[tuple[Image, Image, Image]]:
    """Art, lettered page and label of each page that is there with and without lettering, ``side`` pixels
    high."""
    pairs, left_out = data / LETTERED, LeftOut()
    for path in list_pictures(pairs):
        try:
            page, art = (
                at_most(read_rgb(file), LONGEST_PAGE) for file in (path, data / ART / path.relative_to(pairs))
            )
        except InputError as error:
            left_out.broken.append(error.message)
            continue
        if page.shape != art.shape:
            continue
        size = (round(page.shape[1] * side / page.shape[0]), side)
        label = cv2.resize(find_balloon_truth(page, art), size, interpolation=cv2.INTER_NEAREST)
        small = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (art, page))
        drawn, lettered = (np.asarray(picture, np.uint8) for picture in small)
        yield drawn, lettered, np.asarray(label, np.uint8)
    for line in left_out.lines():
        say(line)


def train(request: TrainRequest) -> TrainOutcome:
    """Train the balloon network on the folders of ``request.data``."""
    recipe = choose_page_recipe(request, NAME, RECIPE)
    (data,) = request.data
    corpus = BalloonCorpus.load(
        data, recipe.side, recipe.pictures, np.random.default_rng(recipe.seed), request.say
    )
    return train_on_pages(request, NAME, corpus, recipe)
