"""Lettering that stands free on paper or flat black keeps its own tone, and what is drawn there does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from mangacolor.core.colour import chroma
from mangacolor.core.types import Image
from mangacolor.stages.balloons.detect import Method, find_balloons
from mangacolor.stages.balloons.free_lettering import find_free_lettering
from mangacolor.stages.panels import find_panels
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.stages import tiny_weights

HEIGHT, WIDTH = 1000, 700
NOTE = ("* a word that nobody uses any more; the", "translator has kept it as it was")
AFTERWORD = ("I began this story in a small room", "above a shop, and did not know where", "it would go.")
COLUMN = "日本語の注釈は縦に書く"
METHODS: list[Method] = ["learnt", "lettering"]


def draw_panel(page: Image, left: int, top: int, right: int, bottom: int, frame: int = 0) -> None:
    """Waves of grey with a white face in a frame."""
    y, x = np.mgrid[top:bottom, left:right]
    page[top:bottom, left:right] = 130 + 40 * np.sin(x / 31.0) + 30 * np.cos(y / 23.0)
    middle = (left + right) // 2, (top + bottom) // 2
    cv2.circle(page, middle, 60, 255, -1, cv2.LINE_AA)
    cv2.circle(page, middle, 60, 0, 3, cv2.LINE_AA)
    for eye in (-22, 22):
        cv2.circle(page, (middle[0] + eye, middle[1] - 10), 7, 0, -1, cv2.LINE_AA)
    cv2.ellipse(page, (middle[0], middle[1] + 22), (20, 10), 0, 0, 180, 0, 3, cv2.LINE_AA)
    cv2.rectangle(page, (left, top), (right, bottom), frame, 4)


def panel_page(paper: int = 255) -> Image:
    """Two panels, with a wide margin below them and a wide gutter between them."""
    page = np.full((HEIGHT, WIDTH), paper, np.uint8)
    frame = 0 if paper > 128 else 255
    draw_panel(page, 40, 40, 310, 840, frame)
    draw_panel(page, 390, 40, 660, 840, frame)
    return page


def letter(page: Image, lines: tuple[str, ...], corner: tuple[int, int], size: float = 0.6) -> None:
    """In black on a light page, and in white on a dark one."""
    ink = 0 if page[corner[1] - 20, corner[0] - 5] > 128 else 255
    for number, line in enumerate(lines):
        spot = corner[0], corner[1] + round(42 * size * number)
        cv2.putText(page, line, spot, cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1 + round(size), cv2.LINE_AA)


def letter_column(page: Image, text: str, corner: tuple[int, int], size: int) -> None:
    for number, character in enumerate(text):
        spot = corner[0], corner[1] + number * (size + 3)
        canvas = np.full((*page.shape, 3), 255, np.uint8)
        cv2.putText(canvas, character, spot, (0, 0, 0), cv2.FontFace("uni"), size, 500)
        np.minimum(page, canvas[..., 0], out=page)


def draw_hollow(page: Image, text: str, corner: tuple[int, int]) -> Image:
    """Large letters of which only the outline is inked. Returns their inside, H×W, 255."""
    inside = np.zeros_like(page)
    cv2.putText(inside, text, corner, cv2.FONT_HERSHEY_SIMPLEX, 4.5, 255, 22, cv2.LINE_AA)
    outline = cv2.subtract(cv2.dilate(inside, np.ones((7, 7), np.uint8)), inside)
    np.minimum(page, 255 - outline, out=page)
    return inside


def kept(page: Image, method: Method = "learnt") -> tuple[Image, Image]:
    """H×W each: what takes no colour (255), by ground or mask, and the mask alone."""
    layout = find_panels(page)
    boxes = [panel.box for panel in layout.detected]
    mask = find_balloons(page, layout.ground, boxes, method).mask
    return np.maximum(mask, layout.ground), mask


def neutral_share(page: Image, before: Image, method: Method = "learnt") -> float:
    """Of what was lettered on a page, the share that takes no colour."""
    return float((kept(page, method)[0][page != before] == 255).mean())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("paper", [255, 236, 0], ids=["white", "tinted", "black"])
def test_a_footnote_in_the_margin_is_neutral_and_the_panels_are_not(paper: int, method: Method) -> None:
    before = panel_page(paper)
    page = before.copy()
    letter(page, NOTE, (60, 900))
    assert neutral_share(page, before, method) > 0.99
    assert not kept(page, method)[0][60:820, 60:290].any()


@pytest.mark.parametrize("method", METHODS)
def test_captions_in_the_gutter_are_neutral_upright_and_sideways(method: Method) -> None:
    before = panel_page()
    page = before.copy()
    letter_column(page, COLUMN, (338, 100), 20)
    for number, character in enumerate("よみがな"):  # furigana
        letter_column(page, character, (362, 92 + 7 * number), 7)
    strip = np.full((30, 400), 255, np.uint8)
    cv2.putText(strip, "Weekly story, volume 7", (5, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 2, cv2.LINE_AA)
    page[420:820, 335:365] = np.rot90(strip)
    assert neutral_share(page, before, method) > 0.97


@pytest.mark.parametrize("number", ["8", "12", "- 137 -"])
def test_a_page_number_is_neutral(number: str) -> None:
    before = panel_page()
    page = before.copy()
    letter(page, (number,), (340, 960))
    assert neutral_share(page, before, "lettering") > 0.99


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("paper", [255, 0], ids=["black on white", "white on black"])
def test_a_page_of_text_is_neutral(paper: int, method: Method) -> None:
    before = np.full((HEIGHT, WIDTH), paper, np.uint8)
    page = before.copy()
    letter(page, ("Afterword",), (60, 120), 1.2)
    letter(page, AFTERWORD, (60, 220), 0.8)
    letter(page, AFTERWORD, (60, 420), 0.8)
    assert neutral_share(page, before, method) > 0.99


@pytest.mark.parametrize("method", METHODS)
def test_white_lettering_on_a_black_panel_is_neutral(method: Method) -> None:
    before = np.full((HEIGHT, WIDTH), 255, np.uint8)
    draw_panel(before, 40, 40, 660, 400)
    draw_panel(before, 40, 720, 660, 960)
    before[430:690, 40:660] = 6
    page = before.copy()
    letter(page, ("That night nobody slept.", "The river had come back."), (90, 550), 1.1)
    assert neutral_share(page, before, method) > 0.99


def test_a_title_in_hollow_letters_is_neutral_inside_too() -> None:
    before = np.full((HEIGHT, WIDTH), 255, np.uint8)
    draw_panel(before, 40, 320, 660, 960)
    page = before.copy()
    inside = draw_hollow(page, "RIVER", (40, 210))
    taken = kept(page, "lettering")[0]
    assert (page != before).mean() > 0.01
    assert (taken[page != before] == 255).mean() > 0.99
    assert (taken[inside == 255] == 255).mean() > 0.99


def night_sky(page: Image, rng: np.random.Generator) -> None:
    page[40:840, 40:310] = 6
    for x, y in rng.integers((50, 50), (300, 400), (120, 2)):
        cv2.circle(page, (int(x), int(y)), int(rng.integers(1, 4)), 255, -1)


def teeth(page: Image, _rng: np.random.Generator) -> None:
    page[40:840, 390:660] = 6
    for number in range(9):
        cv2.rectangle(page, (420 + 22 * number, 500), (438 + 22 * number, 530), 240, -1)


def figure_in_the_margin(page: Image, _rng: np.random.Generator) -> None:
    cv2.circle(page, (350, 890), 24, 205, -1)
    cv2.circle(page, (350, 890), 24, 0, 2, cv2.LINE_AA)
    for eye in (342, 358):
        cv2.circle(page, (eye, 886), 3, 0, -1)
    cv2.rectangle(page, (338, 915), (362, 960), 120, -1)
    cv2.rectangle(page, (338, 915), (362, 960), 0, 2)


def hatching_in_the_margin(page: Image, _rng: np.random.Generator) -> None:
    for number in range(24):
        cv2.line(page, (200 + 12 * number, 880), (216 + 12 * number, 950), 0, 2)


def specks_in_the_margin(page: Image, rng: np.random.Generator) -> None:
    for x, y in rng.integers((60, 860), (640, 980), (40, 2)):
        cv2.circle(page, (int(x), int(y)), int(rng.integers(2, 5)), 0, -1)


def sound_on_the_drawing(page: Image, _rng: np.random.Generator) -> None:
    cv2.putText(page, "BOOM", (60, 250), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 0, 12, cv2.LINE_AA)


def word_over_the_frame(page: Image, _rng: np.random.Generator) -> None:
    cv2.putText(page, "CRASH", (100, 862), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 0, 12, cv2.LINE_AA)


@pytest.mark.parametrize("suspected", [0, 255], ids=["unsuspected", "suspected"])
@pytest.mark.parametrize(
    "draw",
    [
        night_sky,
        teeth,
        figure_in_the_margin,
        hatching_in_the_margin,
        specks_in_the_margin,
        sound_on_the_drawing,
        word_over_the_frame,
    ],
)
def test_what_is_drawn_is_no_free_lettering(
    draw: Callable[[Image, np.random.Generator], None], suspected: int
) -> None:
    """Not even where the network takes the whole page for a balloon."""
    page = panel_page()
    draw(page, np.random.default_rng(4))
    layout = find_panels(page)
    boxes = [panel.box for panel in layout.detected]
    assert not find_free_lettering(page, layout.ground, np.full_like(page, suspected), boxes).any()


def test_a_page_of_all_ground_or_none_is_looked_at() -> None:
    page = np.full((60, 40), 255, np.uint8)
    for ground in (page, np.zeros_like(page)):
        assert not find_free_lettering(page, ground).any()
        assert not find_free_lettering(255 - page, ground).any()


def test_the_command_leaves_a_footnote_and_a_black_page_neutral(tmp_path: Path) -> None:
    """With a network that paints everything in strong colours."""
    source = tmp_path / "chapter"
    source.mkdir()
    first, second = panel_page(), np.zeros((HEIGHT, WIDTH), np.uint8)
    letter(first, NOTE, (60, 900))
    letter(second, ("Ten years later",), (90, 500), 1.6)
    for number, page in enumerate((first, second), start=1):
        Pictures.fromarray(page).save(source / f"{number}.png")
    out, weights = tmp_path / "out", tiny_weights(tmp_path)
    assert (
        exit_status(
            str(source), "--out", str(out), "--weights", str(weights), "--device", "cpu", "--scale", "1"
        )
        == 0
    )
    one, two = (np.asarray(Pictures.open(out / f"{number}.png").convert("RGB")) for number in (1, 2))
    strength = np.hypot(*chroma(one))
    assert strength[855:].max() <= 1
    assert strength[60:820, 60:290].mean() > 3
    assert np.ptp(two.astype(int), axis=2).max() <= 2
    assert two.max() == 255
