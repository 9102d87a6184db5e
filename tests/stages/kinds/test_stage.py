"""Panels in black and white beside panels in colour: the first are coloured, the second left as they came."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor import colorize_page
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Page, Panel, Point, Wanted
from mangacolor.stages.base import CAME_COLOURED, PANEL_COUNT, WHY_COPIED
from mangacolor.stages.kinds import PageKinds
from mangacolor.stages.kinds import stage as kinds
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.panels.layout import box_around
from mangacolor.tests.helpers.stages import Bytes
from mangacolor.tests.stages.classify.test_stage import inked_page, jpeg, tinted
from mangacolor.tests.stages.classify.test_stage import run as run_classify

PAPER, INK = (248, 240, 222), (24, 18, 12)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
CORNERS = [(left, top) for top in (20, 460) for left in (20, 330)]
BOXES = [(slice(top, top + 420), slice(left, left + 290)) for left, top in CORNERS]
FOUR = [Panel.from_box((left, top, 290, 420)) for left, top in CORNERS]
WHOLE = [Panel.from_box((0, 0, 640, 900))]


def page(*coloured: int, paper: tuple[int, int, int] = WHITE, black: bool = False) -> Image:
    """Four panels on tinted paper, the numbered ones painted in several colours."""
    luma = inked_page()
    if black:  # gutters too
        gutters = np.ones(luma.shape, bool)
        for box in BOXES:
            gutters[box] = False
        luma[gutters] = 0
    pixels = tinted(luma, paper, BLACK)
    for number in coloured:
        part = pixels[BOXES[number]]
        for start, colour in enumerate([(210, 60, 40), (40, 120, 200), (90, 170, 60)]):
            part[start * 140 : (start + 1) * 140] = part[start * 140 : (start + 1) * 140] / 255 * colour
    return pixels


def spots(*panels: int) -> Image:
    """Four panels in black and white, with red ink in a corner of the numbered ones."""
    pixels = page()
    for number in panels:
        corner = pixels[BOXES[number]][100:220, 60:180]
        corner[:] = corner / 255 * (205, 35, 40)
    return pixels


def layout_of(pixels: Image, panels: list[Panel]) -> PanelLayout:
    return PanelLayout(tuple(panels), np.zeros(pixels.shape[:2], np.uint8))


def run(pixels: Image, panels: list[Panel], wanted: Wanted = None, **options: Any) -> Artifact:
    """What the stage leaves of a page whose panels are known."""
    guess = run_classify(pixels, wanted, **options)
    config = kinds.configure(Options(**options), Chapter(".", ()))
    context: Any = SimpleNamespace(config=config, page=Page("1.png", 1, Bytes(b""), wanted=wanted))
    layout = layout_of(pixels, panels).to_artifact("1.png", 0.0)
    return kinds.run(context, {"decode": Artifact({}, {"main": pixels}), "classify": guess, "panels": layout})


def found(pixels: Image, panels: list[Panel], wanted: Wanted = None, **options: Any) -> PageKinds:
    return PageKinds.from_artifact(run(pixels, panels, wanted, **options))


def slanted(points: list[Point]) -> Panel:
    return Panel(tuple(points), box_around(points), 1.0)


@pytest.mark.parametrize("coloured", [(0,), (3,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("look", ["white", "yellowed", "black", "jpeg"])
def test_a_page_with_both_kinds_of_panels_is_mixed(coloured: tuple[int, ...], look: str) -> None:
    pixels = page(*coloured, paper=PAPER if look == "yellowed" else WHITE, black=look == "black")
    pixels = jpeg(pixels, 70) if look == "jpeg" else pixels
    assert run_classify(pixels).data["doubtful"]
    artifact = run(pixels, FOUR)
    one = PageKinds.from_artifact(artifact)
    assert one.kind == "mixed" and one.kept and artifact.outcome is None
    assert one.panels == tuple("colour" if number in coloured else "grey" for number in range(4))


def two_tiers(coloured: bool, framed: bool = True, slope: float = 0.0, wide: int = 2) -> Image:
    """Two tiers without a gutter: the upper one may be coloured, a line may part them, and slant."""
    luma = np.minimum(inked_page()[20:880, 20:310], 215)  # nothing is as light as a gutter
    luma[415:445] = luma[385:415]
    pixels = tinted(np.tile(luma, (1, wide)), WHITE, BLACK)
    end = 430 if framed else 270
    rows, columns = np.indices(pixels.shape[:2])
    upper = rows < end + slope * (columns - 290)
    if coloured:
        pixels[upper] = (pixels[upper] * (0.6, 0.8, 0.5)).astype(np.uint8)
    if framed:  # a hairline: a thick black one is a gutter
        pixels[upper & (rows + 1 >= end + slope * (columns - 290))] = 0
    return pixels


def one_panel(pixels: Image) -> list[Panel]:
    return [Panel.from_box((0, 0, pixels.shape[1], pixels.shape[0]))]


@pytest.mark.parametrize("slope", [0.0, 0.06, -0.2, 0.4])
@pytest.mark.parametrize("upright", [False, True])
def test_colour_may_end_at_a_frame_within_what_was_found_as_one_panel(slope: float, upright: bool) -> None:
    pixels = jpeg(two_tiers(coloured=True, slope=slope, wide=4 if upright else 2), 80)
    pixels = np.ascontiguousarray(pixels.transpose(1, 0, 2)) if upright else pixels
    one = found(pixels, one_panel(pixels))
    assert one.kind == "mixed" and one.panels == ("both",)
    kept = one.kept_mask(pixels, np.zeros(pixels.shape[:2], np.int16))
    kept = kept.T if upright else kept
    rows, columns = np.indices(kept.shape)
    past = rows - 430 - slope * (columns - 290)
    assert kept[past < -8].mean() > 0.995 and kept[past > 8].mean() < 0.02


@pytest.mark.parametrize("slope", [0.0, 0.4])
def test_colour_that_ends_within_a_panel_makes_no_part(slope: float) -> None:
    pixels = two_tiers(coloured=True, framed=False, slope=slope)
    assert found(pixels, one_panel(pixels)).kind != "mixed"


def test_a_black_band_beside_colour_is_no_panel_in_black_and_white() -> None:
    pixels = two_tiers(coloured=True)
    pixels[430:] = 45
    assert found(pixels, one_panel(pixels)).kind != "mixed"


def test_pages_of_one_kind_are_not_mixed() -> None:
    assert found(page(0, 1, 2, 3), FOUR).kind == "colour"
    assert found(page(paper=PAPER), FOUR).kind == "manga"


def test_a_page_in_doubt_all_of_whose_panels_are_in_colour_is_copied() -> None:
    pixels = page(0, 1, 2, 3)
    for box in BOXES:  # an empty half, with lettering in it
        pixels[box][160:] = 255
        for row in range(200, 400, 40):
            cv2.putText(pixels[box], "COLOUR", (30, row), cv2.FONT_HERSHEY_SIMPLEX, 1.6, BLACK, 6)
    assert run_classify(pixels).data["doubtful"]
    artifact = run(pixels, FOUR)
    assert PageKinds.from_artifact(artifact).kind == "colour" and artifact.outcome == "copy"
    told = kinds.summary(artifact)
    assert told[CAME_COLOURED] and told[WHY_COPIED] == "in colour already" and told[PANEL_COUNT] == 0


def test_a_night_in_one_colour_is_no_panel_in_black_and_white() -> None:
    pixels = page(0, 1, 2)
    pixels[BOXES[3]] = tinted(inked_page()[BOXES[3]], (150, 170, 230), (10, 15, 60))
    assert found(pixels, FOUR).kind == "colour"


def test_an_empty_panel_is_none_either() -> None:
    pixels = page(0, 1, 2)
    pixels[BOXES[3]] = 255
    cv2.rectangle(pixels, (330, 460), (619, 879), BLACK, 3)
    assert found(pixels, FOUR).kind == "colour"


def test_colour_that_runs_over_the_whole_page_has_no_parts() -> None:
    rng = np.random.default_rng(0)
    pixels = cv2.resize(rng.integers(0, 255, (9, 7, 3), np.uint8), (640, 900), interpolation=cv2.INTER_CUBIC)
    assert found(np.asarray(pixels, np.uint8), WHOLE).kind == "colour"


def test_a_second_ink_in_most_panels_is_the_page_s_own_look() -> None:
    artifact = run(spots(0, 1, 2), FOUR)
    assert PageKinds.from_artifact(artifact).kind == "spot" and artifact.outcome == "copy"
    told = kinds.summary(artifact)
    assert not told[CAME_COLOURED] and told[WHY_COPIED] == "in black and one colour"


def test_a_second_ink_that_ends_at_a_line_within_a_panel_cuts_nothing() -> None:
    pixels = spots(0, 1, 2, 3)
    for box in BOXES:
        pixels[box][225:230] = 0
    one = found(pixels, FOUR)
    assert one.panels == ("colour",) * 4 and one.kind != "mixed"


def test_panels_painted_in_one_hue_are_no_second_ink() -> None:
    pixels = page()
    for number in (0, 1, 2):
        pixels[BOXES[number]] = pixels[BOXES[number]] / 255 * (200, 150, 90)
    assert found(pixels, FOUR).panels == ("colour", "colour", "colour", "grey")
    assert found(pixels, FOUR).kind == "mixed"


def test_a_second_ink_in_one_panel_leaves_the_others_to_be_coloured() -> None:
    one = found(spots(2), FOUR)
    assert one.kind == "mixed" and one.panels == ("grey", "grey", "colour", "grey")


def test_panels_in_several_colours_are_no_second_ink() -> None:
    assert found(page(0, 1, 2), FOUR).kind == "mixed"


def test_forcing_colours_all_of_it_and_a_wish_goes_first() -> None:
    pixels = page(0)
    for artifact in (run(pixels, FOUR, force_color=True), run(pixels, FOUR, "colour")):
        assert PageKinds.from_artifact(artifact).kind == "mixed" and artifact.outcome is None
        assert not PageKinds.from_artifact(artifact).kept
    pixels = spots(0, 1, 2)
    assert run(pixels, FOUR, force_color=True).outcome is None
    asked = run(pixels, FOUR, "copy")
    assert run_classify(pixels, "copy").outcome is None and asked.outcome == "copy"
    assert kinds.summary(asked)[WHY_COPIED] == "as asked"
    assert not found(pixels, FOUR, "copy").kept


def test_it_is_kept_as_it_is() -> None:
    pixels = two_tiers(coloured=True)
    one = found(pixels, one_panel(pixels))
    assert one.parts and PageKinds.from_artifact(one.to_artifact(copied=False)) == one


def test_an_inset_is_judged_by_itself() -> None:
    pixels = page(0)
    inset = np.s_[100:250, 60:220]
    pixels[inset] = inked_page()[300:450, 360:520, None]
    panels = [FOUR[0], Panel.from_box((60, 100, 160, 150)), *FOUR[1:]]
    assert found(pixels, panels).panels == ("colour", "grey", "grey", "grey", "grey")


def test_what_lies_outside_all_panels_is_kept_if_it_is_in_colour() -> None:
    pixels = page(0)
    windows = np.full(pixels.shape[:2], 4, np.int16)
    for number, box in enumerate(BOXES):
        windows[box] = number
    assert not found(pixels, FOUR).loose
    title = np.s_[882:898, 100:500]
    pixels[title] = (200, 40, 40)
    one = found(pixels, FOUR)
    assert one.loose and one.kept_mask(pixels, windows)[title].all()
    assert not one.kept_mask(pixels, windows)[BOXES[3]].any()


def test_corners_may_be_a_few_pixels_off() -> None:
    pixels = page(0)
    windows = np.full(pixels.shape[:2], -1, np.int16)
    for number, box in enumerate(BOXES):
        windows[box] = number
    windows[20:440, 300:310] = 1  # a strip of the first panel given to the second
    kept = found(pixels, FOUR).kept_mask(pixels, windows)
    strong = np.ptp(pixels[60:400, 302:306].astype(int), axis=2) > 60
    assert kept[60:400, 302:306][strong].mean() > 0.98
    assert not kept[BOXES[1]].any()


def test_a_figure_in_colour_may_lean_into_a_panel_in_black_and_white() -> None:
    pixels = page(0, paper=PAPER)
    arm = np.s_[200:260, 240:400]  # out of the first panel, over the gutter, into the second
    pixels[arm] = (210, 120, 60)
    one = found(pixels, FOUR)
    assert one.panels == ("colour", "grey", "grey", "grey")
    windows = np.full(pixels.shape[:2], -1, np.int16)
    for number, box in enumerate(BOXES):
        windows[box] = number
    kept = one.kept_mask(pixels, windows)
    assert kept[arm].mean() > 0.97 and not kept[BOXES[1]][300:].any()


def test_panels_in_colour_come_out_as_they_went_in(weights: Path) -> None:
    pixels = page(0)
    options: dict[str, Any] = {"scale": "1", "direction": "ltr", "weights": str(weights)}
    done = colorize_page(pixels, **options)
    inner = (slice(30, 430), slice(30, 300))
    assert (done[inner] == pixels[inner]).all()
    for number in (1, 2, 3):
        assert np.ptp(done[BOXES[number]].astype(int), axis=2).max() > 12, number
    forced = colorize_page(pixels, **options, force_color=True)
    assert (forced[inner] != pixels[inner]).any()
