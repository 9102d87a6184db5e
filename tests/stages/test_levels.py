"""``--levels auto``: washed-out scans get black ink and white paper; drawn greys are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.core.colour import luma
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Image
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.levels import Left, Levels, find_levels, stretch
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.screentone import dots, with_noise
from mangacolor.tests.helpers.stages import bench, comic_page, page_stages, run_stage, run_until


def manga() -> Image:
    """A page with frames, lettering, drawn greys, a solid black and a screentone. H×W."""
    large = cv2.resize(comic_page(), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    page = np.asarray(large, np.uint8).copy()
    page[700:900, 80:280] = dots(200, 5.0, 0.3, noise=0)
    cv2.circle(page, (600, 1000), 90, 0, -1)
    for row in range(40):
        cv2.line(page, (330 + 12 * row, 760), (320 + 12 * row, 860), 0, 3, cv2.LINE_AA)
    return page


def scan(page: Image, ink: float, paper: float, noise: float = 2.0) -> Image:
    """The page as a scanner gives it, H×W×3."""
    return grey(with_noise(ink + page.astype(np.float64) * (paper - ink) / 255, noise))


def grey(page: Image) -> Image:
    return np.repeat(page[..., None], 3, axis=2)


def found(page: Image) -> Levels | Left:
    return find_levels(page, grey=bool((page[..., 0] == page[..., 2]).all()))


@pytest.mark.parametrize(("ink", "paper"), [(70, 228), (45, 215), (90, 235), (10, 200), (60, 255)])
def test_a_faded_scan_gets_black_and_white(ink: int, paper: int) -> None:
    page = manga()
    levels = found(scan(page, ink, paper))
    assert isinstance(levels, Levels)
    result = luma(stretch(scan(page, ink, paper), levels))
    assert np.median(result[page == 0]) <= 6 and np.median(result[page == 255]) >= 249


def test_greys_keep_their_order_and_place() -> None:
    page = manga()
    faded = scan(page, 70, 228, noise=0)
    levels = found(faded)
    assert isinstance(levels, Levels)
    result = luma(stretch(faded, levels)).astype(int)
    assert np.abs(result - page).max() <= 6


@pytest.mark.parametrize(("ink", "paper", "noise"), [(0, 255, 0), (12, 247, 2), (30, 242, 3)])
def test_a_normal_scan_is_left(ink: int, paper: int, noise: float) -> None:
    assert found(scan(manga(), ink, paper, noise)) == Left("normal")


def pencil() -> Image:
    """Strokes of every darkness on white: nothing is black on purpose."""
    generator = np.random.default_rng(2)
    page = np.full((1000, 700), 250, np.uint8)
    for _ in range(900):
        x, y = generator.integers(30, 650), generator.integers(30, 950)
        end = (int(x + generator.integers(-40, 40)), int(y + generator.integers(-40, 40)))
        cv2.line(page, (int(x), int(y)), end, int(generator.integers(60, 190)), 3, cv2.LINE_AA)
    return page


def painting() -> Image:
    """Soft greys everywhere, with lines of a dark grey."""
    generator = np.random.default_rng(4)
    page = cv2.resize(
        generator.uniform(90, 220, (12, 9)).astype(np.float32), (700, 1000), interpolation=cv2.INTER_CUBIC
    )
    drawing = np.clip(page, 60, 230).astype(np.uint8)
    for row in range(80, 900, 60):
        cv2.line(drawing, (50, row), (640, row + 30), 70, 4, cv2.LINE_AA)
    return drawing


def grey_lines() -> Image:
    """Everything drawn in one grey on white, as in a memory."""
    return (130 + manga() * (125 / 255)).astype(np.uint8)


def grey_paper_with_white() -> Image:
    """A drawn grey ground, on which something is white."""
    page = manga()
    page[page == 255] = 215
    page[60:110, 60:160] = 255
    return page


def black_page() -> Image:
    page = np.full((1000, 700), 60, np.uint8)
    cv2.putText(page, "WHITE WORDS", (80, 500), cv2.FONT_HERSHEY_SIMPLEX, 2.5, 220, 5, cv2.LINE_AA)
    return page


def lit_unevenly() -> Image:
    page = scan(manga(), 60, 240)[..., 0].astype(np.float64)
    return (page * np.linspace(0.65, 1.0, page.shape[1])).astype(np.uint8)


@pytest.mark.parametrize(
    "page",
    [pencil(), painting(), grey_lines(), grey_paper_with_white(), black_page(), lit_unevenly()],
    ids=["pencil", "painting", "grey lines", "grey ground", "black page", "uneven light"],
)
def test_what_is_no_washed_out_scan_is_left(page: Image) -> None:
    result = found(grey(page))
    assert isinstance(result, Left) and result.told and result.reason


def test_blank_pages_are_left() -> None:
    assert isinstance(found(np.full((600, 400, 3), 226, np.uint8)), Left)


def test_yellow_paper_becomes_white() -> None:
    share = scan(manga(), 0, 255)[..., :1] / 255.0
    yellow = np.array([64, 58, 50]) + share * (np.array([236, 222, 190]) - np.array([64, 58, 50]))
    page = np.rint(yellow).astype(np.uint8)
    levels = found(page)
    assert isinstance(levels, Levels)
    paper = stretch(page, levels)[manga() == 255]
    assert np.median(paper, axis=0).min() >= 249


def test_pages_in_colour_are_left() -> None:
    page = scan(manga(), 70, 228).astype(np.float64)
    part = page[200:600, 100:700]
    part[part[..., 0] > 150] *= (1.0, 0.7, 0.6)
    result = found(page.astype(np.uint8))
    assert result == Left("in colour")


def test_decode_tells_what_it_found_and_only_when_asked() -> None:
    page = scan(manga(), 70, 228)[..., 0]
    decode = page_stages()["decode"]
    plain = run_stage(decode, bench(page), Options(), {})
    assert "levels" not in plain.data and np.array_equal(plain.images["main"][..., 0], page)
    levelled = run_stage(decode, bench(page), Options(levels="auto"), {})
    ink, paper = (levelled.data["levels"][name][0] for name in ("ink", "paper"))
    assert abs(ink - 70) <= 3 and abs(paper - 228) <= 3
    assert np.median(levelled.images["main"][manga() == 255]) == 255


def test_a_page_that_is_left_comes_through_to_the_bit_with_a_word_of_why() -> None:
    context = bench(pencil())
    artifact = run_stage(page_stages()["decode"], context, Options(levels="auto"), {})
    assert np.array_equal(artifact.images["main"][..., 0], pencil())
    assert artifact.data["levels"]["left"] in context.warnings[0]
    quiet = bench(scan(manga(), 5, 250)[..., 0])
    assert run_stage(page_stages()["decode"], quiet, Options(levels="auto"), {}).data["levels"] == {
        "left": "normal"
    }
    assert quiet.warnings == []


def test_a_faded_page_is_still_a_page_to_colour() -> None:
    page = scan(manga(), 70, 228)[..., 0]
    assert run_until("classify", bench(page), Options(levels="auto"))["classify"].data["kind"] == "manga"


def test_keys_change_only_when_it_is_asked_for() -> None:
    graph, chapter = default_graph(), Chapter("", ())

    def marks(**options: object) -> dict[str, str]:
        chosen = Options(device="cpu", upscaler="lanczos", **options)  # type: ignore[arg-type]
        return dict(make_recipe(graph, chosen, chapter, graph.sinks()).marks)

    plain = marks()
    assert marks(levels="off") == plain
    assert {name for name, mark in marks(levels="auto").items() if mark != plain[name]} == {"decode"}
    assert {name for name, mark in marks(fit="1680").items() if mark != plain[name]} == {"upscale", "encode"}
    fixed = marks(scale="2")
    changed = {name for name, mark in marks(scale="2", fit="1680").items() if mark != fixed[name]}
    assert changed == {"encode"}  # all that comes before is the same for every display
    coloured = {name for name, mark in marks(fit="kobo-libra-colour").items() if mark != plain[name]}
    assert coloured == {"upscale", "reassemble", "encode"}
