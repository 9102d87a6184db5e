"""Balloons by their lettering, and what is spared of the search where they are known already."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.balloons import lettered
from mangacolor.stages.balloons.kinds import Region
from mangacolor.stages.balloons.lettered import find_lettered
from mangacolor.stages.balloons.lettering import Lettering


def page_of(centres: Sequence[tuple[int, int]]) -> Image:
    """Balloons on grey."""
    page = np.full((700, 500), 120, np.uint8)
    for x, y in centres:
        cv2.ellipse(page, (x, y), (110, 75), 0, 0, 360, 255, -1)
        cv2.ellipse(page, (x, y), (110, 75), 0, 0, 360, 0, 2)
        for line in range(3):
            spot = (x - 55, y - 17 + 24 * line)
            cv2.putText(page, "HELLO YOU", spot, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 2, cv2.LINE_AA)
    return page


def as_text(regions: Sequence[Region]) -> list[tuple[object, ...]]:
    return [(region.box, region.mask.tobytes(), region.confidence, region.tone) for region in regions]


def beside(regions: Sequence[Region], known: Image) -> list[Region]:
    """Those that overlap nothing that is known."""
    boxes = [(region, *region.box) for region in regions]
    return [r for r, x, y, w, h in boxes if not known[y : y + h, x : x + w][r.mask > 0].any()]


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The boxes of the blocks whose regions were sought."""
    boxes: list[tuple[int, ...]] = []
    grow = lettered.grow_region

    def seen(luma: Image, block: Lettering, *more: object) -> object:
        boxes.append(block.box)
        return grow(luma, block, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(lettered, "grow_region", seen)
    return boxes


@pytest.mark.parametrize("black", [False, True])
def test_what_is_known_is_not_sought_again(black: bool, grown: list[tuple[int, ...]]) -> None:
    page = page_of([(150, 200), (340, 480)])
    page = np.asarray(255 - page, np.uint8) if black else page
    everything = find_lettered(page, None)
    assert len(everything) == 2
    known = np.zeros_like(page)
    for region in everything:
        x, y, w, h = region.box
        known[y : y + h, x : x + w] = region.mask
    grown.clear()
    assert not find_lettered(page, None, known=known) and not grown


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 1.0])
@pytest.mark.parametrize("first", [0, 1])
def test_what_lies_beside_it_is_found_as_if_nothing_were_known(first: int, share: float) -> None:
    """However much of a balloon is known, and whichever comes first."""
    page = page_of([(150, 200), (340, 480)])
    everything = find_lettered(page, None)
    known = np.zeros_like(page)
    x, y, w, h = everything[first].box
    known[y : y + round(share * h), x : x + w] = 255
    found = find_lettered(page, None, known=known)
    assert as_text(beside(found, known)) == as_text(beside(everything, known))
    assert len(beside(found, known)) == (1 if share else 2)
