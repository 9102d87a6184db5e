"""The benchmark of colours within a panel weighs places by area, and tells only other materials apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mangacolor.benchmarks.quality.panel_colours import Figures, Shown, find_shown, measure
from mangacolor.benchmarks.quality.panel_marks import Thing
from mangacolor.tests.benchmarks.test_edit_panels import NAME, chapter, strips

GREY, RED, GREEN = (0.0, 0.0), (-10.0, 40.0), (-25.0, -30.0)


def shown(name: str, segments: Sequence[int], share: Sequence[float], panel: int = 1) -> Shown:
    return Shown(Thing(NAME, panel, name, (), ()), np.array(segments), np.array(share), 150.0)


def figures(*things: Shown, colours: Sequence[tuple[float, float]]) -> Figures:
    return measure(things, np.array(colours))


def test_spread_is_between_two_places_of_a_thing_and_odd_is_away_from_its_main_colour() -> None:
    found = figures(shown("her hair", (0, 1, 2), (0.5, 0.3, 0.2)), colours=(RED, RED, GREEN))
    even = figures(shown("her hair", (0, 1), (0.5, 0.5)), colours=(RED, GREEN))
    assert found.odd == pytest.approx((0.2,))
    assert found.spread[0] == pytest.approx(even.spread[0] * 2 * 0.8 * 0.2 / 0.5)
    assert figures(shown("her hair", (0, 1), (0.5, 0.5)), colours=(RED, RED)).spread == (0.0,)


def test_apart_is_between_other_materials_of_one_panel() -> None:
    colours = (GREY, RED, RED, GREEN)
    hair, skin = shown("her hair", (0, 1), (0.5, 0.5)), shown("her skin", (2, 3), (0.5, 0.5))
    skirt, blouse = shown("her skirt", (0,), (1.0,)), shown("her blouse", (3,), (1.0,))
    assert (
        len(figures(hair, skin, skirt, blouse, colours=colours).apart) == 5
    )  # skirt and blouse are not told
    assert not figures(hair, shown("his hair", (2,), (1.0,)), colours=colours).apart
    assert not figures(hair, shown("her skin", (2,), (1.0,), panel=2), colours=colours).apart
    other = (
        figures(skirt, skin, colours=colours).apart
        + figures(shown("sky", (1,), (1.0,)), skin, colours=colours).apart
    )
    assert figures(hair, skin, colours=colours).apart[0] == pytest.approx(np.mean(other), abs=1e-4)


def test_figures_of_titles_are_taken_together() -> None:
    both = Figures((1.0,), (0.0,), (4.0,)) + Figures((3.0,), (0.5,), (6.0, 8.0))
    assert both == Figures((1.0, 3.0), (0.0, 0.5), (4.0, 6.0, 8.0))
    assert "spread / apart 0.333" in str(both)


def test_solid_ink_and_things_of_one_segment_say_nothing() -> None:
    out = chapter((0, 0, 1, 2), black=(1,))
    hair, skin = (
        Thing(NAME, 1, "her hair", strips(0, 1), strips(2, 3)),
        Thing(NAME, 1, "her skin", strips(2, 3), strips(0)),
    )
    (found,) = find_shown(out, [hair, skin])
    assert found.thing == skin and found.share == pytest.approx((0.5, 0.5))
