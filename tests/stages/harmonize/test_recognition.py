"""An id, and what people decide of it, stays with its thing, whatever clustering makes of a chapter later."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeAlias

import numpy as np
import pytest

from mangacolor.core.arrays import F64, I64
from mangacolor.stages.edits.changes import add_edit, merge_groups, name_group, set_locks, split_group, undo
from mangacolor.stages.edits.model import Anchor, Edit, Reach
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.edits.palette_file import from_document, to_document
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.corrections import NO_GROUP
from mangacolor.stages.harmonize.descriptors import make_space
from mangacolor.stages.harmonize.guidance.guided import Guided
from mangacolor.stages.harmonize.palette_entries import absent_entries, make_entries
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.neutrals import Neutrals
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.harmonize.regrouping import Regrouped, find_groups
from mangacolor.stages.harmonize.series.grouping import Grouping
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import AREA, COLUMNS, LUMA, TONE, UNIT, ZERO, SegmentFeatures, X
from mangacolor.stages.segments.fingerprints import fingerprint_segments

POINT = 8
# One after the other on every page: hair of two shades, a coat, and a sky.
HAIR, DARK_HAIR, COAT, SKY = range(4)
ANGLES = (0.0, 0.25, 1.2, 2.4)


@dataclass
class Book:
    """A chapter whose groups are what a test says that clustering finds."""

    palette: Palette = field(default_factory=Palette)

    def run(self, pages: str, found: Sequence[Sequence[int]], membership: F64 | None = None) -> I64:
        """The ids of the four segments of each of ``pages`` (a letter names a file), P×4. ``found``: for each
        page the groups that its segments are clustered in."""
        self.regrouped = group(self.palette, pages, found, membership)
        segments, regrouped = chapter_of(pages), self.regrouped
        colours = ["#808080"] * len(regrouped.matches)
        entries = make_entries(list(pages), segments, regrouped.grouping.groups, regrouped, colours)
        entries += absent_entries(self.palette, regrouped)
        self.palette = self.palette.with_found(entries, regrouped.ungrouped)
        self.palette = from_document(json.loads(json.dumps(to_document(self.palette))))
        return regrouped.identity.reshape(-1, 4)

    def entry(self, number: int) -> PaletteEntry:
        return next(entry for entry in self.palette.entries if entry.id == number)


def chapter_of(pages: str) -> ChapterSegments:
    """Four segments a page, each as its thing looks, all of one size."""
    rows = np.zeros((len(pages) * 4, len(COLUMNS) + POINT), np.uint8)
    rows[:, [TONE, LUMA, AREA]] = 150, 150, 100
    rows[:, X] = np.tile([10, 20, 30, 40], len(pages))
    for row, angle in zip(rows, ANGLES * len(pages), strict=True):
        point = np.zeros(POINT)
        point[:2] = np.cos(angle), np.sin(angle)
        row[len(COLUMNS) :] = np.rint(ZERO + UNIT * point)
    page = np.repeat(np.arange(len(pages)), 4)
    return ChapterSegments(
        SegmentFeatures(rows, 0),
        page,
        page,
        np.tile(np.arange(4), len(pages)),
        ((0, 0, 100, 100),) * len(pages),
        ((4,),) * len(pages),
        np.zeros((0, 2)),
        True,
        np.tile(np.arange(4), len(pages)),
        np.zeros(len(rows), np.uint8),
    )


def group(
    palette: Palette, pages: str, found: Sequence[Sequence[int]], membership: F64 | None = None
) -> Regrouped:
    segments, params = chapter_of(pages), Params()
    number = np.unique(np.array(found).ravel(), return_inverse=True)[1]
    count = len(segments)
    nothing = np.zeros((count, 2))
    grouping = Grouping(
        np.ones(count),
        nothing,
        nothing,
        np.zeros((count, 0), np.float32),
        Groups(number, np.ones(count) if membership is None else membership),
        np.full(int(number.max()) + 1, -1),
        Guided.nobody(count),
        Panels.nothing(count),
        Neutrals(np.zeros(count), np.zeros(count)),
    )
    prints = fingerprint_segments(segments, [sha256(page.encode()).hexdigest()[:16] for page in pages])
    space = make_space(segments.features, True, params.descriptors)
    return find_groups(grouping, segments, space, palette, (), prints, params)


WHOLE = (0, 0, 1, 2)  # both shades of hair are one group
PARTS = (0, 3, 1, 2)

ANCHOR = Anchor("a", 1, 1, "", b"")
Decision: TypeAlias = Callable[[Palette, int], Palette]
DECISIONS: tuple[Decision, ...] = (
    lambda palette, group: name_group(palette, group, "her hair"),
    lambda palette, group: set_locks(palette, locked=True, groups=[group]),
    lambda palette, group: add_edit(palette, Edit(0, "#c0392b", Reach.GROUP, (ANCHOR,), group=group)),
)


def without_fingerprints(palette: Palette) -> Palette:
    """As an earlier version wrote it."""
    bare = [replace(entry, fingerprints=b"") for entry in palette.groups]
    return replace(palette, groups=tuple(bare), ungrouped=b"", last_id=0)


def test_what_comes_apart_keeps_its_id_for_the_largest_part() -> None:
    book = Book()
    before = book.run("abcd", [WHOLE] * 4)
    hair = int(before[0, HAIR])
    # Its look is now the dark hair's, of which there is less: it is not by looks that it is known.
    after = book.run("abcde", [WHOLE, WHOLE, PARTS, (3, 3, 1, 2), (3, 3, 1, 2)])
    assert (after[:2, :2] == hair).all() and after[2, HAIR] == hair
    part = after[2, DARK_HAIR]
    assert part == before.max() + 1 and (after[3:, :2] == part).all()
    assert (after[:, 2:] == before[0, 2:]).all()


def test_ids_do_not_change_places_when_looks_do() -> None:
    book = Book()
    before = book.run("ab", [PARTS] * 2)
    # New pages on which the hair is drawn as the dark hair was, and the other way round, five times over.
    swapped = (3, 0, 1, 2)
    after = book.run("abcdefghijkl", [PARTS] * 2 + [swapped] * 10)
    assert (after[:2] == before).all()
    assert (after[2:, DARK_HAIR] == before[0, HAIR]).all()


def test_pages_that_are_renamed_reordered_or_removed_move_no_id() -> None:
    book = Book()
    before = dict(zip("abcd", book.run("abcd", [PARTS] * 4).tolist(), strict=True))
    # Clustering numbers them otherwise.
    after = dict(zip("dbc", book.run("dbc", [(2, 1, 0, 3)] * 3).tolist(), strict=True))
    assert all(after[page] == before[page] for page in "dbc")


def test_an_id_that_is_gone_is_given_to_no_other_thing() -> None:
    book = Book()
    before = book.run("ab", [(0, 0, 1, 2), (0, 0, 1, 3)])
    sky = before[1, SKY]
    assert sky == before.max()
    gone = book.run("a", [(0, 0, 1, 2)])
    assert sky not in gone and sky not in {entry.id for entry in book.palette.entries}
    again = book.run("ac", [(0, 0, 1, 2), (0, 0, 1, 3)])
    assert again[1, SKY] > sky


def test_what_was_said_of_a_part_does_not_pass_to_what_comes_later() -> None:
    book = Book()
    book.run("ab", [PARTS] * 2)
    rows = chapter_of("a").features.rows
    book.palette = split_group(book.palette, 1, (rows[HAIR].tobytes(), rows[COAT].tobytes()))
    part = max(book.palette.group_ids)
    book.palette = name_group(book.palette, part, "fringe")
    book.palette = undo(book.palette, book.palette.log[0].id)
    after = book.run("abc", [PARTS, PARTS, (7, 7, 1, 2)])
    assert after.max() > part and part not in after


def test_two_groups_that_become_one_have_the_id_of_the_larger() -> None:
    book = Book()
    before = book.run("abc", [(0, 0, 1, 2)] * 2 + [(0, 3, 1, 2)])
    after = book.run("abcd", [(0, 0, 1, 2)] * 4)
    assert (after[:, :2] == before[0, HAIR]).all()


def test_who_is_in_no_group_any_more_does_not_say_which_one_it_leaves() -> None:
    book = Book()
    first = book.run("abc", [PARTS] * 3)
    membership = np.ones((3, 4))
    membership[:, DARK_HAIR] = 0.0  # counted with the coat, and no members
    again = book.run("abc", [(0, 1, 1, 2), (0, 1, 1, 2), (0, 1, 4, 2)], membership.ravel())
    assert (again[:2, COAT] == first[0, COAT]).all()
    assert (again[:, DARK_HAIR] == NO_GROUP).all()


def test_a_locked_group_keeps_its_members_and_takes_no_others() -> None:
    book = Book()
    before = book.run("abc", [WHOLE] * 3)
    hair, coat = int(before[0, HAIR]), int(before[0, COAT])
    book.palette = set_locks(book.palette, locked=True, groups=[hair])
    # It comes apart, a part of it goes to the coat's group, and the coat of one page to what is left of it.
    after = book.run("abcd", [PARTS, (0, 1, 1, 2), (0, 3, 0, 2), (0, 3, 1, 2)])
    assert (after[:3, :2] == hair).all()
    assert (after[:2, COAT] == coat).all() and after[2, COAT] not in (hair, -1)
    assert (after[3, :2] == hair).all()  # a page that has come joins what it is grouped with
    assert book.entry(hair).segments == 8
    members = after == hair
    assert (book.regrouped.grouping.groups.membership.reshape(-1, 4)[members] > 0).all()
    again = book.run("abcd", [PARTS, (0, 1, 1, 2), (0, 3, 0, 2), (0, 3, 1, 2)])
    assert (again == after).all()


def test_a_locked_group_does_not_take_what_is_in_none() -> None:
    book = Book()
    membership = np.ones((2, 4))
    membership[1, HAIR] = 0
    before = book.run("ab", [WHOLE] * 2, membership.ravel())
    assert before[1, HAIR] == -1
    book.palette = set_locks(book.palette, locked=True, groups=[int(before[0, HAIR])])
    after = book.run("abc", [WHOLE] * 3)
    assert (after[:2] == before).all() and after[2, HAIR] == before[0, HAIR]


def test_a_locked_group_waits_for_pages_that_come_back() -> None:
    book = Book()
    before = book.run("abc", [WHOLE] * 3)
    book.palette = set_locks(book.palette, locked=True, groups=[int(before[0, HAIR])])
    book.run("ab", [WHOLE] * 2)
    after = book.run("abc", [WHOLE, WHOLE, PARTS])
    assert (after == before).all()


def test_a_speck_of_a_locked_group_does_not_speak_for_what_is_new() -> None:
    book = Book()
    before = book.run("abcd", [WHOLE] * 4)
    hair = int(before[0, HAIR])
    book.palette = set_locks(book.palette, locked=True, groups=[hair])
    # One lock of it is grouped with what six new pages show.
    after = book.run("abcdefghij", [WHOLE] * 3 + [(0, 5, 1, 2)] + [(5, 5, 1, 2)] * 6)
    assert (after[:4, :2] == hair).all()
    assert not (after[4:] == hair).any()


def test_groups_that_were_merged_or_split_stay_so() -> None:
    book = Book()
    before = book.run("abc", [PARTS] * 3)
    hair, dark, coat = before[0, :3].tolist()
    rows = chapter_of("a").features.rows
    book.palette = merge_groups(book.palette, [hair, coat])
    book.palette = split_group(book.palette, hair, (rows[HAIR].tobytes(), rows[COAT].tobytes()))
    split = book.run("abc", [PARTS] * 3)
    part = split[0, COAT]
    assert part > before.max() and (split[:, HAIR] == hair).all()
    # Half of the coats is grouped with the dark hair.
    after = book.run("abcd", [PARTS, (0, 3, 3, 2), PARTS, PARTS])
    assert (after[:, HAIR] == hair).all() and (after[:, COAT] == part).all() and (after[:, 1] == dark).all()
    book.palette = undo(undo(book.palette))
    undone = book.run("abcd", [PARTS] * 4)
    assert (undone[:3] == before).all()


@pytest.mark.parametrize("decided", DECISIONS)
def test_a_group_of_which_somebody_decided_something_does_not_come_apart(decided: Decision) -> None:
    book = Book()
    before = book.run("abc", [WHOLE] * 3)
    hair = int(before[0, HAIR])
    book.palette = decided(book.palette, hair)
    after = book.run("abcd", [PARTS] * 4)
    assert (after[:3] == before).all()
    book.palette = undo(book.palette)
    again = book.run("abcd", [PARTS] * 4)
    assert (again[:, HAIR] == hair).all() and hair not in again[:, DARK_HAIR]


@pytest.mark.parametrize("decided", DECISIONS)
def test_decisions_of_an_older_palette_reach_all_that_came_apart(decided: Decision) -> None:
    book = Book()
    before = book.run("abc", [WHOLE] * 3)
    hair = int(before[0, HAIR])
    book.palette = without_fingerprints(decided(book.palette, hair))
    after = book.run("abc", [PARTS] * 3)
    assert (after == before).all()
    # From here on its members are known.
    again = book.run("abcd", [PARTS] * 3 + [(4, 4, 1, 2)])
    assert (again[:3] == before).all() and hair not in again[3]


def test_a_colour_by_hand_in_an_older_palette_reaches_all_that_came_apart() -> None:
    book = Book()
    before = book.run("abc", [WHOLE] * 3)
    hair = int(before[0, HAIR])
    bare = without_fingerprints(book.palette)
    painted = [replace(entry, colour="#c0392b") if entry.id == hair else entry for entry in bare.groups]
    book.palette = bare.with_groups(painted)
    assert (book.run("abc", [PARTS] * 3) == before).all()


def test_nothing_changes_when_nothing_has() -> None:
    book = Book()
    membership = np.tile([1.0, 0.0, 1.0, 1.0], 3)
    before = book.run("abc", [PARTS] * 2 + [WHOLE], membership)
    document = json.dumps(to_document(book.palette))
    assert (book.run("abc", [PARTS] * 2 + [WHOLE], membership) == before).all()
    assert json.dumps(to_document(book.palette)) == document
