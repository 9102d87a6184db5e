"""Colours of a page: kept under the names that finished folders have, and given back as they were."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from mangacolor.stages.windows.artifact import PageColours, WindowColours, frames_of
from mangacolor.stages.windows.views import View

WIDTH = 12  # columns of a row of features


def window(left: int, segments: int, side: int = 8) -> WindowColours:
    rng = np.random.default_rng(left)
    large = 2 * side
    labels = (np.arange(large * large, dtype=np.uint16) % (segments + 1)).reshape(large, large)
    return WindowColours(
        (left, 2, 2 * side, 2 * side),
        rng.integers(0, 256, (side, side, 3), dtype=np.uint8),
        rng.integers(0, 256, (large, large), dtype=np.uint8),
        labels,
        rng.integers(0, 256, (segments, WIDTH), dtype=np.uint8) if segments else np.zeros((0, 0), np.uint8),
        tuple(number // 2 for number in range(segments)),
        (View((side, side)), View((side // 2, side // 2), mirrored=True)),
        ink=rng.integers(0, 256, segments, dtype=np.uint8),
    )


def page(*segments: int) -> PageColours:
    windows = tuple(window(10 * number, count) for number, count in enumerate(segments))
    return PageColours(windows, ((1.5, -2.0), (0.0, 3.0)), True, (256, 32), 4, "torch")


def test_what_is_kept_is_given_back() -> None:
    colours = page(3, 0, 5)
    again = PageColours.from_artifact(colours.to_artifact())
    assert (again.palette, again.embedded, again.tile) == (colours.palette, True, (256, 32))
    assert (again.tiles, again.backend, again.boxes) == (4, "torch", colours.boxes)
    assert again.segments == 8
    for kept, given in zip(again.windows, colours.windows, strict=True):
        for field in fields(WindowColours):
            assert np.array_equal(getattr(kept, field.name), getattr(given, field.name)), field.name
        assert kept.size == given.size == (8, 8)
        assert kept.label_size == (16, 16) and kept.enlargement == 2


def test_names_are_those_of_finished_folders() -> None:
    artifact = page(3, 5).to_artifact()
    assert list(artifact.images) == [
        *("panel-000", "panel-001"),
        *("descreened-000", "descreened-001"),
        *("surfaces", "ink"),
    ]
    assert list(artifact.maps) == ["surfaces-000", "surfaces-001"]
    assert artifact.images["surfaces"].shape == (8, WIDTH)
    assert artifact.images["ink"].shape == (8, 1)
    seen = {"size": [8, 8], "scale": 0.5, "views": [[8, 8, False], [4, 4, True]]}
    assert artifact.data == {
        "panels": [
            {"box": [0, 2, 16, 16], **seen, "surfaces": 3, "parents": [0, 0, 1]},
            {"box": [10, 2, 16, 16], **seen, "surfaces": 5, "parents": [0, 0, 1, 1, 2]},
        ],
        "tiles": 4,
        "tile": [256, 32],
        "palette": [[1.5, -2.0], [0.0, 3.0]],
        "embedded": True,
        "backend": "torch",
    }


def test_a_page_without_segments_keeps_no_features() -> None:
    artifact = page(0).to_artifact()
    assert "surfaces" not in artifact.images
    assert PageColours.from_artifact(artifact).features.size == 0


def test_where_ink_was_not_measured_there_is_none() -> None:
    known = page(3, 5)
    bare = replace(known, windows=tuple(replace(one, ink=one.ink[:0]) for one in known.windows))
    artifact = bare.to_artifact()
    assert "ink" not in artifact.images
    assert PageColours.from_artifact(artifact).ink.tolist() == [0] * 8


def test_reading_copies_nothing() -> None:
    artifact = page(3).to_artifact()
    (kept,) = PageColours.from_artifact(artifact).windows
    assert kept.picture is artifact.images["panel-000"]
    assert np.shares_memory(kept.features, artifact.images["surfaces"])


def test_frames_need_no_pictures() -> None:
    (frame,) = frames_of(page(3).to_artifact().data)
    assert (frame.box, frame.size, frame.segments) == ((0, 2, 16, 16), (8, 8), 3)
    assert frame.parents == (0, 0, 1)
    assert frame.views == (View((8, 8)), View((4, 4), mirrored=True))


def test_frames_of_folders_older_than_views_have_none() -> None:
    data = page(3).to_artifact().data
    del data["panels"][0]["views"]
    assert frames_of(data)[0].views == ()
