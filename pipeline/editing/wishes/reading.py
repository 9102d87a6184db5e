"""Groups, edits and colours as people name them, looked up in a palette."""

from __future__ import annotations

from collections.abc import Sequence

from mangacolor.core.errors import UsageError
from mangacolor.pipeline.editing.wording import edit_id, read_number
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.palette import Palette

FOUND = "found"  # what --set takes to undo an edit of a group


def parse_set(texts: Sequence[str]) -> dict[int, str]:
    """``7=#c0392b`` or ``7=found``. Raises ``UsageError``."""
    found: dict[int, str] = {}
    for text in texts:
        group, mark, colour = text.partition("=")
        number = read_number(group)
        if not mark or number is None:
            raise UsageError(f"--set {text!r}: must be a group and its colour", "As --set 7=#c0392b.")
        colour = colour.strip()
        found[number] = colour if colour == FOUND else check_colour(colour, f"--set {text}")
    return found


def read_group(text: str, option: str) -> int:
    """The number of a group. Raises ``UsageError``, naming the ``option``."""
    number = read_number(text)
    if number is None:
        raise UsageError(
            f"{option}: {text.strip()!r} is no group",
            "Groups have numbers: `mangacolor palette OUT` shows them.",
        )
    return number


def check_group(palette: Palette, number: int, option: str) -> None:
    """Raise ``UsageError``, naming the ``option``, for a group that there is not."""
    known = {entry.id for entry in palette.entries}
    if number not in known:
        there = f"Groups: {min(known)} to {max(known)}." if known else "There is no group."
        raise UsageError(f"{option}: there is no such group", there)


def find_edit(palette: Palette, number: int, option: str) -> Edit:
    """An edit that holds. Raises ``UsageError``, naming the ``option``, where there is none."""
    for edit in palette.edits:
        if edit.id == number:
            return edit
    known = ", ".join(edit_id(edit) for edit in palette.edits)
    raise UsageError(
        f"{option} e{number}: there is no such edit", f"Edits: {known}." if known else "There is none."
    )
