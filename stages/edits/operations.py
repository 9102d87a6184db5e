"""What can be done to a palette, one operation each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mangacolor.stages.edits.model import Edit, Look


@dataclass(frozen=True, slots=True)
class SetEdit:
    """An edit is made, where its id is that of the operation; else it takes the place of the edit with its
    id."""

    id: int
    edit: Edit


@dataclass(frozen=True, slots=True)
class Revise:
    """Several ``edits`` take the places of those with their ids, at once."""

    id: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A ``group`` or an ``edit``, the other None, has a name."""

    id: int
    group: int | None
    edit: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Some groups and edits hold, or, not ``locked``, hold no more."""

    id: int
    locked: bool
    groups: tuple[int, ...] = ()
    edits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """``groups``, two or more, are one from here on: the first of them."""

    id: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """What is more like the second of two segments (``looks``, rows of features) than like the first leaves
    the ``group`` and is the group ``into``."""

    id: int
    group: int
    into: int
    looks: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class SetLook:
    """The whole chapter has a ``look``; the last one counts."""

    id: int
    look: Look


Operation: TypeAlias = SetEdit | Revise | Name | Lock | Merge | Split | SetLook
