"""What an edit covers of pages on which everybody knows what is alike, and what always holds of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from mangacolor.core.types import Inputs
from mangacolor.stages.edits import changes
from mangacolor.stages.edits.model import Anchor, Edit, Reach
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.stage import run
from mangacolor.tests.helpers.edits import EditContext, edited

Pages = Mapping[str, Inputs]


def edit(reach: Reach, *anchors: Anchor, **given: Any) -> Edit:
    return Edit(0, "#c0392b", reach, anchors, **given)


def covered(pages: Pages, one: Edit) -> set[tuple[str, int, int]]:
    """Page, window and strip of all that an edit covers."""
    return edited(run(EditContext.of(pages, changes.add_edit(Palette(), one)), pages))


def check_points(pages: Pages, places: Sequence[Anchor], rng: Random, rounds: int) -> None:
    """Points only ever add, what is not meant only ever takes away, and so does a higher likeness."""
    for reach in (Reach.PANEL, Reach.PAGE, Reach.ALIKE):
        for _ in range(rounds):
            first, more, wrong, worse = rng.sample(places, 4)
            one = edit(reach, first, negatives=(wrong,), likeness=rng.choice((0.01, 0.3, 0.5, 0.9)))
            found = covered(pages, one)
            assert found <= covered(pages, replace(one, anchors=(first, more)))
            assert covered(pages, replace(one, negatives=(wrong, worse))) <= found
            assert covered(pages, replace(one, likeness=one.likeness + 0.1)) <= found
