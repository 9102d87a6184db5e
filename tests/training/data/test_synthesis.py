"""Manga-like inputs: seeded, tone-keeping halftone, lettering white in the target too."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.training.data.halftone import posterize, print_tones
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.line_art import valley, xdog
from mangacolor.training.data.manga_page import GREYS, draw_manga_page, find_lettering
from mangacolor.training.data.synthesis import KINDS, Synthesis, render, synthesize


def picture(size: int = 128) -> np.ndarray:
    """A coloured disc with a dark outline on a graded sky."""
    sky = np.linspace(140, 240, size, dtype=np.uint8)
    image = np.stack(
        [np.tile(sky // 2, (size, 1)).T, np.tile(sky, (size, 1)).T, np.full((size, size), 230)], 2
    )
    image = np.ascontiguousarray(image.astype(np.uint8))
    cv2.circle(image, (size // 2, size // 2), size // 4, (220, 150, 120), -1)
    cv2.circle(image, (size // 2, size // 2), size // 4, (20, 15, 10), 2)
    return image


@pytest.mark.parametrize("kind", [*KINDS, "mixed"])
def test_pairs_depend_on_the_seed_alone(kind: str) -> None:
    colour = picture()
    before = colour.copy()
    first = synthesize(colour, kind, np.random.default_rng(7))
    again = synthesize(colour, kind, np.random.default_rng(7))
    other = synthesize(colour, kind, np.random.default_rng(8))
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    assert (first[0] != other[0]).any()
    assert (colour == before).all()
    assert first[0].shape == (128, 128)
    assert first[0].dtype == first[1].dtype == np.uint8


def test_without_lettering_the_target_is_the_picture() -> None:
    colour = picture()
    _, target = synthesize(colour, "screentone", np.random.default_rng(0), Synthesis(balloons=0.0))
    assert (target == colour).all()


def test_lettering_is_the_same_in_input_and_target() -> None:
    colour = picture()
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    inked, target = paste_balloons(grey, colour, np.random.default_rng(3), 2)
    changed = np.abs(target.astype(int) - colour).max(axis=2) > 60
    assert changed.mean() > 0.02
    spread = target[changed].max(axis=1).astype(int) - target[changed].min(axis=1)
    assert np.median(spread) == 0  # grey: no chroma under a balloon
    assert np.abs(inked[changed].astype(int) - target[changed][:, 0]).mean() < 12


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("tone", [30, 90, 128, 200])
def test_halftone_keeps_the_mean_tone(tone: int, lines: bool) -> None:
    printed = print_tones(np.full((120, 120), tone, np.uint8), 3, 8.0, 45.0, lines)
    assert abs(float(printed.mean()) - tone) < 6
    assert printed.std() > 20  # and is printed, not flat


def test_white_and_black_are_never_dotted() -> None:
    assert (print_tones(np.full((60, 60), 255, np.uint8), 3, 8.0, 45.0, False) == 255).all()
    assert (print_tones(np.zeros((60, 60), np.uint8), 3, 8.0, 45.0, False) == 0).all()


@pytest.mark.parametrize("extract", [xdog, valley])
def test_line_extractors_find_ink_and_leave_paper(extract: object) -> None:
    grey = np.full((80, 80), 230, np.uint8)
    cv2.line(grey, (10, 40), (70, 40), 30, 2)
    lines = extract(grey)  # type: ignore[operator]
    assert lines[40, 30:50].mean() < 100
    assert lines[10:30].mean() > 240


def test_posterising_leaves_few_tones_and_white_paper() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    flat = posterize(ramp, 4, np.random.default_rng(0), 200.0)
    assert len(np.unique(flat)) <= 4
    assert (flat[:, 210:] == 255).all()


def test_a_manga_page_has_white_light_and_black_shadow() -> None:
    colour = np.full((300, 200, 3), (255, 255, 255), np.uint8)
    colour[20:280, 20:180] = (250, 215, 190)
    colour[150:280, 20:180] = (20, 18, 30)
    cv2.rectangle(colour, (20, 20), (180, 280), (0, 0, 0), 3)
    page = draw_manga_page(colour)
    assert page.ndim == 2
    assert len(np.unique(page)) <= GREYS
    assert page[60:140, 40:160].mean() > 235
    assert page[190:260, 40:160].mean() < 110


def test_balloons_are_found_by_the_art_page_and_inked() -> None:
    art = np.full((200, 200, 3), (90, 120, 150), np.uint8)
    lettered = art.copy()
    cv2.ellipse(lettered, (100, 100), (60, 40), 0, 0, 360, (60, 160, 160), -1)
    cv2.putText(lettered, "HI", (80, 110), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (230, 250, 250), 2)
    mask = find_lettering(lettered, art)
    assert mask[100, 60] == 255
    assert mask[20, 20] == 0
    page = draw_manga_page(lettered, art=art)
    assert page[80, 100] == 255  # white, although it was teal
    assert (page[90:115, 80:120] < 90).any()  # letters black, although they were light


def test_renderings_are_really_different_kinds() -> None:
    colour = picture(100) // 2 + 40
    results = {
        kind: np.stack([render(colour, kind, np.random.default_rng(seed)) for seed in range(6)]).astype(int)
        for kind in KINDS
    }
    for one in KINDS:
        for other in KINDS:
            if one < other:
                assert np.abs(results[one] - results[other]).mean() > 5
