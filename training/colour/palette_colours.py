"""The palette of a run: which chroma values its pictures hold, and how rare each is."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.colour import chroma
from mangacolor.training.data.pictures import Picture, Source

SAMPLED_PIXELS = 200_000  # of all pictures together
CLUSTERED_PIXELS = 40_000  # of those
CELL_SIDE = 4.0  # chroma levels: of the histogram by which crowded greys are thinned out
EVENNESS = 0.5  # of the weights of rare against common colours: 0 none, 1 inverse to their frequency


def choose_palette(sources: Sequence[Source], pictures: Sequence[Picture], colours: int) -> F32:
    """``colours`` chroma values, K×2, Cb and Cr in [-1, 1], the first one grey.

    They are cluster centres of the pictures' chroma, thinned where it is dense. The same pictures give
    the same palette.
    """
    pixels = _sample(sources, pictures)
    cells = np.rint(pixels / CELL_SIDE).astype(np.int64)
    _, index, counts = np.unique(cells[:, 0] * 1000 + cells[:, 1], return_inverse=True, return_counts=True)
    thinned = 1.0 / np.sqrt(counts[index.ravel()])
    rng = np.random.default_rng(0)
    chosen = pixels[rng.choice(len(pixels), CLUSTERED_PIXELS, p=thinned / thinned.sum())]
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, 30, 0.0)
    start = np.zeros((len(chosen), 1), np.int32)
    _, _, clusters = cv2.kmeans(chosen, colours - 1, start, criteria, 2, cv2.KMEANS_PP_CENTERS)
    centres = np.concatenate([np.zeros((1, 2), np.float32), np.asarray(clusters, dtype=np.float32)])
    return (centres * (2 / 255)).astype(np.float32)


def palette_rarity(centres: F32, sources: Sequence[Source], pictures: Sequence[Picture]) -> F32:
    """A weight for each colour of a palette (K×2): higher for rare ones, 1 on average over all pixels."""
    pixels = _sample(sources, pictures)[::4] * np.float32(2 / 255)
    nearest = ((pixels[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    share = np.bincount(nearest, minlength=len(centres)) / len(nearest)
    weight = 1.0 / ((1 - EVENNESS) * share + EVENNESS / len(centres))
    return np.asarray(weight / (weight * share).sum(), dtype=np.float32)


def _sample(sources: Sequence[Source], pictures: Sequence[Picture]) -> F32:
    """Cb and Cr (N×2, centred, in levels) of random pixels, each source in its share."""
    rng = np.random.default_rng(0)
    total = sum(source.weight for source in sources)
    parts = []
    for source in sources:
        members = [picture for picture in pictures if picture.source == source.folder]
        each = round(SAMPLED_PIXELS * source.weight / total / max(1, len(members))) + 1
        for picture in members:
            flat = picture.pixels.reshape(1, -1, 3)
            picked = flat[:, rng.integers(flat.shape[1], size=each)]
            parts.append(np.stack([plane[0] for plane in chroma(picked)], axis=1))
    return np.concatenate(parts).astype(np.float32)
