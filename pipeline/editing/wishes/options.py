"""The options of ``mangacolor palette``, and which of them make sense together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mangacolor.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of ``mangacolor palette`` as they were given; what was not is None, False or ().

    ``undo`` and ``redo``: "" for the last change. ``lock_of``: the groups and edits that ``lock`` is about.
    """

    at: str | None = None
    colour: str | None = None
    reach: str | None = None
    likeness: float | None = None
    level: str | None = None
    also: Sequence[str] = ()
    negatives: Sequence[str] = ()
    forget: Sequence[str] = ()
    outline: str | None = None
    edit: str | None = None
    undo: str | None = None
    redo: str | None = None
    colours: Sequence[str] = ()
    split: str | None = None
    merge: str | None = None
    names: Sequence[str] = ()
    lock: bool | None = None
    lock_of: Sequence[str] = ()
    saturation: float | None = None
    warmth: float | None = None
    renew: bool = False


def check_wishes(wishes: Wishes) -> None:
    """Raise ``UsageError`` for options that make no sense together."""
    details = {
        "--colour": wishes.colour,
        "--reach": wishes.reach,
        "--likeness": wishes.likeness,
        "--level": wishes.level,
        "--also": wishes.also,
        "--not": wishes.negatives,
        "--forget": wishes.forget,
    }
    given = [name for name, value in details.items() if value not in (None, ())]
    others = [
        wishes.at,
        wishes.outline,
        wishes.edit,
        wishes.split,
        wishes.merge,
        *wishes.colours,
        *wishes.names,
        *given,
    ]
    others += [str(value) for value in (wishes.saturation, wishes.warmth) if value is not None]
    others += ["--renew"] if wishes.renew else []
    back = [name for name, value in (("--undo", wishes.undo), ("--redo", wishes.redo)) if value is not None]
    if back and (len(back) > 1 or any(others) or wishes.lock is not None):
        raise UsageError(f"{back[0]} stands by itself", "Give the other changes in a command of their own.")
    if wishes.forget and not wishes.edit:
        raise UsageError("--forget takes a point away from an edit: from which?", "Add --edit ID.")
    if wishes.at and wishes.edit:
        raise UsageError(
            "--at makes a new edit, and --edit changes one", "With --edit, add points with --also and --not."
        )
    if wishes.outline is not None:
        _check_outline(wishes, given)
    elif wishes.split is not None:
        _check_split(wishes, given)
    elif given and not (wishes.at or wishes.edit):
        raise UsageError(f"{given[0]} says nothing of what it is for", "Add --at PAGE:X,Y, or --edit ID.")
    elif wishes.at and not wishes.colour:
        raise UsageError(f"--at {wishes.at}: in which colour?", "Add --colour '#c0392b', '#fff' or crimson.")


def _check_outline(wishes: Wishes, given: Sequence[str]) -> None:
    if wishes.at or wishes.split is not None:
        raise UsageError(
            "--outline is an edit of its own", "Give --at and --split in a command of their own."
        )
    if set(given) - {"--colour"}:
        raise UsageError(
            f"{next(name for name in given if name != '--colour')} says nothing of an outline",
            "What lies inside takes the colour, and nothing else: --outline takes --colour alone.",
        )
    if not wishes.colour and not wishes.edit:
        raise UsageError("--outline: in which colour?", "Add --colour '#c0392b', '#fff' or crimson.")


def _check_split(wishes: Wishes, given: Sequence[str]) -> None:
    if wishes.edit or set(given) - {"--not"} or len(wishes.negatives) > 1:
        raise UsageError("--split takes --at and --not and nothing else of an edit", "As --split 7.")
    if bool(wishes.at) != bool(wishes.negatives):
        raise UsageError(
            "--split takes two points or none",
            "--at PAGE:X,Y is something that stays in the group, --not PAGE:X,Y something that leaves it.",
        )
