"""What a change of the palette comes to, in words and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mangacolor.core.wording import first_few
from mangacolor.pipeline.editing.coverage import Cover, Surfaces
from mangacolor.pipeline.editing.session import Session
from mangacolor.pipeline.editing.wording import (
    edit_id,
    likeness_text,
    operation_words,
    page_list,
    points_of,
    reach_words,
    surfaces_on_pages,
)
from mangacolor.stages.edits.model import Edit, Reach
from mangacolor.stages.edits.palette import Palette

# Likenesses among which those are sought at which an edit would cover more or less.
STEPS = tuple(step / 100 for step in range(1, 100))
# Of what it covers: about how much that is to be.
SHARES = (0.5, 2.0, 4.0, 8.0)
# Reaches that go by likeness alone.
BY_LIKENESS = (Reach.PANEL, Reach.PAGE, Reach.ALIKE)
# Share of what an edit covers from which on it is told that it is black.
TOLD_BLACK = 0.2
CHANGED = "colour the chapter again to see it"
# Old edits that a line names.
MOST_OLD = 8
RENEW = "--renew has them reach by what is known today, and --preview shows it"
PREVIEWED = "nothing has been changed: the same without --preview does it"
NOTHING_SEEN = "nothing on the pages would change"
FAR_MORE = "on further pages it leaves only what is far more like the points that are meant"


def session_lines(session: Session, *, is_preview: bool, listing: bool, again: str = "") -> list[str]:
    """What a command has come to, before the names of files. ``again``: the command that colours the chapter
    again, if it is known."""
    lines = list(session.changes)
    lines += old_lines(session.palette, session.covers)
    for edit in session.touched:
        lines += cover_lines(edit, session.covers[edit.id], session.surfaces)
    if is_preview:
        lines.append(PREVIEWED if session.is_seen else NOTHING_SEEN)
    elif session.is_seen:
        lines.append(f"{CHANGED}: {again}" if again else CHANGED)
    return lines + (edit_lines(session.palette, session.covers) if listing else [])


def old_lines(palette: Palette, covers: Mapping[int, Cover]) -> list[str]:
    """A line about the edits that are better made anew, if there are any."""
    old = [edit_id(edit) for edit in palette.edits if covers[edit.id].is_old]
    if not old:
        return []
    which = first_few(old, MOST_OLD)
    return [f"made when figures of one colour were told apart less well: {which}; {RENEW}"]


def cover_lines(edit: Edit, cover: Cover, surfaces: Surfaces) -> list[str]:
    """What an edit covers, where, and what it would at other likenesses."""
    name = f" ({edit.name})" if edit.name else ""
    share = f", {100 * cover.area:.1f} % of what is drawn" if cover.pages else ""
    lines = [
        f"{edit_id(edit)}{name}: {edit.colour}, {reach_words(edit)}: {surfaces_on_pages(cover.pages)}{share}"
    ]
    if cover.pages:
        lines.append(f"  {page_list(cover.pages)}")
    if cover.black >= TOLD_BLACK:
        lines.append(f"  {100 * cover.black:.0f} % of it is solid black, which holds no colour")
    if cover.unopposed is not None and len(cover.pages) < len(cover.unopposed):
        lines.append(f"  without --not {surfaces_on_pages(cover.unopposed)}: {FAR_MORE}")
    others = _other_likenesses(edit, surfaces) if edit.reach in BY_LIKENESS else ""
    return [*lines, f"  {others}"] if others else lines


def _other_likenesses(edit: Edit, surfaces: Surfaces) -> str:
    """``with --likeness .40: 61 on 15; .60: 20 on 8``: surfaces on pages, where there are more or less."""
    covers = [sum(cover.pages.values()) for cover in surfaces.covers_at(edit, STEPS)]
    (own,) = (sum(cover.pages.values()) for cover in surfaces.covers_at(edit, [edit.likeness]))
    wanted: dict[int, float] = {}
    for share in SHARES:
        fits = [(abs(number - share * own), number) for number in covers if number != own]
        if fits:
            number = min(fits)[1]
            wanted[number] = max(step for step, count in zip(STEPS, covers, strict=True) if count == number)
    steps = sorted(set(wanted.values()))
    told = [
        f"{likeness_text(step)}: {sum(cover.pages.values())} on {len(cover.pages)}"
        for step, cover in zip(steps, surfaces.covers_at(edit, steps), strict=True)
    ]
    return f"with --likeness {'; '.join(told)}" if told else ""


def edit_lines(palette: Palette, covers: Mapping[int, Cover]) -> list[str]:
    """The edits that hold, and all changes by the numbers that --undo and --redo take."""
    lines = [_edit_line(edit, covers[edit.id]) for edit in palette.edits] or ["no edits"]
    log = [f"  {operation.id:3}  {operation_words(operation)}" for operation in palette.log]
    log += [f"  {operation.id:3}  {operation_words(operation)} (undone)" for operation in palette.undone]
    return [*lines, *(["changes, by the number that --undo and --redo take:", *log] if log else [])]


def _edit_line(edit: Edit, cover: Cover) -> str:
    name = f"  {edit.name}" if edit.name else ""
    locked = "  locked" if edit.locked else ""
    told = f"{edit_id(edit)}{name}  {edit.colour}  {reach_words(edit)}  {surfaces_on_pages(cover.pages)}"
    return f"{told}  at {points_of(edit)}{locked}"


def edit_document(edit: Edit, cover: Cover) -> dict[str, Any]:
    """An edit for ``--json``."""
    return {
        "id": edit_id(edit),
        "name": edit.name,
        "colour": edit.colour,
        "reach": edit.reach.value,
        "likeness": edit.likeness,
        "level": edit.level.value,
        "group": edit.group,
        "locked": edit.locked,
        "old": cover.is_old,
        "at": [[anchor.page, anchor.x, anchor.y] for anchor in edit.anchors],
        "outline": [list(corner) for corner in edit.outline],
        "not": [[anchor.page, anchor.x, anchor.y] for anchor in edit.negatives],
        "surfaces": sum(cover.pages.values()),
        "unopposed": None if cover.unopposed is None else count_surfaces(cover.unopposed),
        "area": round(cover.area, 5),
        "pages": cover.pages,
    }


def count_surfaces(pages: Mapping[str, int]) -> list[int]:
    """How many surfaces, and on how many pages, from how many there are on each."""
    return [sum(pages.values()), len(pages)]


def palette_document(
    palette: Palette, covers: Mapping[int, Cover], changes: Sequence[str], about: Mapping[str, Any]
) -> dict[str, Any]:
    """The palette for ``--json``. ``about``: what was written where."""
    shown = [entry for entry in palette.entries if entry.segments]
    recoloured = [e.id for e in palette.entries if e.edited or palette.edit_of_group(e.id) is not None]
    return {
        **about,
        "groups": len(shown),
        "edited": recoloured,
        "changes": list(changes),
        "edits": [edit_document(edit, covers[edit.id]) for edit in palette.edits],
        "look": {"saturation": palette.look.saturation, "warmth": palette.look.warmth},
        "undo": [operation.id for operation in palette.log],
        "redo": [operation.id for operation in palette.undone],
    }
