"""Balloons told by their closed outline, where the network only suspects one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.balloons.enclosed import find_enclosed
from mangacolor.stages.balloons.kinds import Region
from mangacolor.stages.balloons.params import DEFAULTS

CENTRE, AXES = (300, 260), (45, 80)
SMALL_CHANCE, SMALL_STROKES = 20, 12


def drawing() -> Image:
    """Hatching, with a white outlined ellipse on it that holds nothing yet."""
    page = np.full((900, 640), 200, np.uint8)
    page[::3] = 90
    cv2.ellipse(page, CENTRE, AXES, 0, 0, 360, 255, -1)
    cv2.ellipse(page, CENTRE, AXES, 0, 0, 360, 0, 2)
    return page


def lettered(page: Image, glyphs: int) -> Image:
    for index in range(glyphs):
        x, y = CENTRE[0] - 8 + 22 * (index // 4), CENTRE[1] - 45 + 24 * (index % 4)
        cv2.line(page, (x, y), (x + 12, y), 0, 2)
        cv2.line(page, (x + 6, y - 5), (x + 6, y + 9), 0, 2)
    return page


def flat(level: int) -> Image:
    return np.full((900, 640), level, np.uint8)


def test_an_outlined_shape_with_one_glyph_is_found_where_the_network_suspects_it() -> None:
    page = lettered(drawing(), 1)
    (region,) = find_enclosed(page, flat(SMALL_CHANCE), flat(SMALL_STROKES), None, (), DEFAULTS)
    truth = cv2.ellipse(np.zeros_like(page), CENTRE, AXES, 0, 0, 360, 1, -1)
    x, y, w, h = region.box
    covered = (region.mask > 0) & (truth[y : y + h, x : x + w] > 0)
    assert np.count_nonzero(covered) > 0.9 * np.count_nonzero(truth)
    assert region.confidence == pytest.approx(SMALL_CHANCE / 255)
    assert find_enclosed(page, flat(0), flat(SMALL_STROKES), None, (), DEFAULTS) == []
    assert find_enclosed(page, flat(SMALL_CHANCE), flat(0), None, (), DEFAULTS) == []
    assert find_enclosed(page, flat(SMALL_CHANCE), flat(SMALL_STROKES), None, [region], DEFAULTS) == [region]


def test_plain_lettering_in_an_outline_needs_no_suspicion() -> None:
    (region,) = find_enclosed(lettered(drawing(), 8), flat(0), flat(0), None, (), DEFAULTS)
    assert region.box[0] < CENTRE[0] < region.box[0] + region.box[2]


def test_a_face_and_an_empty_shape_are_no_balloons() -> None:
    face = drawing()
    for side in (-18, 18):
        cv2.ellipse(face, (CENTRE[0] + side, CENTRE[1] - 10), (9, 5), 0, 0, 360, 0, 2)
    cv2.line(face, (CENTRE[0] - 12, CENTRE[1] + 40), (CENTRE[0] + 12, CENTRE[1] + 40), 0, 2)
    assert find_enclosed(face, flat(SMALL_CHANCE), flat(1), None, (), DEFAULTS) == []
    assert find_enclosed(drawing(), flat(SMALL_CHANCE), flat(SMALL_STROKES), None, (), DEFAULTS) == []


def test_a_shape_around_a_balloon_is_none() -> None:
    page = lettered(drawing(), 1)
    around = np.full_like(page, 90)
    cv2.ellipse(around, CENTRE, (2 * AXES[0], AXES[1] + 30), 0, 0, 360, 255, -1)
    inner = cv2.ellipse(np.zeros_like(page), CENTRE, (AXES[0] + 2, AXES[1] + 2), 0, 0, 360, 1, -1) > 0
    around[inner] = page[inner]
    (region,) = find_enclosed(around, flat(SMALL_CHANCE), flat(SMALL_STROKES), None, (), DEFAULTS)
    assert region.box[2] < 2 * AXES[0] + 8


def gasp(page: Image, text: str) -> Image:
    """A short column of glyphs in the middle of the shape."""
    for index, glyph in enumerate(text):
        spot = (CENTRE[0] - 9, CENTRE[1] - 12 + 30 * index)
        cv2.putText(page, glyph, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    return page


def test_a_gasp_of_two_glyphs_on_clean_paper_needs_no_suspicion() -> None:
    assert len(find_enclosed(gasp(drawing(), "KA"), flat(0), flat(0), None, (), DEFAULTS)) == 1


def test_an_eye_a_mouth_and_a_shaded_shape_are_no_gasps() -> None:
    eye, mouth, shaded = drawing(), drawing(), gasp(drawing(), "KA")
    cv2.circle(eye, CENTRE, 14, 0, 2)
    cv2.circle(eye, CENTRE, 4, 0, 2)
    cv2.ellipse(mouth, (CENTRE[0], CENTRE[1] + 20), (34, 12), 0, 0, 180, 0, 2)
    cv2.line(mouth, (CENTRE[0], CENTRE[1] - 30), (CENTRE[0] + 5, CENTRE[1] - 10), 0, 2)
    cv2.ellipse(shaded, (CENTRE[0], CENTRE[1] + 60), (20, 8), 0, 0, 360, 170, -1)
    for page in (eye, mouth, shaded):
        assert find_enclosed(page, flat(0), flat(0), None, (), DEFAULTS) == []


def burst(page: Image, spikes: int = 14) -> Image:
    """A cry: a star of white with an outline, which is far from round, and two words in its middle."""
    turns = np.linspace(0, 2 * np.pi, 2 * spikes, endpoint=False)
    reach = np.where(np.arange(2 * spikes) % 2, 0.92, 1.08)
    wide, high = 1.2 * AXES[0] * reach * np.cos(turns), AXES[1] * reach * np.sin(turns)
    star = np.rint(np.stack([wide, high], axis=1) + CENTRE).astype(np.int32)
    cv2.fillPoly(page, [star], 255)
    cv2.polylines(page, [star], True, 0, 2)
    return page


def hatched() -> Image:
    page = np.full((900, 640), 200, np.uint8)
    page[::3] = 90
    return page


HARDLY, DASH_BELOW = 5, 40  # a chance of 2 in 100; pixels


def cry(page: Image) -> Image:
    gasp(page, "NO")
    cv2.line(page, (CENTRE[0], CENTRE[1] + 28), (CENTRE[0], CENTRE[1] + DASH_BELOW), 0, 3)
    return page


def test_a_cry_with_spikes_is_found_where_the_network_hardly_suspects_one() -> None:
    page = cry(burst(hatched()))
    (region,) = find_enclosed(page, flat(HARDLY), flat(0), None, (), DEFAULTS)
    x, y = region.box[:2]
    assert region.mask[CENTRE[1] - y, CENTRE[0] - x] > 0
    assert np.count_nonzero(region.mask) > 0.75 * np.pi * 1.2 * AXES[0] * AXES[1]
    assert find_enclosed(page, flat(0), flat(0), None, (), DEFAULTS) == []


def test_a_burst_with_nothing_lettered_in_it_is_drawn() -> None:
    struck = burst(hatched())
    cv2.line(
        struck, (CENTRE[0] - 50, CENTRE[1] - 60), (CENTRE[0] + 5, CENTRE[1]), 0, 3
    )  # begins at the outline
    shaded = cry(burst(hatched()))
    cv2.ellipse(shaded, (CENTRE[0], CENTRE[1] + 52), (16, 5), 0, 0, 360, 170, -1)
    for page in (burst(hatched()), struck, shaded):
        assert find_enclosed(page, flat(HARDLY), flat(0), None, (), DEFAULTS) == []


def test_what_the_network_saw_in_part_is_taken_whole() -> None:
    page = cry(drawing())
    whole = cv2.ellipse(np.zeros_like(page), CENTRE, (AXES[0] - 2, AXES[1] - 2), 0, 0, 360, 255, -1)
    whole[: CENTRE[1]] = 0
    x, y, w, h = cv2.boundingRect(whole)
    half = Region((x, y, w, h), np.ascontiguousarray(whole[y : y + h, x : x + w]), 0.9, 255)
    chance = np.where(whole > 0, 230, 0).astype(np.uint8)
    (region,) = find_enclosed(page, chance, flat(0), None, [half], DEFAULTS)
    assert region.box[1] < CENTRE[1] - 0.9 * AXES[1]
    assert region.box[1] + region.box[3] > CENTRE[1] + 0.9 * AXES[1]
    unbounded = np.where(drawing() == 0, 255, cry(flat(255))).astype(np.uint8)  # no outline on a white page
    assert find_enclosed(unbounded, chance, flat(0), None, [half], DEFAULTS)[0] is half


def test_clouds_behind_a_balloon_are_not_its_own() -> None:
    page = cry(drawing())
    cloud = cv2.ellipse(np.zeros_like(page), (CENTRE[0], CENTRE[1] + 60), (70, 40), 0, 0, 360, 1, -1) > 0
    beyond = cloud & (cv2.ellipse(np.zeros_like(page), CENTRE, AXES, 0, 0, 360, 1, -1) == 0)
    page[beyond] = 225
    cv2.circle(page, (CENTRE[0] + 36, CENTRE[1] + 48), 18, 225, -1)  # the outline is faint there
    whole = cv2.ellipse(np.zeros_like(page), CENTRE, (AXES[0] - 2, AXES[1] - 2), 0, 0, 360, 255, -1)
    x, y, w, h = cv2.boundingRect(whole)
    known = Region((x, y, w, h), np.ascontiguousarray(whole[y : y + h, x : x + w]), 0.9, 255)
    found = find_enclosed(
        page, np.where(whole > 0, 230, 0).astype(np.uint8), flat(0), None, [known], DEFAULTS
    )
    assert found[0] is known


def test_balloons_that_share_a_box_are_told_apart() -> None:
    whole = np.full((60, 80), 255, np.uint8)
    masks = np.tril(whole, -8), np.triu(whole, 8)
    known = [Region((100, 100, 80, 60), mask, 0.9, 255) for mask in masks]
    found = find_enclosed(flat(255), flat(0), flat(0), None, known, DEFAULTS)  # no outline: both may be parts
    assert [region is other for region, other in zip(found, known, strict=True)] == [True, True]
