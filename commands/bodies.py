"""The commands' bodies: from parsed options to calls, and from results to what is printed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mangacolor.commands.settings_file import pick
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
from mangacolor.pipeline.events import Event, Listener
from mangacolor.pipeline.report.json_lines import JsonLines
from mangacolor.pipeline.report.progress import ProgressDisplay


def run_colorize(inputs: Sequence[Path], out: Path, values: Mapping[str, Any]) -> int:
    """Colour ``inputs`` and return the exit status."""
    from mangacolor.pipeline.run import run

    wanted = pick(RunOptions, values)
    cancel = CancelToken()
    with ProgressDisplay(wanted.quiet) as display, cancel_on_signals(cancel):
        listeners: list[Listener] = [display]
        if wanted.json:
            listeners.append(JsonLines(sys.stdout))

        def emit(event: Event) -> None:
            for listener in listeners:
                listener(event)

        return run(inputs, out, pick(Options, values), wanted, emit=emit, cancel=cancel).status


def run_panels(images: Sequence[Path], out: Path, values: Mapping[str, Any]) -> int:
    """Write one JSON file and one overlay a page and return the exit status."""
    from mangacolor.pipeline.panels_only import write_panels

    cancel = CancelToken()
    started = time.perf_counter()
    with cancel_on_signals(cancel):
        result = write_panels(
            images,
            out,
            direction=values["direction"],
            method=values["panel_method"],
            edits=values["edits"],
            explain=values["explain"],
            jobs=values["jobs"],
            cancel=cancel,
            tell=lambda text: click.echo(text, err=True),
        )
    document = {
        "status": result.status,
        "pages": result.pages,
        "failed": [{"page": page, "error": error, "remedy": remedy} for page, error, remedy in result.failed],
        "panels": result.panels,
        "seconds": round(time.perf_counter() - started, 3),
    }
    if values["json"]:
        click.echo(json.dumps(document, ensure_ascii=False))
    elif not values["quiet"]:
        click.echo(f"{result.panels} panels on {result.pages - len(result.failed)} pages", err=True)
    return result.status


def run_plan(inputs: Sequence[Path], out: Path, form: str | None, values: Mapping[str, Any]) -> int:
    """Print what a run would do and return the exit status."""
    from mangacolor.pipeline.plan import as_document, as_dot, as_mermaid, as_text, plan_run

    plan = plan_run(inputs, out, pick(Options, values), pick(RunOptions, values))
    if values["json"]:
        click.echo(json.dumps(as_document(plan), ensure_ascii=False))
    else:
        click.echo({"dot": as_dot, "mermaid": as_mermaid, None: as_text}[form](plan))
    return 0


def run_inspect(out: Path, page: int | None, as_json: bool) -> int:
    """Write the report of an output folder and return the exit status."""
    from mangacolor.pipeline.report.run_report import write_report
    from mangacolor.pipeline.store.layout import State

    target = State(out).folder / ("inspect.html" if page is None else f"inspect-{page}.html")
    pages = write_report(out, target, page=page)
    click.echo(json.dumps({"file": str(target), "pages": pages}) if as_json else str(target))
    return 0


def run_palette(
    out: Path,
    chapter: str | None,
    colours: Sequence[str],
    lock: bool | None,
    save: Path | None,
    as_json: bool,
) -> int:
    """Change a chapter's palette, write its sheet, and return the exit status."""
    from mangacolor.pipeline.report.palette_page import (
        changed,
        find_palette,
        parse_set,
        save_palette,
        write_sheet,
    )

    palette = find_palette(out, chapter)
    entries = changed(palette.entries, parse_set(colours), lock)
    save_palette(palette, entries, save)
    sheet = write_sheet(palette, entries)
    if as_json:
        edited = [entry.id for entry in entries if entry.edited]
        document = {
            "file": str(sheet),
            "palette": str(palette.path),
            "groups": len(entries),
            "edited": edited,
        }
        click.echo(json.dumps(document))
    else:
        click.echo(str(sheet))
    return 0


def run_clean(out: Path, everything: bool, as_json: bool) -> int:
    """Remove a state folder's artifacts and return the exit status."""
    from mangacolor.pipeline.store.clean import clean

    cleaned = clean(out, everything)
    if as_json:
        click.echo(json.dumps({"files": cleaned.files, "bytes": cleaned.bytes}))
    else:
        click.echo(f"removed {cleaned.files} files, {cleaned.bytes / 2**20:.1f} MiB", err=True)
    return 0


def run_doctor(context: click.Context, values: Mapping[str, Any]) -> int:
    """Print what was found and return the exit status: 0, or 3 where colouring cannot work."""
    from mangacolor.commands.doctor import diagnose, report

    diagnosis = diagnose(context)
    click.echo(json.dumps(diagnosis, ensure_ascii=False) if values["json"] else report(diagnosis))
    return 3 if diagnosis["problems"] else 0
