"""Wishes that need what is known of segments."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mangacolor.pipeline.editing.points import PagePoint
from mangacolor.pipeline.editing.wishes import changer as changing
from mangacolor.pipeline.editing.wishes.options import Wishes
from mangacolor.stages.edits.model import Anchor
from mangacolor.stages.edits.operations import Split
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.segments.chapter import gather_segments
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edits import page_of_windows


def test_a_group_is_split_by_the_rows_of_two_points_without_their_identities(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = page_of_windows(1, whose=(0, 1, 2, 3))
    colours = PageColours.from_artifact(page["colorize"])
    segments = gather_segments([(colours, page["balloons"].images["main"])])
    features = segments.features

    def anchor(_chapter: Any, _looks: Any, point: PagePoint) -> Anchor:
        return Anchor(point.page, point.x, point.y, looks=features.look_of(point.x))

    monkeypatch.setattr(changing, "make_anchor", anchor)
    surfaces = cast(Any, SimpleNamespace(segments=segments))
    changer = changing.Changer(cast(Any, None), lambda: surfaces, cast(Any, None))
    group = PaletteEntry(7, "#808080", "#808080", features.rows[0].tobytes())
    asked = Wishes(split="7", at="0.png:0,0", negatives=("0.png:2,0",))
    (split,) = changer.change(Palette((group,)), asked).log
    assert isinstance(split, Split)
    assert split.looks == (features.rows[0].tobytes(), features.rows[2].tobytes())
