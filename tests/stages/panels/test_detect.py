"""Panels: found where they were drawn, on any picture at least one, ground only where paper is."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import InputError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Panel
from mangacolor.stages.panels import PanelLayout, find_panels
from mangacolor.stages.panels.cutting.shared_lines.finding import visible_support
from mangacolor.stages.panels.detect import layout_from_document
from mangacolor.stages.panels.layout import panel_document
from mangacolor.stages.panels.paper import find_ground
from mangacolor.stages.panels.params import DEFAULTS, SharedLineParams
from mangacolor.stages.panels.residual import find_residual_boxes
from mangacolor.stages.panels.stage import STAGE, Config

WIDTH, HEIGHT = 600, 840
SIGNS = SharedLineParams()
BOXES = [(320, 30, 250, 240), (30, 30, 278, 240), (30, 284, 540, 250), (30, 548, 540, 262)]


def texture(height: int, width: int, seed: int) -> Image:
    """Soft blobs of grey: something drawn, without a straight line in it."""
    noise = np.random.default_rng(seed).integers(0, 255, (height // 24 + 2, width // 24 + 2), np.uint8)
    soft = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft, 30, 200).astype(np.uint8)


def draw_page(boxes: list[tuple[int, int, int, int]], paper: int = 255, frame: int = 0) -> Image:
    page = np.full((HEIGHT, WIDTH), paper, np.uint8)
    for seed, (x, y, w, h) in enumerate(boxes):
        page[y : y + h, x : x + w] = texture(h, w, seed)
        cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), frame, 3)
    return page


def detected(page: Image, direction: str = "rtl") -> list[Panel]:
    return [panel for panel in find_panels(page, direction).panels if not panel.residual]  # type: ignore[arg-type]


def iou(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> float:
    ax, ay, aw, ah = first
    bx, by, bw, bh = second
    wide = max(0, min(ax + aw, bx + bw) - max(ax, bx))
    high = max(0, min(ay + ah, by + bh) - max(ay, by))
    return wide * high / (aw * ah + bw * bh - wide * high)


def assert_boxes(panels: list[Panel], boxes: list[tuple[int, int, int, int]], least: float = 0.95) -> None:
    assert len(panels) == len(boxes), [panel.box for panel in panels]
    for panel, box in zip(panels, boxes, strict=True):
        assert iou(panel.box, box) >= least, (panel.box, box)


@pytest.mark.parametrize(("paper", "frame"), [(255, 0), (205, 10), (0, 255), (4, 120)])
def test_finds_a_grid_on_white_tinted_and_black_paper(paper: int, frame: int) -> None:
    assert_boxes(detected(draw_page(BOXES, paper, frame)), BOXES)


def test_left_to_right_swaps_only_the_row() -> None:
    assert_boxes(detected(draw_page(BOXES), "ltr"), [BOXES[1], BOXES[0], BOXES[2], BOXES[3]])


def test_a_balloon_and_a_figure_over_gutters_do_not_join_panels() -> None:
    page = draw_page(BOXES)
    cv2.ellipse(page, (310, 120), (60, 45), 0, 0, 360, 255, -1)
    cv2.ellipse(page, (310, 120), (60, 45), 0, 0, 360, 0, 2)
    cv2.ellipse(page, (200, 540), (70, 60), 0, 0, 360, 90, -1)
    assert_boxes(detected(page), BOXES)


def test_slanted_gutter_gives_slanted_polygons() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    upper = np.array([(30, 30), (570, 30), (570, 340), (30, 480)])
    lower = np.array([(30, 500), (570, 360), (570, 810), (30, 810)])
    for seed, corners in enumerate((upper, lower)):
        inside = np.zeros_like(page)
        cv2.fillPoly(inside, [corners], 1)
        page[inside > 0] = texture(HEIGHT, WIDTH, seed)[inside > 0]
        cv2.polylines(page, [corners], True, 0, 3)
    panels = detected(page)
    assert len(panels) == 2
    for panel, corners in zip(panels, (upper, lower), strict=True):
        distance = np.linalg.norm(corners[:, None] - np.array(panel.polygon)[None], axis=2)
        assert distance.min(1).max() <= 6


def beside_the_column(frame_below: bool = True, framed: bool = False, drawn: bool = True) -> Image:
    """Panels in a column, of which the second runs off the page on the right."""
    page = draw_page([(60, 40, 470, 200), (60, 260, 540, 260), (60, 540, 470, 260)])
    page[263:517, -3:] = page[263:517, -6:-3]
    cv2.ellipse(page, (530, 388), (130, 110), 0, 0, 360, 255, -1)
    if not drawn:
        page[250:525, 530:] = 255
    if framed or not drawn:
        cv2.line(page, (528, 260), (528, 519), 0, 3)
    if not frame_below:
        page[490:525, 530:] = 255
    return page


def test_a_panel_that_runs_off_the_page_beside_a_column_reaches_the_pages_edge() -> None:
    assert_boxes(
        detected(beside_the_column()), [(60, 40, 470, 200), (60, 260, 540, 260), (60, 540, 470, 260)], 0.97
    )


@pytest.mark.parametrize("change", [{"frame_below": False}, {"framed": True}, {"drawn": False}])
def test_a_panel_ends_with_its_column_unless_its_frames_run_on(change: dict[str, bool]) -> None:
    assert_boxes(
        detected(beside_the_column(**change)), [(60, 40, 470, 200), (60, 260, 470, 260), (60, 540, 470, 260)]
    )


def test_ground_is_the_paper_and_not_a_white_panel() -> None:
    page = draw_page(BOXES)
    x, y, w, h = BOXES[2]
    page[y + 3 : y + h - 3, x + 3 : x + w - 3] = 255
    cv2.circle(page, (310, 400), 60, 0, 3)
    ground = find_panels(page).ground
    assert ground.shape == page.shape and ground.dtype == np.uint8
    assert set(np.unique(ground)) == {0, 255}
    assert ground[15, 15] == 255 and ground[277, 400] == 255
    for x, y, w, h in BOXES:
        assert not ground[y + 2 : y + h - 2, x + 2 : x + w - 2].any()


def test_what_is_drawn_on_the_paper_is_not_ground() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    boxes = [(80, 30, 490, 340), (80, 420, 490, 390)]
    page = draw_page(boxes)
    cv2.ellipse(page, (60, 200), (45, 60), 0, 0, 360, 255, -1)  # a white head, out of its panel
    cv2.ellipse(page, (60, 200), (45, 60), 0, 0, 360, 0, 3)
    ground = find_panels(page).ground
    assert ground[200, 40] == 0
    assert ground[600, 20] == 255


def test_area_outside_panels_becomes_a_residual_panel_last() -> None:
    boxes = [(70, 30, 500, 380), (70, 430, 500, 380)]
    page = draw_page(boxes)
    cv2.ellipse(page, (35, 570), (20, 60), 0, 0, 360, 90, -1)
    layout = find_panels(page)
    assert_boxes([panel for panel in layout.panels if not panel.residual], boxes)
    rest = layout.panels[-1]
    assert rest.residual and rest.confidence < 0.1
    assert iou(rest.box, (15, 510, 40, 120)) > 0.8


@pytest.mark.parametrize(("wide", "found"), [(18, False), (60, True)])
def test_a_sliver_beside_a_panel_is_no_residual_panel(wide: int, found: bool) -> None:
    ground = np.full((800, 600), 255, np.uint8)
    ground[100:700, 100 - wide : 500] = 0
    panel = [(100, 100), (500, 100), (500, 700), (100, 700)]
    boxes = find_residual_boxes(ground, [panel], DEFAULTS.residual)
    assert bool(boxes) == found and all(iou(box, (100 - wide, 100, wide, 600)) > 0.9 for box in boxes)


def test_a_line_that_a_scan_has_along_the_page_s_edge_is_no_residual_panel() -> None:
    ground = np.full((800, 600), 255, np.uint8)
    ground[:, :2], ground[:, -2:], ground[-2:] = 0, 0, 0
    panel = [(100, 100), (500, 100), (500, 700), (100, 700)]
    assert not find_residual_boxes(ground, [panel], DEFAULTS.residual)
    ground[200:400, :80] = 0
    (box,) = find_residual_boxes(ground, [panel], DEFAULTS.residual)
    assert iou(box, (0, 200, 80, 200)) > 0.9


STRANGE = {
    "one pixel": np.zeros((1, 1), np.uint8),
    "one row": np.full((1, 700), 255, np.uint8),
    "one column": np.full((700, 1), 9, np.uint8),
    "white": np.full((300, 200), 255, np.uint8),
    "black": np.zeros((300, 200), np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (400, 300), np.uint8),
    "colour noise": np.random.default_rng(1).integers(0, 256, (123, 77, 3), np.uint8),
    "stripes": np.repeat(np.tile(np.array([0, 255], np.uint8), 100), 2)[None].repeat(300, 0),
    "odd": np.random.default_rng(2).integers(0, 256, (3, 5, 3), np.uint8),
}


@pytest.mark.parametrize("name", STRANGE)
def test_any_image_has_a_panel_inside_the_page(name: str) -> None:
    image = STRANGE[name]
    before = image.copy()
    layout = find_panels(image)
    height, width = image.shape[:2]
    assert layout.panels and layout.ground.shape == (height, width)
    for panel in layout.panels:
        x, y, w, h = panel.box
        assert x >= 0 and y >= 0 and w >= 1 and h >= 1 and x + w <= width and y + h <= height
        assert 0 <= panel.confidence <= 1
    assert np.array_equal(image, before)


def test_a_webtoon_strip_is_cut_on_its_blank_bands() -> None:
    strip = np.full((12000, 800), 255, np.uint8)
    boxes = [(40, top, 720, 700) for top in range(100, 11000, 1100)]
    for seed, (x, y, w, h) in enumerate(boxes):
        strip[y : y + h, x : x + w] = texture(h, w, seed)
        cv2.rectangle(strip, (x, y), (x + w - 1, y + h - 1), 0, 4)
    panels = detected(strip, "ltr")
    assert_boxes(panels, boxes)
    assert all(a.box[1] < b.box[1] for a, b in pairwise(panels))


def test_the_stage_leaves_the_panels_json_and_reads_it_back() -> None:
    page = np.repeat(draw_page(BOXES)[:, :, None], 3, 2)
    context = SimpleNamespace(config=Config("ltr"), page=SimpleNamespace(name="ch/01.png", edit=None))
    inputs = {"decode": Artifact(images={"main": page}), "classify": Artifact()}
    artifact = STAGE.run(context, inputs)
    assert isinstance(artifact, Artifact)
    data = artifact.data
    assert data["page"] == "ch/01.png" and data["size"] == [WIDTH, HEIGHT]
    assert len(data["panels"]) == len(data["polygons"]) == len(data["confidence"]) == 4
    assert data["seconds"] > 0
    layout = find_panels(page, "ltr")
    again = PanelLayout.from_artifact(artifact)
    assert [panel.polygon for panel in again.panels] == [panel.polygon for panel in layout.panels]
    assert [panel.residual for panel in again.panels] == [panel.residual for panel in layout.panels]
    assert again.size == (WIDTH, HEIGHT) and np.array_equal(again.ground, layout.ground)
    assert np.array_equal(artifact.images["ground"], layout.ground)
    assert STAGE.preview is not None
    overlay = STAGE.preview(artifact, inputs)
    assert overlay.shape == page.shape and not np.array_equal(overlay, page)


def test_direction_comes_from_the_option_then_the_chapter() -> None:
    chapter = Chapter("c", (), "ltr")
    assert STAGE.configure(Options(), Chapter("c", ())) == Config("rtl")
    assert STAGE.configure(Options(), chapter) == Config("ltr")
    assert STAGE.configure(Options(direction="rtl"), chapter) == Config("rtl")


def test_a_corrected_document_is_taken_as_it_is() -> None:
    page = draw_page(BOXES)
    document = panel_document(find_panels(page).panels, "a.png", (WIDTH, HEIGHT), 0.1)
    document["panels"] = [[10, 20, 300, 400], [320, 20, 270, 400]]
    del document["polygons"]
    layout = layout_from_document(document, page, "a.json")
    assert [panel.box for panel in layout.panels if not panel.residual] == [
        (10, 20, 300, 400),
        (320, 20, 270, 400),
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"size": [1, 1]}, "size"),
        ({"panels": []}, "one or more"),
        ({"panels": [[0, 0, 10]], "polygons": None}, "panel 1"),
        ({"panels": [[0, 0, -5, 10]], "polygons": None}, "panel 1"),
        ({"panels": [[9000, 0, 50, 10]], "polygons": None}, "no area"),
        ({"panels": [[1.5, 0, 1, 10]], "polygons": None}, "no area"),  # both sides round to 2
        ({"polygons": [[[0, 0]]]}, "polygons"),
        ({"polygons": {}.fromkeys("abcd")}, "polygons"),
        ({"panels": [[0, 0, 90, 90]], "polygons": [[[0, 0], [9, 9]]]}, "panel 1"),
        ({"panels": [[0, 0, 90, 90]], "polygons": [[[0, 0], [60, 0], [60, 60]]]}, "not in the same place"),
        ({"panels": [["a", 0, 9, 9]], "polygons": None}, "panel 1"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(change: dict[str, object], word: str) -> None:
    page = draw_page(BOXES)
    document = panel_document(find_panels(page).panels, "a.png", (WIDTH, HEIGHT), 0.1) | change
    with pytest.raises(InputError, match=word) as caught:
        layout_from_document(document, page, "a.json")
    assert "a.json" in str(caught.value)


def test_a_flat_grey_sky_is_not_taken_for_paper() -> None:
    page = np.full((600, 420), 192, np.uint8)
    page[:, :20] = page[:, -20:] = page[-20:] = page[:20] = 255
    page[290:306] = 255
    cv2.line(page, (20, 200), (399, 160), 0, 3)
    polygon = np.array([[20, 201], [400, 161], [400, 290], [20, 290]], np.float64)
    lower = np.array([[20, 306], [400, 306], [400, 580], [20, 580]], np.float64)
    ground = find_ground(page, [polygon, lower])
    assert ground[5, 200] == ground[298, 200] == 255
    assert ground[60, 200] == 0


def test_blank_margins_are_ground_even_inside_a_panels_box() -> None:
    page = np.full((600, 420), 255, np.uint8)
    page[80:520, 30:390] = 170
    box = np.array([[30, 0], [390, 0], [390, 600], [30, 600]], np.float64)
    ground = find_ground(page, [box])
    assert (ground[:70] == 255).all()
    assert (ground[530:] == 255).all()
    assert (ground[90:510, 40:380] == 0).all()


def test_a_line_half_hidden_by_a_figure_is_a_border_if_both_of_its_ends_are_sure() -> None:
    chance, seen = np.full(100, 240, np.uint8), np.ones(100, bool)
    whole = visible_support(chance, seen, SIGNS)
    assert whole == 240
    chance[30:70], seen[30:70] = 0, False
    behind_a_figure = visible_support(chance, seen, SIGNS)
    assert chance.mean() < behind_a_figure < whole
    chance[70:], seen[70:] = 0, False
    assert visible_support(chance, seen, SIGNS) == 0  # an end that nothing shows: a line of the drawing
    assert visible_support(chance, np.zeros(100, bool), SIGNS) == 0
