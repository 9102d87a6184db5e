"""A whole colour page turned into a black-and-white manga page, at the page's own size.

Where ``synthesis`` varies everything for the sake of training, this is one consistent hand: inked
lines, blown-out highlights, spot blacks, one dot screen for the tones between. The bundled chapter and
the screentoned pages of the evaluation are made with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.colour import luma as luma_of
from mangacolor.core.types import Image
from mangacolor.stages.panels import find_panels
from mangacolor.training.data.halftone import print_tones
from mangacolor.training.data.line_art import valley, xdog

GREYS = 16  # as many scans have; it also keeps the files small


@dataclass(frozen=True, slots=True)
class Hand:
    """How the page is drawn: lumas in 0–255, lengths in pixels of the page."""

    white: float = 168.0  # from here on: paper
    black: float = 30.0  # up to here: solid ink
    pitch: float = 3.8  # between dots
    angle: float = 45.0
    gamma: float = 0.6
    channels: tuple[float, float, float] = (0.52, 0.38, 0.10)  # red leads: skin turns light


def draw_manga_page(colour: Image, hand: Hand | None = None, art: Image | None = None) -> Image:
    """``colour``: H×W×3 uint8 RGB. Returns H×W uint8 in 16 greys.

    ``art`` is the same page without its lettering, if there is one: what differs is inked as balloons,
    outlined and black on white. Panels are framed, since light scenes lose their edge to the gutter.
    """
    page, _ = print_page(colour, hand or Hand())
    for panel in find_panels(colour).panels:
        cv2.polylines(page, [np.array(panel.polygon, np.int32)], True, 0, 2, cv2.LINE_AA)
    if art is not None:
        page = _inked_balloons(page, colour, find_lettering(colour, art))
    step = 255.0 / (GREYS - 1)
    return np.rint(np.rint(page / step) * step).astype(np.uint8)


def print_page(colour: Image, hand: Hand, cells: tuple[int, int] = (6, 8)) -> tuple[Image, Image]:
    """Lines over tones in dots, and over tones as greys, H×W uint8. ``cells``: across and down, in which dark
    scenes are lit up."""
    red_led = np.rint(colour @ np.array(hand.channels, np.float32)).astype(np.uint8)
    # Dim scenes are lit up a little, locally, as a draughtsman would; else night is one black area.
    grey = np.maximum(red_led, cv2.createCLAHE(2.0, cells).apply(red_led))
    # A painting's brush texture would come out as noise in the dots; edges must stay where they are.
    smooth = cv2.bilateralFilter(grey, 7, 28, 3)
    ramp = np.clip((np.arange(256) - hand.black) / (hand.white - hand.black), 0, 1) ** hand.gamma
    tone = np.rint(ramp * 255).astype(np.uint8)[smooth]
    dots = print_tones(tone, 2, hand.pitch * 2, hand.angle, lines=False)
    lines = np.minimum(xdog(grey, 0.7, 10.0, 0.26, 7.0), valley(grey, 2, 2.4))
    return np.minimum(dots, lines), np.minimum(tone, lines)


def find_lettering(lettered: Image, art: Image) -> Image:
    """H×W uint8, 255 where the lettered page (H×W×3) differs from its art page: balloons and letters."""
    difference = np.abs(lettered.astype(np.int16) - art).max(axis=2)
    mask = (cv2.GaussianBlur(difference.astype(np.float32), (0, 0), 1.0) > 24).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = np.array([part > 0 and stats[part][cv2.CC_STAT_AREA] > 400 for part in range(count)])
    return np.where(large[parts], np.uint8(255), np.uint8(0))


def _inked_balloons(page: Image, colour: Image, mask: Image) -> Image:
    """Each balloon white, its letters black whatever they were, its edge drawn."""
    page = page.copy()
    luma = luma_of(colour)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        x, y, w, h = cv2.boundingRect(outline)
        inside = np.zeros((h, w), np.uint8)
        cv2.drawContours(inside, [outline], -1, 255, cv2.FILLED, offset=(-x, -y))
        part = luma[y : y + h, x : x + w]
        fill = int(np.bincount(part[inside > 0], minlength=256).argmax())
        letters = 255.0 - np.clip(2.0 * (np.abs(part.astype(np.float32) - fill) - 12.0), 0, 255)
        # The balloon's own rim differs from its fill too; the outline drawn below covers it.
        core = cv2.erode(inside, np.ones((5, 5), np.uint8)) > 0
        target = page[y : y + h, x : x + w]
        target[inside > 0] = 255
        target[core] = letters[core].astype(np.uint8)
        cv2.drawContours(page, [outline], -1, 0, 2, cv2.LINE_AA)
    return page
