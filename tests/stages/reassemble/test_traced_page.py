"""What is kept of a traced page comes back to the bit, however many segments it has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mangacolor.pipeline.store.cache import PageCache
from mangacolor.stages.edits.page_edits import PageEdits, WindowEdits
from mangacolor.stages.reassemble.layers import PageSegments, ReadyWindow
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.stages.windows.artifact import WindowColours
from mangacolor.tests.helpers.segments import window_of

HEIGHT, WIDTH = 90, 120


def drawn_window() -> WindowColours:
    """A window of four tones that meet, with a line across, as a network might colour it."""
    random = np.random.default_rng(5)
    labels = np.kron(np.array([[1, 2], [3, 4]], np.uint16), np.ones((45, 60), np.uint16))
    grey = (140 + 25 * labels).astype(np.uint8)
    grey[44:46, :60] = 0
    return window_of(grey, labels, random.integers(90, 220, (HEIGHT, WIDTH, 3), np.uint8))


@pytest.fixture(scope="module")
def traced() -> TracedPage:
    """A page with two windows, the second of which has no segment, and paper."""
    one = drawn_window()
    empty = replace(one, box=(0, 90, WIDTH, 30), labels=np.zeros((30, WIDTH), np.uint16))
    empty = replace(
        empty, picture=one.picture[:30], descreened=one.descreened[:30], features=one.features[:0]
    )
    grey = np.concatenate([one.descreened, one.descreened[:40]])
    windows = np.repeat(np.array([0, 1, -1], np.int16), (90, 30, 10))[:, None].repeat(WIDTH, axis=1)
    ready = [ReadyWindow.of(window, None, None, grey, PARAMS) for window in (one, empty)]
    keep = np.where(windows < 0, 255, 0).astype(np.uint8)
    return TracedPage.of(ready, windows, grey, keep, np.zeros_like(keep), panels=1)


def kept(traced: TracedPage, folder: Path) -> TracedPage:
    """It, written to the disk and read again."""
    cache = PageCache(folder)
    cache.save("trace", "key", traced.to_artifact(), version=1, seconds=0.0)
    artifact = cache.load("trace", "key")
    assert artifact is not None
    return TracedPage.from_artifact(artifact)


def paint_of(traced: TracedPage, edits: PageEdits) -> np.ndarray:
    """The colours of the whole page with these edits."""
    layers = traced.layers(edits, PARAMS)
    segments = PageSegments.of(layers)
    height, width = traced.labels.shape
    return traced.part(layers, segments, (0, height), (0, width)).compose(segments)


def test_it_comes_back_to_the_bit(traced: TracedPage, tmp_path: Path) -> None:
    again = kept(traced, tmp_path)
    assert again.panels == 1
    for name in ("labels", "kinds", "keep"):
        assert np.array_equal(getattr(again, name), getattr(traced, name)), name
    assert len(np.unique(traced.labels)) == 6  # paper, four segments, and the window without any
    assert len(np.unique(traced.kinds)) == 3
    for one, other in zip(traced.windows, again.windows, strict=True):
        assert (one.layer.box, one.layer.reach) == (other.layer.box, other.layer.reach)
        for name in ("table", "own"):
            assert np.array_equal(getattr(one.layer, name), getattr(other.layer, name)), name
        for name in ("table", "network", "light"):
            mine, its = getattr(one.rows, name), getattr(other.rows, name)
            assert mine.dtype == its.dtype and np.array_equal(mine, its), name


def test_an_edit_of_what_was_kept_is_painted_as_of_what_was_traced(
    traced: TracedPage, tmp_path: Path
) -> None:
    own = WindowEdits.none(4)
    own.chosen[1] = True
    own.chroma[1], own.luma[1] = (-20, 45), 120
    edits = PageEdits((own, WindowEdits.none(0)))
    plain, painted = paint_of(traced, PageEdits()), paint_of(traced, edits)
    assert (painted != plain).any(axis=2)[:45, 60:].all() and np.array_equal(painted[90:], plain[90:])
    assert np.array_equal(paint_of(kept(traced, tmp_path), edits), painted)


def test_more_segments_than_16_bits_tell_apart_are_kept(traced: TracedPage, tmp_path: Path) -> None:
    many = np.arange(HEIGHT * 1000, dtype=np.int32).reshape(HEIGHT, 1000)
    again = kept(replace(traced, labels=many), tmp_path)
    assert many.max() > 2**16 and np.array_equal(again.labels, many)
