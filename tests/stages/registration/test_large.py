"""Pages of any size and pools of any number: what does not fit into one call is done in parts."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from mangacolor.stages.registration import sampling, shortlist
from mangacolor.stages.registration.bend import bring
from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.points import Points
from mangacolor.stages.registration.sampling import sample

RNG = np.random.default_rng(3)


def test_a_strip_longer_than_opencv_takes_is_brought() -> None:
    strip = RNG.integers(0, 255, (40_000, 6)).astype(np.uint8)
    y, x = np.mgrid[:33_000, :6].astype(np.float32)
    brought = bring(strip, np.stack([x, y + 5_000], axis=-1), 1.0)
    assert np.array_equal(brought, strip[5_000:38_000])


def test_parts_show_what_the_whole_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = cv2.GaussianBlur(RNG.integers(0, 255, (90, 120, 3)).astype(np.uint8), (0, 0), 1)
    v, u = np.mgrid[:70, :100].astype(np.float32)
    x, y = (u * 1.7 - 20 + 3 * np.sin(v / 9), v * 1.4 - 9 + 3 * np.cos(u / 7))
    whole = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    monkeypatch.setattr(sampling, "REMAP_SIDES", 30)
    assert np.array_equal(sample(np.asarray(picture, np.uint8), x, y), whole)


def looks(pages: int) -> list[PageLook]:
    every = RNG.integers(0, 90, (pages, 300, 128)).astype(np.uint8)
    none = np.zeros((0, 2), np.float32)
    return [PageLook((9, 9), Points(none, none[:, 0], own), np.zeros((1, 1), np.uint8)) for own in every]


def test_a_large_pool_is_looked_through_in_little_memory() -> None:
    pages = looks(300)
    pool = shortlist.make_pool(pages)
    tracemalloc.start()
    try:
        found = shortlist.shortlist(pages[123], pool)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found[0] == 123
    assert pool.looks.nbytes == 300 * 300 * 128
    assert peak < 40e6


def test_blocks_of_a_pool_change_no_vote(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = looks(7)
    pool = shortlist.make_pool(pages)
    whole = shortlist.count_votes(pages[2], pool)
    monkeypatch.setattr(shortlist, "BLOCK_POINTS", 700)
    assert np.array_equal(shortlist.count_votes(pages[2], pool), whole)
    monkeypatch.setattr(shortlist, "BLOCK_POINTS", 1)
    assert np.array_equal(shortlist.count_votes(pages[2], pool), whole)
