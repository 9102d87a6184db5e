"""One self-contained HTML file about a state folder: what each stage did to each page."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from mangacolor.errors import InputError, UsageError
from mangacolor.formats.names import natural_key
from mangacolor.pipeline.atomic import write_atomic
from mangacolor.pipeline.cache import ENTRY
from mangacolor.pipeline.manifest import Entry, Manifest
from mangacolor.pipeline.progress import duration
from mangacolor.pipeline.state import State

LARGE, SMALL = 1400, 640  # long sides of embedded pictures, in pixels
_ORDER = (
    "decode",
    "classify",
    "panels",
    "balloons",
    "colorize",
    "harmonize",
    "upscale",
    "reassemble",
    "encode",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A page that failed, for the summary."""

    page: str
    stage: str
    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole run adds to the report of its state folder."""

    seconds: float
    pages: int
    failures: tuple[Failure, ...] = ()


def write_report(
    out: Path,
    target: Path,
    *,
    page: int | None = None,
    summary: Summary | None = None,
    read_source: Callable[[Entry], bytes | None] | None = None,
) -> int:
    """Write the report of OUT to ``target`` and return the number of pages in it.

    ``page``: only that page, counted from 1 in natural order. Raises ``InputError`` where there is
    nothing to tell of, ``UsageError`` for a page that does not exist, ``OutputError``.
    """
    state = State(out)
    entries = [e for e in Manifest(state.out, state.manifest).entries() if e.source]
    entries.sort(key=lambda entry: natural_key(entry.page))
    if not entries and not (summary and summary.failures):
        raise InputError(f"{out}: holds no page made by mangacolor", "Name the --out of an earlier run.")
    if page is not None:
        if not 1 <= page <= len(entries):
            raise UsageError(f"--page {page}: there is no such page", f"There are {len(entries)}.")
        entries = [entries[page - 1]]
    read = read_source or _read_path
    text = Template((files("mangacolor.pipeline") / "templates" / "report.html").read_text("utf-8"))
    html = text.substitute(
        title=escape(f"mangacolor: {state.out.name}"),
        subtitle=escape(_subtitle(entries, summary)),
        summary=_failures(summary) + _stage_table(entries),
        pages="\n".join(_page(state, entry, read) for entry in entries),
    )
    write_atomic(target, html.encode())
    return len(entries)


def _subtitle(entries: Sequence[Entry], summary: Summary | None) -> str:
    parts = [f"{len(entries)} pages"]
    if summary is not None and summary.pages:
        speed = 60 * summary.pages / max(summary.seconds, 1e-9)
        parts.append(f"{summary.pages} of them in {duration(summary.seconds)}, {speed:.1f} a minute")
    return ", ".join(parts)


def _failures(summary: Summary | None) -> str:
    if summary is None or not summary.failures:
        return ""
    rows = [
        f"<tr><td>{escape(f.page)}</td><td>{escape(f.stage)}</td><td>{escape(f.error)}<br>"
        f"<span class=dim>{escape(f.remedy)}</span></td></tr>"
        for f in summary.failures
    ]
    return f"<h2 class=bad>{len(rows)} failed</h2><table>{''.join(rows)}</table>"


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


def _page(state: State, entry: Entry, read: Callable[[Entry], bytes | None]) -> str:
    folder = state.page_folder(entry.page)
    documents = {name: _document(folder / f"{name}.json") for name in _stages(folder)}
    figures = [_figure(folder, name) for name in documents]
    return (
        f"<section><h2>{escape(entry.page)} <span class=dim>{_outcome(entry)}</span></h2>"
        f"{_compare(state, entry, read)}"
        f"<div><div class=stages>{''.join(filter(None, figures))}</div>"
        f"{_times(Counter(entry.seconds))}{_warnings(documents)}{_parameters(documents)}</div></section>"
    )


def _stages(folder: Path) -> list[str]:
    found = {path.stem for path in folder.glob("*.json")}
    return [*(n for n in _ORDER if n in found), *sorted(found - set(_ORDER))]


def _outcome(entry: Entry) -> str:
    panels = "1 panel" if entry.panels == 1 else f"{entry.panels} panels"
    return {"done": panels, "copied": "copied as it is", "failed": "failed; as it came"}.get(
        entry.outcome, ""
    )


def _compare(state: State, entry: Entry, read: Callable[[Entry], bytes | None]) -> str:
    after = embed(_bytes(state.out / entry.file), LARGE)
    before = embed(read(entry) or _bytes(state.page_folder(entry.page) / "decode.png"), LARGE)
    if after is None:
        return "<p class=bad>The finished file is gone.</p>"
    if before is None:
        return f'<div class=compare><img loading=lazy alt="result" src="{after}"></div>'
    return (
        f'<div class=compare><img loading=lazy alt="source" src="{before}">'
        f'<img loading=lazy class=after alt="result" src="{after}">'
        '<input type=range min=0 max=100 value=50 aria-label="Source on the left, result on the right"></div>'
    )


def _figure(folder: Path, stage: str) -> str:
    picture = embed(_bytes(folder / f"{stage}.png"), SMALL)
    if picture is None:
        return ""
    name = escape(stage)
    image = f'<img loading=lazy alt="{name}" src="{picture}">'
    return (
        f'<figure><button aria-label="enlarge {name}">{image}</button>'
        f"<figcaption>{name}</figcaption></figure>"
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


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _read_path(entry: Entry) -> bytes | None:
    return _bytes(Path(entry.source)) if Path(entry.source).is_absolute() else None


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def embed(data: bytes | None, longest: int) -> str | None:
    """A picture of at most ``longest`` pixels a side as a data address; None for what is no picture."""
    import cv2

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        return None
    factor = longest / max(image.shape[:2])
    if factor < 1:
        size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ok, packed = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 85])
    return f"data:image/webp;base64,{base64.b64encode(packed.tobytes()).decode()}" if ok else None
