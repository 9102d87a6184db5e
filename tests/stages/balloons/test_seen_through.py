"""A balloon that the drawing shows through is white as a whole or not at all."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.balloons.kinds import Region
from mangacolor.stages.balloons.params import DEFAULTS
from mangacolor.stages.balloons.seen_through import without_pieces

WORD, SPOT = "HELLO", (40, 90)


def lettered(tone: int = 255, ink: int = 0) -> tuple[Image, Image]:
    """A page with a word, and where the network sees lettering."""
    page, strokes = np.full((600, 400), tone, np.uint8), np.zeros((600, 400), np.uint8)
    for index, glyph in enumerate(WORD):
        for plane, level in ((page, ink), (strokes, 120)):
            cv2.putText(plane, glyph, (SPOT[0] + 34 * index, SPOT[1]), cv2.FONT_HERSHEY_SIMPLEX, 1, level, 2)
    return page, strokes


def region(left: int, right: int, tone: int = 255) -> Region:
    mask = np.full((100, right - left), 255, np.uint8)
    return Region((left, 30, right - left, 100), mask, 0.9, tone)


def test_a_piece_of_a_balloon_with_some_of_its_letters_is_dropped() -> None:
    page, strokes = lettered()
    whole, piece = region(20, 230), region(20, 110)
    assert without_pieces([whole], page, strokes, None, DEFAULTS) == [whole]
    assert without_pieces([piece], page, strokes, None, DEFAULTS) == []


def test_letters_of_a_neighbour_and_what_is_drawn_are_not_cut() -> None:
    page, strokes = lettered()
    pair = [region(20, 130), region(130, 230)]
    assert without_pieces(pair, page, strokes, None, DEFAULTS) == pair
    cv2.line(page, (140, 40), (170, 130), 0, 4)  # a hair: the network sees no lettering there
    strokes[:, 135:] = 0
    page[:, 135:] = np.where(page[:, 135:] < 100, page[:, 135:], 255)
    piece = region(20, 138)
    assert without_pieces([piece], page, strokes, None, DEFAULTS) == [piece]


def test_a_black_caption_stays() -> None:
    page, strokes = lettered(tone=20, ink=255)
    piece = region(20, 155, tone=20)
    assert without_pieces([piece], page, strokes, None, DEFAULTS) == [piece]


def test_letters_on_the_paper_around_panels_are_not_cut() -> None:
    page, strokes = lettered()
    ground = np.zeros_like(page)
    ground[:, 112:] = np.where(page[:, 112:] > 200, 255, 0)
    piece = region(20, 110)
    assert without_pieces([piece], page, strokes, ground, DEFAULTS) == [piece]
