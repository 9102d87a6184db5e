"""The guest's pages found and laid over ours: by name, by content, in parts, and not where they do not
belong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image, Page
from mangacolor.formats.writers import encode_png
from mangacolor.stages.guest.collection import Collection, GuestPage
from mangacolor.stages.guest.finding import Laid, lay_over
from mangacolor.stages.guest.gallery import Gallery
from mangacolor.stages.guest.params import PARAMS
from mangacolor.tests.helpers.editions import example_page, letter, reprint, tint
from mangacolor.tests.helpers.stages import Bytes


@pytest.fixture(scope="module")
def pages() -> list[Image]:
    """Three pages of the bundled chapter, small."""
    small = [
        cv2.resize(example_page(n), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA) for n in (3, 4, 5)
    ]
    return [np.asarray(page, dtype=np.uint8) for page in small]


def gallery(**pictures: Image | bytes) -> Gallery:
    found = []
    for number, (stem, picture) in enumerate(pictures.items(), 1):
        source = Bytes(picture if isinstance(picture, bytes) else encode_png(picture))
        found.append(GuestPage(f"{stem}.png", f"guest/{stem}.png", ".", stem, number, source))
    return Gallery(Collection(tuple(found)), 10**8)


def lay(grey: Image, guest: Gallery, *names: str) -> tuple[Laid, list[str]]:
    told: list[str] = []
    ours = tuple(Page(f"{name}.png", 9, Bytes(b"")) for name in names)
    return lay_over(grey, ours, guest, PARAMS.finding, lambda: None, told.append), told


def test_the_page_of_the_name_is_laid_over_ours(pages: list[Image]) -> None:
    laid, told = lay(pages[0], gallery(a=reprint(pages[0]).theirs, b=tint(pages[1])), "a")
    assert [(fit.page, fit.found) for fit in laid.fits] == [("a.png", "name")]
    assert laid.share > 0.9 and laid.fits[0].residual < 1 and not told
    inside = cv2.erode(laid.covered, np.ones((9, 9), np.uint8)) > 0
    apart = np.abs(laid.picture.astype(int) - tint(pages[0]))[inside]
    assert np.median(apart) <= 6


def test_wrong_names_lead_to_the_page_by_its_content(pages: list[Image]) -> None:
    laid, _ = lay(pages[1], gallery(a=tint(pages[2]), b=tint(pages[0]), c=reprint(pages[1]).theirs), "a")
    assert [(fit.page, fit.found) for fit in laid.fits] == [("c.png", "content")]


def test_a_page_that_the_guest_has_not_gets_nothing(pages: list[Image]) -> None:
    laid, _ = lay(pages[0], gallery(a=tint(pages[1]), b=tint(pages[2])), "a")
    assert laid.fits == [] and laid.share == 0


def test_a_spread_is_covered_by_its_two_halves(pages: list[Image]) -> None:
    drawing = np.hstack(pages[:2])
    laid, _ = lay(drawing, gallery(a=tint(pages[0]), b=tint(pages[1])), "a", "b")
    assert {fit.page for fit in laid.fits} == {"a.png", "b.png"}
    assert laid.share > 0.85


def test_a_half_is_found_in_the_whole_spread(pages: list[Image]) -> None:
    laid, _ = lay(pages[1], gallery(x=tint(np.hstack(pages[:2]))), "b")
    assert laid.share > 0.85


def test_a_crop_covers_its_part_only(pages: list[Image]) -> None:
    height = pages[0].shape[0]
    laid, _ = lay(pages[0], gallery(a=tint(pages[0][: height // 2])), "a")
    assert laid.covered[: height // 2 - 20].mean() > 220
    assert not laid.covered[height // 2 + 20 :].any()


def test_a_page_that_cannot_be_read_is_told_of_and_left_out(pages: list[Image]) -> None:
    laid, told = lay(pages[0], gallery(a=b"no picture", b=reprint(pages[0]).theirs), "a")
    assert [fit.page for fit in laid.fits] == ["b.png"]
    assert len(told) == 1 and told[0].startswith("guest/a.png is left out: ")


def test_other_lettering_leaves_no_hole(pages: list[Image]) -> None:
    ours = letter(np.repeat(pages[0][..., None], 3, axis=2), (150, 60, 60, 30))[..., 0]
    laid, _ = lay(ours, gallery(a=tint(pages[0])), "a")
    assert laid.covered[62:88, 155:205].all()
