"""Pictures and figures inked for made-up pages, once, as large as they are printed: doing it is dear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.training.data.inking import InkStyle, ink_page
from mangacolor.training.pages.figures import Figure

PRINTED = (800, 1500)  # pixels: the long side of an inked picture, of a printed page of some 2,000
FIGURE = (900, 1600)  # the same of a figure
LEAST_ZOOM = 0.4  # pixels of a made-up page for one of these pictures: its lines are about a pixel wide


def ink_picture(picture: Image, rng: np.random.Generator, sides: tuple[int, int] = PRINTED) -> Image:
    """A picture (H×W×3 RGB) inked by some hand, h×w luma; its long side is drawn from ``sides``."""
    scale = rng.integers(*sides) / max(picture.shape[:2])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return ink_page(
        np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8), InkStyle.draw(rng), rng
    )


def ink_figure(figure: Figure, rng: np.random.Generator) -> Figure:
    """A figure that has its drawing in ink."""
    return replace(figure, inked=ink_picture(figure.picture, rng, FIGURE))


def crop_inked(pictures: Sequence[Image], size: tuple[int, int], rng: np.random.Generator) -> Image:
    """A part of one of them (luma) that fills a panel of ``size`` (width, height): H×W."""
    w, h = size
    picture = pictures[int(rng.integers(len(pictures)))]
    rows, columns = picture.shape
    least = max(w / columns, h / rows)
    zoom = least if rng.random() < 0.4 else max(least, float(rng.uniform(LEAST_ZOOM, 1.0)))
    wide, tall = min(columns, max(1, int(w / zoom))), min(rows, max(1, int(h / zoom)))
    x, y = int(rng.integers(columns - wide + 1)), int(rng.integers(rows - tall + 1))
    part = cv2.resize(picture[y : y + tall, x : x + wide], (w, h), interpolation=cv2.INTER_AREA)
    return np.asarray(part[:, ::-1] if rng.random() < 0.5 else part, np.uint8)
