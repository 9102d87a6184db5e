"""Black-and-white pages are coloured whatever tint the scan has; coloured and blank ones are copied."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Page, Wanted
from mangacolor.stages.base import CAME_COLOURED, WHY_COPIED
from mangacolor.stages.classify import stage as classify
from mangacolor.tests.helpers.stages import Bytes

HEIGHT, WIDTH = 900, 640


def inked_page(seed: int = 0) -> np.ndarray:
    """H×W luma: four panels with greys, hatching and lettering-like specks on white paper."""
    rng = np.random.default_rng(seed)
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top in (20, 460):
        for left in (20, 330):
            box = page[top : top + 420, left : left + 290]
            box[:] = rng.integers(150, 250)
            for _ in range(6):
                x, y = (int(v) for v in rng.integers(40, 250, 2))
                cv2.ellipse(box, (x, y), (60, 35), 30, 0, 360, int(rng.integers(60, 255)), -1)
                cv2.ellipse(box, (x, y), (60, 35), 30, 0, 360, 0, 2)
            box[::6, :90] = 0
            cv2.rectangle(box, (0, 0), (289, 419), 0, 3)
    return page


def tinted(luma: np.ndarray, paper: tuple[int, int, int], ink: tuple[int, int, int]) -> np.ndarray:
    share = luma[..., None] / 255
    mixed = (1 - share) * np.array(ink) + share * np.array(paper)
    return np.asarray(np.clip(mixed, 0, 255), dtype=np.uint8)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    target = io.BytesIO()
    PillowImage.fromarray(pixels).save(target, "JPEG", quality=quality)
    return np.asarray(PillowImage.open(target).convert("RGB"))


def run(pixels: np.ndarray, wanted: Wanted = None, **options: Any) -> Artifact:
    grey = bool((pixels == pixels[..., :1]).all())
    config = classify.configure(Options(**options), Chapter(".", ()))
    context: Any = SimpleNamespace(config=config, page=Page("1.png", 1, Bytes(b""), wanted=wanted))
    return classify.run(context, {"decode": Artifact({"grey": grey}, {"main": pixels})})


def uneven(page: np.ndarray) -> np.ndarray:
    """Paper that is browner towards the edges, as old books are."""
    x = np.abs(np.linspace(-1, 1, WIDTH))[None, :, None] ** 3
    clean, old = tinted(page, (250, 244, 228), (20, 18, 15)), tinted(page, (222, 190, 138), (20, 18, 15))
    return np.asarray(clean * (1 - x) + old * x, dtype=np.uint8)


def misregistered(page: np.ndarray) -> np.ndarray:
    pixels = np.repeat(page[..., None], 3, axis=2).copy()
    pixels[:, 1:, 0], pixels[1:, :, 2] = page[:, :-1], page[:-1]
    return pixels


def noisy(page: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(5).normal(0, 12, (HEIGHT, WIDTH, 3))
    return np.clip(tinted(page, (250, 245, 235), (15, 12, 10)) + noise, 0, 255).astype(np.uint8)


SCANS = {
    "grey": lambda page: np.repeat(page[..., None], 3, axis=2),
    "tinted paper": lambda page: tinted(page, (245, 232, 205), (10, 10, 10)),
    "yellowed, with JPEG noise": lambda page: jpeg(tinted(page, (238, 218, 170), (35, 25, 20)), 50),
    "sepia": lambda page: jpeg(tinted(page, (236, 210, 165), (60, 35, 15)), 75),
    "blue ink": lambda page: tinted(page, (255, 255, 255), (20, 40, 140)),
    "pink magazine paper": lambda page: tinted(page, (250, 205, 205), (30, 10, 20)),
    "uneven": uneven,
    "misregistered": misregistered,
    "sensor noise": noisy,
}


def coloured(page: np.ndarray, share: float) -> np.ndarray:
    """The page with ``share`` of its area painted in flat blue and green."""
    pixels = np.repeat(page[..., None], 3, axis=2).astype(np.float32)
    rows = int(HEIGHT * share / 2)
    pixels[30 : 30 + rows] *= np.array([0.55, 0.7, 1.0])
    pixels[470 : 470 + rows] *= np.array([0.6, 0.95, 0.5])
    return pixels.astype(np.uint8)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("seed", [0, 1])
def test_black_and_white_scans_are_coloured(scan: str, seed: int) -> None:
    artifact = run(SCANS[scan](inked_page(seed)))
    assert artifact.data["kind"] == "manga", artifact.data
    assert artifact.outcome is None


@pytest.mark.parametrize("share", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("finish", ["clean", "jpeg", "yellowed"])
def test_coloured_pages_are_copied(share: float, finish: str) -> None:
    pixels = coloured(inked_page(), share)
    if finish == "jpeg":
        pixels = jpeg(pixels, 40)
    if finish == "yellowed":
        pixels = (pixels * np.array([0.97, 0.93, 0.82])).astype(np.uint8)
    artifact = run(pixels)
    assert artifact.data["kind"] == "colour", artifact.data
    # Strips of colour over panels that have none below: these tell what the page is.
    assert artifact.data["doubtful"] == (share < 0.5)
    assert artifact.outcome == (None if share < 0.5 else "copy")


def test_a_small_vivid_figure_makes_a_colour_page_and_a_stain_does_not() -> None:
    figure = np.repeat(inked_page()[..., None], 3, axis=2)
    figure[600:690, 400:510] = (240, 140, 40)
    assert run(figure).data["kind"] == "colour"
    stained = np.repeat(inked_page()[..., None], 3, axis=2).astype(np.float32)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (500, 120), (70, 60), 0, 0, 360, 1, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 12)[..., None]
    stained *= 1 - soft * (1 - np.array([0.82, 0.68, 0.45]))
    assert run(stained.astype(np.uint8)).data["kind"] == "manga"


@pytest.mark.parametrize("finish", ["clean", "jpeg"])
@pytest.mark.parametrize("seed", [2, 3])
def test_faint_paint_is_told_by_its_outlines(seed: int, finish: str) -> None:
    """Washed out as it is, no limit of chroma would tell it."""
    page = np.repeat(inked_page(seed)[..., None], 3, axis=2).astype(np.float32)
    paints = ((1, -1, -0.5), (-1, 0.2, 1), (0.2, 1, -1), (0.8, -0.6, 0.6))
    for paint, centre in zip(paints, ((140, 180), (460, 620), (140, 660), (450, 190)), strict=True):
        mask = np.zeros((HEIGHT, WIDTH), np.float32)
        cv2.ellipse(mask, centre, (90, 70), 0, 0, 360, 1, -1)
        page *= 1 - 0.03 * mask[..., None] * (1 - np.array(paint))
    washed = (page * 0.85 + 30).astype(np.uint8)
    assert run(jpeg(washed, 40) if finish == "jpeg" else washed).data["kind"] == "colour"


@pytest.mark.parametrize(("seed", "strength"), [(0, 0.015), (1, 0.02)])
def test_waves_of_a_tint_all_over_a_page_are_no_paint(seed: int, strength: float) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / HEIGHT
    wave = strength * np.sin(10 * np.pi * x) * np.sin(10 * np.pi * y)
    page = tinted(inked_page(seed), (245, 232, 205), (10, 10, 10))
    page = (page * (1 + wave[..., None] * np.array([1, -1, 1]))).clip(0, 255).astype(np.uint8)
    assert run(page).data["kind"] == "manga"


@pytest.mark.parametrize(("seed", "radius"), [(0, 47), (1, 45)])
def test_a_small_spot_of_ink_keeps_its_limit(seed: int, radius: int) -> None:
    """A tenth of the page has no chroma then, and no wave of a tint is so small."""
    page = np.repeat(inked_page(seed)[..., None], 3, axis=2).astype(np.float32)
    spot = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(spot, (170, 250), radius, 1, -1)
    page *= 1 - spot[..., None] * (1 - np.array([0.8, 0.35, 0.35]))
    assert run(page.astype(np.uint8)).data["kind"] == "colour"


def test_colours_that_follow_the_place_are_no_tint() -> None:
    page = np.repeat(inked_page()[..., None], 3, axis=2).astype(np.float32)
    page[:450] *= np.array([1, 0.5, 0.5])  # red above, green below: smooth, but no ageing paper
    page[450:] *= np.array([0.6, 1, 0.4])
    assert run(page.astype(np.uint8)).data["kind"] == "colour"


@pytest.mark.parametrize("height", [4, 14])
def test_strips_are_told_like_pages(height: int) -> None:
    strip = np.concatenate([inked_page(seed) for seed in range(height)])
    old = tinted(strip, (238, 218, 170), (35, 25, 20))
    assert run(old).data["kind"] == "manga"
    drawn = np.concatenate([coloured(inked_page(seed), 0.3) for seed in range(height)])
    assert run(drawn).data["kind"] == "colour"


def test_a_spread_of_two_scans_is_no_colour_page() -> None:
    left, right = inked_page(0), inked_page(1)
    pixels = np.concatenate([tinted(left, (214, 236, 208), (20, 18, 15)), uneven(right)], axis=1)
    assert run(pixels).data["kind"] == "manga"
    pixels[:, :WIDTH] = coloured(left, 0.4)
    assert run(pixels).data["kind"] == "colour"


def test_shifted_plates_of_a_large_scan(seed: int = 3) -> None:
    page = cv2.resize(inked_page(seed), None, fx=2, fy=2)
    pixels = np.repeat(page[..., None], 3, axis=2).copy()
    pixels[..., 0], pixels[..., 2] = np.roll(page, (5, -4), (0, 1)), np.roll(page, (-3, 5), (0, 1))
    assert run(pixels).data["kind"] == "manga"


@pytest.mark.parametrize("seed", range(12))
def test_covers_of_a_few_flat_colours_of_one_hue_are_in_colour(seed: int) -> None:
    """With black and white they fit a curve of the tone, as sepia does."""
    rng = np.random.default_rng(seed)
    cover = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    colours = [_of_hue(seed * 15, *rng.integers(190, 256, 2)) for _ in range(1 + seed % 3)]
    for number, colour in enumerate(colours):
        cover[number * HEIGHT // len(colours) :] = colour
    for grey in (8, 250, 8):
        centre = int(rng.integers(100, WIDTH - 100)), int(rng.integers(100, HEIGHT - 100))
        cv2.circle(cover, centre, int(rng.integers(40, 110)), (grey,) * 3, -1)
    assert run(cover).data["kind"] == "colour"


def _of_hue(hue: int, saturation: int, value: int) -> tuple[int, int, int]:
    """RGB of a hue in steps of 2°, of saturation and value up to 255."""
    pixel = np.array([[[hue, saturation, value]]], np.uint8)
    red, green, blue = (int(level) for level in cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0])
    return red, green, blue


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((250, 250, 248), (20, 40, 130)),  # blue ink
        ((250, 208, 206), (70, 24, 96)),  # purple ink on pink paper
        ((222, 192, 146), (64, 36, 16)),  # sepia
        ((255, 196, 128), (30, 18, 8)),  # a lamp
    ],
)
def test_strong_tints_of_prints_are_no_colour(paper: tuple[int, int, int], ink: tuple[int, int, int]) -> None:
    assert run(tinted(inked_page(), paper, ink)).data["kind"] == "manga"


def test_force_color_colours_coloured_pages_but_still_says_what_they_are() -> None:
    artifact = run(coloured(inked_page(), 0.9), force_color=True)
    assert artifact.outcome is None
    assert artifact.data["kind"] == "colour" and artifact.data["forced"]


@pytest.mark.parametrize("ground", [255, 246, 0, 128])
def test_blank_pages_are_copied_even_when_forced(ground: int) -> None:
    noise = np.random.default_rng(3).normal(0, 3, (HEIGHT, WIDTH, 3))
    pixels = np.clip(np.full((HEIGHT, WIDTH, 3), ground) + noise, 0, 255).astype(np.uint8)
    for force in (False, True):
        artifact = run(pixels, force_color=force)
        assert artifact.data["kind"] == "blank" and artifact.outcome == "copy"


def test_what_the_user_says_of_a_page_goes_before_what_is_seen_in_it() -> None:
    blank = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    pages = {"blank": blank, "in colour already": coloured(inked_page(), 0.9)}
    for why, pixels in pages.items():
        assert run(pixels, "colour").outcome is None
        seen = run(pixels)
        assert seen.outcome == "copy" and classify.summary(seen)[WHY_COPIED] == why
        assert "wanted" not in seen.data
    manga = np.repeat(inked_page()[..., None], 3, axis=2)
    assert classify.summary(run(manga))[WHY_COPIED] == ""
    copied = run(manga, "copy")
    assert copied.data["kind"] == "manga" and copied.outcome == "copy"
    assert classify.summary(copied) == {WHY_COPIED: "as asked", CAME_COLOURED: False}
    copied = run(pages["in colour already"], "copy", force_color=True)
    assert copied.outcome == "copy" and classify.summary(copied)[CAME_COLOURED]


def test_a_small_drawing_on_an_empty_page_is_no_blank_page() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.circle(pixels, (300, 700), 25, (0, 0, 0), 2)
    assert run(pixels).data["kind"] == "manga"


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 2), (3000, 20)])
def test_odd_shapes(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (*shape, 3), dtype=np.uint8)
    before = pixels.copy()
    run(pixels)
    assert np.array_equal(pixels, before)
