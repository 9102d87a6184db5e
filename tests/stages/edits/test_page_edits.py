"""What a page is handed of edits, kept and read back."""

from __future__ import annotations

import json

import numpy as np

from mangacolor.core.types import Artifact
from mangacolor.stages.edits.model import Look
from mangacolor.stages.edits.page_edits import PageEdits, WindowEdits


def test_edits_are_read_back_as_they_were_kept() -> None:
    window = WindowEdits(
        np.array([False, True, True]), np.array([[0, 0], [-12, 40], [3, -5]]), np.array([-1, 120, -1])
    )
    page = PageEdits((window, WindowEdits.none(2)))
    artifact = page.to_artifact()
    back = PageEdits.from_artifact(Artifact(json.loads(json.dumps(artifact.data))))
    first = back.of_window(0)
    assert first is not None and back.of_window(1) is None
    assert first.chosen.tolist() == window.chosen.tolist()
    assert first.chroma.tolist() == window.chroma.tolist()
    assert first.luma.tolist() == window.luma.tolist()


def test_a_look_is_kept_and_leaves_no_trace_where_it_is_the_colours_own() -> None:
    warm = PageEdits((WindowEdits.none(3),), Look(1.25, -0.5))
    artifact = Artifact(json.loads(json.dumps(warm.to_artifact().data)))
    assert PageEdits.from_artifact(artifact).look == Look(1.25, -0.5)
    assert PageEdits.from_artifact(artifact).of_window(0) is None
    assert PageEdits((WindowEdits.none(3),), Look(1.0, 0.0)).to_artifact().data == {"windows": []}
    assert PageEdits.from_artifact(Artifact({"windows": []})).look == Look()


def test_a_page_without_an_edit_is_like_one_for_which_nothing_was_decided() -> None:
    assert PageEdits((WindowEdits.none(3),)).to_artifact().data == PageEdits().to_artifact().data
    assert PageEdits.from_artifact(None).of_window(0) is None
