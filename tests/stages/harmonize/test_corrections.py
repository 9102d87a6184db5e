"""Corrections: kept as whole numbers, six for each segment, and given back as columns."""

from __future__ import annotations

import numpy as np

from mangacolor.core.types import Artifact
from mangacolor.stages.harmonize.corrections import Correction, Corrections, WindowCorrections

MOVED = Correction(group=7, cb=12, cr=-6, luma=150, base_cb=3, base_cr=4)
LOCKED = Correction(group=8, cb=1, cr=2, base_cb=0, base_cr=2)
FREE = Correction(group=9, cb=5, cr=5, base_cb=5, base_cr=5)


def test_what_is_kept_is_given_back() -> None:
    page = Corrections((WindowCorrections.of([MOVED, LOCKED]), WindowCorrections.of([FREE])))
    artifact = page.to_artifact()
    assert artifact.data == {"windows": [[7, 12, -6, 150, 3, 4, 8, 1, 2, -1, 0, 2], [9, 5, 5, -1, 5, 5]]}
    assert all(type(value) is int for window in artifact.data["windows"] for value in window)
    first, second = Corrections.from_artifact(artifact).windows
    assert (first.row(0), first.row(1), second.row(0)) == (MOVED, LOCKED, FREE)
    assert first.chroma.tolist() == [[12, -6], [1, 2]] and first.luma.tolist() == [150, -1]


def test_only_chosen_colours_are_overrides() -> None:
    window = WindowCorrections.of([MOVED, LOCKED, FREE, Correction()])
    assert window.overridden.tolist() == [True, True, False, False]
    assert window.has_luma.tolist() == [True, False, False, False]


def test_a_page_on_which_nothing_was_decided() -> None:
    for artifact in (None, Artifact({"windows": []})):
        corrections = Corrections.from_artifact(artifact)
        assert corrections.of_window(3) is None
        assert corrections.to_artifact().data == {"windows": []}


def test_segments_that_take_no_part_are_not_corrected() -> None:
    some = WindowCorrections.of([MOVED, FREE]).spread(np.array([3, 1]), 4)
    assert [some.row(segment) for segment in range(4)] == [Correction(), FREE, Correction(), MOVED]
    first, none, second = some.split((3, 0, 1))
    assert (len(first), len(none), second.row(0)) == (3, 0, MOVED)
