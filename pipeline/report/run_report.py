"""One self-contained HTML file about a state folder: what each stage did to each page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.types import Image
from mangacolor.core.wording import counted, did_you_mean, duration, first_few
from mangacolor.formats.names import natural_key
from mangacolor.pipeline.events import Detail, PageFailed
from mangacolor.pipeline.page_names import find_pages
from mangacolor.pipeline.report.details import detail_lines
from mangacolor.pipeline.report.pictures import (
    embed,
    read_bytes,
    read_picture,
    sizes,
)
from mangacolor.pipeline.store.cache import ENTRY
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry, Manifest
from mangacolor.pipeline.store.sealed import read_sealed
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import guest_graph
from mangacolor.stages.spreads.halves import half_of

_NAMED: Final = 6  # pages that a message names


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole run adds to the report of its state folder."""

    seconds: float
    pages: int
    failures: tuple[PageFailed, ...] = ()
    notes: tuple[str, ...] = ()  # what was found in the inputs
    enlarged: tuple[str, ...] = ()  # what ``--scale auto`` came to
    details: tuple[Detail, ...] = ()


def write_report(
    out: Path,
    target: Path,
    *,
    page: str | None = None,
    summary: Summary | None = None,
    read_source: Callable[[Entry], bytes | None] | None = None,
    graph: Graph | None = None,
) -> int:
    """Write the report of OUT to ``target`` and return the number of pages in it.

    ``page``: only that page, by its name or its number in natural order. Raises ``InputError`` where there is
    nothing to tell of, ``UsageError`` for a page that does not exist, ``OutputError``.
    """
    state = State(out)
    entries = _entries(state)
    if not entries and not (summary and summary.failures):
        raise _no_page(out)
    if page is not None:
        entries = [entries[_place(entries, page, state) - 1]]
    read, graph = read_source or _read_path, graph or guest_graph()
    text = Template((files("mangacolor.pipeline.report") / "templates" / "report.html").read_text("utf-8"))
    html = text.substitute(
        title=escape(f"mangacolor: {state.out.name}"),
        subtitle=escape(_subtitle(entries, summary)),
        summary=_told(summary) + _stage_table(entries),
        contents=_contents(entries),
        pages="\n".join(
            _page(state, entry, read, number, sizes(len(entries)), graph)
            for number, entry in enumerate(entries, 1)
        ),
    )
    write_atomic(target, html.encode(errors="replace"))  # of a path that is no UTF-8
    return len(entries)


def _no_page(out: Path) -> InputError:
    return InputError(f"{out}: holds no page made by mangacolor", "Name the --out of an earlier run.")


def _entries(state: State) -> list[Entry]:
    """The manifest's word on every page, in natural order."""
    entries = [entry for entry in Manifest(state.out, state.manifest).entries() if entry.source]
    return sorted(entries, key=lambda entry: natural_key(entry.page))


def number_of(out: Path, page: str) -> int:
    """The number, from 1 in natural order, of a page of OUT, that is named as ``find_pages`` takes it. Raises
    ``UsageError`` where there is none, or several are called so."""
    state = State(out)
    entries = _entries(state)
    if not entries:
        raise _no_page(out)
    return _place(entries, page, state)


def _place(entries: Sequence[Entry], page: str, state: State) -> int:
    names = [entry.page for entry in entries]
    found = find_pages(page, names, state.out)
    if len(found) == 1:
        return names.index(found[0]) + 1
    if found:
        raise UsageError(f"--page {page}: {len(found)} pages are called so", f"{first_few(found, _NAMED)}.")
    there = f"OUT has {counted(len(names), 'page')}: {first_few(names, _NAMED)}."
    raise UsageError(f"--page {page}: there is no such page", f"{did_you_mean(page, names)} {there}".strip())


def _subtitle(entries: Sequence[Entry], summary: Summary | None) -> str:
    parts = [counted(len(entries), "page")]
    if summary is not None and summary.pages:
        speed = 60 * summary.pages / max(summary.seconds, 1e-9)
        parts.append(f"{summary.pages} of them in {duration(summary.seconds)}, {speed:.1f} a minute")
    return ", ".join(parts)


def _contents(entries: Sequence[Entry]) -> str:
    if len(entries) < 2:
        return ""
    links = " ".join(f'<a href="#p{n}">{escape(entry.page)}</a>' for n, entry in enumerate(entries, 1))
    return f"<details><summary>Pages</summary><nav>{links}</nav></details>"


def _told(summary: Summary | None) -> str:
    """What there is to know of a run besides its speed."""
    if summary is None:
        return ""
    return _failures(summary) + _details(summary) + _notes(summary)


def _failures(summary: Summary) -> str:
    if not summary.failures:
        return ""
    rows = [
        f"<tr><td>{escape(f.page)}</td><td>{escape(f.stage)}</td><td>{escape(f.error)}<br>"
        f"<span class=dim>{escape(f.remedy)}</span></td></tr>"
        for f in summary.failures
    ]
    return f"<h2 class=bad>{len(rows)} failed</h2><table>{''.join(rows)}</table>"


def _details(summary: Summary) -> str:
    """How much larger pages became, and every page that was copied, left or moved aside, and why."""
    lines = [*summary.enlarged, *detail_lines(summary.details, most=None)]
    return "".join(f"<p>{escape(line.strip())}</p>" for line in lines)


def _notes(summary: Summary) -> str:
    rows = "".join(f"<li>{escape(note)}</li>" for note in summary.notes)
    return f"<h2>Of the inputs</h2><ul>{rows}</ul>" if rows else ""


def _stage_table(entries: Sequence[Entry]) -> str:
    """Time by stage, over all pages."""
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry.seconds)
    return _times(total)


def _times(seconds: Counter[str]) -> str:
    whole = max(sum(seconds.values()), 1e-9)
    rows = [
        f"<tr><td>{escape(name)}</td><td class=n>{value:.2f} s</td>"
        f'<td><span class=bar style="width:{160 * value / whole:.0f}px"></span></td></tr>'
        for name, value in seconds.most_common()
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _page(
    state: State,
    entry: Entry,
    read: Callable[[Entry], bytes | None],
    number: int,
    longest: tuple[int, int],
    graph: Graph,
) -> str:
    folder = state.page_folder(entry.page)
    kept = {name: read_sealed(folder / f"{name}.json") for name in _stages(folder, graph)}
    documents = {name: document for name, document in kept.items() if document is not None}
    before = read_picture(read(entry) or read_bytes(folder / "decode.png"))
    finished = read_bytes(state.out / entry.file)
    after = read_picture(finished)
    large, small = longest
    is_half = any(half_of(document) for document in documents.values())
    looked_at = read_picture(read_bytes(folder / "decode.png")) if is_half else before
    figures: list[str] = []
    for name, document in documents.items():
        drawn = _drawn_figures(graph, name, document, looked_at, small)
        left = read_picture(read_bytes(folder / f"{name}.png"))
        figures += [_figure(*figure, small) for figure in (*drawn.items(), (name, left))]
    return (
        f'<section id="p{number}"><h2>{escape(entry.page)} <span class=dim>{_outcome(entry)}</span></h2>'
        f"{_compare(embed(before, large), embed(after, large), finished is None)}"
        f"<div><div class=stages>{''.join(filter(None, figures))}</div>"
        f"{_times(Counter(entry.seconds))}{_damaged(set(kept) - set(documents))}"
        f"{_warnings(documents)}{_parameters(documents)}</div></section>"
    )


def _stages(folder: Path, graph: Graph) -> list[str]:
    """Those that left something, in the graph's order; those it does not know come last."""
    left = {path.stem for path in folder.glob("*.json")}
    return [*(name for name in graph.names if name in left), *sorted(left - set(graph.names))]


def _drawn_figures(
    graph: Graph, name: str, document: Mapping[str, Any], page: Image | None, longest: int
) -> Mapping[str, Image]:
    """What a stage can draw of a page besides the picture that it keeps."""
    stage = graph[name] if name in graph.names else None
    if page is None or not isinstance(stage, Stage) or stage.figures is None:
        return {}
    return stage.figures(document, page, longest)


def _outcome(entry: Entry) -> str:
    panels = counted(entry.panels, "panel")
    copied = f"copied, {entry.reason}" if entry.reason else "copied as it is"
    return {"done": panels, "copied": copied, "failed": "failed; as it came"}.get(entry.outcome, "")


def _compare(before: str | None, after: str | None, gone: bool) -> str:
    if gone:
        return "<p class=bad>The finished file is gone.</p>"
    if after is None:
        return "<p>The finished file has a form that cannot be shown here.</p>"
    if before is None:
        return f'<div class=compare><img loading=lazy alt="result" src="{after}"></div>'
    return (
        f'<div><div class=compare><img loading=lazy alt="source" src="{before}">'
        f'<img loading=lazy class=after alt="result" src="{after}">'
        "<span>source</span><span class=right>result</span>"
        '<input type=range min=0 max=100 step=0.1 value=50 aria-label="Source left, result right"></div>'
        "<button class=zoom>Zoom</button></div>"
    )


def _figure(name: str, image: Image | None, longest: int) -> str:
    picture = embed(image, longest)
    if picture is None:
        return ""
    name = escape(name)
    shown = f'<img loading=lazy alt="{name}" src="{picture}">'
    return (
        f'<figure><button aria-label="enlarge {name}">{shown}</button>'
        f"<figcaption>{name}</figcaption></figure>"
    )


def _damaged(stages: Collection[str]) -> str:
    return "".join(
        f"<p class=bad>{escape(name)}: what was kept of it is damaged; a run that needs it makes it anew</p>"
        for name in sorted(stages)
    )


def _warnings(documents: dict[str, dict[str, Any]]) -> str:
    lines = [
        f"{name}: {text}"
        for name, doc in documents.items()
        for text in doc.get(ENTRY, {}).get("warnings", ())
    ]
    return "".join(f"<p class=bad>{escape(line)}</p>" for line in lines)


def _parameters(documents: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, document in documents.items():
        config = document.get(ENTRY, {}).get("config")
        if config:
            text = escape(json.dumps(config, ensure_ascii=False))
            rows.append(f"<tr><td>{escape(name)}</td><td><code>{text}</code></td></tr>")
    return f"<details><summary>Parameters</summary><table>{''.join(rows)}</table></details>" if rows else ""


def _read_path(entry: Entry) -> bytes | None:
    return read_bytes(Path(entry.source)) if Path(entry.source).is_absolute() else None
