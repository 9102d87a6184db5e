"""``panels --explain`` tells the truth: it is what ``find_panels`` looked at and decided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.panels import explain_panels, find_panels
from mangacolor.stages.panels.cutting.page import Method
from mangacolor.stages.panels.cutting.record import CutCandidate
from mangacolor.stages.panels.explain_overlay import draw_explanation
from mangacolor.stages.panels.explanation import merge_rivals
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import BOXES, HEIGHT, WIDTH, draw_page, texture
from mangacolor.tests.stages.panels.test_scans import BOXES as LARGE_BOXES
from mangacolor.tests.stages.panels.test_scans import draw, scene


def slanted() -> Image:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for seed, corners in enumerate(
        ([(30, 30), (570, 30), (570, 340), (30, 480)], [(30, 500), (570, 360), (570, 810), (30, 810)])
    ):
        inside = np.zeros_like(page)
        cv2.fillPoly(inside, [np.array(corners)], 1)
        page[inside > 0] = texture(HEIGHT, WIDTH, seed)[inside > 0]
        cv2.polylines(page, [np.array(corners)], True, 0, 3)
    return page


def shared_lines() -> Image:
    """Two tiers and a column without gutters between them."""
    return draw([(60, 60, 1080, 780), (60, 836, 540, 784), (596, 836, 544, 784)])


def with_inset() -> Image:
    page = draw(LARGE_BOXES)
    page[1096:1404, 772:1140] = 255
    page[1096:1396, 780:1140] = scene(360, 300, 9)
    cv2.rectangle(page, (780, 1096), (1139, 1395), 0, 4)
    return page


def frameless() -> Image:
    """Two paintings with soft edges."""
    page = np.full((1680, 1200), 255, np.uint8)
    for seed, (top, bottom) in enumerate([(60, 760), (800, 1620)]):
        inside = np.zeros(page.shape, np.uint8)
        inside[top:bottom, 60:1140] = 255
        weight = np.asarray(cv2.GaussianBlur(inside, (0, 0), 6)) / 255
        page = (page * (1 - weight) + np.minimum(scene(1200, 1680, seed), 140) * weight).astype(np.uint8)
    return page


def strip() -> Image:
    return draw([(40, top, 720, 700) for top in range(100, 5000, 1000)], (800, 5200))


PAGES: dict[str, Callable[[], Image]] = {
    "grid": lambda: draw_page(BOXES),
    "black": lambda: draw_page(BOXES, 4, 120),
    "slanted": slanted,
    "shared lines": shared_lines,
    "inset": with_inset,
    "frameless": frameless,
    "strip": strip,
    "noise": lambda: np.random.default_rng(0).integers(0, 256, (400, 300), np.uint8),
    "white": lambda: np.full((300, 200), 255, np.uint8),
}


@pytest.mark.parametrize("method", ["learnt", "lines"])
@pytest.mark.parametrize("name", PAGES)
def test_the_explanation_agrees_with_the_decision(name: str, method: Method) -> None:
    page = PAGES[name]()
    layout = find_panels(page, "rtl", method)
    explained, explanation = explain_panels(page, "rtl", method)
    assert explained.panels == layout.panels and np.array_equal(explained.ground, layout.ground)
    chosen = [candidate for candidate in explanation.candidates if candidate.chosen]
    for candidate in explanation.candidates:
        assert candidate.chosen == (not candidate.reason)
        assert candidate.chosen <= (candidate.score >= candidate.threshold)
        if candidate.reason.startswith("scores less"):
            assert candidate.score < candidate.threshold
        if candidate.parts:
            assert sum(candidate.parts.values()) == pytest.approx(candidate.score, abs=1e-9)
        assert all(0 <= x <= page.shape[1] and 0 <= y <= page.shape[0] for x, y in candidate.corners)
    # Every region that was cut has the one cut that was chosen, and what was not cut is a panel or none.
    cuts = Counter(candidate.region for candidate in chosen if candidate.kind not in ("inset", "strip"))
    outcomes = [region.outcome for region in explanation.regions]
    assert cuts == Counter(number for number, outcome in enumerate(outcomes) if outcome == "cut")
    insets = sum(candidate.kind == "inset" for candidate in chosen)
    panels = outcomes.count("panel") + insets
    assert len(layout.detected) == (1 if explanation.note else max(1, panels))


CHOSEN_KINDS: list[tuple[str, Method, str]] = [
    ("grid", "learnt", "white gutter"),
    ("black", "learnt", "black gutter"),
    ("shared lines", "learnt", "shared line"),
    ("shared lines", "lines", "shared line"),
    ("frameless", "learnt", "bare band"),
    ("inset", "learnt", "inset"),
    ("strip", "lines", "strip"),
]


@pytest.mark.parametrize(("name", "method", "kind"), CHOSEN_KINDS)
def test_every_kind_of_cut_is_told(name: str, method: Method, kind: str) -> None:
    _, explanation = explain_panels(PAGES[name](), "rtl", method)
    assert kind in {candidate.kind for candidate in explanation.candidates if candidate.chosen}


def test_what_speaks_for_a_cut_is_told() -> None:
    best: dict[str, CutCandidate] = {}
    for name in ("grid", "shared lines"):
        _, explanation = explain_panels(PAGES[name]())
        best |= {c.kind: c for c in reversed(explanation.candidates) if c.chosen}
    gutter, line = best["white gutter"], best["shared line"]
    assert gutter.measured.keys() == {
        "blank",
        "upper frame line",
        "lower frame line",
        "open ends",
        "mean width",
        "network probability",
    }
    assert gutter.measured["blank"] > 0.9 and len(gutter.corners) == 4
    assert line.measured["network probability"] > 0.5 and len(line.corners) == 2


def test_gutters_are_where_they_were_drawn() -> None:
    _, explanation = explain_panels(draw_page(BOXES))
    across = [c for c in explanation.candidates if c.chosen and c.orientation == "across"]
    (down,) = [c for c in explanation.candidates if c.chosen and c.orientation == "down"]
    assert sorted(np.array(c.corners)[:, 1].mean() for c in across) == pytest.approx([277, 541], abs=2)
    assert np.array(down.corners)[:, 0].mean() == pytest.approx(314, abs=2)
    assert np.ptp(np.array(down.corners)[:, 1]) == pytest.approx(240, abs=8)


def test_a_threshold_that_nothing_reaches_leaves_one_panel_and_every_candidate_says_so() -> None:
    strict = replace(DEFAULTS, cut=replace(DEFAULTS.cut, least_score=2.0))
    layout, explanation = explain_panels(draw_page(BOXES), method="lines", params=strict)
    assert len(layout.detected) == 1 and [region.outcome for region in explanation.regions] == ["panel"]
    assert {candidate.reason for candidate in explanation.candidates} == {"scores less than 2.0"}
    assert max(candidate.score for candidate in explanation.candidates) > DEFAULTS.cut.least_score


def test_candidates_in_one_place_are_told_once() -> None:
    _, explanation = explain_panels(draw_page(BOXES))
    merged = explanation.candidates
    assert merge_rivals(merged, explanation.regions, explanation.size) == merged
    first = next(candidate for candidate in merged if candidate.orientation == "across" and candidate.chosen)
    moved = replace(
        first, chosen=False, reason="x", corners=tuple((x, y + 2) for x, y in first.corners), rivals=0
    )
    again = merge_rivals([*merged, moved], explanation.regions, explanation.size)
    assert len(again) == len(merged) and again[merged.index(first)].rivals == first.rivals + 1


def test_a_tone_that_makes_the_whole_page_the_panel_is_noted() -> None:
    page = np.full((HEIGHT, WIDTH), 200, np.uint8)
    page[500:] = texture(HEIGHT - 500, WIDTH, 3)
    cv2.line(page, (0, 500), (WIDTH, 500), 0, 3)
    layout, explanation = explain_panels(page)
    assert layout.detected[0].box == (0, 0, WIDTH, HEIGHT)
    assert "tone" in explanation.note and "tone" in explanation.to_document("a.png")["note"]


def test_the_drawing_shows_chosen_cuts_in_green_above_a_legend() -> None:
    page = np.repeat(draw_page(BOXES)[:, :, None], 3, 2)
    _, explanation = explain_panels(page)
    drawing = draw_explanation(page, explanation)
    scale = drawing.shape[1] / WIDTH
    assert drawing.dtype == np.uint8 and scale > 1 and drawing.shape[0] > scale * HEIGHT + 50
    x, y = round(100 * scale), round(277 * scale)  # in the first gutter
    red, green, blue = (int(value) for value in drawing[y, x])
    assert green > red + 20 and green > blue + 20
    assert (drawing[round(scale * HEIGHT) + 5 :] < 255).any()


def test_the_document_is_json_with_the_numbers_of_the_drawing() -> None:
    _, explanation = explain_panels(draw_page(BOXES))
    document = json.loads(json.dumps(explanation.to_document("ch/1.png")))
    assert document["page"] == "ch/1.png" and document["size"] == [WIDTH, HEIGHT]
    assert [entry["number"] for entry in document["candidates"]] == list(range(len(explanation.candidates)))
    assert {"kind", "orientation", "corners", "region", "score", "threshold", "parts", "measured", "chosen",
            "reason"} <= document["candidates"][0].keys()  # fmt: skip
    assert document["candidates"][0]["chosen"] and document["regions"][0]["outcome"] == "cut"
