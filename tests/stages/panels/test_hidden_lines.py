"""A line between two panels goes on behind what hides its middle, where both of its ends are to be seen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels import explain_panels, find_panels
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP
from mangacolor.stages.panels.cutting.shared_lines.evidence import HiddenLineEvidence
from mangacolor.stages.panels.cutting.shared_lines.hidden import find_pieces
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, texture

HIDDEN = DEFAULTS.hidden
BLIND = replace(DEFAULTS, hidden=replace(HIDDEN, most_hidden=0.0))


def two_tiers(line: bool = True) -> Image:
    """Two bleeding panels with soft pictures, parted by one black line behind a figure that fills both."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top, bottom, level in ((0, 400, 200), (400, HEIGHT, 150)):
        soft = cv2.blur(texture(bottom - top, WIDTH, level), (9, 9)).astype(np.float64)
        page[top:bottom] = np.rint(level + 0.35 * (soft - 128)).clip(0, 255)
    if line:
        cv2.line(page, (0, 400), (WIDTH, 400), 0, 2)
    else:
        page[380:420] = page[360:400]
    outline = np.array([(180, 90), (380, 60), (450, 200), (480, 480), (460, 700), (150, 720), (110, 430)])
    figure = np.zeros_like(page)
    cv2.fillPoly(figure, [outline.astype(np.int32)], 255)
    clothes = cv2.blur(texture(HEIGHT, WIDTH, 7), (5, 5)) // 2 + 40
    page[figure > 0] = clothes[figure > 0]
    cv2.polylines(page, [outline.astype(np.int32)], True, 0, 3, cv2.LINE_AA)
    return page


def samples(first: int, last: int, level: int = 230, count: int = 200) -> tuple[Image, Mask]:
    """A line of ``count`` samples of which so many are to be seen at either end."""
    border, edge = np.zeros(count, np.uint8), np.zeros(count, bool)
    border[:first], edge[:first] = level, True
    border[count - last :], edge[count - last :] = level, True
    return border, edge


def pieces(border: Image, edge: Mask) -> HiddenLineEvidence | None:
    return find_pieces(border, edge, False, HIDDEN)


def score(evidence: HiddenLineEvidence) -> float:
    return sum(evidence.parts(DEFAULTS).values())


def test_what_is_hidden_costs_and_what_is_seen_counts() -> None:
    some, more = pieces(*samples(60, 60)), pieces(*samples(40, 30))
    assert some is not None and more is not None
    assert some.hidden == pytest.approx(0.4) and more.hidden == pytest.approx(0.65)
    assert some.edge == some.measured()["edge"] == 1
    assert some.border_probability == pytest.approx(230 / 255)
    assert score(more) < score(some) < DEFAULTS.shared.top_score


@pytest.mark.parametrize(
    "what",
    [
        samples(100, 0),  # seen from one side only: it may stop anywhere
        samples(100, 10),  # a piece as short as the border that it meets is wide
        samples(28, 28),  # more than most_hidden is guessed
        samples(100, 60, level=90),  # edges that are no border to the network
        samples(100, 100),  # nothing is hidden
    ],
)
def test_bounds_on_what_is_taken_for_hidden(what: tuple[Image, Mask]) -> None:
    assert pieces(*what) is None


def test_a_border_without_an_edge_and_an_edge_without_a_border_end_a_piece() -> None:
    border, edge = samples(80, 80)
    edge[40:80] = False
    border[120:160] = 20
    found = pieces(border, edge)
    assert found is not None and found.hidden == pytest.approx(0.6)


def test_a_border_that_is_only_met_at_the_end_makes_no_piece() -> None:
    border, edge = samples(80, 0)
    border[-HIDDEN.first :], edge[-HIDDEN.first :] = 255, True
    assert pieces(border, edge) is None


def test_two_tiers_behind_one_figure_are_two_panels() -> None:
    assert len(find_panels(two_tiers(), params=BLIND).detected) == 1, "the page does not ask the question"
    layout, explanation = explain_panels(two_tiers())
    assert len(layout.detected) == 2
    (chosen,) = [candidate for candidate in explanation.candidates if candidate.chosen]
    assert 0.3 < chosen.measured["hidden"] <= HIDDEN.most_hidden
    assert sum(chosen.parts.values()) == pytest.approx(chosen.score)
    assert abs(chosen.corners[0][1] - 400) <= 2 * SAMPLE_STEP


def test_without_a_line_beside_the_figure_it_is_one_panel() -> None:
    assert len(find_panels(two_tiers(line=False)).detected) == 1
