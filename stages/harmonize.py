"""One light over a chapter: a small chroma correction for each page, decided from all pages.

A network that sees one panel at a time drifts: the same skin comes out a little redder on one page and
greener on the next. Each page's mean chroma is pulled part of the way to the median of its chapter.
Part of the way and a few levels only, since pages differ for good reasons too: a night, a forest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from mangacolor.nouns import Artifact, Chapter, Image, Inputs
from mangacolor.settings import Options
from mangacolor.stages.base import ChapterContext, ChapterStage
from mangacolor.stages.colour_space import chroma, luma, to_rgb

DARK, LIGHT = 48, 236  # luma between which a pixel tells a surface's colour
GREY = 12.0  # chroma at which a correction counts fully; what the network left grey stays grey


@dataclass(frozen=True, slots=True)
class Config:
    """``pull``: share of the way to the chapter's median. ``limit``: levels of Cb and Cr at most."""

    pull: float = 0.5
    limit: int = 5


def configure(options: Options, _chapter: Chapter) -> Config | None:
    return Config() if options.harmonize else None


def neutral() -> Artifact:
    """No correction."""
    return Artifact({"shift": [0, 0]})


def run(context: ChapterContext, pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
    """For each page ``shift``: whole levels to add to Cb and Cr. Pages without colour get none."""
    config: Config = context.config
    means: dict[str, tuple[float, float] | None] = {}
    for name, inputs in pages.items():
        context.check_cancelled()
        means[name] = mean_chroma(inputs["colorize"])
    known = [mean for mean in means.values() if mean is not None]
    if not known:
        return {name: neutral() for name in means}
    centre = median(cb for cb, _ in known), median(cr for _, cr in known)
    shifts: dict[str, Artifact] = {}
    for name, mean in means.items():
        shift = [0, 0]
        if mean is not None:
            shift = [_step(c - m, config) for c, m in zip(centre, mean, strict=True)]
        shifts[name] = Artifact({"shift": shift})
    return shifts


def _step(distance: float, config: Config) -> int:
    # Whole levels: a page is painted again only when its own correction has moved that far.
    return max(-config.limit, min(config.limit, round(config.pull * distance)))


def mean_chroma(colorize: Artifact) -> tuple[float, float] | None:
    """Mean Cb and Cr (0 is grey) over the lit surfaces of a page's panels; None if there are none."""
    total, pixels = np.zeros(2), 0
    for panel in colorize.images.values():
        light = luma(panel)
        lit = (light > DARK) & (light < LIGHT)
        cb, cr = chroma(panel)
        total += cb[lit].sum(dtype=np.float64), cr[lit].sum(dtype=np.float64)
        pixels += int(lit.sum())
    return (float(total[0] / pixels), float(total[1] / pixels)) if pixels else None


def corrected(panel: Image, harmonize: Artifact | None) -> Image:
    """A panel's small picture (H×W×3 RGB uint8) with its page's correction, if any, at the same luma."""
    shift_cb, shift_cr = harmonize.data["shift"] if harmonize else (0, 0)
    if shift_cb == shift_cr == 0:
        return panel
    cb, cr = chroma(panel)
    strength = np.minimum(np.hypot(cb, cr) / np.float32(GREY), np.float32(1.0))
    return to_rgb(luma(panel).astype(np.float32), cb + strength * shift_cb, cr + strength * shift_cr)


STAGE = ChapterStage("harmonize", run, configure, ("colorize",), neutral)
