"""A palette and its log: operations hold, are undone in any order, and leave nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.stages.edits import changes
from mangacolor.stages.edits.model import OWN_LOOK, Anchor, Edit, Level, Look, Members, Reach
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.edits.palette_file import (
    decided_edits,
    decided_groups,
    from_document,
    to_document,
    undone_document,
)

LOOKS = bytes(range(30))
GROUPS = tuple(
    PaletteEntry(n, "#808080", "#808080", LOOKS, area=n / 10, segments=n, seen=(("1.png", (1, 2, 30, 40)),))
    for n in range(1, 6)
)
PALETTE = Palette(GROUPS)
ANCHOR = Anchor("001.png", 12, 34, "0123456789abcdef", LOOKS)
EDIT = Edit(0, "#c0392b", Reach.ALIKE, (ANCHOR,))


def written(palette: Palette) -> bytes:
    return json.dumps(to_document(palette)).encode()


def read_back(palette: Palette) -> Palette:
    undone = undone_document(palette)
    return from_document(
        json.loads(written(palette)), undone=json.loads(json.dumps(undone)) if undone else None
    )


def change_at_random(palette: Palette, random: Random) -> Palette:  # noqa: PLR0911 - a table
    groups = [entry.id for entry in palette.groups]
    edits = [edit.id for edit in palette.edits]
    group = random.choice(groups)
    match random.randrange(10 if edits else 5):
        case 0:
            reach = random.choice(list(Reach))
            members = (Members("001.png", "ab", ((1, 2), (3, 4))), Members("002.png", "cd"))
            outline = ((1, 2), (9, 2), (5, 8)) if reach is Reach.OUTLINE else ()
            edit = replace(
                EDIT, reach=reach, outline=outline, likeness=round(random.random(), 3), level=Level.COARSE
            )
            return changes.add_edit(palette, replace(edit, group=group, members=members, negatives=(ANCHOR,)))
        case 1:
            return changes.merge_groups(palette, random.sample(groups, 3))
        case 2:
            return changes.split_group(palette, group, (LOOKS, LOOKS[::-1]))
        case 3:
            return changes.name_group(palette, group, f"group {random.random()}")
        case 4:
            return changes.set_look(palette, Look(round(random.random(), 3), round(random.random(), 3)))
        case 5:
            return changes.revise_edit(palette, replace(EDIT, id=random.choice(edits), colour="#112233"))
        case 6:
            return changes.name_edit(palette, random.choice(edits), "her hair")
        case 7:
            return changes.set_locks(palette, locked=random.random() < 0.5, groups=groups, edits=edits)
        case 8:
            some = random.sample(edits, min(len(edits), 3))
            return changes.revise_edits(palette, [replace(EDIT, id=one, colour="#445566") for one in some])
        case _:
            return changes.undo(palette)


@pytest.mark.parametrize("seed", range(2))
def test_200_changes_undone_in_random_order_end_in_the_starting_bytes(seed: int) -> None:
    random = Random(seed)
    palette = PALETTE
    for _ in range(200):
        palette = change_at_random(palette, random)
    assert written(palette) != written(PALETTE)
    assert read_back(palette) == palette
    before = palette
    numbers = [operation.id for operation in palette.log]
    random.shuffle(numbers)
    for number in numbers:
        palette = changes.undo(palette, number)
    assert written(palette) == written(PALETTE)
    palette = read_back(palette)
    for number in random.sample(numbers, len(numbers)):
        palette = changes.redo(palette, number)
    assert written(palette) == written(before)


def test_an_edit_keeps_its_place_when_it_is_revised_and_what_it_was_when_that_is_undone() -> None:
    one = changes.add_edit(PALETTE, EDIT)
    two = changes.add_edit(one, replace(EDIT, colour="#00ff00"))
    revised = changes.revise_edit(two, replace(EDIT, id=1, colour="#0000ff"))
    assert [(edit.id, edit.colour) for edit in revised.edits] == [(1, "#0000ff"), (2, "#00ff00")]
    assert changes.undo(revised).edits == two.edits
    assert [edit.id for edit in changes.undo(revised, 1).edits] == [2]  # nothing is left to revise
    assert changes.redo(changes.undo(revised, 1)).edits == revised.edits


def test_the_last_look_counts_and_is_undone_in_any_order() -> None:
    one, two = Look(1.2, -0.1), Look(0.8, 0.4)
    palette = changes.set_look(changes.set_look(PALETTE, one), two)
    assert PALETTE.look == OWN_LOOK and palette.look == two == read_back(palette).look
    assert changes.set_look(palette, two) is palette
    assert changes.undo(palette, 1).look == two and changes.undo(palette).look == one
    none = changes.undo(changes.undo(palette, 1))
    assert none.look == OWN_LOOK and written(none) == written(PALETTE)
    assert changes.redo(changes.redo(none, 2), 1).look == two
    assert decided_edits(to_document(palette)) != decided_edits(to_document(PALETTE)) == []
    plain = changes.set_look(palette, OWN_LOOK)
    assert decided_edits(to_document(plain)) == []  # as it was is what it was made with
    assert decided_groups(to_document(palette)) == decided_groups(to_document(PALETTE))


@pytest.mark.parametrize(
    "look", [Look(-0.1, 0), Look(3.1, 0), Look(1, 1.1), Look(1, -1.1), Look(float("nan"), 0)]
)
def test_a_look_has_bounds_in_the_file_too(look: Look) -> None:
    with pytest.raises(UsageError, match="must be from"):
        changes.set_look(PALETTE, look)
    entry = {"id": 1, "do": "look", "saturation": look.saturation, "warmth": look.warmth}
    with pytest.raises(UsageError, match="is not between"):
        from_document(to_document(PALETTE) | {"log": [entry]})


def test_ids_are_never_given_twice_while_something_can_be_done_again() -> None:
    palette = changes.undo(changes.add_edit(PALETTE, EDIT))
    palette = changes.add_edit(palette, replace(EDIT, colour="#00ff00"))
    assert [edit.id for edit in palette.edits] == [2]
    assert [edit.id for edit in changes.redo(palette).edits] == [1, 2]


def test_locks_and_names_are_the_logs_and_groups_stay_as_they_were_found() -> None:
    palette = changes.name_group(changes.set_locks(PALETTE, locked=True, groups=[2, 3]), 2, "sky")
    assert [(e.id, e.locked, e.name) for e in palette.entries][:3] == [
        (1, False, ""),
        (2, True, "sky"),
        (3, True, ""),
    ]
    assert palette.groups == PALETTE.groups
    assert changes.set_locks(palette, locked=True, groups=[3]) is palette
    assert {row[0] for row in decided_groups(to_document(palette))} == {2, 3}


def test_names_enter_no_key() -> None:
    palette = changes.add_edit(PALETTE, EDIT)
    named = changes.name_edit(palette, 1, "her hair")
    assert named.edits[0].name == "her hair"
    assert decided_edits(to_document(named)) == decided_edits(to_document(palette)) != []


def test_the_last_edit_of_a_group_is_its_colour() -> None:
    edit = replace(EDIT, reach=Reach.GROUP, group=4)
    palette = changes.add_edit(changes.add_edit(PALETTE, edit), replace(edit, colour="#00ff00"))
    found = palette.edit_of_group(4)
    assert found is not None and found.colour == "#00ff00"
    assert palette.edit_of_group(3) is None


def test_a_palette_of_the_first_form_is_read() -> None:
    document = {key: value for key, value in to_document(PALETTE).items() if key != "log"}
    document["format"] = "mangacolor palette 1"
    assert from_document(document) == PALETTE


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"id": 1, "do": "paint"}, "there is nothing to do called 'paint'"),
        ({"id": 1, "do": "edit", "colour": "reddish", "reach": "page"}, "'reddish' is no colour"),
        ({"id": 1, "do": "edit", "colour": "#fff"}, "'reach' is missing"),
        ({"id": 1, "do": "edit", "colour": "#fff", "reach": "world"}, "'world' is not a valid Reach"),
        ({"id": 1, "do": "edit", "colour": "red", "reach": "page", "likeness": 2}, "not between 0 and 1"),
        (
            {"id": 1, "do": "edit", "colour": "red", "reach": "page", "anchors": [{"page": "1"}]},
            "'x' is missing",
        ),
        ({"id": 1, "do": "split", "group": 1, "into": 2, "looks": ["%"] * 2}, "entry 1 of its log"),
        ({"id": 1, "do": "name", "name": "x"}, "must name a group or an edit"),
        ({"id": float("inf"), "do": "merge", "groups": []}, "entry 1 of its log"),  # 1e999 in JSON
        ("edit", "entry 1 of its log"),
    ],
)
def test_a_damaged_log_says_what_is_wrong(entry: object, message: str) -> None:
    with pytest.raises(UsageError) as error:
        from_document({**to_document(PALETTE), "log": [entry]}, "palette.json")
    assert message in error.value.message
    assert error.value.message.startswith("palette.json")


def test_a_group_without_a_field_names_it() -> None:
    document = to_document(PALETTE)
    del document["groups"][1]["looks"]
    with pytest.raises(UsageError, match="group 2: 'looks' is missing"):
        from_document(document)


def test_what_cannot_be_changed_is_said() -> None:
    refused: list[tuple[Callable[[], Palette], str]] = [
        (lambda: changes.undo(PALETTE), "nothing to undo"),
        (lambda: changes.redo(PALETTE), "nothing to redo"),
        (lambda: changes.undo(changes.add_edit(PALETTE, EDIT), 9), "no change 9 to undo"),
        (lambda: changes.merge_groups(PALETTE, [2, 2]), "two groups or more"),
        (lambda: changes.merge_groups(PALETTE, [2, 9]), "no group 9"),
        (lambda: changes.split_group(PALETTE, 9, (LOOKS, LOOKS)), "no group 9"),
        (lambda: changes.revise_edit(PALETTE, EDIT), "no edit 0"),
    ]
    for change, message in refused:
        with pytest.raises(UsageError, match=message):
            change()


def test_a_damaged_file_of_what_was_undone_is_named_itself() -> None:
    with pytest.raises(UsageError, match=r"OUT/palette\.undone\.json: entry 1 of its log"):
        from_document(to_document(PALETTE), "OUT/palette.json", {"log": [[1, "a", {}]]})
