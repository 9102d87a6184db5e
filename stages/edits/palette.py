"""A chapter's palette: the groups that were found, and a log of what people have decided since.

What holds is always made anew from the groups and the log, so that an operation can be undone whenever it was
done: the log without it is the palette as if it had never been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.types import Box, Image
from mangacolor.stages.edits.model import OWN_LOOK, Edit, Look, Reach
from mangacolor.stages.edits.operations import Lock, Merge, Name, Operation, Revise, SetEdit, SetLook, Split


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """A group of the palette: an entry of the file, in whose terms ``segments`` are surfaces and
    ``confidence`` is sure. ``colour`` and ``found``: ``#rrggbb``. ``seen``: pages, and boxes in pixels of the
    page. ``part_of``: the group that it was split from. ``fingerprints``: by which its segments are known
    again (``segments/fingerprints.py``)."""

    id: int
    colour: str
    found: str
    looks: bytes
    locked: bool = False
    area: float = 0.0
    segments: int = 0
    confidence: float = 0.0
    seen: tuple[tuple[str, Box], ...] = ()
    part_of: int | None = None
    name: str = ""
    fingerprints: bytes = b""

    @property
    def edited(self) -> bool:
        return self.colour != self.found

    def row(self) -> Image:
        """``looks`` as a row of features, 1×C uint8."""
        return np.frombuffer(self.looks, np.uint8)[None]


@dataclass(frozen=True, slots=True)
class Palette:
    """``groups``: as they stand in the file, without what the log says of them. ``log``: the operations that
    hold, in the order of their ids. ``undone``: those that were undone, the last one last. ``ungrouped``:
    fingerprints of segments that were in no group. ``last_id``: the largest that a found group ever had."""

    groups: tuple[PaletteEntry, ...] = ()
    log: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()
    ungrouped: bytes = b""
    last_id: int = 0

    def with_groups(self, groups: Sequence[PaletteEntry]) -> Palette:
        return replace(self, groups=tuple(groups))

    def with_found(self, groups: Sequence[PaletteEntry], ungrouped: bytes) -> Palette:
        """With groups as they were found; what the log says of them does not become theirs."""
        locked = {entry.id: entry.locked for entry in self.groups}
        own = tuple(replace(entry, locked=locked.get(entry.id, False), name="") for entry in groups)
        # A part's id goes back with its split, as if that had never been.
        last = max((entry.id for entry in own if entry.part_of is None), default=0)
        return replace(self, groups=own, ungrouped=ungrouped, last_id=max(self.last_id, last))

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits that hold, in the order in which they were made: of two, the later one counts."""
        edits: dict[int, Edit] = {}
        for operation in self.log:
            match operation:
                case SetEdit(number, edit) if edit.id == number or edit.id in edits:
                    edits[edit.id] = edit  # a revised edit keeps its place
                case Revise(_, several):
                    edits |= {edit.id: edit for edit in several if edit.id in edits}
                case Name(_, None, edit_id, name) if edit_id in edits:
                    edits[edit_id] = replace(edits[edit_id], name=name)
                case Lock(_, locked, _, some):
                    for number in edits.keys() & set(some):
                        edits[number] = replace(edits[number], locked=locked)
        return tuple(edits.values())

    @property
    def entries(self) -> tuple[PaletteEntry, ...]:
        """The groups with the names and locks that the log gives to them."""
        entries = {entry.id: entry for entry in self.groups}
        for operation in self.log:
            match operation:
                case Name(_, int(number), _, name) if number in entries:
                    entries[number] = replace(entries[number], name=name)
                case Lock(_, locked, some, _):
                    for number in entries.keys() & set(some):
                        entries[number] = replace(entries[number], locked=locked)
        return tuple(entries.values())

    @property
    def look(self) -> Look:
        """That of the whole chapter."""
        looks = (operation.look for operation in reversed(self.log) if isinstance(operation, SetLook))
        return next(looks, OWN_LOOK)

    @property
    def merges(self) -> tuple[Merge, ...]:
        return tuple(operation for operation in self.log if isinstance(operation, Merge))

    @property
    def regrouping(self) -> tuple[Merge | Split, ...]:
        """The operations that change which segments are a group."""
        return tuple(operation for operation in self.log if isinstance(operation, Merge | Split))

    @property
    def held(self) -> set[int]:
        """The groups of which people have decided something as a whole: a name, a colour, a lock, a merge or
        a split."""
        held = {entry.id for entry in self.entries if entry.name or entry.locked or entry.edited}
        held |= {edit.group for edit in self.edits if edit.group is not None}
        for operation in self.regrouping:
            held.update(operation.groups if isinstance(operation, Merge) else [operation.group])
        return held

    def edit_of_group(self, number: int) -> Edit | None:
        """The last edit of a whole group, if there is one."""
        return next((e for e in reversed(self.edits) if e.reach is Reach.GROUP and e.group == number), None)

    @property
    def mentioned(self) -> set[int]:
        """The groups of which the log says something."""
        some: set[int | None] = set()
        for operation in self.log:
            match operation:
                case SetEdit(_, edit):
                    some.add(edit.group)
                case Revise(_, several):
                    some.update(edit.group for edit in several)
                case Name(_, group, _, _) | Split(_, group, _, _):
                    some.add(group)
                case Lock(_, _, groups, _) | Merge(_, groups):
                    some.update(groups)
        return {number for number in some if number is not None}

    @property
    def group_ids(self) -> set[int]:
        """Of groups that are there, or will be once the chapter is coloured again."""
        coming = {operation.into for operation in self.log if isinstance(operation, Split)}
        return coming | {entry.id for entry in self.groups}

    @property
    def last_group(self) -> int:
        """The largest of these, of those that were there, and of those that the log names."""
        return max(self.group_ids | self.mentioned | {self.last_id})
