"""Dots of 60 lines an inch through the whole command with ``--fit``, beside plain grey on the same page."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.api import colorize_chapter
from mangacolor.core.colour import luma
from mangacolor.tests.helpers.screentone import dots, low_frequency_peak, plain_grey

COVERED = (0.15, 0.3, 0.5)
LEFT = (40, 720)  # of a panel of dots, and of one of plain grey
WIDTH, HEIGHT = 640, 600
RIM = 24  # pixels of a panel that are not measured
UNSEEN = 0.1  # levels; shrunk by the mean of areas, dots that cover .15 and .3 beat by .7 and 1.6


@pytest.mark.slow
def test_dots_beat_no_more_than_plain_grey_that_went_the_same_way(tmp_path: Path) -> None:
    page = np.full((2000, 1400), 255, np.uint8)
    tops = range(40, 2000, 660)
    for covered, top in zip(COVERED, tops, strict=True):
        tone = dots(WIDTH, 5.0, covered)
        for left, ground in zip(LEFT, (tone, plain_grey(tone)), strict=True):
            page[top : top + HEIGHT, left : left + WIDTH] = ground[:HEIGHT]
            cv2.rectangle(page, (left, top), (left + WIDTH, top + HEIGHT), 0, 6)
    source = tmp_path / "in"
    source.mkdir()
    PillowImage.fromarray(page).save(source / "1.png")
    colorize_chapter(source, tmp_path / "out", device="cpu", fit="1264x1680", force_color=True)
    with PillowImage.open(tmp_path / "out" / "1.png") as image:
        shown = luma(np.asarray(image.convert("RGB")))
    share = shown.shape[0] / page.shape[0]
    for top in tops:
        beat, plain = (_peak(shown, top, left, share) for left in LEFT)
        assert beat <= max(1.2 * plain, UNSEEN)


def _peak(shown: np.ndarray, top: int, left: int, share: float) -> float:
    first, last = round(top * share) + RIM, round((top + HEIGHT) * share) - RIM
    columns = slice(round(left * share) + RIM, round((left + WIDTH) * share) - RIM)
    return low_frequency_peak(shown[first:last, columns])
