"""What lies under a point: a line of ink means what it is drawn on, solid ink means nothing."""

from __future__ import annotations

import pytest

from mangacolor.core.types import Inputs
from mangacolor.stages.edits.looking import LINE_REACH, PageLook
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edits import HIGH, page_of_windows


def inked(rows: slice) -> Inputs:
    """A page with ink over some rows of its first window."""
    page = page_of_windows(0)
    PageColours.from_artifact(page["colorize"]).windows[0].descreened[rows] = 20
    return page


@pytest.mark.parametrize("y", [HIGH + 4, HIGH + 5, HIGH + 6])
def test_a_thin_line_means_the_surface_that_it_is_drawn_on(y: int) -> None:
    assert PageLook.of(inked(slice(HIGH + 4, HIGH + 7))).meet(30, y) == ((0, 2), "")


def test_the_edge_of_solid_ink_means_its_surface_and_its_middle_nothing() -> None:
    look = PageLook.of(inked(slice(HIGH + 2, 2 * HIGH)))
    assert look.meet(30, HIGH + 2)[0] == (0, 2)
    assert look.meet(30, HIGH + 2 + LINE_REACH) == (None, "it lies on ink, which keeps its colour")


def test_light_of_another_surface_does_not_count() -> None:
    look = PageLook.of(inked(slice(HIGH, 2 * HIGH)))
    assert look.meet(30, HIGH)[0] is None and look.meet(30, HIGH - 1)[0] == (0, 1)


def test_specks_in_solid_ink_do_not_count() -> None:
    page = inked(slice(HIGH, 2 * HIGH))
    PageColours.from_artifact(page["colorize"]).windows[0].descreened[HIGH + 8, 30:32] = 255
    assert PageLook.of(page).meet(30, HIGH + 7)[0] is None
