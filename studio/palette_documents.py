"""A palette as a browser is told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mangacolor.core.wording import counted
from mangacolor.pipeline.editing.coverage import Cover, Surfaces
from mangacolor.pipeline.editing.telling import edit_document
from mangacolor.pipeline.editing.wording import operation_words, reach_words
from mangacolor.stages.edits.model import Edit, Reach
from mangacolor.stages.edits.operations import Operation, SetEdit
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.studio.painting import pages_by_group, pages_of

# Colours that were chosen last.
RECENT = 12
# Colours that are often sought, light to dark.
PRESETS = {
    "paper": ["#ffffff", "#dedede", "#b5b5b5", "#8a8a8a", "#5f5f5f", "#383838"],
    "skin": ["#fbe3d3", "#f4cfb5", "#e2b08f", "#c68a62", "#96603f", "#6b4027"],
    "hair": ["#f2d98b", "#c9934a", "#8c5a33", "#5a3825", "#33262a", "#8a2f2a", "#b9bcc4", "#5b6fae"],
    "sky": ["#d8ecf8", "#a9d4f0", "#6fb0e0", "#f6c9a0", "#d9837a", "#33457a", "#1e2a4d"],
    "plants": ["#cfe3a4", "#9cc46a", "#6a9a4a", "#3f6f3d", "#2b4d33"],
    "cloth": ["#f4f1ea", "#c0392b", "#2a6fd0", "#2f7d6b", "#d9a441", "#6b4c8a", "#3a3f4a"],
    "wood and metal": ["#d7b48a", "#a97b4f", "#6d4a30", "#c8ccd2", "#8b929b", "#5a6068"],
}


def document_of(palette: Palette, surfaces: Surfaces | None) -> dict[str, Any]:
    """``surfaces``: None while they have not been gathered: what is counted in them is 0 then."""
    covers: Mapping[int, Cover] = {}
    by_group: Mapping[int, Mapping[str, int]] = {}
    if surfaces is not None:
        covers, by_group = surfaces.covers(palette.edits), pages_by_group(surfaces, palette)
    return {
        "groups": [_group(palette, entry, by_group) for entry in palette.entries if entry.segments],
        "edits": [_edit(edit, covers.get(edit.id, Cover()), surfaces) for edit in palette.edits],
        "log": [_step(step) for step in palette.log],
        "undone": [_step(step) for step in palette.undone],
        "recent": list(dict.fromkeys(edit.colour for edit in reversed(palette.edits)))[:RECENT],
        "look": {"saturation": palette.look.saturation, "warmth": palette.look.warmth},
    }


def _edit(edit: Edit, cover: Cover, surfaces: Surfaces | None) -> dict[str, Any]:
    """An edit. What it would be if nothing were named that is not meant is told of the one at hand alone."""
    document = edit_document(edit, cover)
    del document["unopposed"]
    return {**document, "pages": {} if surfaces is None else pages_of(surfaces, cover.pages)}


def _step(step: Operation) -> dict[str, Any]:
    """A change, told so that two changes of one edit can be told apart. ``colour``: that it gave, or None."""
    edit = step.edit if isinstance(step, SetEdit) else None
    revised = "" if edit is None or edit.id == step.id else f": {_details(edit)}"
    return {
        "id": step.id,
        "words": operation_words(step) + revised,
        "colour": edit.colour if edit is not None else None,
    }


def _details(edit: Edit) -> str:
    """``#8c5a33, alike in the chapter from .50, 5 points, 2 not meant``"""
    told = [edit.colour, reach_words(edit)]
    if edit.reach not in (Reach.GROUP, Reach.OUTLINE):
        told.append(counted(len(edit.anchors), "point"))
    if edit.negatives:
        told.append(f"{len(edit.negatives)} not meant")
    return ", ".join(told)


def _group(
    palette: Palette, entry: PaletteEntry, by_group: Mapping[int, Mapping[str, int]]
) -> dict[str, Any]:
    edit = palette.edit_of_group(entry.id)
    colour = edit.colour if edit is not None else entry.colour
    seen = {page: 1 for page, _ in entry.seen}
    return {
        "id": entry.id,
        "name": entry.name,
        "colour": colour,
        "found": entry.found,
        "area": round(entry.area, 5),
        "pages": dict(by_group.get(entry.id, seen)),
        "locked": entry.locked,
        "edited": colour != entry.found,
    }
