"""What the network saw is fitted to a balloon's own paper, rim and all, and to nothing beyond the outline."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.balloons.fit import fit_regions, is_sure
from mangacolor.stages.balloons.kinds import Region, choose_rivals
from mangacolor.stages.balloons.params import DEFAULTS
from mangacolor.stages.balloons.rims import with_rim

CENTRE, AXES = (200, 200), (70, 100)


def ellipse(grow: int = 0) -> Image:
    """The balloon's own area, 255, by so many pixels larger."""
    axes = (AXES[0] + grow, AXES[1] + grow)
    return np.asarray(cv2.ellipse(np.zeros((400, 400), np.uint8), CENTRE, axes, 0, 0, 360, 255, -1))


def page(level: int = 255) -> Image:
    """An outlined balloon with some glyphs, on a ground of this level."""
    drawn = np.full((400, 400), level, np.uint8)
    drawn[ellipse() > 0] = 255
    cv2.ellipse(drawn, CENTRE, AXES, 0, 0, 360, 0, 3)
    for row in range(5):
        cv2.putText(drawn, "A", (190, 150 + 26 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    return drawn


def mask_of(regions: list[Region]) -> Image:
    mask = np.zeros((400, 400), np.uint8)
    for region in regions:
        x, y, w, h = region.box
        np.maximum(mask[y : y + h, x : x + w], region.mask, out=mask[y : y + h, x : x + w])
    return mask


def test_white_beyond_the_outline_that_the_network_took_for_it_is_left_out() -> None:
    drawn = page()
    seen = np.maximum(ellipse(), np.roll(ellipse(), 12, axis=1))
    found = mask_of(fit_regions(drawn, seen, None, DEFAULTS))
    assert np.mean(found[ellipse(-4) > 0] > 0) > 0.99
    assert not found[ellipse(5) == 0].any()


def test_a_gap_in_the_outline_lets_nothing_in() -> None:
    drawn = page()
    cv2.circle(drawn, (CENTRE[0] + AXES[0], CENTRE[1]), 3, 255, -1)
    found = mask_of(fit_regions(drawn, ellipse(), None, DEFAULTS))
    assert np.mean(found[ellipse(-4) > 0] > 0) > 0.97
    assert not found[ellipse(8) == 0].any()


def test_a_balloon_that_the_pages_edge_cuts_is_taken_whole() -> None:
    cut = np.s_[:, 170:]
    drawn, truth = page(120)[cut].copy(), ellipse(-4)[cut]
    seen = ellipse()[cut].copy()
    seen[180:220, :20] = 0  # the network overlooks a part at the edge
    (region,) = fit_regions(drawn, seen, None, DEFAULTS)
    assert np.all(region.mask[190 - region.box[1] : 210 - region.box[1], :15] > 0)
    assert np.count_nonzero(region.mask) > 0.98 * np.count_nonzero(truth)


def test_one_of_which_the_network_is_unsure_must_be_white_and_outlined() -> None:
    unsure = np.asarray(ellipse() * 0.62, np.uint8)
    (region,) = fit_regions(page(120), unsure, None, DEFAULTS)
    assert not is_sure(region, DEFAULTS)
    grey = page(120)
    grey[grey == 255] = 200
    assert fit_regions(grey, unsure, None, DEFAULTS) == []


def ringed(level: int, rim: int) -> tuple[Region, Image]:
    """A balloon fitted to its inner outline, and its page, with a second one ``rim`` pixels around it."""
    drawn = np.full((400, 400), level, np.uint8)
    drawn[ellipse(rim) > 0] = 255
    axes = (AXES[0] + rim, AXES[1] + rim)
    cv2.ellipse(drawn, CENTRE, axes, 0, 0, 360, 0, 3)
    cv2.ellipse(drawn, CENTRE, AXES, 0, 0, 360, 0, 2)
    inner = ellipse(-1)
    x, y, w, h = cv2.boundingRect(inner)
    return Region((x, y, w, h), np.ascontiguousarray(inner[y : y + h, x : x + w]), 0.9, 255), drawn


def test_the_rim_between_two_outlines_is_the_balloons() -> None:
    region, drawn = ringed(90, rim=10)
    grown = mask_of([with_rim(region, drawn, None, DEFAULTS.rim)])
    assert np.mean(grown[ellipse(7) > 0] > 0) > 0.99
    assert not grown[ellipse(12) == 0].any()


def test_a_balloon_without_a_second_outline_stays_as_it_is() -> None:
    region, _drawn = ringed(90, rim=10)
    hatched = page(90)
    hatched[:, ::12] = 255  # white strips that begin at the outline go on
    hatched[ellipse() > 0] = 255
    cv2.ellipse(hatched, CENTRE, AXES, 0, 0, 360, 0, 3)
    for level in (page(255), page(90), hatched):
        assert with_rim(region, level, None, DEFAULTS.rim) is region


def test_of_two_that_overlap_the_fitted_one_is_taken_unless_it_leaks() -> None:
    def square(side: int) -> Region:
        return Region((10, 10, side, side), np.full((side, side), 255, np.uint8), 0.6, 255)

    apart = Region((300, 300, 20, 20), np.full((20, 20), 255, np.uint8), 0.9, 255)
    fitted, leaking, lettered = square(42), square(90), square(40)
    assert choose_rivals([fitted], [lettered, apart], DEFAULTS.kind) == [fitted, apart]
    assert choose_rivals([leaking], [lettered, apart], DEFAULTS.kind) == [lettered, apart]
