"""Training the panel network: ``mangacolor train --network panels``.

The data holds ``peppercarrot_art`` and any folders of pictures without panels, among them figures on white.
Every page is made up from them (``training/pages``). A run begins with the bundled weights and gives those
for yellowed paper: on manga it learns to answer as before, elsewhere what is a border. With ``rehearse=0``
it learns labels alone, from nothing or from ``--init``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.models.files.known import PANELS
from mangacolor.models.files.reading import BUNDLED
from mangacolor.stages.panels import find_panels
from mangacolor.training.auxiliary.page_network import PageRecipe, choose_page_recipe, train_on_pages
from mangacolor.training.data.folders import draw_pictures, read_folders
from mangacolor.training.networks import Say, TrainOutcome, TrainRequest
from mangacolor.training.pages.balloons import LabelledPage
from mangacolor.training.pages.figures import Figure
from mangacolor.training.pages.layouts import draw_layout_style, draw_pale_style
from mangacolor.training.pages.newspapers import make_newspaper_page
from mangacolor.training.pages.panels import make_panel_page
from mangacolor.training.pages.web_strips import make_web_strip_page

NAME = "panels"
RECIPE = PageRecipe(
    minutes=62,
    crop=384,
    batch=4,
    rate=1e-3,
    ema=0.998,
    lettering=0.5,
    pictures=200,
    scale=0.78,
    seed=25,
    rehearse=2.0,
)
# How often a made-up page is of each kind.
KINDS = {"manga": 0.62, "newspaper": 0.25, "pale": 0.06, "strip": 0.07}
COMICS, LETTERED = "peppercarrot_art", "peppercarrot_lettered"
MAX_PANEL_SHARE = 0.45  # of the page: a larger panel may be several that were not told apart
PANEL_RIM = 0.03  # of a panel, left out at its sides: no border may get into a picture
MIN_CONFIDENCE = 0.75  # of a panel from which a picture is taken
MIN_PICTURE_SIDE = 120  # pixels


@dataclass(frozen=True, slots=True)
class PanelCorpus:
    """Pictures without borders, by source, and cut-out figures."""

    pictures: list[list[Image]]
    figures: list[Figure]

    @classmethod
    def load(cls, data: Path, most: int, rng: np.random.Generator, say: Say) -> PanelCorpus:
        """Read at most ``most`` files of a folder. ``say`` takes a line about each that is no use."""
        sources: list[list[Image]] = []
        figures: list[Figure] = []
        for name, pictures in read_folders(data, LETTERED, most, rng, say):
            if name == COMICS:  # a page with white margins is no figure: its borders are borders
                sources.append([picture for page in pictures for picture in take_panel_pictures(page)])
                continue
            figures += [figure for figure in map(cut_out, pictures) if figure is not None]
            sources.append(pictures)
        return cls([pictures for pictures in sources if pictures], figures)

    def draw_page(self, recipe: PageRecipe, rng: np.random.Generator) -> LabelledPage:
        """A fresh page, of a kind as often as ``KINDS`` says."""
        pictures = draw_pictures(self.pictures, rng)
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        if kind == "newspaper":
            return make_newspaper_page(pictures, self.figures, rng)
        if kind == "strip":
            return make_web_strip_page(pictures, rng)
        style = draw_pale_style if kind == "pale" else draw_layout_style
        page = make_panel_page(pictures, self.figures, rng, recipe.side, style)
        return replace(page, familiar=page.familiar and kind == "manga")


def take_panel_pictures(page: Image) -> list[Image]:
    """What is inside the panels of a comic page (RGB), well away from their frames."""
    inner = []
    for panel in find_panels(page, "ltr").panels:
        x, y, w, h = panel.box
        dx, dy = round(w * PANEL_RIM) + 4, round(h * PANEL_RIM) + 4
        alone = panel.confidence > MIN_CONFIDENCE and w * h < MAX_PANEL_SHARE * page.shape[0] * page.shape[1]
        if alone and len(panel.polygon) == 4 and min(w - 2 * dx, h - 2 * dy) >= MIN_PICTURE_SIDE:
            inner.append(np.ascontiguousarray(page[y + dy : y + h - dy, x + dx : x + w - dx]))
    return inner


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


def train(request: TrainRequest) -> TrainOutcome:
    """Train the panel network on the folders of ``request.data``."""
    recipe = choose_page_recipe(request, NAME, RECIPE)
    (data,) = request.data
    corpus = PanelCorpus.load(data, recipe.pictures, np.random.default_rng(recipe.seed), request.say)
    if not corpus.pictures:
        raise InputError(f"{data} holds no folder of pictures", "Put pictures into folders, one a source.")
    return train_on_pages(request, NAME, corpus, recipe, BUNDLED / PANELS.file)
