"""Pages become smaller without moiré, and their lines stay as black as plain Lanczos leaves them."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.colour import chroma, luma
from mangacolor.core.types import Image
from mangacolor.stages.fit import fit_picture
from mangacolor.stages.fit.light import to_levels, to_light
from mangacolor.tests.helpers.screentone import dots, low_frequency_peak, plain_grey

SIDE = 400
MARGIN = 20  # pixels of a picture's rim that are not measured


def rgb(grey: Image) -> Image:
    return np.repeat(grey[..., None], 3, axis=2)


def fit(grey: Image, share: float) -> Image:
    size = (round(grey.shape[1] * share), round(grey.shape[0] * share))
    return luma(fit_picture(rgb(grey), size))


def lanczos(grey: Image, share: float) -> Image:
    size = (round(grey.shape[1] * share), round(grey.shape[0] * share))
    return np.asarray(PillowImage.fromarray(grey).resize(size, PillowImage.Resampling.LANCZOS))


def peak(picture: Image) -> float:
    return low_frequency_peak(picture[MARGIN:-MARGIN, MARGIN:-MARGIN])


# A page of 1414×2000 with 60 lines an inch at 300 and at 600 dots an inch, at 1264×1680 and at 1072×1448.
@pytest.mark.parametrize(("share", "pitch"), [(0.84, 5.0), (0.724, 5.0), (0.553, 5.0), (0.42, 10.0)])
@pytest.mark.parametrize("covered", [0.15, 0.3, 0.5])
def test_dots_beat_no_more_than_plain_grey(share: float, pitch: float, covered: float) -> None:
    tone = dots(SIDE, pitch, covered)
    assert peak(fit(tone, share)) <= 1.2 * peak(fit(plain_grey(tone), share))


def test_lanczos_fails_that() -> None:
    """The measure tells moiré from none."""
    tone = dots(SIDE, 5.0, 0.3)
    assert peak(lanczos(tone, 0.63)) > 20 * peak(lanczos(plain_grey(tone), 0.63))


@pytest.mark.parametrize("covered", [0.15, 0.3, 0.5])
def test_a_tone_is_as_light_as_its_dots(covered: float) -> None:
    """In light, not in levels: black and white dots by halves are level 188."""
    tone = dots(SIDE, 5.0, covered, noise=0)
    middle = fit(tone, 0.6)[60:-60, 60:-60].mean()
    assert middle == pytest.approx(float(to_levels(to_light(tone).mean(keepdims=True))[0, 0]), abs=1.5)
    assert middle > tone.mean() + 8


def test_dots_that_the_display_can_show_stay() -> None:
    tone = dots(SIDE, 9.0, 0.3)
    assert fit(tone, 0.8)[MARGIN:-MARGIN, MARGIN:-MARGIN].std() > 70


def strokes(ground: Image, ink: int, width: int) -> Image:
    page = ground.copy()
    for row in range(40, 380, 40):
        cv2.line(page, (30, row), (370, row + 17), ink, width, cv2.LINE_AA)
    return page


def contrast(picture: Image, ground: Image) -> float:
    """How much lines stand out from their ground, levels summed over the picture."""
    return float(np.abs(picture.astype(float) - ground.astype(float)).sum())


@pytest.mark.parametrize("share", [0.84, 0.724, 0.5])
@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 0)])
def test_lines_keep_the_contrast_of_lanczos(share: float, width: int, paper: int, ink: int) -> None:
    plain = np.full((SIDE, SIDE), paper, np.uint8)
    page = strokes(plain, ink, width)
    ours, theirs = (contrast(method(page, share), method(plain, share)) for method in (fit, lanczos))
    assert ours >= 0.998 * theirs  # the rest is rounding
    extreme = np.abs(np.percentile(fit(page, share), 2 if ink < paper else 98) - paper)
    assert extreme >= np.abs(np.percentile(lanczos(page, share), 2 if ink < paper else 98) - paper) - 1


@pytest.mark.parametrize("width", [2, 3, 6])
def test_lines_over_a_tone_stay_black(width: int) -> None:
    page = strokes(dots(SIDE, 5.0, 0.3), 0, width)
    drawn = lanczos(strokes(np.full((SIDE, SIDE), 255, np.uint8), 0, width), 0.6)
    tone, result = fit(dots(SIDE, 5.0, 0.3), 0.6), fit(page, 0.6)
    core = drawn < np.percentile(drawn, 1.5) + 8
    assert np.median(result[core]) < 60
    assert np.median(tone) > 180
    far = cv2.erode(drawn, np.ones((9, 9), np.uint8)) == 255
    far[:MARGIN] = far[-MARGIN:] = False
    far[:, :MARGIN] = far[:, -MARGIN:] = False
    assert result[far].std() < 6  # no fringe of dots beside the lines


def test_no_dots_stay_among_many_strokes() -> None:
    """Where strokes hide a tone's waves, those of the square beside it tell where to look."""
    generator, tone = np.random.default_rng(3), dots(SIDE, 5.0, 0.15)
    page = tone.copy()
    for row, column in itertools.product(range(150, 250, 16), range(100, 300, 16)):
        turn = generator.uniform(0, np.pi)
        end = round(column + 18 * np.cos(turn)), round(row + 18 * np.sin(turn))
        cv2.line(page, (column, row), end, 0, 3, cv2.LINE_AA)
    drawn = lanczos(np.where(page == tone, 255, 0).astype(np.uint8), 0.84)
    far = (cv2.erode(drawn, np.ones((5, 5))) > 250)[115:215, 75:260]
    ground = fit(page, 0.84)[115:215, 75:260][far]
    assert far.mean() > 0.1
    assert ground.std() < 6
    assert abs(np.median(ground) - np.median(fit(tone, 0.84))) < 2


def test_hatching_by_hand_is_no_screentone() -> None:
    generator = np.random.default_rng(5)
    page = np.full((SIDE, SIDE), 255, np.uint8)
    for number in range(110):
        x, y = 20 + 3 * number + generator.integers(-1, 2), 30 + generator.integers(0, 30)
        cv2.line(page, (int(x), int(y)), (int(x) + 20, 350), 0, 1, cv2.LINE_AA)
    assert np.abs(fit(page, 0.8).astype(int) - lanczos(page, 0.8)).mean() < 1.5


def test_a_gradient_of_dots_stays_a_gradient() -> None:
    steps = [dots(120, 5.0, covered) for covered in (0.1, 0.2, 0.3, 0.4)]
    means = [part.mean() for part in np.split(fit(np.concatenate(steps, axis=1), 0.75)[:, :360], 4, axis=1)]
    assert all(lighter > darker + 8 for lighter, darker in itertools.pairwise(means))


def test_paper_and_solid_black_stay() -> None:
    page = np.full((SIDE, SIDE), 255, np.uint8)
    page[:, SIDE // 2 :] = 0
    small = fit(page, 0.6)
    assert (small[:, :110] == 255).all() and (small[:, 130:] == 0).all()


def test_colours_are_means_of_area_and_grey_stays_grey() -> None:
    page = np.zeros((200, 300, 3), np.uint8)
    page[:, :150], page[:, 150:] = (220, 160, 120), (90, 140, 200)
    small = fit_picture(page, (150, 100))
    for column, colour in ((30, (220, 160, 120)), (120, (90, 140, 200))):
        assert np.abs(small[50, column].astype(int) - colour).max() <= 2
    cb, cr = chroma(fit_picture(rgb(dots(200, 5.0, 0.3)), (120, 120)))
    assert np.abs(cb).max() < 0.6 and np.abs(cr).max() < 0.6


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3), (17, 23)])
def test_awkward_sizes(shape: tuple[int, int]) -> None:
    page = rgb(np.full(shape, 130, np.uint8))
    size = (max(1, shape[1] // 2), max(1, shape[0] // 2))
    small = fit_picture(page, size)
    assert small.shape == (size[1], size[0], 3) and small.dtype == np.uint8
    assert np.abs(small.astype(int) - 130).max() <= 1


def test_a_page_of_the_right_size_is_not_touched_and_a_larger_one_is_plain() -> None:
    page = rgb(dots(60, 5.0, 0.3))
    assert fit_picture(page, (60, 60)) is page
    assert fit_picture(page, (90, 90)).shape == (90, 90, 3)


def test_the_same_page_gives_the_same_pixels() -> None:
    page = rgb(strokes(dots(SIDE, 5.0, 0.5), 0, 2))
    assert np.array_equal(fit_picture(page, (230, 230)), fit_picture(page, (230, 230)))
