"""Marked parts of a page: a balloon that was missed stays, a sky that was taken for paper is coloured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Image
from mangacolor.stages.balloons.layout import BalloonLayout
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.panels.layout import PanelLayout
from mangacolor.stages.panels.marked_parts import NO_PARTS
from mangacolor.tests.helpers.stages import Bench, bench, comic_page, run_until, tiny_weights

# Of ``comic_page``: the balloon of its first panel; a plain part of its second; its left margin, all along.
BALLOON = [[256, 54], [404, 54], [404, 152], [256, 152]]
PAPER = [[285, 76], [375, 76], [375, 130], [285, 130]]  # within it
FLOOR = [[100, 400], [300, 400], [300, 500], [100, 500]]
MARGIN = [[0, 0], [17, 0], [17, 620], [0, 620]]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    weights = tiny_weights(tmp_path_factory.mktemp("weights"))
    return Options(weights=str(weights), device="cpu", scale="1", upscaler="lanczos", saturation=2.0)


def corrected(folder: Path, **parts: list[list[list[int]]]) -> Bench:
    """The page with a correction that marks parts of it and leaves its panels as they are."""
    context = bench(comic_page())
    file = folder / "page.json"
    panels = [[20, 20, 400, 278], [20, 322, 400, 278]]
    file.write_text(json.dumps({"page": "page.png", "size": [440, 620], "panels": panels, **parts}))
    context.page = replace(context.page, edit=file)
    return context


@pytest.fixture(scope="module")
def plain(options: Options, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Artifact]:
    """With a correction of panels alone."""
    return run_until("reassemble", corrected(tmp_path_factory.mktemp("plain")), options)


def inside(part: list[list[int]], shrink: int = 6) -> Image:
    """The pixels of a part, but for its rim."""
    mask = np.zeros((620, 440), np.uint8)
    cv2.fillPoly(mask, [np.array(part, np.int32)], 255)
    return np.asarray(cv2.erode(mask, np.ones((2 * shrink + 1,) * 2, np.uint8), borderValue=0) > 0)


def colour_of(made: dict[str, Artifact], where: Image) -> float:
    """How much colour there is, mean levels."""
    return float(np.ptp(made["reassemble"].images["main"].astype(int), axis=2)[where].mean())


def test_what_is_left_out_stays_as_the_page_has_it(
    options: Options, plain: dict[str, Artifact], tmp_path: Path
) -> None:
    made = run_until("reassemble", corrected(tmp_path, left_out=[FLOOR]), options)
    assert colour_of(plain, inside(FLOOR)) > 4 and colour_of(made, inside(FLOOR)) == 0
    page = comic_page()
    assert (made["reassemble"].images["main"][inside(FLOOR)] == page[inside(FLOOR)][:, None]).all()
    around = inside([[60, 360], [380, 360], [380, 560], [60, 560]])
    around[390:511, 90:311] = False
    before, after = (some["reassemble"].images["main"][around].astype(int) for some in (plain, made))
    assert np.abs(before - after).max() <= 1
    assert PageLook.of(made).meet(200, 450)[0] is None


def test_what_is_coloured_is_neither_balloon_nor_paper(
    options: Options, plain: dict[str, Artifact], tmp_path: Path
) -> None:
    assert BalloonLayout.from_artifact(plain["balloons"]).balloons
    made = run_until("reassemble", corrected(tmp_path, coloured=[BALLOON, MARGIN]), options)
    layout = BalloonLayout.from_artifact(made["balloons"])
    assert not layout.mask[inside(BALLOON, 0)].any() and layout.balloons == ()
    for part in (PAPER, MARGIN):
        assert colour_of(plain, inside(part, 4)) < 0.5 and colour_of(made, inside(part, 4)) > 2
    ground = PanelLayout.from_artifact(made["panels"]).ground
    assert not ground[inside(MARGIN, 0)].any() and ground[:15, 100:].all()
    assert PageLook.of(made).meet(260, 60)[0] is not None


def test_of_two_parts_that_overlap_what_is_left_out_counts(options: Options, tmp_path: Path) -> None:
    whole = [[0, 0], [440, 0], [440, 620], [0, 620]]
    made = run_until("reassemble", corrected(tmp_path, coloured=[whole], left_out=[BALLOON]), options)
    assert colour_of(made, inside(BALLOON)) == 0
    assert colour_of(made, inside(MARGIN, 4)) > 2


def test_parts_are_read_back_as_they_were_kept_and_leave_no_trace_where_there_are_none(
    options: Options, plain: dict[str, Artifact], tmp_path: Path
) -> None:
    made = run_until("panels", corrected(tmp_path, coloured=[MARGIN], left_out=[FLOOR]), options)
    marked = PanelLayout.from_artifact(made["panels"]).marked
    assert [list(map(list, part)) for part in marked.coloured] == [MARGIN]
    assert [list(map(list, part)) for part in marked.left_out] == [FLOOR]
    again = PanelLayout.from_artifact(made["panels"]).to_artifact("page.png", 0)
    assert PanelLayout.from_artifact(again).marked == marked
    assert PanelLayout.from_artifact(plain["panels"]).marked == NO_PARTS
    assert {"left_out", "coloured"}.isdisjoint(plain["panels"].data)
