"""``mangacolor palette``: a chapter's palette as one HTML file, and changes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import cv2
import numpy as np

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.types import Box
from mangacolor.core.wording import counted
from mangacolor.pipeline.report.pictures import embed
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.user_documents import read_document, write_document
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.edits.palette_file import FILE, from_document, to_document
from mangacolor.stages.panels.stage import STAGE as PANELS
from mangacolor.stages.spreads.halves import half_of

THUMBNAIL = 112  # pixels a side
AROUND = 3.0  # how much of the page a thumbnail shows, in sides of the surface
FOUND = "found"  # what --set takes to undo an edit


@dataclass(frozen=True, slots=True)
class PaletteFile:
    """A chapter's palette and where it lies."""

    state: State
    path: Path
    palette: Palette

    @property
    def entries(self) -> tuple[PaletteEntry, ...]:
        return self.palette.groups


def find_palette(out: Path, chapter: str | None) -> PaletteFile:
    """The palette of OUT, or of one of its chapters.

    Raises ``InputError`` where there is none, ``UsageError`` where there are several to choose from or the
    file is damaged.
    """
    state = State(out)
    there = {
        path.parent.relative_to(state.folder / "chapters").as_posix(): path
        for path in sorted((state.folder / "chapters").rglob(FILE))
    }
    if (state.folder / FILE).is_file():
        there = {".": state.folder / FILE, **there}
    if not there:
        raise InputError(
            f"{out}: holds no palette",
            "Colour a chapter of two or more pages into it first, without --no-harmonize.",
        )
    if chapter is None and len(there) > 1:
        raise UsageError(
            f"{out}: holds {counted(len(there), 'chapter')}",
            f"Choose one with --chapter: {', '.join(there)}.",
        )
    name = next(iter(there)) if chapter is None else chapter
    if name not in there:
        raise UsageError(f"--chapter {name}: there is no such palette", f"There are: {', '.join(there)}.")
    palette = from_document(read_document(there[name]) or {}, str(there[name]))
    return PaletteFile(state, there[name], palette)


def changed(
    entries: Sequence[PaletteEntry], colours: Mapping[int, str], lock: bool | None
) -> tuple[PaletteEntry, ...]:
    """The palette with some groups' colours set (``found`` undoes that), and all groups locked or not."""
    known = {entry.id for entry in entries}
    for number in colours:
        if number not in known:
            raise UsageError(f"--set {number}: there is no such group", f"Groups: {_ranges(known)}.")
    after: list[PaletteEntry] = []
    for entry in entries:
        colour = colours.get(entry.id, entry.colour)
        colour = entry.found if colour == FOUND else colour
        after.append(replace(entry, colour=colour, locked=entry.locked if lock is None else lock))
    return tuple(after)


def _ranges(numbers: set[int]) -> str:
    return f"{min(numbers)} to {max(numbers)}" if numbers else "none"


def parse_set(texts: Sequence[str]) -> dict[int, str]:
    """``7=#c0392b`` or ``7=found``. Raises ``UsageError``."""
    found: dict[int, str] = {}
    for text in texts:
        number, mark, colour = text.partition("=")
        if not mark or not number.strip().isdigit():
            raise UsageError(f"--set {text!r}: must be a group and its colour", "As --set 7=#c0392b.")
        colour = colour.strip()
        found[int(number)] = colour if colour == FOUND else check_colour(colour, f"--set {text}")
    return found


def save_palette(palette: PaletteFile, entries: Sequence[PaletteEntry], copy: Path | None) -> None:
    """Write the palette where it was if it has changed, and a copy for other chapters if wanted."""
    after = palette.palette.with_groups(entries)
    if after != palette.palette:
        with palette.state.locked():
            write_document(palette.path, to_document(after), palette.state.scratch)
    if copy is not None:
        write_document(copy, to_document(after))


def write_sheet(palette: PaletteFile, entries: Sequence[PaletteEntry]) -> Path:
    """One HTML file beside the palette: the groups, largest first, with what people need to change them."""
    state = palette.state
    finished = {entry.page: state.out / entry.file for entry in Manifest(state.out, state.manifest).entries()}
    pages: dict[str, list[tuple[int, Box]]] = {}
    shown = [entry for entry in entries if entry.segments]
    for entry in shown:
        for page, box in entry.seen:
            pages.setdefault(page, []).append((entry.id, box))
    thumbnails: dict[int, list[str]] = {}
    for page, places in sorted(pages.items()):  # each page is read once
        for number, picture in _thumbnails(state, page, finished.get(page), places):
            thumbnails.setdefault(number, []).append(picture)
    rows = [_row(entry, thumbnails.get(entry.id, [])) for entry in sorted(shown, key=lambda e: -e.area)]
    text = Template((files("mangacolor.pipeline.report") / "templates" / "palette.html").read_text("utf-8"))
    html = text.substitute(
        title=escape(f"mangacolor palette: {state.out.name}"),
        subtitle=escape(f"{counted(len(shown), 'group')}, largest first"),
        command=escape(f"mangacolor palette {state.out.name} --set"),
        rows="\n".join(rows),
    )
    target = palette.path.with_suffix(".html")
    write_atomic(target, html.encode())
    return target


def _thumbnails(
    state: State, page: str, file: Path | None, places: Sequence[tuple[int, Box]]
) -> list[tuple[int, str]]:
    try:
        data = np.fromfile(file, np.uint8) if file is not None else np.zeros(0, np.uint8)
    except OSError:  # taken away since
        return []
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    layout = read_document(state.page_folder(page) / f"{PANELS.name}.json")
    if picture is None or layout is None:
        return []
    half = half_of(layout)
    scale = picture.shape[1] / (half.size if half else layout["size"])[0]
    found: list[tuple[int, str]] = []
    for number, (x, y, w, h) in places:
        reach = max(w, h) * AROUND / 2
        left, right = (round(max(0, (x + w / 2 + side) * scale)) for side in (-reach, reach))
        top, bottom = (round(max(0, (y + h / 2 + side) * scale)) for side in (-reach, reach))
        crop = picture[top : max(bottom, top + 1), left : max(right, left + 1)]
        address = (
            embed(np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), np.uint8), THUMBNAIL)
            if crop.size
            else None
        )
        if address:
            found.append(
                (number, f'<img loading=lazy alt="{escape(page)}" title="{escape(page)}" src="{address}">')
            )
    return found


def _row(entry: PaletteEntry, thumbnails: Sequence[str]) -> str:
    marks = "".join(
        f" <span class=mark>{mark}</span>"
        for mark, there in (("edited", entry.edited), ("locked", entry.locked))
        if there
    )
    was = (
        f'<i class=was style="background:{entry.found}" title="found: {entry.found}"></i>'
        if entry.edited
        else ""
    )
    return (
        f'<tr data-id="{entry.id}"><td class=n>{entry.id}</td>'
        f'<td><input type=color value="{entry.colour}" aria-label="colour of group {entry.id}">{was}</td>'
        f"<td><code>{entry.colour}</code>{marks}</td>"
        f"<td class=n>{100 * entry.area:.1f} %</td><td class=n>{entry.segments}</td>"
        f"<td class=n>{100 * entry.confidence:.0f} %</td><td class=seen>{''.join(thumbnails)}</td></tr>"
    )
