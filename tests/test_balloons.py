"""Balloons: lettering on its own paper is masked, drawings are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.nouns import Image
from mangacolor.stages.balloons import find_balloons


def tone(rows: int = 700, columns: int = 500) -> Image:
    """A mid-grey drawing with some structure, as luma."""
    y, x = np.mgrid[:rows, :columns]
    drawing = 120 + 40 * np.sin(x / 31.0) + 30 * np.cos(y / 23.0)
    return np.asarray(drawing.astype(np.uint8))


def letter(
    page: Image, corner: tuple[int, int], ink: int = 0, lines: int = 3, text: str = "HELLO YOU"
) -> None:
    for line in range(lines):
        spot = (corner[0], corner[1] + 24 * line)
        cv2.putText(page, text, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 2, cv2.LINE_AA)


def balloon_page() -> tuple[Image, Image]:
    """A page with one balloon, and the balloon's true mask."""
    page, truth = tone(), np.zeros((700, 500), np.uint8)
    cv2.ellipse(page, (250, 220), (110, 75), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(page, (250, 220), (110, 75), 0, 0, 360, 0, 2, cv2.LINE_AA)
    cv2.ellipse(truth, (250, 220), (109, 74), 0, 0, 360, 255, -1)
    letter(page, (195, 203))
    return page, truth


def overlap(mask: Image, truth: Image) -> float:
    return float(np.sum((mask > 127) & (truth > 0)) / np.sum((mask > 127) | (truth > 0)))


def test_a_balloon_is_masked_with_its_lettering() -> None:
    page, truth = balloon_page()
    layout = find_balloons(page)
    assert overlap(layout.mask, truth) > 0.95
    assert [b.kind for b in layout.balloons] == ["closed"]
    x, y, w, h = layout.balloons[0].box
    assert abs(x - 140) <= 3 and abs(y - 145) <= 3 and abs(w - 220) <= 6 and abs(h - 150) <= 6


def test_colour_is_not_looked_at() -> None:
    page, _truth = balloon_page()
    grey = np.dstack([page] * 3)
    np.testing.assert_array_equal(find_balloons(page).mask, find_balloons(grey).mask)


def test_white_lettering_on_black_is_a_black_balloon() -> None:
    page, truth = balloon_page()
    page[truth > 0] = 0
    letter(page, (195, 203), ink=255)
    layout = find_balloons(page)
    assert overlap(layout.mask, truth) > 0.9
    assert [b.kind for b in layout.balloons] == ["black"]


def test_a_lettered_rectangle_is_a_caption() -> None:
    page = tone()
    cv2.rectangle(page, (100, 80), (300, 180), 255, -1)
    cv2.rectangle(page, (100, 80), (300, 180), 0, 2)
    letter(page, (130, 110))
    layout = find_balloons(page)
    assert [b.kind for b in layout.balloons] == ["caption"]
    assert layout.mask[90, 110] == 255


def face() -> Image:
    """A white face with eyes, brows, nose and mouth on a toned ground."""
    page = tone()
    cv2.ellipse(page, (250, 300), (120, 150), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(page, (250, 300), (120, 150), 0, 0, 360, 0, 3, cv2.LINE_AA)
    for x in (200, 300):
        cv2.ellipse(page, (x, 280), (22, 14), 0, 0, 360, 0, 2, cv2.LINE_AA)
        cv2.circle(page, (x, 280), 8, 0, -1, cv2.LINE_AA)
        cv2.ellipse(page, (x, 255), (26, 8), 0, 190, 350, 0, 4, cv2.LINE_AA)
    cv2.line(page, (250, 300), (244, 330), 0, 2, cv2.LINE_AA)
    cv2.ellipse(page, (250, 370), (35, 10), 0, 10, 170, 0, 3, cv2.LINE_AA)
    return page


def test_a_white_face_is_no_balloon() -> None:
    assert not find_balloons(face()).mask.any()


def test_ground_closes_a_balloon_that_opens_into_the_gutter() -> None:
    page, truth = balloon_page()
    page[:, :180] = np.where(truth[:, :180] > 0, page[:, :180], 255)
    page[205:235, 130:160] = 255  # a wide gap in the outline, out to the gutter
    ground = np.zeros_like(page)
    ground[:, :180] = np.where(truth[:, :180] > 0, 0, 255)
    layout = find_balloons(page, ground)
    assert overlap(layout.mask, truth) > 0.95


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 5), (37, 53), (333, 64)])
@pytest.mark.parametrize("level", [0, 127, 255])
def test_empty_pages_of_any_size_have_no_balloon(shape: tuple[int, int], level: int) -> None:
    page = np.full(shape, level, np.uint8)
    layout = find_balloons(page)
    assert layout.mask.shape == shape and layout.balloons == () and not layout.mask.any()


def test_the_page_is_left_as_it_was() -> None:
    page, _truth = balloon_page()
    before = page.copy()
    find_balloons(page)
    np.testing.assert_array_equal(page, before)
