"""What an edit changes on a page is found around its segments, as far as colours go over into others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mangacolor.stages.edits.page_edits import WindowEdits
from mangacolor.stages.reassemble import screen_page
from mangacolor.stages.reassemble.layers import PageSegments, ReadyWindow, edit_layer
from mangacolor.stages.reassemble.page_part import PagePart, make_part
from mangacolor.stages.reassemble.params import PARAMS
from mangacolor.tests.helpers.segments import window_of

SIDE = 480
WHOLE = (0, SIDE)


def open_window() -> ReadyWindow:
    """A window of a page of 480×480 pixels, four times enlarged: squares of 60 pixels that no ink divides."""
    labels = np.kron(np.arange(1, 65, dtype=np.uint16).reshape(8, 8), np.ones((15, 15), np.uint16))
    grey, picture = np.full((120, 120), 230, np.uint8), np.full((120, 120, 3), (190, 180, 170), np.uint8)
    window = replace(window_of(grey, labels, picture), box=(0, 0, SIDE, SIDE))
    return ReadyWindow.of(window, None, None, np.full((SIDE, SIDE), 230, np.uint8), PARAMS)


def with_edits(ready: ReadyWindow, *places: int) -> PageSegments:
    edits = WindowEdits.none(64)
    edits.chosen[list(places)] = True
    edits.chroma[list(places)] = (-20, 45)
    return PageSegments.of([edit_layer(ready.layer, ready.rows, edits, PARAMS)])


def whole_part(ready: ReadyWindow) -> PagePart:
    grey, windows = np.full((SIDE, SIDE), 230, np.uint8), np.zeros((SIDE, SIDE), np.int16)
    layers = [ready.layer]
    return make_part(layers, PageSegments.of(layers), windows, grey, WHOLE, WHOLE)


@pytest.mark.parametrize("places", [(27,), (0, 63), (7, 28), tuple(range(56, 64))])
def test_around_the_segments_that_changed_is_all_that_changed(places: tuple[int, ...]) -> None:
    ready = open_window()
    part, before, after = whole_part(ready), with_edits(ready), with_edits(ready, *places)
    wanted = part.compose(after)
    found = part.compose(before)
    changed = (after.table != before.table).any(axis=1)[part.labels]
    assert ((wanted != found).any(axis=2) & ~changed).any()  # colours go over into what is not edited
    for rows, columns in screen_page._parts_of(changed):
        assert (rows, columns) != (WHOLE, WHOLE)
        found[slice(*rows), slice(*columns)] = part.cut(rows, columns).compose(after)
    assert np.array_equal(found, wanted)
