"""White lettering on an even mid-grey is a balloon that stays as it is."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.balloons.params import DEFAULTS
from mangacolor.stages.balloons.tinted import find_tinted

CENTRE, AXES, TONE = (300, 400), (110, 55), 118


def painted() -> Image:
    """A page painted in soft greys, darker than the balloon."""
    noise = np.random.default_rng(5).integers(0, 255, (50, 38), np.uint8)
    return np.asarray(cv2.resize(noise, (600, 800), interpolation=cv2.INTER_CUBIC) // 3 + 10, np.uint8)


def balloon(page: Image, lines: tuple[str, ...], light: int = 235) -> Image:
    cv2.ellipse(page, CENTRE, AXES, 0, 0, 360, TONE, -1)
    for index, line in enumerate(lines):
        spot = (CENTRE[0] - 75, CENTRE[1] - 8 + 28 * index)
        cv2.putText(page, line, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.65, light, 1, cv2.LINE_AA)
    return page


WORDS = ("since the dawn", "of all time")


def test_a_tinted_balloon_is_found_whole() -> None:
    page = balloon(painted(), WORDS)
    (region,) = find_tinted(page, np.zeros_like(page), DEFAULTS)
    truth = cv2.ellipse(np.zeros_like(page), CENTRE, AXES, 0, 0, 360, 255, -1) > 0
    x, y, w, h = region.box
    found = np.zeros_like(truth)
    found[y : y + h, x : x + w] = region.mask > 0
    assert np.count_nonzero(found & truth) > 0.9 * np.count_nonzero(found | truth)
    assert abs(region.tone - TONE) < 5


def test_a_thin_line_that_shows_through_does_not_cut_it() -> None:
    page = balloon(painted(), WORDS)
    cv2.line(page, (CENTRE[0] + 85, 300), (CENTRE[0] + 85, 500), TONE + 25, 3)
    (region,) = find_tinted(page, np.zeros_like(page), DEFAULTS)
    assert region.box[0] + region.box[2] > CENTRE[0] + 0.9 * AXES[0]


def test_one_that_is_known_is_not_found_again() -> None:
    page = balloon(painted(), WORDS)
    known = np.zeros_like(page)
    known[CENTRE[1], CENTRE[0]] = 255
    assert find_tinted(page, known, DEFAULTS) == []


def test_gleams_in_hair_and_an_empty_patch_are_none() -> None:
    empty, hair, dotted = balloon(painted(), ()), balloon(painted(), ()), balloon(painted(), ())
    for x in range(-70, 70, 9):
        cv2.line(hair, (CENTRE[0] + x, CENTRE[1] - 25), (CENTRE[0] + x + 6, CENTRE[1] + 25), 235, 2)
    for x in range(-70, 70, 12):
        cv2.circle(dotted, (CENTRE[0] + x, CENTRE[1] + x % 5), 2, 235, -1)
    for page in (empty, hair, dotted):
        assert find_tinted(page, np.zeros_like(page), DEFAULTS) == []
