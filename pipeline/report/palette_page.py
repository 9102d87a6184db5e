"""``palette.html``: a chapter's edits, groups and pages as one HTML file, to look at and to click on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

from mangacolor.core.atomic import write_atomic
from mangacolor.core.installed import command_line
from mangacolor.core.types import Box
from mangacolor.core.wording import counted
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.coverage import Cover
from mangacolor.pipeline.editing.outlines import Mark
from mangacolor.pipeline.editing.wording import edit_id, operation_words, reach_words, surfaces_on_pages
from mangacolor.pipeline.report.thumbnails import Cutting, make_thumbnails
from mangacolor.stages.edits.model import LIKENESS, Anchor, Edit
from mangacolor.stages.edits.palette import Palette, PaletteEntry

# Pixels a side of a part of a page, and how much it shows, in sides of the surface.
CUT = 72
AROUND = 3.0
# Pixels of a page of 1,000 that the thumbnail of an edit's point shows; more on larger pages.
AROUND_POINT = 180
# Points of an edit that have a thumbnail.
SHOWN_POINTS = 4


def write_sheet(chapter: ColouredChapter, palette: Palette, covers: Mapping[int, Cover]) -> Path:
    """One HTML file beside the palette: the edits, the groups, largest first, and the pages.

    ``covers``: what each edit covers, by its id. Pages are shown by links to OUT. Raises ``OutputError``.
    """
    shown = sorted((entry for entry in palette.entries if entry.segments), key=lambda entry: -entry.area)
    pages = _shown_pages(chapter)
    seen = make_thumbnails(chapter, [*_edit_cuttings(palette, covers, pages)])
    text = Template((files("mangacolor.pipeline.report") / "templates" / "palette.html").read_text("utf-8"))
    name = chapter.state.out.name
    own = [] if chapter.chapter.name == "." else ["--chapter", chapter.chapter.name]
    html = text.substitute(
        title=escape(f"mangacolor palette: {name}"),
        subtitle=escape(f"{counted(len(palette.edits), 'edit')}, {counted(len(shown), 'group')}"),
        command=escape(command_line(["mangacolor", "palette", name, *own])),
        edits=_edit_table(palette, covers, seen),
        edit_options="".join(f"<option value={edit_id(e)}>{_title(e)}</option>" for e in palette.edits),
        likeness=f"{LIKENESS:g}",
        rows="\n".join(_row(palette, entry, _places(entry, pages)) for entry in shown),
        pages="\n".join(_page(palette, name, page) for name, page in pages.items()),
    )
    target = chapter.palette.with_suffix(".html")
    write_atomic(target, html.encode(errors="replace"))  # of a path that is no UTF-8
    return target


@dataclass(frozen=True, slots=True)
class _ShownPage:
    """A page that is there. ``address``: of its file, as the sheet links to it. ``size``: as it came."""

    address: str
    size: tuple[int, int]


def _shown_pages(chapter: ColouredChapter) -> dict[str, _ShownPage]:
    """The pages of the chapter that have not been taken away, by name."""
    shown: dict[str, _ShownPage] = {}
    for name in chapter.names:
        file = chapter.finished_file(name)
        if file is not None:
            place = os.path.relpath(file, chapter.palette.parent).replace(os.sep, "/")
            shown[name] = _ShownPage(quote(place), chapter.size(name))
    return shown


# -- groups


def _places(entry: PaletteEntry, pages: Mapping[str, _ShownPage]) -> Iterator[str]:
    """Where a group is seen: parts of pages, cut out by the browser."""
    for name, (x, y, w, h) in entry.seen:
        if name not in pages:
            continue
        side = round(max(w, h) * AROUND)
        scale = CUT / side
        left, top = (max(0, middle - side // 2) * scale for middle in (x + w // 2, y + h // 2))
        width = pages[name].size[0] * scale
        cut = f"background:url({pages[name].address}) -{left:.0f}px -{top:.0f}px/{width:.0f}px auto"
        yield f'<i class=cut title="{escape(name)}" style="{cut}"></i>'


def _row(palette: Palette, entry: PaletteEntry, thumbnails: Iterable[str]) -> str:
    edit = palette.edit_of_group(entry.id)
    colour = edit.colour if edit else entry.colour
    marks = [word for word, there in (("edited", colour != entry.found), ("locked", entry.locked)) if there]
    was = (
        f'<i class=was style="background:{entry.found}" title="found: {entry.found}"></i>'
        if colour != entry.found
        else ""
    )
    told = "".join(f" <span class=mark>{mark}</span>" for mark in marks)
    name = f"<br>{escape(entry.name)}" if entry.name else ""
    return (
        f'<tr data-id="{entry.id}"><td class=n>{entry.id}</td>'
        f'<td><input type=color value="{colour}" aria-label="colour of group {entry.id}">{was}</td>'
        f"<td><code>{colour}</code>{told}{name}</td>"
        f"<td class=n>{100 * entry.area:.1f} %</td><td class=n>{entry.segments}</td>"
        f"<td class=n>{100 * entry.confidence:.0f} %</td><td class=seen>{''.join(thumbnails)}</td></tr>"
    )


# -- edits


def _edit_cuttings(
    palette: Palette, covers: Mapping[int, Cover], pages: Mapping[str, _ShownPage]
) -> Iterator[Cutting]:
    """Around the first points of each edit, with what it covers there outlined."""
    for edit in palette.edits:
        there = [anchor for anchor in edit.anchors if anchor.page in pages]
        for anchor in there[:SHOWN_POINTS]:
            chosen = covers[edit.id].chosen.get(anchor.page, ())
            marks = (Mark(anchor.x, anchor.y),)
            yield Cutting(edit_id(edit), anchor.page, _box_at(anchor, pages[anchor.page].size), chosen, marks)


def _box_at(anchor: Anchor, size: tuple[int, int]) -> Box:
    side = max(AROUND_POINT, AROUND_POINT * max(size) // 1000)
    left, top = max(0, anchor.x - side // 2), max(0, anchor.y - side // 2)
    return left, top, anchor.x + side // 2 - left, anchor.y + side // 2 - top


def _edit_table(palette: Palette, covers: Mapping[int, Cover], seen: Mapping[str, list[str]]) -> str:
    """The edits, the last one first, and what was undone; nothing where there are none."""
    rows = "\n".join(
        _edit_row(edit, covers[edit.id], seen.get(edit_id(edit), [])) for edit in reversed(palette.edits)
    )
    heads = "".join(f"<th>{head}</th>" for head in ("id", "colour", "reach", "covers", "seen"))
    table = f"<table class=edits><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    undone = "".join(
        f"<li>{escape(operation_words(o))}: <code>--redo {o.id}</code></li>" for o in palette.undone
    )
    told = f"<p class=dim>Undone:</p><ul>{undone}</ul>" if undone else ""
    return f"<h2>Edits</h2>{table}{told}" if table or told else ""


def _edit_row(edit: Edit, cover: Cover, thumbnails: list[str]) -> str:
    locked = " <span class=mark>locked</span>" if edit.locked else ""
    name = f"<br>{escape(edit.name)}" if edit.name else ""
    points = counted(len(edit.anchors), "point") + (
        f", {len(edit.negatives)} not meant" if edit.negatives else ""
    )
    return (
        f"<tr><td>{edit_id(edit)}{name}</td>"
        f'<td><i class=swatch style="background:{edit.colour}"></i><code>{edit.colour}</code>{locked}</td>'
        f"<td>{escape(reach_words(edit))}<br><span class=dim>{points}</span></td>"
        f"<td>{surfaces_on_pages(cover.pages)}</td><td class=seen>{''.join(thumbnails)}</td></tr>"
    )


def _title(edit: Edit) -> str:
    return escape(f"{edit_id(edit)} {edit.name}".strip())


# -- pages


def _page(palette: Palette, page: str, shown: _ShownPage) -> str:
    """A page with the points of all edits on it."""
    name, (width, height) = escape(page), shown.size
    dots = "".join(_dots(palette, page, shown.size))
    return (
        f'<figure data-page="{name}" data-width={width} data-height={height}>'
        f'<div><img loading=lazy alt="{name}" src="{shown.address}">{dots}</div>'
        f"<figcaption>{name}</figcaption></figure>"
    )


def _dots(palette: Palette, page: str, size: tuple[int, int]) -> Iterator[str]:
    for edit in palette.edits:
        for kind, anchors in (("", edit.anchors), (" not", edit.negatives)):
            for anchor in anchors:
                if anchor.page == page:
                    place = f"left:{100 * anchor.x / size[0]:.2f}%;top:{100 * anchor.y / size[1]:.2f}%"
                    mark = "×" if kind else ""
                    yield f'<span class="dot{kind}" style="{place}">{mark}{edit_id(edit)}</span>'
