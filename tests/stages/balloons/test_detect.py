"""Balloons: lettering on its own paper is masked, drawings are not."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from mangacolor.core.types import Artifact, Image, Panel
from mangacolor.stages.balloons.detect import Method, find_balloons
from mangacolor.stages.balloons.kinds import Region, is_bounded
from mangacolor.stages.balloons.layout import BalloonLayout
from mangacolor.stages.balloons.stage import STAGE, Config
from mangacolor.stages.panels import PanelLayout, find_panels
from mangacolor.tests.helpers.paths import PAGES, ROOT


def tone(rows: int = 700, columns: int = 500) -> Image:
    """A mid-grey drawing with some structure, as luma."""
    y, x = np.mgrid[:rows, :columns]
    drawing = 120 + 40 * np.sin(x / 31.0) + 30 * np.cos(y / 23.0)
    return np.asarray(drawing.astype(np.uint8))


def letter(
    page: Image, corner: tuple[int, int], ink: int = 0, lines: int = 3, text: str = "HELLO YOU"
) -> None:
    for line in range(lines):
        spot = (corner[0], corner[1] + 24 * line)
        cv2.putText(page, text, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 2, cv2.LINE_AA)


def balloon_page() -> tuple[Image, Image]:
    """A page with one balloon, and the balloon's true mask."""
    page, truth = tone(), np.zeros((700, 500), np.uint8)
    cv2.ellipse(page, (250, 220), (110, 75), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(page, (250, 220), (110, 75), 0, 0, 360, 0, 2, cv2.LINE_AA)
    cv2.ellipse(truth, (250, 220), (109, 74), 0, 0, 360, 255, -1)
    letter(page, (195, 203))
    return page, truth


def overlap(mask: Image, truth: Image) -> float:
    return float(np.sum((mask > 127) & (truth > 0)) / np.sum((mask > 127) | (truth > 0)))


@pytest.mark.parametrize("method", ["learnt", "lettering"])
def test_a_balloon_is_masked_with_its_lettering(method: Method) -> None:
    page, truth = balloon_page()
    layout = find_balloons(page, method=method)
    assert overlap(layout.mask, truth) > 0.95
    assert [b.kind for b in layout.balloons] == ["closed"]
    x, y, w, h = layout.balloons[0].box
    assert abs(x - 140) <= 3 and abs(y - 145) <= 3 and abs(w - 220) <= 6 and abs(h - 150) <= 6


def test_colour_is_not_looked_at() -> None:
    page, _truth = balloon_page()
    grey = np.dstack([page] * 3)
    np.testing.assert_array_equal(find_balloons(page).mask, find_balloons(grey).mask)


def test_white_lettering_on_black_is_a_black_balloon() -> None:
    page, truth = balloon_page()
    page[truth > 0] = 0
    letter(page, (195, 203), ink=255)
    layout = find_balloons(page)
    assert overlap(layout.mask, truth) > 0.9
    assert [b.kind for b in layout.balloons] == ["black"]


def test_a_lettered_rectangle_is_a_caption() -> None:
    page = tone()
    cv2.rectangle(page, (100, 80), (300, 180), 255, -1)
    cv2.rectangle(page, (100, 80), (300, 180), 0, 2)
    letter(page, (130, 110))
    layout = find_balloons(page)
    assert [b.kind for b in layout.balloons] == ["caption"]
    assert layout.mask[90, 110] == 255


def face() -> Image:
    """A white face with eyes, brows, nose and mouth on a toned ground."""
    page = tone()
    cv2.ellipse(page, (250, 300), (120, 150), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(page, (250, 300), (120, 150), 0, 0, 360, 0, 3, cv2.LINE_AA)
    for x in (200, 300):
        cv2.ellipse(page, (x, 280), (22, 14), 0, 0, 360, 0, 2, cv2.LINE_AA)
        cv2.circle(page, (x, 280), 8, 0, -1, cv2.LINE_AA)
        cv2.ellipse(page, (x, 255), (26, 8), 0, 190, 350, 0, 4, cv2.LINE_AA)
    cv2.line(page, (250, 300), (244, 330), 0, 2, cv2.LINE_AA)
    cv2.ellipse(page, (250, 370), (35, 10), 0, 10, 170, 0, 3, cv2.LINE_AA)
    return page


@pytest.mark.parametrize("method", ["learnt", "lettering"])
def test_a_white_face_is_no_balloon(method: Method) -> None:
    assert not find_balloons(face(), method=method).mask.any()


def test_ground_closes_a_balloon_that_opens_into_the_gutter() -> None:
    page, truth = balloon_page()
    page[:, :180] = np.where(truth[:, :180] > 0, page[:, :180], 255)
    page[205:235, 130:160] = 255  # a wide gap in the outline, out to the gutter
    ground = np.zeros_like(page)
    ground[:, :180] = np.where(truth[:, :180] > 0, 0, 255)
    layout = find_balloons(page, ground)
    assert overlap(layout.mask, truth) > 0.95


def test_lettering_on_bare_paper_has_no_rim_and_a_balloon_at_the_pages_edge_has() -> None:
    page = np.full((200, 200), 255, np.uint8)
    shape = np.full((80, 60), 255, np.uint8)
    free = Region((70, 60, 60, 80), shape, 0.9, 255)
    assert not is_bounded(free, page)
    cv2.rectangle(page, (68, 58), (131, 141), 0, 2)
    assert is_bounded(free, page)
    corner = np.full((200, 200), 255, np.uint8)
    cv2.rectangle(corner, (-5, -5), (61, 81), 0, 2)
    assert is_bounded(Region((0, 0, 60, 80), shape, 0.9, 255), corner)


def test_a_ragged_region_is_a_balloon_only_if_it_is_outlined() -> None:
    """Thin arms, as of wall between lettering, against the same shape in ink."""
    cross = np.zeros((240, 240), np.uint8)
    cross[100:140] = cross[:, 100:140] = 255
    region = Region((30, 30, 240, 240), cross, 0.9, 255)
    page = np.full((300, 300), 255, np.uint8)
    contours, _tree = cv2.findContours(cross, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(30, 30))
    cv2.drawContours(page, contours, -1, 0, 2)
    assert is_bounded(region, page)
    page[:100] = 255  # one arm fades out: a fifth of the rim
    assert not is_bounded(region, page)
    whole = np.full((240, 240), 255, np.uint8)
    cv2.rectangle(page, (29, 29), (271, 271), 0, 2)
    page[:100, 30:270] = 255
    assert is_bounded(Region((30, 30, 240, 240), whole, 0.9, 255), page)


def test_a_panel_cuts_a_balloon() -> None:
    page, truth = balloon_page()
    page[:, 320:] = 255  # the gutter
    page[:, 318:321] = 0  # the panel's frame
    ground = np.zeros_like(page)
    ground[:, 321:] = 255
    layout = find_balloons(page, ground, panels=[(0, 0, 319, 700)])
    assert [b.kind for b in layout.balloons] == ["cut"]
    truth[:, 318:] = 0
    assert overlap(layout.mask, truth) > 0.93


class Context:
    """As much of the engine's context as the stage uses."""

    config = Config()


def test_the_stage_reads_its_inputs_and_leaves_json_and_a_mask() -> None:
    page, truth = balloon_page()
    panels = PanelLayout((Panel.from_box((0, 0, 500, 700)),), np.zeros_like(page))
    inputs = {
        "decode": Artifact(images={"main": np.dstack([page] * 3)}),
        "panels": panels.to_artifact("a.png", 0.0),
    }
    artifact = STAGE.run(Context(), inputs)  # type: ignore[arg-type]
    assert isinstance(artifact, Artifact)
    (balloon,) = json.loads(json.dumps(artifact.data))["balloons"]
    assert set(balloon) == {"box", "kind", "confidence"}
    assert 0 < balloon["confidence"] <= 1
    assert overlap(artifact.images["main"], truth) > 0.95
    layout = BalloonLayout.from_artifact(artifact)
    assert layout.mask is artifact.images["main"]
    assert layout.to_artifact().data == artifact.data
    assert [list(b.box) for b in layout.balloons] == [list(balloon["box"])]


def test_the_cache_key_follows_the_weights() -> None:
    assert STAGE.fingerprint is not None
    assert len(STAGE.fingerprint(Config())) == 64
    assert STAGE.fingerprint(Config(method="lettering")) == ""


CHAPTER = Path(__file__).parent / "data" / "chapter"
LETTERED, ART = (PAGES / "validation" / f"peppercarrot_{kind}" for kind in ("lettered", "art"))


class Tally:
    """Pixels of balloons that were found, of what is none, and of balloons that were missed."""

    def __init__(self) -> None:
        self.hit = self.false = self.missed = 0

    def add(self, page: Image, truth: Image) -> None:
        """``truth``: 255 balloon, 0 none, all else unknown."""
        panels = find_panels(page)
        mask = find_balloons(page, panels.ground, [panel.box for panel in panels.panels]).mask > 127
        self.hit += int(np.sum(mask & (truth == 255)))
        self.false += int(np.sum(mask & (truth == 0)))
        self.missed += int(np.sum(~mask & (truth == 255)))

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed)

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false)


def test_balloons_of_the_bundled_chapter() -> None:
    tally = Tally()
    for path in sorted(CHAPTER.glob("*.png")):
        with Pictures.open(path) as mask, Pictures.open(ROOT / "examples/chapter" / path.name) as page:
            tally.add(np.asarray(page.convert("RGB")), np.asarray(mask.convert("L")))
    assert tally.recall >= 0.95
    assert tally.precision >= 0.99


@pytest.mark.slow
@pytest.mark.skipif(
    not (LETTERED.is_dir() and ART.is_dir()),
    reason="MANGACOLOR_TEST_PAGES=FOLDER names pages with and without lettering; see CONTRIBUTING.md",
)
def test_unseen_lettered_pages_reach_the_goal() -> None:
    from mangacolor.training.data.pictures import at_most, read_rgb
    from mangacolor.training.pages.balloon_truth import find_balloon_truth

    tally = Tally()
    for path in sorted(LETTERED.rglob("*.webp")):
        page = at_most(read_rgb(path), 4000)
        art = at_most(read_rgb(ART / path.relative_to(LETTERED)), 4000)
        tally.add(page, find_balloon_truth(page, art))
    assert tally.recall >= 0.95
    assert tally.precision >= 0.90


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 5), (37, 53), (333, 64)])
@pytest.mark.parametrize("level", [0, 127, 255])
def test_empty_pages_of_any_size_have_no_balloon(shape: tuple[int, int], level: int) -> None:
    page = np.full(shape, level, np.uint8)
    layout = find_balloons(page)
    assert layout.mask.shape == shape and layout.balloons == () and not layout.mask.any()


def test_the_page_is_left_as_it_was() -> None:
    page, _truth = balloon_page()
    before = page.copy()
    find_balloons(page)
    np.testing.assert_array_equal(page, before)
