"""What one edit covers, by its points, what is not meant, and how like these a segment must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import numpy as np

from mangacolor.core.types import Inputs
from mangacolor.stages.edits.model import Reach
from mangacolor.stages.segments.features import COLUMNS
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.edit_coverage import check_points, covered, edit
from mangacolor.tests.helpers.edits import KINDS, at, chapter_of_windows

STEP = 12  # hundredths from one look to the other

Pages = dict[str, Inputs]


def with_blends(shares: Mapping[tuple[str, int], float]) -> Pages:
    """Three pages on which strip 1 of some windows lies on the way from the anchor's look to another one."""
    pages = chapter_of_windows(3)
    tables = {
        name: [
            window.features[:, len(COLUMNS) :]
            for window in PageColours.from_artifact(page["colorize"]).windows
        ]
        for name, page in pages.items()
    }
    meant, other = (tables["0.png"][0][kind].astype(int) for kind in (2, 3))
    for (name, window), share in shares.items():
        tables[name][window][1] = np.rint((1 - share) * meant + share * other)
    return pages


def test_the_nearer_one_decides_with_a_margin_that_is_smaller_in_the_anchors_own_panel() -> None:
    pages = with_blends({("0.png", 0): 0.34, ("2.png", 0): 0.34, ("2.png", 1): 0.1, ("1.png", 0): 0.46})
    loose = edit(Reach.ALIKE, at("0.png", 0, 2), likeness=0.01)
    blends = {("0.png", 0, 1), ("2.png", 0, 1), ("2.png", 1, 1), ("1.png", 0, 1)}
    assert blends <= covered(pages, loose)
    made = covered(pages, replace(loose, negatives=(at("0.png", 0, 3),)))
    assert made & blends == {("0.png", 0, 1), ("2.png", 1, 1)}
    assert {(page, window, 2) for page in pages for window in range(2)} <= made


def test_what_is_as_like_an_anchor_says_less_in_its_own_panel_than_elsewhere() -> None:
    reached: dict[str, list[int]] = {"0.png": [], "2.png": []}
    for share in range(0, 100, STEP):
        pages = with_blends({(page, 0): share / 100 for page in reached})
        made = covered(pages, edit(Reach.ALIKE, at("0.png", 0, 2)))
        for page, shares in reached.items():
            shares.extend([share] if (page, 0, 1) in made else [])
    own, elsewhere = (max(shares) for shares in reached.values())
    assert 0 < own < elsewhere < 90
    assert reached == {"0.png": list(range(0, own + 1, STEP)), "2.png": list(range(0, elsewhere + 1, STEP))}


def test_points_only_ever_add_and_what_is_not_meant_only_ever_takes_away() -> None:
    rng = Random(5)
    shares = {(f"{page}.png", window): rng.random() for page in range(3) for window in range(2)}
    pages = with_blends(shares)
    places = [
        at(f"{page}.png", window, kind) for page in range(3) for window in range(2) for kind in range(KINDS)
    ]
    check_points(pages, places, rng, 12)


def test_no_likeness_is_low_enough_to_leave_the_reach() -> None:
    (page, window, _), *_ = sorted(
        made := covered(chapter_of_windows(4), edit(Reach.PANEL, at("1.png", 1, 2), likeness=0.0))
    )
    assert (page, window, len(made)) == ("1.png", 1, KINDS)
    assert covered(chapter_of_windows(4), edit(Reach.SEGMENT, at("1.png", 1, 2), likeness=0.0)) == {
        ("1.png", 1, 2)
    }
