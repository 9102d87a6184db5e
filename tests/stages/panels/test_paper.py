"""What is paper: around a frameless drawing yes, a picture's own flat sky no."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image, Panel
from mangacolor.stages.panels import PanelLayout, find_panels
from mangacolor.stages.panels.detect import layout_from_document
from mangacolor.stages.panels.layout import panel_document
from mangacolor.stages.panels.paper import find_ground, is_tone
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.stages.panels.webtoon import find_windows
from mangacolor.tests.stages.panels.test_detect import BOXES, HEIGHT, WIDTH, draw_page, texture

WHOLE = (0, 0, WIDTH, HEIGHT)
LONE = (60, 70, 480, 700)


def landscape(sky: int) -> Image:
    """A picture over the whole page: a flat sky down to a straight horizon."""
    page = np.full((HEIGHT, WIDTH), sky, np.uint8)
    page[500:] = texture(HEIGHT - 500, WIDTH, 3)
    cv2.line(page, (0, 500), (WIDTH, 500), 0, 3)
    return page


def figure(page: Image, x: int, y: int, gap: int = 0) -> Image:
    """A white coat with an outline, dark legs under it; ``gap``: pixels that its outline lacks."""
    cv2.rectangle(page, (x, y), (x + 120, y + 200), 255, -1)
    cv2.rectangle(page, (x, y), (x + 120, y + 200), 0, 3)
    page[y + 80 : y + 80 + gap, x - 2 : x + 3] = 255
    page[y + 200 : y + 300, x + 20 : x + 100] = texture(100, 80, 5)
    return page


def boxes(layout: PanelLayout) -> list[tuple[int, int, int, int]]:
    return [panel.box for panel in layout.panels]


@pytest.mark.parametrize("sky", [170, 200, 228])
def test_a_flat_sky_that_bleeds_belongs_to_its_picture(sky: int) -> None:
    layout = find_panels(landscape(sky))
    assert boxes(layout) == [WHOLE]
    assert not layout.ground.any()


def test_the_document_of_a_page_under_a_sky_gives_the_same_layout() -> None:
    page = landscape(228)
    layout = find_panels(page)
    document = panel_document(layout.panels, "1", (WIDTH, HEIGHT), 0.0)
    again = layout_from_document(document, page, "edits/1.json")
    assert boxes(again) == boxes(layout)
    np.testing.assert_array_equal(again.ground, layout.ground)


@pytest.mark.parametrize(("sky", "face"), [(160, 240), (200, 240), (200, 60), (238, 60)])
def test_a_flat_sky_above_a_figure_whose_parts_are_taken_for_panels_is_drawn(sky: int, face: int) -> None:
    page = np.full((HEIGHT, WIDTH), sky, np.uint8)
    page[520:] = 110
    cv2.line(page, (0, 520), (WIDTH, 520), 0, 3)
    cv2.circle(page, (300, 400), 120, 240, -1)
    cv2.ellipse(page, (300, 400), (120, 120), 0, 180, 360, face, -1)
    cv2.circle(page, (300, 400), 120, 0, 4)
    cv2.rectangle(page, (200, 520), (400, HEIGHT - 4), 170, -1)
    cv2.rectangle(page, (200, 520), (400, HEIGHT - 4), 0, 4)
    layout = find_panels(page)
    assert len(layout.detected) > 1
    assert not layout.ground[page > 100].any()


def before_a_wall(tone: int, bright: int, frame: int = 3) -> Image:
    """A figure on a flat tone, and below it two panels with something bright in them."""
    page = figure(np.full((HEIGHT, WIDTH), tone, np.uint8), 240, 180)
    page[180:380, 240:360] = np.minimum(page[180:380, 240:360], bright)
    for x in (30, 310):
        page[560:800, x : x + 260] = texture(240, 260, x)
        page[600:700, x + 60 : x + 160] = bright
        cv2.rectangle(page, (x, 560), (x + 259, 799), 0, frame)
    return page


UPPER, LEFT, RIGHT = (0, 0, WIDTH, 557), (30, 560, 260, 240), (310, 560, 260, 240)


@pytest.mark.parametrize("tone", [165, 200, 222])
def test_a_wall_behind_a_figure_and_panels_is_drawn_where_the_page_outshines_it(tone: int) -> None:
    polygons = [corners(*box) for box in (UPPER, LEFT, RIGHT)]
    assert not find_ground(before_a_wall(tone, 255), polygons).any()


@pytest.mark.parametrize("tone", [200, 225])
def test_tinted_paper_that_nothing_outshines_stays_paper_behind_a_figure(tone: int) -> None:
    ground = find_ground(before_a_wall(tone, tone), [corners(*box) for box in (UPPER, LEFT, RIGHT)])
    assert (ground[570:790, :25] == 255).all()
    assert (ground[805:] == 255).all()
    assert (ground[:150] == 255).all()


def test_a_tint_with_margins_on_all_sides_is_paper_behind_a_figure() -> None:
    page = before_a_wall(200, 255)
    polygons = [corners(*box) for box in ((100, 100, 400, 440), LEFT, RIGHT)]
    ground = find_ground(page, polygons)
    assert (ground[:90] == 255).all()
    assert (ground[:, :20] == 255).all()


def tiers(tone: int, gap: int) -> tuple[Image, list[np.ndarray]]:
    """Two pictures without frames, with white in them, that run off the page on both sides of a band."""
    page = np.full((HEIGHT, WIDTH), tone, np.uint8)
    rows = (0, 420 - gap // 2), (420 + gap // 2, HEIGHT)
    for top, bottom in rows:
        page[top:bottom] = np.maximum(texture(bottom - top, WIDTH, top), 170)
        page[top + 60 : top + 160, 200:300] = 255
    return page, [corners(0, top, WIDTH, bottom - top) for top, bottom in rows]


def test_a_tint_between_pictures_without_frames_is_a_gutter_or_if_it_is_wide_part_of_them() -> None:
    page, polygons = tiers(210, 20)
    assert (find_ground(page, polygons)[414:426] == 255).all()
    page, polygons = tiers(210, 120)
    assert not find_ground(page, polygons).any()


@pytest.mark.parametrize(("band", "paper"), [(236, False), (246, True)])
def test_a_pale_band_over_a_panel_on_white_paper_is_its_sky(band: int, paper: bool) -> None:
    page = draw_page(BOXES)
    page[:180] = band
    polygons = [corners(0, 0, WIDTH, 270), *(corners(*box) for box in BOXES[2:])]
    ground = find_ground(page, polygons)
    assert (ground[:25] == 255 * paper).all()
    assert (ground[200:, :25] == 255).all()


def corners(x: int, y: int, w: int, h: int) -> np.ndarray:
    return np.array(Panel.from_box((x, y, w, h)).polygon, np.float64)


def tone_around(level: int, box: tuple[int, int, int, int], frame: str = "", white: int = 0) -> bool:
    """Whether the flat ``level`` around a picture in a ``box`` with a frame on some sides is its own tone."""
    page = np.full((HEIGHT, WIDTH), level, np.uint8)
    x, y, w, h = box
    inside = slice(y, y + h), slice(x, x + w)
    page[inside] = level - 20
    for side, start, end in (
        ("left", (x, y), (x, y + h)),
        ("right", (x + w, y), (x + w, y + h)),
        ("top", (x, y), (x + w, y)),
        ("bottom", (x, y + h), (x + w, y + h)),
    ):
        if side in frame:
            cv2.line(page, start, end, 0, 3)
    page[y + 50 : y + 50 + white, x + 50 : x + 50 + white] = 255
    around = np.full(page.shape, 255, np.uint8)
    around[inside] = 0
    return is_tone(page, around, corners(*box))


def test_a_tint_around_a_frame_is_paper_and_around_none_it_is_if_nothing_speaks_against_it() -> None:
    to_the_foot = (60, 70, 480, HEIGHT - 70)
    assert not tone_around(215, LONE)
    assert not tone_around(215, LONE, white=90)  # less than a fiftieth
    for level, box, white in ((175, LONE, 0), (215, LONE, 130), (215, to_the_foot, 0)):
        assert tone_around(level, box, "", white)
        assert tone_around(level, box, "left right", white)
        assert not tone_around(level, box, "left right top bottom", white)
    assert not tone_around(250, to_the_foot)
    assert tone_around(215, (0, 70, WIDTH, HEIGHT - 70), "top")  # bleeds off all other sides


@pytest.mark.parametrize("paper", [170, 200, 225])
def test_tinted_paper_around_a_lone_framed_panel_is_ground(paper: int) -> None:
    page = draw_page([LONE], paper)
    page[300:400, 200:400] = 255  # what is lighter than paper
    page[-2:] = 40  # the scanner's rim
    page = np.clip(page + np.random.default_rng(0).normal(0, 2, page.shape), 0, 255).astype(np.uint8)
    layout = find_panels(page)
    assert (layout.ground[:60] == 255).mean() > 0.99
    assert (layout.ground[:, :50] == 255).mean() > 0.99
    assert not layout.ground[80:760, 70:530].any()


def test_tinted_paper_beside_a_lone_panel_that_bleeds_to_one_side_is_ground() -> None:
    layout = find_panels(draw_page([(60, 70, WIDTH - 60, 700)], 225))
    assert (layout.ground[:60] == 255).all()
    assert (layout.ground[:, :50] == 255).all()


def test_a_black_page_stays_ground_whatever_lies_on_its_rim() -> None:
    page = draw_page([LONE], 6, 200)
    page[:, :10] = 170
    assert (find_panels(page).ground[10:60, 20:] == 255).all()


def test_panels_with_white_in_them_are_found_on_grey_paper() -> None:
    page = draw_page(BOXES, 200)
    for x, y, w, h in BOXES:
        cv2.ellipse(page, (x + w // 2, y + h // 2), (w // 4, h // 4), 0, 0, 360, 255, -1)
    layout = find_panels(page)
    assert len(layout.panels) == len(BOXES)
    assert (layout.ground[:24] == 255).all()


def standing(gap: int = 0) -> Image:
    """A figure without a frame; its floor reaches from side to side, what it hangs on the upper edge."""
    page = figure(np.full((HEIGHT, WIDTH), 255, np.uint8), 240, 300, gap)
    page[700:] = texture(140, WIDTH, 4)
    page[:300, 280:300] = 60
    return page


def test_white_around_a_figure_without_a_frame_is_paper_and_its_coat_is_not() -> None:
    ground = find_panels(standing(gap=4)).ground > 0
    assert ground[100:280, 20:270].all()
    assert ground[320:480, 20:230].all()
    assert not ground[310:490, 250:350].any()
    assert not ground[510:590, 270:330].any()


def test_paper_reaches_up_to_the_lines_of_the_drawing() -> None:
    soft = np.asarray(cv2.GaussianBlur(standing(), (0, 0), 3), np.uint8)
    paper = np.flatnonzero(cv2.GaussianBlur(soft, (3, 3), 0)[400, :240] >= 233)
    ground = find_panels(soft).ground > 0
    assert ground[400, paper[:-1]].all()
    assert not ground[400, paper[-1] + 1 : 360].any()


def test_a_shirt_that_runs_off_the_page_is_no_paper() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    shirt = np.array([(180, HEIGHT + 20), (210, 520), (390, 520), (420, HEIGHT + 20)])
    cv2.polylines(page, [shirt], False, 0, 4)
    cv2.rectangle(page, (WIDTH - 100, 300), (WIDTH + 20, 430), 0, 4)  # a sleeve
    page[300:520, 230:370] = texture(220, 140, 1)
    page[:40, 300:320] = 60
    ground = find_ground(page, [corners(*WHOLE)])
    assert (ground[100:800, 20:150] == 255).all()
    assert not ground[540:, 230:370].any()
    assert not ground[310:420, WIDTH - 90 :].any()


def test_paper_beside_a_picture_is_paper_whatever_lies_in_the_corners() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    page[:40] = texture(40, WIDTH, 1)
    page[-40:] = texture(40, WIDTH, 2)
    page[40:800, 250:350] = texture(760, 100, 3)
    ground = find_ground(page, [corners(*WHOLE)])
    assert (ground[150:700, 10:200] == 255).all()
    assert (ground[150:700, 400:590] == 255).all()


def test_a_white_sky_that_bleeds_beside_other_panels_is_drawn() -> None:
    page = draw_page(BOXES[:3])
    page[540:600] = 255
    page[700:] = texture(140, WIDTH, 4)  # under 160 pixels of sky
    cv2.line(page, (0, 540), (WIDTH, 540), 0, 3)
    polygons = [corners(*box) for box in (*BOXES[:3], (0, 540, WIDTH, HEIGHT - 540))]
    assert not find_ground(page, polygons)[550:690].any()


@pytest.mark.parametrize("gap", [0, 4])
def test_white_around_a_figure_within_a_frame_is_drawn(gap: int) -> None:
    page = draw_page([BOXES[2], BOXES[3]])
    x, y, w, h = BOXES[3]
    page[y + 5 : y + h - 5, x + 5 : x + w - 5] = 255
    page[y + 100 : y + 100 + gap, x - 2 : x + 5] = 255
    page[y + 60 : y + 200, x + 100 : x + 200] = texture(140, 100, 5)
    ground = find_panels(page).ground
    assert not ground[y + 10 : y + h - 10, x + 10 : x + w - 10].any()


def test_a_figure_without_a_frame_beside_framed_panels_stands_on_paper() -> None:
    page = figure(draw_page(BOXES[:3]), 240, 535)  # where the fourth would be
    for x in range(60, 560, 50):
        cv2.circle(page, (x, 600 + x * 7 % 90), 9, 40, -1)
    ground = find_panels(page).ground > 0
    assert ground[550:580, 40:230].all()
    assert ground[710:800, 40:230].all()
    assert not ground[550:720, 250:350].any()
    assert not ground[300:520, 50:550].any()


def test_a_page_wide_picture_reaches_up_into_its_pale_sky() -> None:
    page = draw_page([(30, 560, 260, 240), (310, 560, 260, 240)])
    page[:540] = 232
    page[160:530] = texture(370, WIDTH, 7)
    hills = 230 + (60 * np.sin(np.arange(WIDTH) / 60)).astype(int)
    page[:540][np.arange(540)[:, None] < hills] = 232
    cv2.polylines(page, [np.stack([np.arange(WIDTH), hills], 1)], False, 0, 3)
    figure(page, 240, 130)[530:544] = 0
    layout = find_panels(page)
    assert layout.panels[0].box[:3] == (0, 0, WIDTH)
    assert layout.panels[0].box[3] == pytest.approx(530, abs=8)
    assert len(layout.panels) == 3
    assert not layout.ground[:530].any()
    assert (layout.ground[548:555] == 255).all()


def between_panels(dots: bool) -> tuple[Image, list[np.ndarray]]:
    """A white part of a panel, framed above and below, that was taken for a wide gutter between two."""
    page = draw_page([(30, 30, 240, 400), (330, 30, 240, 400)])
    page[30:430, 268:332] = 255
    page[30:33, 260:340] = page[427:430, 260:340] = 0
    if dots:
        page[36:426:8, 274:330:8] = 0
    return page, [corners(30, 30, 240, 400), corners(330, 30, 240, 400)]


@pytest.mark.parametrize("dots", [False, True])
def test_a_closed_gutter_is_paper_and_a_wall_of_coarse_dots_is_none(dots: bool) -> None:
    page, polygons = between_panels(dots)
    ground = find_ground(page, polygons) > 0
    assert ground[40:420, 280:320].any() != dots
    assert ground[440:].all()


def webtoon(height: int = 3000) -> Image:
    """Scenes without frames, white between them: a figure before a grey sky, one on white, a picture."""
    strip = np.full((height, WIDTH), 255, np.uint8)
    strip[200:800] = 200
    figure(strip, 240, 450)
    figure(strip, 240, 1000)
    strip[1500:2000] = texture(500, WIDTH, 1)[: height - 1500]
    return strip


def test_the_white_between_and_around_scenes_of_a_strip_is_paper() -> None:
    strip = webtoon()
    whole = [corners(0, 0, WIDTH, 1400), corners(0, 1400, WIDTH, 1600)]  # as if nothing had been found
    ground = find_ground(strip, whole) > 0
    for rows in (slice(0, 195), slice(805, 990), slice(1310, 1495), slice(2005, 3000)):
        assert ground[rows].all()
    assert ground[1000:1290, :230].all()
    assert not ground[1010:1190, 250:350].any()
    assert not ground[205:795].any()
    assert not ground[1505:1995].any()


def test_white_that_runs_across_a_panel_of_a_page_is_drawn() -> None:
    page = webtoon(1700)
    panels = [corners(0, 0, WIDTH, 1400), corners(0, 1400, WIDTH, 300)]
    assert not find_ground(page, panels)[810:990, 200:400].any()


def test_a_strip_is_cut_through_its_gutter_and_through_no_sky() -> None:
    strip = np.full((5000, 600), 255, np.uint8)
    for top in range(0, 5000, 1250):
        strip[top : top + 1100] = 205
        strip[top + 500 : top + 1100] = texture(600, 600, top)
    windows = find_windows(strip, DEFAULTS)
    assert [top for top, _ in windows[1:]] == pytest.approx([1175, 2425, 3675], abs=5)


def test_a_white_page_is_a_white_panel() -> None:
    assert not find_panels(np.full((HEIGHT, WIDTH), 255, np.uint8)).ground.any()


def test_panels_that_leave_the_page_are_cut_at_its_edge() -> None:
    page = np.full((300, 300), 255, np.uint8)
    cv2.circle(page, (150, 150), 60, 0, -1)
    for box in ((-20, -20, 360, 340), (380, 380, 360, 340)):
        assert find_ground(page, [corners(*box)]).shape == page.shape
