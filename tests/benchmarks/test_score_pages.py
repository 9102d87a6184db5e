"""Page measures on pages made so that the right answer is known, and the scoring script end to end."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as PilImage

from mangacolor.benchmarks.quality import page_variants, score_pages
from mangacolor.benchmarks.quality.page_measures import (
    added_chroma,
    colour_change,
    grey_share,
    ink_kept,
    left_grey,
    page_areas,
    seam_ratio,
)
from mangacolor.core.types import Image


def luma(rgb: Image) -> Image:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def as_rgb(grey: Image) -> Image:
    return np.dstack([grey, grey, grey])


@pytest.fixture
def truth() -> Image:
    """Two panels of soft colour with ink frames on white paper; a balloon in the first."""
    rng = np.random.default_rng(0)
    page = np.full((400, 300, 3), 255, np.uint8)
    for top in (20, 210):
        noise = cv2.GaussianBlur(rng.normal(size=(170, 260, 3)), (0, 0), 20)
        colours = np.clip(noise / noise.std() * 30 + (170, 120, 80), 70, 240)
        page[top : top + 170, 20:280] = colours.astype(np.uint8)
        cv2.rectangle(page, (20, top), (280, top + 170), (0, 0, 0), 3)
    return page


def lettered(truth: Image) -> Image:
    page = truth.copy()
    cv2.ellipse(page, (150, 90), (70, 40), 0, 0, 360, (255, 255, 255), -1)
    for row in (75, 92, 109):
        cv2.putText(page, "LETTERS", (105, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 2)
    return page


def test_areas_know_paper_from_a_white_surface_inside(truth: Image) -> None:
    page = truth.copy()
    page[60:100, 60:100] = 255
    areas = page_areas(page)
    assert areas.ground[5, 5] and areas.ground[0, 0] and areas.ground[200, 150]
    assert areas.drawn[80, 80] and not areas.ground[80, 80]
    assert not (areas.ground & areas.drawn).any()
    assert not areas.ground[18, 150] and not areas.drawn[18, 150]  # the margin is neither


def test_black_gutters_are_ground_too(truth: Image) -> None:
    page = truth.copy()
    page[page.min(axis=2) == 255] = 0
    areas = page_areas(page)
    assert areas.ground[5, 5] and areas.drawn[100, 100]


def test_unsure_lettering_is_neither_balloon_nor_drawn(truth: Image) -> None:
    labels = np.zeros(truth.shape[:2], np.uint8)
    labels[60:120, 60:120] = 255
    labels[260:320, 60:120] = 128
    areas = page_areas(truth, labels)
    assert areas.balloons[90, 90] and not areas.drawn[90, 90]
    assert not areas.balloons[290, 90] and not areas.drawn[290, 90]


def test_tinted_paper_is_seen_and_the_papers_own_tint_is_not_charged(truth: Image) -> None:
    areas = page_areas(truth)
    yellowed = truth.copy()
    yellowed[areas.ground] = (250, 244, 225)
    assert added_chroma(truth, truth, areas.ground) == 0
    assert (added_chroma(yellowed, as_rgb(luma(truth)), areas.ground) or 0) > 5
    assert added_chroma(yellowed, yellowed, areas.ground) == 0
    assert added_chroma(truth, truth, np.zeros_like(areas.ground)) is None


def test_colours_that_are_left_grey_are_a_share_of_those_that_there_are() -> None:
    truth = np.array([[50, 40, 0], [50, 0, 40], [50, 2, 0]], np.float32)  # the last has no hue
    ours = np.array([[50, 1, 0], [50, 0, 9], [50, 0, 0]], np.float32)
    assert left_grey(truth, ours) == 0.5
    assert left_grey(truth[2:], ours[2:]) is None


def test_what_is_left_grey_is_counted_without_ink(truth: Image) -> None:
    source = luma(truth)
    everywhere = np.ones(source.shape, np.bool_)
    inside = everywhere.copy()
    inside[:, :150] = False
    half = as_rgb(source)
    half[source >= 64] = np.where(inside[source >= 64][:, None], (200, 120, 60), half[source >= 64])
    assert grey_share(half, as_rgb(source), everywhere) == pytest.approx(np.mean(~inside[source >= 64]))
    assert grey_share(as_rgb(source), source, everywhere) == 1


def test_ink_kept_sees_three_levels_and_no_fewer(truth: Image) -> None:
    assert ink_kept(truth, truth) == (1, 0)
    touched = np.clip(truth.astype(int) + 3, 0, 255).astype(np.uint8)
    within, change = ink_kept(touched, truth) or (0, 0)
    assert within == 1 and change == pytest.approx(3, abs=0.1)
    washed = np.clip(truth.astype(int) + 4, 0, 255).astype(np.uint8)
    assert (ink_kept(washed, truth) or (1, 0))[0] == 0
    assert ink_kept(np.full_like(truth, 255), np.full_like(truth, 255)) is None


def test_a_seam_shows_and_a_smooth_page_has_none() -> None:
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(size=(300, 300, 3)), (0, 0), 12)
    page = np.clip(noise / noise.std() * 25 + 128, 0, 255).astype(np.uint8)
    lines = [(150.0, 0.0, 150.0, 300.0), (0.0, 120.0, 300.0, 120.0)]
    smooth = seam_ratio(page, lines)
    assert smooth is not None and 0.7 < smooth < 1.3
    seamed = page.copy()
    seamed[:, 150:, 0] = np.clip(seamed[:, 150:, 0].astype(int) + 30, 0, 255)
    assert (seam_ratio(seamed, lines[:1]) or 0) > 2
    assert (seam_ratio(seamed, [(0.0, 120.0, 300.0, 120.0)]) or 9) < 1.3
    assert seam_ratio(page, []) is None and seam_ratio(page, [(0.0, 0.0, 0.0, 300.0)]) is None


def test_colour_change_ignores_ink_and_sees_colour(truth: Image) -> None:
    everywhere = np.ones(truth.shape[:2], np.bool_)
    assert colour_change(truth, truth, everywhere) == 0
    redder = truth.copy()
    redder[..., 0] = np.clip(redder[..., 0].astype(int) + 60, 0, 255)
    assert (colour_change(truth, redder, everywhere) or 0) > 5
    grey = as_rgb(luma(truth))
    assert (colour_change(grey, as_rgb(luma(truth) // 2), everywhere) or 0) < 0.01
    with pytest.raises(ValueError, match="sizes"):
        colour_change(truth, truth[1:], everywhere)


def test_variants_are_undone(truth: Image) -> None:
    back = page_variants.unshifted(page_variants.shifted(truth))
    assert np.array_equal(back[:-7, :-7], truth[:-7, :-7])
    larger = page_variants.scaled(truth)
    assert larger.shape == (440, 330, 3)
    again = page_variants.unscaled(larger, truth).astype(int)
    assert np.abs(again - truth).mean() < 3


def save(picture: Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.fromarray(picture).save(path)


def test_the_script_scores_a_chapter(truth: Image, tmp_path: Path) -> None:
    save(lettered(truth), tmp_path / "truth" / "p1.png")
    save(truth, tmp_path / "art" / "p1.png")
    made = CliRunner().invoke(
        page_variants.main,
        [str(tmp_path / "truth"), str(tmp_path / "in"), "--art", str(tmp_path / "art")],
    )
    assert made.exit_code == 0, made.output
    folders = {path.name for path in (tmp_path / "in").iterdir()}
    assert folders == {f"{kind}{end}" for kind in ("plain", "screentone") for end in ("", "-shift", "-scale")}
    # Results: the truth itself, with the balloon tinted; a state with one tile border.
    tinted = lettered(truth)
    tinted[60:120, 100:200] = np.minimum(tinted[60:120, 100:200], (255, 250, 200))
    save(tinted, tmp_path / "out" / "p1.png")
    state = tmp_path / "out" / ".mangacolor" / "pages" / "p1.png" / "colorize.json"
    state.parent.mkdir(parents=True)
    panels = [{"box": [20, 20, 260, 170], "size": [392, 256], "surfaces": 0, "views": [[392, 256, False]]}]
    state.write_text(json.dumps({"panels": panels, "tile": [256, 256]}))
    save(page_variants.shifted(tinted), tmp_path / "moved" / "p1.png")
    save(page_variants.scaled(tinted), tmp_path / "larger" / "p1.png")
    options = {
        "inputs": "in/plain", "truth": "truth", "art": "art", "shifted": "moved", "scaled": "larger",
    }  # fmt: skip
    arguments = [str(tmp_path / "out"), "--kind", "plain"]
    for name, folder in options.items():
        arguments += [f"--{name}", str(tmp_path / folder)]
    done = CliRunner().invoke(score_pages.main, arguments)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    figures = document["summary"]
    assert document["pages"] == 1 and document["missing"] == []
    assert figures["structure"] == pytest.approx(1) and figures["delta_e"] == 0
    assert figures["left_grey"] == 0 and figures["ground_chroma"] == 0 and figures["ink_change"] < 0.5
    assert figures["balloon_chroma"] > 10
    assert figures["shift_change"] < 0.2 and figures["scale_change"] < 1.5
    assert figures["seam_ratio"] is not None
    assert "NO" in done.stderr and "structure" in done.stderr


def test_the_script_scores_pages_without_truth_and_names_missing_ones(truth: Image, tmp_path: Path) -> None:
    save(luma(truth), tmp_path / "in" / "p1.png")
    save(luma(truth), tmp_path / "in" / "p2.png")
    save(truth, tmp_path / "out" / "p1.jpg")
    out = tmp_path / "scores.json"
    done = CliRunner().invoke(
        score_pages.main, [str(tmp_path / "out"), "--inputs", str(tmp_path / "in"), "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    document = json.loads(out.read_text())
    assert document["missing"] == ["p2"]
    assert "structure" not in document["summary"] and document["summary"]["grey_share"] is not None
    enlarged = cv2.resize(truth, None, fx=2, fy=2)
    save(np.asarray(enlarged, np.uint8), tmp_path / "out" / "p2.png")
    refused = CliRunner().invoke(score_pages.main, [str(tmp_path / "out"), "--inputs", str(tmp_path / "in")])
    assert refused.exit_code == 1 and "--scale 1" in refused.stderr
