"""Edits in words, as commands and the palette's page tell of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mangacolor.core.errors import UsageError
from mangacolor.core.wording import counted, first_few
from mangacolor.pipeline.page_names import NUMBER
from mangacolor.stages.edits.model import Edit, Reach
from mangacolor.stages.edits.operations import Lock, Merge, Name, Operation, Revise, SetEdit, SetLook, Split
from mangacolor.stages.edits.palette import Palette

# Pages that a line names.
MOST_PAGES = 12
_REACHES = {
    Reach.SEGMENT: "this surface",
    Reach.PANEL: "alike in the panel",
    Reach.PAGE: "alike on the page",
    Reach.ALIKE: "alike in the chapter",
    Reach.GROUP: "the group",
    Reach.OUTLINE: "what an outline holds",
}


def edit_id(edit: Edit) -> str:
    """What an edit is called: ``e3``. Groups are called by their bare number."""
    return f"e{edit.id}"


def read_id(text: str, option: str) -> int:
    """The number of a change or an edit, ``3`` or ``e3``. Raises ``UsageError``, naming the ``option``."""
    match = re.fullmatch(rf"\s*[eE]?({NUMBER})\s*", text)
    if match is None:
        raise UsageError(f"{option} {text!r}: is no edit", "Edits are called e1, e2, …: --edits lists them.")
    return int(match[1])


def read_number(text: str) -> int | None:
    """A whole number as people write it; None for what is none."""
    match = re.fullmatch(rf"\s*({NUMBER})\s*", text)
    return None if match is None else int(match[1])


def reach_words(edit: Edit) -> str:
    """How far an edit reaches: ``alike in the chapter from .50``."""
    words = _REACHES[edit.reach]
    if edit.reach in (Reach.SEGMENT, Reach.OUTLINE):
        return words
    if edit.reach is Reach.GROUP:
        return f"group {edit.group}" if edit.group is not None else words
    return f"{words} from {likeness_text(edit.likeness)}"


def likeness_text(likeness: float) -> str:
    """``.50``"""
    return f"{likeness:.2f}".removeprefix("0")


def surfaces_on_pages(pages: Mapping[str, int]) -> str:
    """``34 surfaces on 12 pages``, from how many there are on each."""
    if not pages:
        return "nothing"
    return f"{counted(sum(pages.values()), 'surface')} on {counted(len(pages), 'page')}"


def page_list(pages: Mapping[str, int]) -> str:
    """``000.png 3, 004.png 1``"""
    return first_few([f"{page} {number}" for page, number in pages.items()], MOST_PAGES)


def points_of(edit: Edit) -> str:
    """``003.png:120,340 and 2 more, not 007.png:10,20``"""
    told = first_few([f"{anchor.page}:{anchor.x},{anchor.y}" for anchor in edit.anchors], 1)
    if edit.negatives:
        told += ", not " + first_few([f"{a.page}:{a.x},{a.y}" for a in edit.negatives], 1)
    return told


def operation_words(operation: Operation) -> str:  # noqa: PLR0911 - a table of operations
    """What was done, in a few words: ``e3 revised``."""
    match operation:
        case SetEdit(number, edit):
            return f"{edit_id(edit)} {edit.colour}" if edit.id == number else f"{edit_id(edit)} revised"
        case Revise(_, edits):
            return f"{first_few([edit_id(edit) for edit in edits], MOST_PAGES)} revised"
        case Name(_, group, edit_number, name):
            what = f"group {group}" if group is not None else f"e{edit_number}"
            return f"{what} called {name!r}" if name else f"{what} without a name"
        case Lock(_, locked, groups, edits):
            some = [*(f"e{number}" for number in edits), *([counted(len(groups), "group")] if groups else [])]
            return f"{', '.join(some)} {'locked' if locked else 'unlocked'}"
        case Merge(_, groups):
            return f"groups {', '.join(map(str, groups))} merged"
        case Split(_, group, into, _):
            return f"group {group} split into {group} and {into}"
        case SetLook(_, look):
            return f"saturation {look.saturation:g}, warmth {look.warmth:g}"


def change_lines(before: Palette, after: Palette) -> list[str]:
    """What was done and what was taken back, a line each; but for edits that hold, which are told by
    themselves."""
    old, new = ({operation.id: operation for operation in p.log} for p in (before, after))
    done = [
        operation_words(operation)
        for number, operation in new.items()
        if number not in old and not isinstance(operation, SetEdit | Revise)
    ]
    return done + [f"{operation_words(old[number])}: undone" for number in old if number not in new]
