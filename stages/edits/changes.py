"""Changes to a palette. Each takes one and gives another; none touches a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from mangacolor.core.errors import UsageError
from mangacolor.stages.edits.model import SATURATION, WARMTH, Edit, Look
from mangacolor.stages.edits.operations import Lock, Merge, Name, Operation, Revise, SetEdit, SetLook, Split
from mangacolor.stages.edits.palette import Palette

# Operations that can be done again once they are undone: beyond any session, and the file stays small.
MAX_UNDONE = 1000


def next_id(palette: Palette) -> int:
    """The id of the next operation: no other has it, whether it holds or is undone."""
    return 1 + max((operation.id for operation in (*palette.log, *palette.undone)), default=0)


def add_edit(palette: Palette, edit: Edit) -> Palette:
    """With a further edit; whatever its ``id`` is, it gets that of the operation."""
    return _with(palette, lambda number: SetEdit(number, replace(edit, id=number)))


def revise_edit(palette: Palette, edit: Edit) -> Palette:
    """With this edit in place of the one that has its ``id``. Raises ``UsageError`` if there is none."""
    _check_edits(palette, [edit.id])
    return _with(palette, lambda number: SetEdit(number, edit))


def revise_edits(palette: Palette, edits: Sequence[Edit]) -> Palette:
    """With these edits in place of those that have their ids, as one change. Raises as ``revise_edit``."""
    if len(edits) == 1:
        return revise_edit(palette, edits[0])
    _check_edits(palette, [edit.id for edit in edits])
    return _with(palette, lambda number: Revise(number, tuple(edits)))


def set_look(palette: Palette, look: Look) -> Palette:
    """With a look of the whole chapter. Raises ``UsageError`` for one that is out of bounds."""
    for what, value, (least, most) in (
        ("saturation", look.saturation, SATURATION),
        ("warmth", look.warmth, WARMTH),
    ):
        if not least <= value <= most:
            raise UsageError(f"{what} {value:g}: must be from {least:g} to {most:g}", "Choose another.")
    return palette if look == palette.look else _with(palette, lambda number: SetLook(number, look))


def merge_groups(palette: Palette, groups: Sequence[int]) -> Palette:
    """With these groups as one, the first. Raises ``UsageError`` for less than two, and unknown ones."""
    distinct = tuple(dict.fromkeys(groups))
    _check_groups(palette, distinct)
    if len(distinct) < 2:
        raise UsageError(
            "to merge takes two groups or more", "Name them by their ids, as `mangacolor palette` shows them."
        )
    return _with(palette, lambda number: Merge(number, distinct))


def split_group(palette: Palette, group: int, looks: tuple[bytes, bytes]) -> Palette:
    """With a group in two: what is more like the second row of features than the first is a new group."""
    _check_groups(palette, [group])
    return _with(palette, lambda number: Split(number, group, _next_group(palette), looks))


def name_group(palette: Palette, group: int, name: str) -> Palette:
    """With a name for a group; "" takes it away."""
    _check_groups(palette, [group])
    return _with(palette, lambda number: Name(number, group, None, name))


def name_edit(palette: Palette, edit: int, name: str) -> Palette:
    """With a name for an edit; "" takes it away."""
    _check_edits(palette, [edit])
    return _with(palette, lambda number: Name(number, None, edit, name))


def set_locks(
    palette: Palette, *, locked: bool, groups: Sequence[int] = (), edits: Sequence[int] = ()
) -> Palette:
    """With these groups and edits locked or not. The palette as it is where they are so already."""
    _check_groups(palette, groups)
    _check_edits(palette, edits)
    some = tuple(entry.id for entry in palette.entries if entry.id in groups and entry.locked != locked)
    others = tuple(edit.id for edit in palette.edits if edit.id in edits and edit.locked != locked)
    if not some and not others:
        return palette
    return _with(palette, lambda number: Lock(number, locked, some, others))


def undo(palette: Palette, number: int | None = None) -> Palette:
    """Without the operation with this id, or without the last one. Raises ``UsageError`` if there is none."""
    if not palette.log:
        raise UsageError("there is nothing to undo", "Nobody has changed this palette.")
    chosen = _find(palette.log, palette.log[-1].id if number is None else number, "to undo")
    log = tuple(operation for operation in palette.log if operation is not chosen)
    return replace(palette, log=log, undone=(*palette.undone, chosen)[-MAX_UNDONE:])


def clear_group(palette: Palette, group: int) -> Palette:
    """Without any edit of a whole group, which then has the colour that was found. Each is undone."""
    _check_groups(palette, [group])
    for operation in palette.log:
        if isinstance(operation, SetEdit) and operation.edit.group == group:
            palette = undo(palette, operation.id)
    found = (replace(e, colour=e.found) if e.id == group else e for e in palette.groups)
    return palette.with_groups(tuple(found))


def redo(palette: Palette, number: int | None = None) -> Palette:
    """With the undone operation with this id, or the last one, where it was. Raises ``UsageError``."""
    if not palette.undone:
        raise UsageError("there is nothing to redo", "Nothing has been undone.")
    chosen = _find(palette.undone, palette.undone[-1].id if number is None else number, "to redo")
    undone = tuple(operation for operation in palette.undone if operation is not chosen)
    if isinstance(chosen, Split) and chosen.into in palette.group_ids:  # somebody has it meanwhile
        chosen = replace(chosen, into=_next_group(palette))
    log = sorted((*palette.log, chosen), key=lambda operation: operation.id)
    return replace(palette, log=tuple(log), undone=undone)


def _with(palette: Palette, make: Callable[[int], Operation]) -> Palette:
    return replace(palette, log=(*palette.log, make(next_id(palette))))


def _find(operations: Sequence[Operation], number: int, what: str) -> Operation:
    for operation in operations:
        if operation.id == number:
            return operation
    known = ", ".join(str(operation.id) for operation in operations)
    raise UsageError(f"there is no change {number} {what}", f"There are: {known}.")


def _next_group(palette: Palette) -> int:
    undone = {operation.into for operation in palette.undone if isinstance(operation, Split)}
    return 1 + max(undone | {palette.last_group})


def _check_groups(palette: Palette, numbers: Collection[int]) -> None:
    _check("group", numbers, palette.group_ids)


def _check_edits(palette: Palette, numbers: Collection[int]) -> None:
    _check("edit", numbers, {edit.id for edit in palette.edits})


def _check(what: str, numbers: Collection[int], known: set[int]) -> None:
    for number in numbers:
        if number not in known:
            there = (
                f"{what.capitalize()}s: {min(known)} to {max(known)}." if known else f"There is no {what}."
            )
            raise UsageError(f"there is no {what} {number}", there)
