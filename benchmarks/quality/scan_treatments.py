"""What happens to the scans of comic pages: treatments for ``score_classify.py``, each drawn at random."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from PIL import Image as PilImage

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image

Rng = np.random.Generator
Treatment = Callable[[F32, Rng], F32]

PAPERS: Final = {"cream": (247, 238, 214), "yellow": (240, 222, 170), "brown": (222, 192, 146)}
MAGAZINE: Final = {
    "pink": (250, 208, 206),
    "green": (214, 236, 208),
    "blue": (208, 222, 244),
    "grey": (224, 222, 218),
}
INKS: Final = {"black": (18, 16, 15), "brown": (64, 36, 16), "blue": (20, 40, 130), "purple": (70, 24, 96)}


def as_jpeg(pixels: Image, quality: int) -> Image:
    """What a JPEG file of this quality (0 to 100) and 4:2:0 chroma keeps of H×W or H×W×3 uint8."""
    file = io.BytesIO()
    PilImage.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with PilImage.open(file) as kept:
        return np.asarray(kept)


def _pick(rng: Rng, colours: dict[str, tuple[int, int, int]]) -> F32:
    name = sorted(colours)[int(rng.integers(len(colours)))]
    return np.asarray(np.array(colours[name]) + rng.normal(0, 4, 3), np.float32)


def _duotone(page: F32, paper: F32, ink: F32) -> F32:
    share = page / 255
    return np.asarray((1 - share) * ink + share * paper, np.float32)


def tinted_paper(page: F32, rng: Rng) -> F32:
    return _duotone(page, _pick(rng, {**PAPERS, **MAGAZINE}), _pick(rng, {"black": INKS["black"]}))


def sepia(page: F32, rng: Rng) -> F32:
    return _duotone(page, _pick(rng, PAPERS), _pick(rng, {"brown": INKS["brown"]}))


def coloured_ink(page: F32, rng: Rng) -> F32:
    return _duotone(page, _pick(rng, {"white": (250, 250, 248), **MAGAZINE}), _pick(rng, INKS))


def yellowed(page: F32, rng: Rng) -> F32:
    """Clean in the middle or at one side, old towards the others: as (page × paper)."""
    height, width = page.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    away = np.hypot(x - rng.uniform(-0.6, 0.6), y - rng.uniform(-0.6, 0.6)) ** rng.uniform(1, 3)
    share = np.clip(away * rng.uniform(0.4, 1.0), 0, 1)[..., None]
    paper = _pick(rng, {"cream": PAPERS["cream"]}) * (1 - share) + _pick(rng, PAPERS) * share
    return np.asarray(page * paper / 255 + 12, np.float32)


def stained(page: F32, rng: Rng) -> F32:
    """Foxing: brown spots, and one large water stain."""
    height, width = page.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for radius in [*rng.uniform(0.004, 0.02, 12), rng.uniform(0.05, 0.12)]:
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        cv2.circle(mask, centre, max(1, int(radius * width)), float(rng.uniform(0.3, 0.8)), -1)
    soft = cv2.GaussianBlur(mask, (0, 0), width / 150)[..., None]
    return np.asarray(page * (1 - soft * (1 - np.array([0.86, 0.74, 0.54]))), np.float32)


def stamp(page: F32, rng: Rng) -> F32:
    """A red library or personal seal of up to 0.7 % of the page."""
    height, width = page.shape[:2]
    side = int(np.sqrt(rng.uniform(0.001, 0.007) * height * width))
    x, y = int(rng.uniform(0, width - side)), int(rng.uniform(0, height - side))
    done = tinted_paper(page, rng)
    box = done[y : y + side, x : x + side]
    ink = np.zeros(box.shape[:2], np.uint8)
    cv2.rectangle(ink, (0, 0), (side - 1, side - 1), 1, max(1, side // 10))
    origin = (side // 6, side * 2 // 3)
    cv2.putText(ink, "OK", origin, cv2.FONT_HERSHEY_SIMPLEX, side / 50, 1, max(1, side // 12))
    box *= 1 - 0.9 * ink[..., None] * (1 - np.array([0.8, 0.15, 0.15]))
    return done


def uneven_light(page: F32, rng: Rng) -> F32:
    """A photograph: lamp light on one side, daylight on the other, and a shadow at the spine."""
    width = page.shape[1]
    ramp = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    warm, cold = np.array([1.0, 0.95, 0.86]), np.array([0.94, 0.97, 1.0])
    shadow = 1 - rng.uniform(0.2, 0.5) * np.exp(-ramp * 12)
    return np.asarray(page * (warm * ramp + cold * (1 - ramp)) * shadow, np.float32)


def shifted_plates(page: F32, rng: Rng) -> F32:
    done = page.copy()
    for channel in (0, 2):
        by = (int(rng.integers(-2, 3)), int(rng.integers(-2, 3)))
        done[..., channel] = np.roll(page[..., channel], by, (0, 1))
    return done


def noisy(page: F32, rng: Rng) -> F32:
    return np.asarray(tinted_paper(page, rng) + rng.normal(0, 14, page.shape), np.float32)


def washed_out(page: F32, rng: Rng) -> F32:
    """Half to three quarters of the saturation, and the contrast of an old print."""
    grey = page.mean(axis=2, keepdims=True)
    return np.asarray((grey + (page - grey) * rng.uniform(0.5, 0.75)) * 0.85 + 30, np.float32)


def partly(page: F32, rng: Rng) -> F32:
    """Colour on the upper or lower 40 % of the page, the rest black and white."""
    height = page.shape[0]
    done = np.repeat(page @ np.array([0.299, 0.587, 0.114], np.float32)[:, None], 3, axis=2)
    rows = slice(0, height * 4 // 10) if rng.random() < 0.5 else slice(height * 6 // 10, height)
    done[rows] = page[rows]
    return done


def two_scans(page: F32, rng: Rng) -> F32:
    """A spread of two scans that have nothing in common."""
    return np.concatenate([yellowed(page, rng), uneven_light(page, rng)], axis=1)


def coarse_jpeg(page: F32, rng: Rng) -> F32:
    pixels = np.clip(tinted_paper(page, rng), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 25))])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32)
    return np.ascontiguousarray(decoded[..., ::-1])


def as_it_is(page: F32, _rng: Rng) -> F32:
    return page


GREY: Final[dict[str, Treatment]] = {
    treat.__name__: treat
    for treat in (
        as_it_is,
        tinted_paper,
        sepia,
        coloured_ink,
        yellowed,
        stained,
        stamp,
        uneven_light,
        shifted_plates,
        noisy,
        two_scans,
        coarse_jpeg,
    )
}
COLOUR: Final[dict[str, Treatment]] = {
    treat.__name__: treat for treat in (as_it_is, yellowed, washed_out, partly)
}
