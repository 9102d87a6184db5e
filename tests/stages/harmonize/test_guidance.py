"""A guest's colours over a chapter: wrong panels are found out, what is left out is filled, the rest is
kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mangacolor.core.types import Artifact, Inputs
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.palette_file import from_document, to_document
from mangacolor.stages.guest.surfaces import COVER_STEPS, GuestWindow, PageGuest
from mangacolor.stages.harmonize import stage
from mangacolor.stages.harmonize.guidance.guided import Guided
from mangacolor.stages.harmonize.references.matching import Matched, match_references
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.tests.helpers.edits import decide
from mangacolor.tests.stages.harmonize.test_stage import KINDS, Context, after, chapter, decided, run

PAGES = 12
# What the guest gives to each kind, and what the network says: nothing like it.
COLOURS = np.array([(-20, 45), (40, -15), (-45, 10), (5, -40)])
WRONG = (1, 4, 8)  # pages whose colours are another's
LEFT_OUT = (5, 10)  # pages without a guest


def told(colours: np.ndarray) -> Artifact:
    rows = np.zeros((KINDS, 5), np.uint8)
    rows[:, :2] = colours + 128
    rows[:, 3] = COVER_STEPS
    return PageGuest((GuestWindow(rows),)).to_artifact()


def guided(wrong: tuple[int, ...] = (), left_out: tuple[int, ...] = ()) -> tuple[Context, dict[str, Inputs]]:
    """A chapter and a guest whose colours drift a little, are turned round on some pages, and miss on
    others."""
    context, pages = chapter(PAGES)
    rng = np.random.default_rng(5)
    for number, (name, inputs) in enumerate(pages.items()):
        colours = (-COLOURS if number in wrong else COLOURS) + rng.integers(-2, 3, COLOURS.shape)
        guest = PageGuest().to_artifact() if number in left_out else told(colours)
        pages[name] = {**inputs, "guest": guest}
    return context, pages


def test_segments_take_the_guests_colours_and_agree_on_them() -> None:
    context, pages = guided()
    made = run(context, pages)
    for kind, colour in enumerate(COLOURS):
        found = after(pages, made, kind)
        assert np.abs(found - colour).max() <= 5
        assert np.ptp(found, axis=0).max() <= 2


def test_panels_in_wrong_colours_follow_the_others() -> None:
    context, pages = guided(wrong=WRONG)
    made = run(context, pages)
    for kind, colour in enumerate(COLOURS):
        assert np.abs(after(pages, made, kind) - colour).max() <= 5, kind


def test_pages_that_the_guest_left_out_agree_with_the_others() -> None:
    context, pages = guided(left_out=LEFT_OUT)
    made = run(context, pages)
    for kind, colour in enumerate(COLOURS):
        assert np.abs(after(pages, made, kind)[list(LEFT_OUT)] - colour).max() <= 5, kind


def test_what_has_the_guests_colour_shows_it_to_the_rest_as_references_do() -> None:
    features = SegmentFeatures(np.zeros((3, 20), np.uint8))
    held = Guided(np.array([True, False, True]), np.array([(-20.0, 45.0), (9.0, 9.0), (200.0, 0.0)]))
    shown = held.as_references(features)
    assert shown is not None and shown.chroma.tolist() == [[-20, 45], [127, 0]]
    assert Guided.nobody(3).as_references(features) is None


def test_a_chapter_with_a_guest_is_matched_to_what_has_its_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def match(segments: SegmentFeatures, references: SegmentFeatures, *given: Any) -> Matched:
        asked.append(references.chroma)
        return match_references(segments, references, *given)

    monkeypatch.setattr(stage, "match_references", match)
    context, pages = guided(left_out=LEFT_OUT)
    run(context, pages)
    (shown,) = asked
    assert len(shown) == KINDS * (PAGES - len(LEFT_OUT))
    assert all(np.abs(COLOURS - chroma).max(axis=1).min() <= 4 for chroma in shown)


def test_shades_of_the_guests_stay_what_they_are() -> None:
    context, pages = guided()
    shade, shaded = COLOURS + np.array([0, 8]), (2, 6, 9)
    for number in shaded:
        pages[f"{number}.png"] = {**pages[f"{number}.png"], "guest": told(shade)}
    made = run(context, pages)
    for kind, colour in enumerate(shade):
        assert np.abs(after(pages, made, kind)[list(shaded)] - colour).max() <= 4, kind


def test_what_is_like_nothing_else_keeps_the_guests_colour() -> None:
    context, pages = guided()
    one = dict(list(pages.items())[:1])
    made = run(context, one)
    for kind, colour in enumerate(COLOURS):
        assert np.abs(after(one, made, kind) - colour).max() <= 3, kind


def test_a_guest_that_shows_no_page_changes_nothing() -> None:
    context, pages = guided(left_out=tuple(range(PAGES)))
    plain = {name: {key: inputs[key] for key in ("colorize", "balloons")} for name, inputs in pages.items()}
    with_guest = {name: artifact.data for name, artifact in run(context, pages).items()}
    assert with_guest == {name: artifact.data for name, artifact in run(context, plain).items()}


@pytest.mark.parametrize("locked", [True, False])
def test_an_edit_and_a_lock_come_before_the_guest(locked: bool) -> None:
    context, pages = guided()
    made = run(context, pages)
    number = decided(made["0.png"]).row(0).group
    assert context.document is not None
    wanted = "#3a7d44"
    entries = [
        replace(entry, colour=wanted, found=wanted if locked else entry.found, locked=locked)
        if entry.id == number
        else entry
        for entry in from_document(context.document).groups
    ]
    context.document = to_document(Palette(tuple(entries)))
    again = decide(context, pages)
    assert np.abs(after(pages, again, 0) - from_hex(wanted)[1:]).max() <= 1
    assert np.abs(after(pages, again, 1) - COLOURS[1]).max() <= 5
